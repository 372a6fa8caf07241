"""What a second reading of DPWG's texts found, asked of DPWG alone, so that no other body can hide it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cds_service.core.actions import Action
from cds_service.core.case import Policy
from cds_service.core.finding import Finding
from cds_service.core.model import Ingredient
from tests.builders import genotype, judge, knowledge, order, person

DPWG_ONLY = Policy(sources=("dpwg",))
ULTRARAPID = genotype("CYP2D6", "*1x2/*2")


def drug(name: str) -> Ingredient:
    (code,) = knowledge().drug_codes.by_name[name]
    return Ingredient(name, code)


def codeine(mg: str | None, years: int = 40, *taken: str) -> Finding:
    who = replace(person(years), medications=tuple(drug(name) for name in taken))
    return judge(order("codeine", mg=mg), ULTRARAPID, who=who, policy=DPWG_ONLY)


def test_codeine_of_an_unknown_dose_is_not_for_ultrarapid_metabolizers() -> None:
    assert codeine(None).action is Action.CONTRAINDICATED


@pytest.mark.parametrize(("years", "kept", "too_much"), [(40, "80", "81"), (15, "40", "41")])
def test_codeine_is_kept_up_to_a_low_dose(years: int, kept: str, too_much: str) -> None:
    assert codeine(kept, years).action is Action.STANDARD
    assert codeine(too_much, years).action is Action.CONTRAINDICATED


def test_beside_a_cyp3a_inhibitor_no_dose_of_codeine_is_low() -> None:
    assert codeine("40", 40, "clarithromycin").action is Action.CONTRAINDICATED


@pytest.mark.parametrize("name", ["capecitabine", "fluorouracil"])
def test_fluoropyrimidines_with_a_dpyd_score_of_a_half_ask_for_the_enzyme_activity(name: str) -> None:
    half = genotype("DPYD", "c.1905+1G>A (*2A)/c.2846A>T")
    finding = judge(order(name), half, policy=DPWG_ONLY)
    assert finding.action is Action.AVOID
    assert "dpd-activity" in finding.monitoring


def test_atorvastatin_beside_a_cyp3a_inhibitor_is_to_be_replaced() -> None:
    poor = genotype("SLCO1B1", "*5/*5")
    alone = judge(order("atorvastatin"), poor, policy=DPWG_ONLY)
    who = replace(person(), medications=(drug("verapamil"),))
    beside = judge(order("atorvastatin"), poor, who=who, policy=DPWG_ONLY)
    assert (alone.action, beside.action) == (Action.STANDARD, Action.CONSIDER_ALTERNATIVE)


def test_no_first_dose_of_allopurinol_is_named_that_is_none() -> None:
    rules = [rule for source in knowledge().drugs["allopurinol"].rules_of("dpwg") for rule in source.rules]
    doses = [step.dose for rule in rules for branch in rule.branches for step in (branch, *branch.later)]
    limits = [dose.limit.kind for dose in doses if dose and dose.limit]
    assert limits == ["target", "target"]
