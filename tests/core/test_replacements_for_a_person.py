"""Replacements against allergies of a class, and in the order of a site."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cds_service.cards.wording import load_wording
from cds_service.core.actions import Action
from cds_service.core.allergies import class_allergies
from cds_service.core.finding import Finding, Status
from cds_service.core.formulary import Formulary
from cds_service.core.model import ICD10CM, Coding, Ingredient
from cds_service.core.recommend import Case, Policy, recommend
from tests.builders import STENT, evidence, genotype, judge, knowledge, order, person

LISINOPRIL, AMOXICILLIN, NAFCILLIN, MORPHINE, CODEINE = "29046", "723", "7233", "7052", "2670"
SULFAMETHOXAZOLE = "10180"


def against(drug: str, **allergies: Any) -> list[bool]:
    """Whether each class that a drug shares with an allergy excludes it."""
    base = knowledge()
    found = class_allergies([drug], person(**allergies), base.allergy_classes, base.value_sets)
    return [excludes for excludes, _ in found]


def to(*codes: str) -> dict[str, Any]:
    return {"allergies": tuple(Ingredient(code, code) for code in codes)}


@pytest.mark.parametrize(
    ("drug", "allergies", "excludes"),
    [
        (NAFCILLIN, to(AMOXICILLIN), [True]),
        (NAFCILLIN, {"allergy_texts": ("penicillins",)}, [True]),
        (NAFCILLIN, {"allergy_codes": frozenset({Coding(ICD10CM, "Z88.0")})}, [True]),
        (NAFCILLIN, {"allergy_texts": ("morphine sulfate",)}, []),
        (NAFCILLIN, to(LISINOPRIL), []),
        (CODEINE, to(MORPHINE), [False]),
        (MORPHINE, {"allergy_texts": ("sulfa drugs",)}, []),
        (SULFAMETHOXAZOLE, {"allergy_texts": ("sulfa drugs",)}, [True]),
        (SULFAMETHOXAZOLE, {"allergy_texts": ("morphine sulfate",)}, []),
    ],
)
def test_an_allergy_speaks_against_its_class(drug: str, allergies: Any, excludes: list[bool]) -> None:
    assert against(drug, **allergies) == excludes


def named(found: Finding, status: Status = Status.OFFERED) -> list[str]:
    return [one.alternative.name for one in found.alternatives if one.status is status]


def stent(policy: Policy) -> Finding:
    return judge(order("clopidogrel", reason=STENT), genotype("CYP2C19", "*2/*2"), policy=policy)


def test_a_site_prefers_among_what_fits() -> None:
    assert named(stent(Policy())) == ["prasugrel", "ticagrelor"]
    assert named(stent(Policy(formulary=Formulary(("ticagrelor",))))) == ["ticagrelor", "prasugrel"]
    assert named(stent(Policy(formulary=Formulary(("1116632",))))) == ["ticagrelor", "prasugrel"]


def test_what_a_site_does_not_have_comes_last_with_a_note_and_without_a_button() -> None:
    found = stent(Policy(formulary=Formulary(not_stocked=frozenset({"prasugrel"}))))
    assert named(found) == ["ticagrelor", "prasugrel"]
    assert [one.orderable for one in found.offered] == [True, False]
    assert [note.key for note in found.offered[1].reasons] == ["caution-not-on-formulary"]


def test_preference_makes_nothing_fit_that_does_not() -> None:
    policy = Policy(formulary=Formulary(("prasugrel",)))
    who = person(problems=["422504002"])
    found = judge(order("clopidogrel", reason=STENT), genotype("CYP2C19", "*2/*2"), who=who, policy=policy)
    assert (named(found), named(found, Status.EXCLUDED)) == (["ticagrelor"], ["prasugrel"])


def test_where_nothing_is_left_a_specialist_is_named() -> None:
    both = (Ingredient("prasugrel", "613391"), Ingredient("ticagrelor", "1116632"))
    who = replace(person(), allergies=both)
    found = judge(order("clopidogrel", reason=STENT), genotype("CYP2C19", "*2/*2"), who=who)
    assert (found.action, found.offered) == (Action.ESCALATE, ())
    assert {"no-alternative-left", "ask-cardiologist"} <= {notice.key for notice in found.notices}


def test_a_drug_without_a_known_field_leads_to_the_pharmacist() -> None:
    none = replace(knowledge(), specialists={})
    both = (Ingredient("prasugrel", "613391"), Ingredient("ticagrelor", "1116632"))
    draft = order("clopidogrel", reason=STENT)
    case = Case(person(allergies=both), evidence(genotype("CYP2C19", "*2/*2")), (draft,))
    (found,) = recommend(draft, case, none, Policy())
    assert "ask-pharmacist" in {notice.key for notice in found.notices}


def test_everybody_who_may_be_asked_has_words() -> None:
    keys = {*knowledge().specialists.values(), "pharmacist"}
    assert {key for key in keys if not load_wording().has(f"notice.ask-{key}")} == set()
