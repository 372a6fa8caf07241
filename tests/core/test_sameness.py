"""When two findings are the same to the person who reads them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cds_service.core.finding import Finding
from cds_service.core.model import Order
from cds_service.core.sameness import mark
from tests.builders import DEPRESSION, STENT, genotype, judge, order, person

POOR = genotype("CYP2C19", "*2/*2")
CLOPIDOGREL = order("clopidogrel", reason=STENT)


def marks(*findings: Finding) -> int:
    """How many different marks there are."""
    return len({mark(finding) for finding in findings})


def test_the_same_order_with_the_same_results_has_one_mark() -> None:
    assert marks(judge(CLOPIDOGREL, POOR), judge(CLOPIDOGREL, POOR)) == 1


@pytest.mark.parametrize(
    "later",
    [
        replace(CLOPIDOGREL, reference="MedicationRequest/other"),
        replace(CLOPIDOGREL, label="Plavix"),
        order("clopidogrel", reason=STENT, mg="75"),
    ],
    ids=["the draft has another id", "the drug is written otherwise", "the dose was filled in"],
)
def test_what_does_not_change_the_advice_does_not_change_the_mark(later: Order) -> None:
    assert marks(judge(CLOPIDOGREL, POOR), judge(later, POOR)) == 1


@pytest.mark.parametrize(
    "later",
    [
        judge(order("clopidogrel"), POOR),
        judge(CLOPIDOGREL, genotype("CYP2C19", "*1/*2")),
        judge(CLOPIDOGREL, POOR, genotype("CYP2C19", "*1/*1", measured_on=None)),
        judge(order("citalopram", reason=DEPRESSION), POOR),
    ],
    ids=["another reason", "another class", "a second laboratory that contradicts", "another drug"],
)
def test_what_changes_the_advice_changes_the_mark(later: Finding) -> None:
    assert marks(judge(CLOPIDOGREL, POOR), later) == 2


def test_a_dose_that_now_breaks_the_limit_changes_the_mark() -> None:
    who = person(70)
    below, over, further = (
        judge(order("citalopram", reason=DEPRESSION, mg=mg), POOR, who=who) for mg in ("10", "40", "60")
    )
    unknown = judge(order("citalopram", reason=DEPRESSION), POOR, who=who)
    assert (over.over_limit, unknown.over_limit) == (True, False)
    assert marks(below, over) == 2
    assert marks(unknown, over) == 2
    assert marks(over, further) == 1
