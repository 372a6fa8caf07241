"""The order-entry page in a browser, in front of the real service: `pgx-cds demo` as a user starts it."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from cds_service.resources import fixtures_folder
from cds_service.sandbox.patients import read_examples
from tests.sandbox.page_steps import CLOPIDOGREL, LAPTOP, SILENCE, try_example

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LONGEST_START_S = 90
ARTIFACTS = Path(__file__).resolve().parents[2] / "test-artifacts"
REPLACEMENTS = ("prasugrel", "ticagrelor")
STORIES = [pytest.param(patient, id=patient["id"]) for patient in read_examples(fixtures_folder())]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running demo that writes into a folder of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = tmp_path_factory.mktemp("demo")
    log = folder / "log.txt"
    command = [str(Path(sys.executable).with_name("pgx-cds")), "demo", "--port", str(port)]
    environment = {**os.environ, "PGX_CDS_STORE_URL": f"sqlite:///{folder / 'store.db'}"}
    with log.open("w") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env=environment)
        try:
            _wait_for(f"http://127.0.0.1:{port}/health/ready", process, log)
            yield f"http://127.0.0.1:{port}/"
        finally:
            process.terminate()
            process.wait(20)


def _wait_for(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + LONGEST_START_S
    while time.monotonic() < end and process.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=5).close()
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    pytest.fail(f"pgx-cds demo did not start:\n{log.read_text()[-2000:]}")


def open_stent_patient(page: Page, demo: str) -> None:
    page.goto(demo)
    page.get_by_label("Choose a patient").select_option("pgx-stent")
    expect(page.locator("#story")).to_contain_text("coronary stent")


def only_card(page: Page) -> Locator:
    expect(page.get_by_role("article")).to_have_count(1)
    return page.get_by_role("article")


def keep_screenshot(page: Page, name: str) -> None:
    ARTIFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTIFACTS / f"{name}.png", full_page=True)


def test_the_suggested_order_replaces_clopidogrel_and_needs_no_further_advice(
    laptop: Page, demo: str
) -> None:
    open_stent_patient(laptop, demo)
    laptop.get_by_role("combobox", name="Drug", exact=True).fill("clopi")
    laptop.get_by_role("option", name="clopidogrel 75 MG Oral Tablet").click()
    laptop.get_by_label("Dose", exact=True).fill("75")
    laptop.get_by_label("Frequency").select_option("once daily")
    laptop.get_by_label("Reason").select_option("Acute coronary syndrome")
    card = only_card(laptop)
    expect(card.get_by_role("heading")).to_contain_text("clopidogrel", ignore_case=True)
    expect(card).to_contain_text("CYP2C19")
    expect(card).to_contain_text("Source: CPIC")
    keep_screenshot(laptop, "order-page-card")
    card.locator(".suggestions button").first.click()
    expect(laptop.get_by_role("status")).to_contain_text(SILENCE)
    expect(laptop.get_by_role("article")).to_have_count(0)
    assert laptop.get_by_label("Drug", exact=True).input_value().startswith(REPLACEMENTS)
    expect(laptop.locator(".drafts li")).to_have_count(1)
    expect(laptop.get_by_role("alert")).to_be_empty()
    keep_screenshot(laptop, "order-page-changed")


def override(card: Locator, page: Page) -> None:
    card.get_by_text("Override", exact=True).click()
    card.get_by_label("Reason").select_option(index=1)
    card.get_by_label("Comment").fill("Discussed with cardiology")
    with page.expect_response("**/feedback") as feedback:
        card.get_by_role("button", name="Keep the order").click()
    assert feedback.value.status == 200


def test_an_overridden_card_is_greyed_and_says_the_reason(laptop: Page, demo: str) -> None:
    open_stent_patient(laptop, demo)
    try_example(laptop, CLOPIDOGREL)
    card = only_card(laptop)
    reason = card.locator("option").nth(1).text_content()
    override(card, laptop)
    expect(card).to_have_class(re.compile(r"\banswered\b"))
    expect(card).to_contain_text(f"Overridden: {reason}. Discussed with cardiology")


def test_an_overridden_card_is_not_shown_again_at_signing(laptop: Page, demo: str) -> None:
    open_stent_patient(laptop, demo)
    try_example(laptop, CLOPIDOGREL)
    override(only_card(laptop), laptop)
    laptop.get_by_role("button", name="Sign").click()
    expect(laptop.locator("#change")).to_contain_text("Signed: clopidogrel 75 MG Oral Tablet")
    expect(laptop.get_by_role("article")).to_have_count(0)


def test_an_unanswered_card_comes_again_at_signing(laptop: Page, demo: str) -> None:
    laptop.goto(f"{demo}?patient=pgx-tramadol-pm")  # nobody has answered a card of this patient
    try_example(laptop, "tramadol 50 mg every 6 hours as needed")
    only_card(laptop)
    laptop.get_by_role("button", name="Sign").click()
    expect(laptop.get_by_role("button", name="Sign anyway")).to_be_visible()
    only_card(laptop)


@pytest.fixture(scope="module")
def one_page(chromium: Browser, demo: str) -> Iterator[Page]:
    """One page for all patients, as a user would go through them."""
    page = chromium.new_page(viewport=LAPTOP)
    page.goto(demo)
    expect(page.get_by_role("heading", name="Try", exact=True)).to_be_visible()
    yield page
    page.close()


@pytest.mark.parametrize("patient", STORIES)
def test_ready_example_gets_the_answer_its_index_promises(one_page: Page, patient: dict[str, Any]) -> None:
    """Advice where the index tells of some, silence where it says so, and never a failure."""
    one_page.get_by_label("Choose a patient").select_option(patient["id"])
    expect(one_page.locator("#story")).to_have_text(patient["story"])
    for example in patient["try"]:
        with one_page.expect_response("**/cds-services/pgx-order-select") as answer:
            try_example(one_page, f"{example['drug']} {example['dose']} for")
        assert answer.value.status == 200
        summaries = [card["summary"] for card in answer.value.json()["cards"]]
        assert (summaries == []) == example["expect"].startswith("No advice"), (example["drug"], summaries)


def test_everything_can_be_done_with_the_keyboard(laptop: Page, demo: str) -> None:
    laptop.goto(demo)
    expect(laptop.get_by_role("heading", name="Try", exact=True)).to_be_visible()
    keys = laptop.keyboard
    keys.press("Tab")
    expect(laptop.get_by_role("link", name="Skip to the advice")).to_be_focused()
    tab_to(laptop, "#patient")
    keys.type("Marek")
    tab_to(laptop, "#drug")
    keys.type("clopi")
    expect(laptop.get_by_role("option", name="clopidogrel 75 MG Oral Tablet")).to_be_visible()
    keys.press("ArrowDown")
    expect(laptop.get_by_role("option", name="clopidogrel 75 MG Oral Tablet")).to_have_attribute(
        "aria-selected", "true"
    )
    keys.press("Enter")
    tab_to(laptop, "#amount")
    keys.type("75")
    tab_to(laptop, "#frequency")
    keys.type("once daily")
    tab_to(laptop, "#reason")
    keys.type("Acute")
    only_card(laptop)
    tab_to(laptop, ".suggestions button")
    keys.press("Enter")
    expect(laptop.get_by_role("status")).to_contain_text(SILENCE)
    assert laptop.input_value("#drug").startswith(REPLACEMENTS)
    expect(laptop.locator("#change .notice")).to_be_focused()
    keys.press("Tab")
    expect(laptop.get_by_role("button", name="Go to the dose")).to_be_focused()
    keys.press("Enter")
    expect(laptop.locator("#amount")).to_be_focused()
    tab_to(laptop, "#sign")
    keys.press("Enter")
    expect(laptop.locator("#change")).to_contain_text("Signed: ")


def test_a_card_can_be_overridden_with_the_keyboard(laptop: Page, demo: str) -> None:
    laptop.goto(f"{demo}?patient=pgx-stent")
    tab_to(laptop, ".example")
    laptop.keyboard.press("Enter")
    only_card(laptop)
    tab_to(laptop, ".override summary")
    laptop.keyboard.press("Enter")
    tab_to(laptop, ".override select")
    laptop.keyboard.press("ArrowDown")
    tab_to(laptop, ".override button")
    laptop.keyboard.press("Enter")
    expect(laptop.locator(".answer")).to_be_focused()


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the element has the focus; on the way every stop must show where the focus is."""
    page.wait_for_selector(selector, state="attached")
    for _ in range(80):
        page.keyboard.press("Tab")
        here, outline = page.evaluate(
            """(selector) => {
              const at = document.activeElement;
              const outline = at === document.body ? "page" : getComputedStyle(at).outlineStyle;
              return [at.matches(selector), outline];
            }""",
            selector,
        )
        assert outline != "none", page.evaluate("document.activeElement.outerHTML")
        if here:
            return
    pytest.fail(f"{selector} cannot be reached with the Tab key")
