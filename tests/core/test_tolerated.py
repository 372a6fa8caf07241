"""What has been tolerated for long is said more quietly; what is critical, or breaks a limit, is not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cds_service.core.finding import Finding
from cds_service.core.tolerated import quieter_if_tolerated
from cds_service.core.urgency import Urgency
from tests.builders import genotype, judge, knowledge, order

POOR = genotype("CYP2D6", "*4/*4")


def said(finding: Finding) -> list[str]:
    return [notice.key for notice in finding.notices]


@pytest.mark.parametrize(
    ("days", "urgency"), [(None, Urgency.WARNING), (89, Urgency.WARNING), (90, Urgency.INFO)]
)
def test_a_harm_that_shows_itself_early_becomes_an_information(days: int | None, urgency: Urgency) -> None:
    found = judge(order("codeine", taken_days=days), POOR)
    assert found.implication is not None
    assert found.implication.tolerated_after_days == 90
    assert (found.urgency, "taken-for-long" in said(found)) == (urgency, urgency is Urgency.INFO)


def test_the_advice_itself_stays_the_same() -> None:
    new, old = judge(order("codeine"), POOR), judge(order("codeine", taken_days=400), POOR)
    assert (old.action, old.rules, old.dose) == (new.action, new.rules, new.dose)


def test_a_harm_that_comes_unseen_is_said_as_loudly_as_before() -> None:
    found = judge(order("clopidogrel", taken_days=400), genotype("CYP2C19", "*2/*2"))
    assert found.urgency is Urgency.WARNING


def test_what_is_critical_stays_critical() -> None:
    ultrarapid = genotype("CYP2D6", "*1/*1x3")
    assert judge(order("codeine", taken_days=400), ultrarapid).urgency is Urgency.CRITICAL


def test_a_dose_over_the_limit_was_not_the_one_that_was_tolerated() -> None:
    warned = replace(judge(order("codeine"), POOR), order=order("codeine", taken_days=400))
    assert quieter_if_tolerated(warned).urgency is Urgency.INFO
    assert quieter_if_tolerated(replace(warned, over_limit=True)).urgency is Urgency.WARNING


def test_no_catastrophic_harm_counts_as_tolerated() -> None:
    listed = [item for item in knowledge().implications.values() if item.tolerated_after_days is not None]
    assert listed
    assert not [item.key for item in listed if item.harm == "catastrophic"]
