"""Tests that can be ordered for what an advice asks to watch."""

from __future__ import annotations

from uuid import UUID

import pytest

from cds_service.cards.suggestions import Style, suggestions
from cds_service.cards.wording import load_wording
from cds_service.core.actions import Action
from cds_service.core.finding import Finding
from cds_service.core.model import Ingredient
from tests.builders import genotype, judge, knowledge, order, person

DRAFT = {"id": "1", "subject": {"reference": "Patient/1"}, "encounter": {"reference": "Encounter/1"}}


def ordered(found: Finding, style: Style = Style.REPLACE) -> list[tuple[str, str]]:
    made = suggestions(found, DRAFT, load_wording(), style, UUID(int=1))
    resources = [action["resource"] for one in made for action in one["actions"] if "resource" in action]
    tests = [one for one in resources if one["resourceType"] == "ServiceRequest"]
    assert all(one["subject"] == DRAFT["subject"] and one["status"] == "draft" for one in tests)
    return [(one["code"]["coding"][0]["code"], one["code"]["text"]) for one in tests]


def test_a_drug_level_is_that_of_the_drug() -> None:
    found = judge(order("tacrolimus"), genotype("CYP3A5", "*1/*3"))
    assert found.action is Action.INCREASE_DOSE
    assert ordered(found) == ordered(found, Style.SEPARATE) == [("11253-2", "Tacrolimus level in blood")]


def test_a_level_without_a_code_and_symptoms_are_left_to_the_words() -> None:
    found = judge(order("amitriptyline"), genotype("CYP2D6", "*4/*10"), genotype("CYP2C19", "*1/*1"))
    assert found.monitoring
    assert not [what for _, what in ordered(found) if "level" in what]


def test_a_drug_that_is_not_used_needs_no_follow_up() -> None:
    found = judge(order("abacavir"), genotype("HLA-B", "*57:01/*40:01"))
    assert found.follow_up == ()


def test_more_is_not_asked_for_where_another_drug_keeps_the_level_up() -> None:
    azole = person(medications=(Ingredient("voriconazole", "121243"),))
    found = judge(order("tacrolimus"), genotype("CYP3A5", "*1/*3"), who=azole)
    assert [note.key for note in found.notices][-2:] == [
        "interaction-toxicity",
        "increase-against-interaction",
    ]


CODES = sorted(
    {one.code for one in (*knowledge().follow_up.general.values(), *knowledge().follow_up.by_drug.values())}  # type: ignore[union-attr]
)


@pytest.mark.parametrize("code", CODES)
def test_the_codes_have_their_check_digit(code: str) -> None:
    number, _, digit = code.partition("-")
    total = 0
    for place, sign in enumerate(reversed(number)):
        value = int(sign) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    assert (10 - total % 10) % 10 == int(digit)


def test_what_is_watched_has_words() -> None:
    words, base = load_wording(), knowledge().follow_up
    assert base is not None
    watched = {*base.general, *(what for what, _ in base.by_drug)}
    assert {what for what in watched if not words.has(f"watch.{what}")} == set()
