"""Every key the code and the knowledge can ask for has words, in every language."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cds_service.cards.wording import FOLDER, load_wording, slots_of
from cds_service.core.actions import QUIET, Action
from cds_service.core.errors import KnowledgeError
from cds_service.core.knowledge_base import Branch, Rule
from tests.builders import knowledge

LANGUAGES = sorted(path.stem for path in FOLDER.glob("*.json"))
SOURCE = Path(__file__).parents[2] / "cds_service"


def rules() -> list[Rule]:
    return [r for drug in knowledge().drugs.values() for s in drug.sources.values() for r in s.rules]


def branches() -> list[Branch]:
    return [branch for rule in rules() for branch in rule.branches]


def wanted() -> set[str]:
    """The keys that follow from the knowledge."""
    keys = {f"implication.{rule.implication}" for rule in rules() if rule.implication}
    keys |= {f"strength.{rule.strength}" for rule in rules() if rule.strength}
    for rule in rules():
        if any(not when for when in rule.when):
            keys |= {f"reason.{branch.label}" for branch in rule.branches}
    for branch in branches():
        keys |= {f"watch.{key}" for key in branch.monitoring}
        keys |= {f"condition.{branch.label}"} if branch.label and branch.action not in QUIET else set()
        keys |= {f"add.{branch.add}"} if branch.add else set()
        keys |= {f"later.{step.step}" for step in branch.later if branch.action not in QUIET}
        keys |= {f"watch.{key}" for step in branch.later for key in step.monitoring}
        if branch.dose is not None:
            keys |= {f"applies.{word}" for word in (branch.dose.applies_to, branch.dose.basis) if word}
    for drug in knowledge().drugs.values():
        for choice in drug.alternatives:
            keys |= {f"exclusion.{item.name}" for item in (*choice.contraindications, *choice.cautions)}
    keys |= {f"action.{action.value}" for action in Action} | {
        f"step.{action.value}" for action in (Action.AVOID,)
    }
    return keys - {"applies.maximum"}


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
    assert sorted(key for key in wanted() | said_in_code() if key not in phrases) == []


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
