"""Rules that follow from the person whatever a gene test says, and rules for use on the skin."""

from __future__ import annotations

import pytest

from cds_service.core.actions import Action
from cds_service.core.model import SNOMED, Coding
from cds_service.core.urgency import Urgency
from tests.builders import genotype, judge, order, person

BREASTFEEDING, HYPERTHERMIA, DRAVET, KERATOSIS = "413712001", "405501007", "230437002", "201101007"


@pytest.mark.parametrize(
    ("drug", "problem", "action", "urgency"),
    [
        ("sevoflurane", HYPERTHERMIA, Action.CONTRAINDICATED, Urgency.CRITICAL),
        ("halothane", HYPERTHERMIA, Action.CONTRAINDICATED, Urgency.CRITICAL),
        ("succinylcholine", HYPERTHERMIA, Action.CONTRAINDICATED, Urgency.CRITICAL),
        ("codeine", BREASTFEEDING, Action.AVOID, Urgency.WARNING),
        ("tramadol", BREASTFEEDING, Action.AVOID, Urgency.WARNING),
        ("carbamazepine", DRAVET, Action.AVOID, Urgency.CRITICAL),
        ("lamotrigine", DRAVET, Action.AVOID, Urgency.CRITICAL),
    ],
)
def test_what_is_on_record_speaks_without_a_test(
    drug: str, problem: str, action: Action, urgency: Urgency
) -> None:
    found = judge(order(drug), who=person(30, problems=[problem]))
    assert (found.action, found.urgency, found.genes) == (action, urgency, ())
    assert judge(order(drug), who=person(30)).action not in (action, Action.ESCALATE)


def test_replacements_are_those_for_the_gene_of_the_same_harm() -> None:
    found = judge(order("succinylcholine", reason="241689008"), who=person(30, problems=[HYPERTHERMIA]))
    assert [one.alternative.name for one in found.offered][:2] == ["rocuronium", "vecuronium"]


def test_a_result_that_asks_for_the_same_leads() -> None:
    found = judge(order("codeine"), genotype("CYP2D6", "*1/*2x2"), who=person(30, problems=[BREASTFEEDING]))
    assert found.rules[0] == "codeine-cpic-cyp2d6-from-2-5"


def test_a_time_of_breastfeeding_that_is_over_does_not_count() -> None:
    over = frozenset({Coding(SNOMED, BREASTFEEDING)})
    assert not judge(order("codeine"), who=person(30, problems=[BREASTFEEDING], over=over)).rules


@pytest.mark.parametrize(
    ("diplotype", "action"),
    [
        ("c.1905+1G>A (*2A)/c.1905+1G>A (*2A)", Action.CONTRAINDICATED),
        ("Reference/c.1905+1G>A (*2A)", Action.STANDARD),
        ("", Action.STANDARD),
    ],
)
def test_fluorouracil_on_the_skin_is_out_only_without_any_activity(diplotype: str, action: Action) -> None:
    results = [genotype("DPYD", diplotype)] if diplotype else []
    cream = order("fluorouracil", reason=KERATOSIS, routes=frozenset({"topical"}))
    assert judge(cream, *results).action is action
