"""The pages are in the language of the site, from right to left where it is written so."""

from __future__ import annotations

import json
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from cds_service.cards.wording import END_ISOLATE, ISOLATE, Wording, load_wording
from cds_service.core.match import Outcome
from cds_service.core.weigh import ResultState
from cds_service.hooks.data_needs import DataNeed
from cds_service.hooks.gathered import Gap
from cds_service.overview.values import Level
from cds_service.overview.words import FOLDER, load_words, page_languages
from cds_service.settings import Settings
from cds_service.smart.launch import Refusal
from cds_service.wsgi import build_app
from tests.fakes import FakeFhirServer
from tests.smart.conftest import record
from tests.smart.ehr import CLIENT_ID, Ehr
from tests.smart.test_sign_in import look, open_view

TEMPLATES = Path(__file__).parents[2] / "cds_service/web/smart/templates/smart"
ENGLISH = load_wording("en", FOLDER).phrases
OTHERS = [language for language in page_languages() if language != "en"]
RIGHT_TO_LEFT = "ur"
LATIN = re.compile(r"[A-Za-z]{2,}")


def slots(text: str) -> set[str]:
    return {name.lower() for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("language", OTHERS)
def test_a_language_has_all_words_with_the_same_slots(language: str) -> None:
    phrases = load_wording(language, FOLDER).phrases
    assert {key: slots(text) for key, text in phrases.items()} == {
        key: slots(text) for key, text in ENGLISH.items()
    }
    same = [key for key, text in phrases.items() if text == ENGLISH[key] and LATIN.sub("", text) != text]
    assert [key for key in same if key not in ("level.of",)] == []


@pytest.mark.parametrize("language", page_languages())
def test_words_of_pages_and_cards_never_share_a_key(language: str) -> None:
    assert load_wording(language, FOLDER).phrases.keys() & load_wording(language).phrases.keys() == set()


def test_latin_words_and_slots_stand_in_isolates_where_it_is_written_from_the_right() -> None:
    native = {"what", "count", "why"}
    loose = []
    for key, text in load_wording(RIGHT_TO_LEFT, FOLDER).phrases.items():
        assert text.count(ISOLATE) == text.count(END_ISOLATE), key
        outside = re.sub(f"{ISOLATE}[^{END_ISOLATE}]*{END_ISOLATE}", "", text)
        loose += [(key, word) for word in LATIN.findall(outside) if word not in native]
    assert loose == []


@pytest.mark.parametrize("language", page_languages())
def test_whatever_is_named_has_words(language: str) -> None:
    words = load_words(language)
    needed = [f"unread.{need.key}" for need in DataNeed]
    needed += [f"gap.{gap.value}" for gap in Gap]
    needed += [f"state.{state.value}" for state in ResultState]
    needed += [f"level.{outcome.value}" for outcome in Outcome]
    needed += [f"page.{level.value}" for level in Level]
    reasons = [*(refusal.value for refusal in Refusal), "cookie", "ended", "closed", "address", "fault"]
    needed += [f"refused.{reason}{part}" for reason in reasons for part in ("", "-text")]
    assert [key for key in needed if not words.has(key)] == []


def test_every_word_a_template_asks_for_is_there_and_no_other() -> None:
    asked = {
        key
        for file in TEMPLATES.glob("*.html")
        for key in re.findall(r'"((?:page|sheet|choose|refused)\.[a-z-]+)"', file.read_text("utf8"))
    }
    assert asked - ENGLISH.keys() == set()


@pytest.fixture(scope="module")
def urdu(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[FlaskClient, Ehr]]:
    """A browser at a service whose site speaks a language that is written from the right."""
    folder = tmp_path_factory.mktemp("urdu")
    with FakeFhirServer(record()) as server:
        entry = {"url": server.base, "clientId": CLIENT_ID}
        (folder / "smart.json").write_text(json.dumps({"servers": [entry]}))
        (folder / "site.json").write_text(json.dumps({"language": RIGHT_TO_LEFT}))
        settings = Settings(
            public_url="https://pgx.example.org",
            fhir_allow="http://127.0.0.1:*",
            smart=folder / "smart.json",
            site=folder / "site.json",
            store_url=f"sqlite:///{folder / 'store.sqlite'}",
        )
        ehr = Ehr(server)
        ehr.install()
        yield build_app(settings).test_client(), ehr


def english_in(text: str, words: Wording) -> list[str]:
    """Phrases of the English pages that a page in another language shows all the same."""
    return [
        key
        for key, phrase in ENGLISH.items()
        if len(phrase) > 12 and "{" not in phrase and phrase in text and words.phrases[key] != phrase
    ]


def test_view_and_sheet_are_in_the_language_of_the_site(urdu: tuple[FlaskClient, Ehr]) -> None:
    browser, ehr = urdu
    ehr.answer = {"appContext": '{"drug":"32968","rules":["clopidogrel-cpic-acs-pci-cyp2c19-poor"]}'}
    opened = open_view(browser, ehr)
    words = load_words(RIGHT_TO_LEFT)
    sheet = browser.get(f"{opened.headers['Location']}/sheet", base_url="https://pgx.example.org")
    for page, heading in ((look(browser, opened), "page.genes"), (sheet, "sheet.title")):
        text = page.get_data(as_text=True)
        assert '<html lang="ur" dir="rtl">' in text
        assert words.say(heading) in text
        assert english_in(text, words) == []


@pytest.mark.parametrize(
    ("accepted", "language"), [("de-AT,de;q=0.9", "de"), ("ur", "ur"), ("fr", "en"), ("", "en")]
)
def test_a_refusal_is_in_the_language_of_the_browser(
    browser: FlaskClient, accepted: str, language: str
) -> None:
    headers = {"Accept-Language": accepted} if accepted else {}
    answer = browser.get("/smart/launch?iss=https://elsewhere.example.org", headers=headers)
    text = answer.get_data(as_text=True)
    assert answer.status_code == 403
    assert f'<html lang="{language}"' in text
    assert load_words(language).say("refused.unknown-server") in text
