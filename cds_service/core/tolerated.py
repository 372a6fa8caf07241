"""Therapy that was tolerated for long: what would have shown itself by now is said more quietly."""

from __future__ import annotations

from dataclasses import replace

from cds_service.core.actions import Action
from cds_service.core.finding import Finding
from cds_service.core.model import Notice
from cds_service.core.pretest import LONG_TAKEN_DAYS
from cds_service.core.urgency import Urgency

#: Advice on how to begin.
_BEGINNING = frozenset({"start", "loading", "initial-then-titrate"})
_DOSES = frozenset({Action.REDUCE_DOSE, Action.INCREASE_DOSE, Action.CAP_DOSE, Action.CALCULATE_DOSE})
_MAY_STAY = _DOSES | {
    Action.AVOID,
    Action.CONSIDER_ALTERNATIVE,
    Action.REDUCE_OR_SWITCH,
    Action.SWITCH_OR_CAP,
    Action.MONITOR,
}


def quieter_if_tolerated(finding: Finding) -> Finding:
    """
    A warning about a drug that has been taken for long becomes an information, in two cases.

    The source speaks of the beginning of a therapy that began long ago; or the knowledge says of the harm
    that it shows itself early, and the time for that is over. What is critical stays so, and so does a
    warning about a dose that breaks a limit: that dose is not the one that was tolerated.
    """
    taken = finding.order.taken_days or 0
    if finding.urgency is not Urgency.WARNING or finding.over_limit or finding.action not in _MAY_STAY:
        return finding
    early = finding.implication.tolerated_after_days if finding.implication else None
    begun = finding.dose is not None and finding.dose.applies_to in _BEGINNING and finding.action in _DOSES
    if (early is None or taken < early) and not (begun and taken >= LONG_TAKEN_DAYS):
        return finding
    return replace(finding, urgency=Urgency.INFO, notices=(*finding.notices, Notice.of("taken-for-long")))
