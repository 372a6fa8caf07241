"""The view in a real browser, opened from the demo's order-entry page and by itself."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Browser, Page, expect

from cds_service.resources import fixtures_folder
from tests.smart.conftest import FAULTS

SHOTS = Path("test-artifacts")
WIDTHS = (1280, 400)


def launched(demo: str, patient: str) -> str:
    body = json.dumps({"parameters": {"patient": patient}}).encode()
    asked = Request(f"{demo}/fhir/_services/smart/Launch", body, {"Content-Type": "application/json"})
    with urlopen(asked, timeout=20) as answer:
        launch = json.load(answer)["launch_id"]
    return f"{demo}/smart/launch?{urlencode({'iss': f'{demo}/fhir', 'launch': launch})}"


def shot(page: Page, name: str) -> None:
    SHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SHOTS / f"view-{name}.png", full_page=True)


def most_genes() -> str:
    """The patient of the fixtures with results of most genes."""
    files = sorted((fixtures_folder() / "patients").glob("pgx-*.json"))
    return max(files, key=lambda path: path.read_text("utf8").count('"48018-6"')).stem


@pytest.mark.browser
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(
    ("patient", "words"),
    [
        ("pgx-untested", "No pharmacogenomic result is on file."),
        ("pgx-stent", "CYP2C19"),
        (most_genes(), "Not tested, or not on file:"),
    ],
    ids=["no data", "one gene", "most genes"],
)
def test_the_view_fits_its_window(demo: str, chromium: Browser, patient: str, words: str, width: int) -> None:
    page = chromium.new_page(viewport={"width": width, "height": 900})
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text) if message.type in FAULTS else None)
    page.goto(launched(demo, patient))
    expect(page.get_by_text(words, exact=False).first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert patient not in page.url
    shot(page, f"{patient}-{width}")
    page.close()
    assert faults == []


@pytest.mark.browser
def test_a_card_of_the_order_page_leads_to_what_stands_behind_it(demo: str, chromium: Browser) -> None:
    page = chromium.new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{demo}/?patient=pgx-stent")
    page.get_by_role("button", name="clopidogrel 75 mg once daily").click()
    with page.context.expect_page() as opened:
        page.get_by_role("button", name="Results, reasons and sources").click()
    view = opened.value
    expect(view.get_by_role("heading", name="Behind the card: clopidogrel")).to_be_visible()
    expect(view.get_by_text("clopidogrel-cpic-acs-pci-cyp2c19-poor").first).to_be_visible()
    shot(view, "from-a-card")
    page.context.close()


@pytest.mark.browser
def test_the_filter_and_the_answers_work_by_keyboard(demo: str, chromium: Browser) -> None:
    page = chromium.new_page(viewport={"width": 1280, "height": 900})
    page.goto(launched(demo, "pgx-stent"))
    page.get_by_label("Filter by drug name").press_sequentially("clopid")
    expect(page.locator(".tile:visible")).to_have_count(1)
    expect(page.get_by_text("1 drug", exact=True)).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Replace clopidogrel with").first).to_be_visible()
    page.get_by_label("Filter by drug name").fill("no such drug")
    expect(page.get_by_text("it was not checked", exact=False)).to_be_visible()
    page.close()


@pytest.mark.browser
def test_the_sheet_can_be_printed(demo: str, chromium: Browser) -> None:
    page = chromium.new_page(viewport={"width": 1280, "height": 900})
    page.goto(launched(demo, "pgx-stent"))
    page.get_by_role("link", name="Sheet for the patient").click()
    expect(page.get_by_role("heading", name="Your genes and your medicines")).to_be_visible()
    page.emulate_media(media="print")
    expect(page.get_by_role("button", name="Print")).to_be_hidden()
    shot(page, "sheet-print")
    page.close()


@pytest.mark.browser
def test_without_the_ehr_the_patient_is_chosen_first(demo: str, chromium: Browser) -> None:
    page = chromium.new_page()
    page.goto(f"{demo}/smart/launch")
    page.get_by_label("Patient").select_option("pgx-stent")
    page.get_by_role("button", name="Open").click()
    expect(page.get_by_role("heading", name="Pharmacogenomic results")).to_be_visible()
    page.get_by_role("button", name="Close").click()
    expect(page.get_by_role("heading", name="Closed")).to_be_visible()
    page.close()
