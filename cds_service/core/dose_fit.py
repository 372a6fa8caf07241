"""A dose limit against the dose that was ordered."""

from __future__ import annotations

from dataclasses import replace

from cds_service.core.actions import QUIET, Action
from cds_service.core.conditions import Facts, dose_in_unit
from cds_service.core.finding import Finding
from cds_service.core.model import Notice
from cds_service.core.urgency import Urgency, louder, urgency


def fit_to_dose(finding: Finding, facts: Facts) -> Finding:
    """
    A limit the draft already keeps needs no card; one it breaks needs a louder one.

    A dose for some days of the week is never kept by its amount alone: given every day it is still too much.
    """
    if finding.dose is None or finding.dose.limit is None or finding.action in QUIET:
        return finding
    limit = finding.dose.limit
    if limit.period != "day" or limit.kind == "target":
        return finding
    ordered = dose_in_unit(facts, limit.unit)
    if ordered is None:
        return finding
    within = ordered < limit.value if limit.below else ordered <= limit.value
    if not within:
        harm = finding.implication.harm if finding.implication else "moderate"
        loud = urgency(finding.action, finding.strength, harm, over_limit=True)
        return replace(finding, urgency=louder(finding.urgency, loud), over_limit=True)
    if finding.dose.days_a_week is not None:
        return finding
    keeps = Notice.of("dose-within-limit")
    if finding.action is Action.CAP_DOSE or (finding.action is Action.REDUCE_DOSE and limit.kind == "start"):
        return replace(
            finding, action=Action.STANDARD, urgency=Urgency.INFO, notices=(*finding.notices, keeps)
        )
    if finding.action is Action.SWITCH_OR_CAP:
        return replace(
            finding,
            action=Action.CONSIDER_ALTERNATIVE,
            urgency=Urgency.INFO,
            notices=(*finding.notices, keeps),
        )
    return finding
