"""Therapy that runs: which findings about it are worth a line when nobody is ordering anything."""

from __future__ import annotations

from cds_service.core.actions import QUIET, Action
from cds_service.core.finding import Finding
from cds_service.core.pretest import LONG_TAKEN_DAYS
from cds_service.core.urgency import Urgency
from cds_service.core.weigh import ResultState

#: A result on file speaks; what is pending or cannot be read waits for the order.
_SPEAKS = frozenset({ResultState.TRANSLATED, ResultState.CONFLICT})


def concerns_running_therapy(finding: Finding) -> bool:
    """
    Whether a result on file asks for a change of what is taken.

    Not worth a line: a test that could have been made before the start, what two drugs do to each other
    whatever the genotype, and gentle advice on a drug that has been taken for long.
    """
    if finding.action in QUIET or finding.action is Action.TEST_FIRST or finding.comedication:
        return False
    if not any(use.evidence.state in _SPEAKS or use.said for use in finding.genes):
        return False
    long = (finding.order.taken_days or 0) >= LONG_TAKEN_DAYS
    return not (long and finding.urgency is Urgency.INFO)
