"""Every key the code and the knowledge can ask for has words, in every language."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cds_service.cards.wording import FOLDER, load_wording, slots_of
from cds_service.core.errors import KnowledgeError
from cds_service.curation.checks.phrases import wanted
from tests.builders import knowledge

LANGUAGES = sorted(path.stem for path in FOLDER.glob("*.json"))
SOURCE = Path(__file__).parents[2] / "cds_service"


def said_in_code() -> set[str]:
    """The keys that stand as literals in the code."""
    found: set[str] = set()
    for path in (SOURCE / "cards").glob("*.py"):
        found |= set(re.findall(r'say\(\s*"([a-z]+\.[a-z-]+)"', path.read_text(encoding="utf-8")))
    for folder in ("core", "hooks", "fhir"):
        for path in (SOURCE / folder).rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            found |= {f"notice.{key}" for key in re.findall(r'Notice\.of\(\s*"([a-z-]+)"', text)}
    return found - {"notice.exclusion"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_phrase_is_missing(language: str) -> None:
    phrases = load_wording(language).phrases
    needed = wanted(knowledge()) | said_in_code()
    assert sorted(key for key in needed if key not in phrases) == []


def test_a_missing_phrase_or_slot_is_an_error() -> None:
    words = load_wording()
    with pytest.raises(KnowledgeError, match="no phrase"):
        words.say("summary.nothing-of-the-kind")
    with pytest.raises(KnowledgeError, match="slot"):
        words.say("summary.avoid", drug="x")


def test_an_unknown_language_is_an_error() -> None:
    with pytest.raises(KnowledgeError, match="known: de, en, ur"):
        load_wording("xx")


def test_slots_are_found() -> None:
    assert slots_of("{Drug} with {dose}") == {"Drug", "dose"}
