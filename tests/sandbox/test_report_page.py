"""The report in a real browser: from the hook and its feedback to the page."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Page
from werkzeug.serving import make_server

from cds_service.settings import Settings
from cds_service.wsgi import build_app
from tests.requests_made import call, draft, genotype

pytestmark = pytest.mark.browser
SELECT = "/cds-services/pgx-order-select"
ARTIFACTS = Path("test-artifacts")


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    store = tmp_path_factory.mktemp("store") / "store.sqlite"
    app = build_app(Settings(require_jwt=False, store_url=f"sqlite:///{store}"), demo=True)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


def uuid_at(number: int) -> str:
    return f"11111111-2222-4333-8444-{number:012}"


def card_of(base: str, number: int, gene: str, drug: str) -> str:
    """Calls the hook; gives the identifier of the card."""
    body = {**call(draft(drug), results=(genotype(gene, "*4/*4" if gene == "CYP2D6" else "*2/*2"),))}
    body["hookInstance"] = uuid_at(number)
    (card,) = requests.post(f"{base}{SELECT}", json=body, timeout=30).json()["cards"]
    return str(card["uuid"])


def answer(base: str, card: str, outcome: str, **more: object) -> None:
    entry = {"card": card, "outcome": outcome, "outcomeTimestamp": "2026-11-21T10:00:00Z", **more}
    requests.post(f"{base}{SELECT}/feedback", json={"feedback": [entry]}, timeout=30).raise_for_status()


def wait_for_calls(base: str, number: int) -> None:
    end = time.monotonic() + 60
    while f"{number} calls:" not in requests.get(f"{base}/report", timeout=30).text:
        assert time.monotonic() < end, "the calls did not get into the report in time"
        time.sleep(0.1)


def test_the_page_shows_what_became_of_the_cards(base: str, laptop: Page) -> None:
    laptop.goto(f"{base}/report")
    assert laptop.get_by_text("There is no call on record for these days.").is_visible()
    assert laptop.locator("img").count() == 0
    cards = [card_of(base, number, "CYP2C19", "309362") for number in range(11)]
    codeine = card_of(base, 11, "CYP2D6", "2670")
    for number, card in enumerate(cards):
        reason = {"overrideReason": {"reason": {"code": "patient-contraindication"}}}
        answer(
            base, card, *(("accepted",) if number < 4 else ("overridden",)), **(reason if number >= 4 else {})
        )
    answer(base, codeine, "accepted")
    wait_for_calls(base, 12)

    asked: list[str] = []
    laptop.on("request", lambda request: asked.append(request.url))
    laptop.goto(f"{base}/report")
    assert laptop.get_by_text(
        "12 cards about orders: 5 accepted, 7 overridden, 0 without an answer"
    ).is_visible()
    rows = laptop.get_by_role("region", name="By drug").get_by_role("row").all_inner_texts()
    assert [row.split() for row in rows[1:]] == [
        ["clopidogrel", "11", "4", "7", "36%", "patient-contraindication:", "7"],
        ["codeine", "1", "1", "0", "100%"],
    ]
    low = laptop.get_by_role("region", name="Rules under a follow rate of 50%")
    assert "clopidogrel" in low.inner_text()
    assert "codeine" not in low.inner_text()
    pictures = laptop.get_by_role("img").all()
    assert [bool(picture.get_attribute("alt")) for picture in pictures] == [True, True]
    assert [
        picture.evaluate("image => image.complete && image.naturalWidth > 0") for picture in pictures
    ] == [
        True,
        True,
    ]
    assert [url for url in asked if not url.startswith((base, "data:"))] == []
    assert laptop.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    ARTIFACTS.mkdir(exist_ok=True)
    laptop.screenshot(path=ARTIFACTS / "report.png", full_page=True)


def test_the_page_fits_a_narrow_screen_and_days_narrow_the_report(base: str, laptop: Page) -> None:
    laptop.set_viewport_size({"width": 360, "height": 700})
    laptop.goto(f"{base}/report")
    assert laptop.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    laptop.goto(f"{base}/report?until=2001-01-01")
    assert laptop.get_by_text("There is no call on record for these days.").is_visible()
