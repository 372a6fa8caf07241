"""What the order-entry page shows of an answer: cards, silence, failure, and the text of a detail."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.sandbox.page_steps import CLOPIDOGREL, DETAIL, SILENCE, open_page, outcome, try_example
from tests.sandbox.scripted_service import ScriptedService, card

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_silence_is_said_plainly(laptop: Page) -> None:
    with ScriptedService() as service:
        open_page(laptop, service)
        try_example(laptop, CLOPIDOGREL)
        expect(laptop.get_by_role("status")).to_contain_text(SILENCE)
        expect(laptop.get_by_role("alert")).to_be_empty()
        expect(laptop.get_by_role("article")).to_have_count(0)


def test_failure_shows_the_outcome_and_is_not_taken_for_silence(laptop: Page) -> None:
    with ScriptedService(errors={"clopidogrel": (412, outcome("The results could not be had."))}) as service:
        open_page(laptop, service)
        try_example(laptop, CLOPIDOGREL)
        expect(laptop.get_by_role("alert")).to_contain_text("HTTP 412")
        expect(laptop.get_by_role("alert")).to_contain_text("The results could not be had.")
        expect(laptop.get_by_text(SILENCE)).to_have_count(0)
        try_example(laptop, "ticagrelor 90 mg twice daily")
        expect(laptop.get_by_role("status")).to_contain_text(SILENCE)
        expect(laptop.get_by_role("alert")).to_be_empty()


def test_an_answer_without_a_list_of_cards_is_a_failure(laptop: Page) -> None:
    with ScriptedService(errors={"clopidogrel": (200, {"hello": "world"})}) as service:
        open_page(laptop, service)
        try_example(laptop, CLOPIDOGREL)
        expect(laptop.get_by_role("alert")).to_contain_text("no list of cards")
        expect(laptop.get_by_text(SILENCE)).to_have_count(0)


def test_card_says_its_urgency_in_words_and_the_most_urgent_comes_first(laptop: Page) -> None:
    cards = [card("info", "A note."), card("critical", "Stop."), card("warning", "Careful.")]
    with ScriptedService({"clopidogrel": cards}) as service:
        open_page(laptop, service)
        try_example(laptop, CLOPIDOGREL)
        expect(laptop.get_by_role("article")).to_contain_text(
            ["CriticalStop.", "WarningCareful.", "For informationA note."]
        )
        expect(laptop.get_by_role("article", name="Critical Stop.")).to_be_visible()
        expect(laptop.get_by_role("status")).to_contain_text("3 cards Critical: Stop.")


def test_a_late_answer_about_an_order_that_is_gone_is_never_shown(laptop: Page) -> None:
    slow = ScriptedService({"clopidogrel": [card("critical", "Stop.")]}, delays={"clopidogrel": 1.5})
    with slow as service:
        open_page(laptop, service)
        with laptop.expect_request("**/cds-services/test-order-select"):
            try_example(laptop, CLOPIDOGREL)
        try_example(laptop, "ticagrelor 90 mg twice daily")
        expect(laptop.get_by_role("status")).to_contain_text(SILENCE)
        laptop.wait_for_timeout(1800)
        expect(laptop.get_by_role("article")).to_have_count(0)
        expect(laptop.get_by_role("status")).to_contain_text(SILENCE)


def test_detail_renders_markdown_and_no_html(laptop: Page) -> None:
    with ScriptedService({"clopidogrel": [card(detail=DETAIL)]}) as service:
        open_page(laptop, service)
        try_example(laptop, CLOPIDOGREL)
        detail = laptop.locator(".detail")
        expect(detail.locator("strong")).to_have_text("CYP2C19 *2/*2, poor metabolizer")
        expect(detail.locator("em")).to_have_text(["emphasis"])
        expect(detail).to_contain_text("*2/*17 is not")
        expect(detail.get_by_role("columnheader")).to_have_text(["Drug", "Fits"])
        expect(detail.get_by_role("cell")).to_have_text(["ticagrelor", "yes"])
        expect(detail.locator("ol > li")).to_contain_text(["first", "second"])
        expect(detail.locator("ol ul > li")).to_have_text(["inner"])
        expect(detail.get_by_role("link")).to_have_text(["guideline"])
        expect(detail).to_contain_text('<img src=x onerror="window.broken=1">')
        assert detail.locator("img, script").count() == 0
        assert laptop.evaluate("window.broken") is None


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("**a** and __b__", "<p><strong>a</strong> and <strong>b</strong></p>"),
        ("a **b *c* d**", "<p>a <strong>b <em>c</em> d</strong></p>"),
        ("*2/*17", "<p>*2/*17</p>"),
        ("*2/*17 is *rapid*", "<p>*2/*17 is <em>rapid</em></p>"),
        ("***a***", "<p><strong><em>a</em></strong></p>"),
        ("~~a~~ ~b~", "<p><del>a</del> ~b~</p>"),
        ("**open", "<p>**open</p>"),
        ("*1/*1 and *2/*2, *3/*3.", "<p>*1/*1 and *2/*2, *3/*3.</p>"),
        ("HLA-B\\*57:01", "<p>HLA-B*57:01</p>"),
        ("HLA-B*57:01 and HLA-B*15:02", "<p>HLA-B*57:01 and HLA-B*15:02</p>"),
        ("snake_case_word", "<p>snake_case_word</p>"),
        ("2 * 3 * 4", "<p>2 * 3 * 4</p>"),
        ("`*a*`", "<p><code>*a*</code></p>"),
        ("## Title\ntext", "<h4>Title</h4><p>text</p>"),
        ("a  \nb\nc", "<p>a<br>b c</p>"),
        ("- a\n- b", "<ul><li>a</li><li>b</li></ul>"),
        ("- a\n  - b\n- c", "<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>"),
        ("3. a\n4. b", '<ol start="3"><li>a</li><li>b</li></ol>'),
        ("> a\n> b", "<blockquote><p>a b</p></blockquote>"),
        ("---", "<hr>"),
        ("```\n<b>*x*</b>\n```", "<pre><code>&lt;b&gt;*x*&lt;/b&gt;</code></pre>"),
        ("a & b < c", "<p>a &amp; b &lt; c</p>"),
        ("[a](javascript:x)", "<p><span>a</span></p>"),
        ("[a](//evil.example)", "<p><span>a</span></p>"),
        ("a | b", "<p>a | b</p>"),
        ("", ""),
    ],
)
def test_markdown(markdown_page: Page, text: str, html: str) -> None:
    rendered = markdown_page.evaluate(
        """async (text) => {
          const { markdown } = await import("/sandbox/static/markdown.js");
          const place = document.createElement("div");
          place.append(markdown(text));
          return place.innerHTML;
        }""",
        text,
    )
    assert rendered == html


@pytest.fixture(scope="module")
def markdown_page(chromium: Browser) -> Iterator[Page]:
    with ScriptedService() as service:
        page = chromium.new_page()
        page.goto(service.url)
        yield page
        page.close()


def test_links_open_beside_the_page_and_untrusted_ones_are_text(laptop: Page) -> None:
    links = [
        {"label": "Full trail", "url": "https://pgx.example.org/trace/1", "type": "absolute"},
        {"label": "Trap", "url": "javascript:alert(1)", "type": "absolute"},
        {"label": "App", "url": "https://pgx.example.org/launch", "type": "smart"},
    ]
    with ScriptedService({"clopidogrel": [card(links=links)]}) as service:
        open_page(laptop, service)
        try_example(laptop, CLOPIDOGREL)
        shown = laptop.get_by_role("article").get_by_role("link")
        expect(shown).to_have_text(["Full trail", "A guideline, 2024"])
        expect(shown.first).to_have_attribute("rel", "noopener noreferrer")
        expect(laptop.get_by_role("button", name="App", exact=True)).to_be_visible()
