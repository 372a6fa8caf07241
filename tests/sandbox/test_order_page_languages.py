"""Cards in another language than the page's, and in one that is written from right to left."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.sandbox.page_steps import CLOPIDOGREL, open_page, try_example
from tests.sandbox.scripted_service import Json, ScriptedService, card, medication, suggestion

pytestmark = [pytest.mark.browser, pytest.mark.slow]

NAME, RESULT = "\u2068clopidogrel\u2069", "\u2068CYP2C19 *2/*2\u2069"
SUMMARY = f"{NAME} کی جگہ \u2068ticagrelor\u2069 دیں: {RESULT}"
RESULT_LINE = "**\u2068CYP2C19 \\*2/\\*2\u2069** (لیبارٹری کا نتیجہ)۔"
DETAIL = f"{RESULT_LINE}\n\n| دوا | موزوں |\n|---|---|\n| ticagrelor | ہاں |"
LABEL = "اس کی جگہ \u2068ticagrelor\u2069 لکھیں"


def urdu(**extension: Json) -> Json:
    create = {"type": "create", "description": "مسودہ بنائیں", "resource": medication("ticagrelor")}
    reasons = [{"code": "x", "system": "https://example.org/reasons", "display": "مریض کو منظور نہیں"}]
    return card(
        summary=SUMMARY,
        detail=DETAIL,
        suggestions=[suggestion(LABEL, create, isRecommended=True)],
        overrideReasons=reasons,
        extension=extension,
    )


MARKED = urdu(**{"pgx-cds.language": {"code": "ur", "direction": "rtl"}})


def test_a_card_from_right_to_left_says_so_and_the_page_around_it_stays_english(laptop: Page) -> None:
    with ScriptedService({"clopidogrel": [MARKED]}) as service:
        open_page(laptop, service)
        try_example(laptop, CLOPIDOGREL)
        shown = laptop.get_by_role("article")
        button = shown.get_by_role("button", name="(recommended)")
        expect(shown.get_by_role("heading")).to_have_text(SUMMARY)
        for place in (
            shown.get_by_role("heading"),
            shown.locator(".detail"),
            button.get_by_text(LABEL),
            shown.get_by_text("مسودہ بنائیں"),
            shown.get_by_role("option", name="مریض کو منظور نہیں", include_hidden=True),
        ):
            expect(place).to_have_attribute("lang", "ur")
            expect(place).to_have_attribute("dir", "rtl")
        expect(shown).not_to_have_attribute("lang", "ur")
        expect(shown.locator(".indicator")).not_to_have_attribute("dir", "rtl")
        expect(shown.get_by_role("columnheader").first).to_have_css("text-align", "start")


def test_names_keep_their_order_within_the_line(laptop: Page) -> None:
    """The first word of the summary stands at the right, and `*2/*2` is still right of its gene."""
    with ScriptedService({"clopidogrel": [MARKED]}) as service:
        open_page(laptop, service)
        try_example(laptop, CLOPIDOGREL)
        heading = laptop.get_by_role("article").get_by_role("heading")
        expect(heading).to_be_visible()
        left = heading.evaluate(
            """(heading, words) => Object.fromEntries(words.map((word) => {
              const node = heading.firstChild;
              const range = document.createRange();
              range.setStart(node, node.data.indexOf(word));
              range.setEnd(node, node.data.indexOf(word) + word.length);
              return [word, range.getBoundingClientRect().left];
            }))""",
            ["clopidogrel", "ticagrelor", "CYP2C19", "*2/*2"],
        )
        assert left["clopidogrel"] > left["ticagrelor"] > left["CYP2C19"]
        assert left["*2/*2"] > left["CYP2C19"]


@pytest.mark.parametrize(
    "extension",
    [{}, {"pgx-cds.language": {"code": "ur", "direction": "sideways"}}],
    ids=["not named", "no such direction"],
)
def test_a_card_without_a_known_direction_is_shown_as_the_page_is(laptop: Page, extension: Json) -> None:
    with ScriptedService({"clopidogrel": [urdu(**extension)]}) as service:
        open_page(laptop, service)
        try_example(laptop, CLOPIDOGREL)
        heading = laptop.get_by_role("article").get_by_role("heading")
        expect(heading).to_have_text(SUMMARY)
        assert heading.get_attribute("dir") is None
