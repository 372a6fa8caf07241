"""A dose for the draft, where the advice and the draft are both plain enough to work it out."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from cds_service.core.actions import Action, DoseAdvice, DoseLimit
from cds_service.core.conditions import Facts, size_in_unit
from cds_service.core.delivery import Delivery, Rounding, deliver
from cds_service.core.finding import DoseProposal, Finding
from cds_service.core.model import Administration

_LOWERS = frozenset({Action.REDUCE_DOSE, Action.REDUCE_OR_SWITCH, Action.CAP_DOSE, Action.SWITCH_OR_CAP})
#: What a factor is for: the first dose, the dose of a running therapy, or both.
_AT_THE_START, _LATER, _ALWAYS = ("start", "initial-then-titrate"), ("maintenance",), ("", "total")


def propose_dose(finding: Finding, facts: Facts, rounding: Rounding) -> Finding:
    """
    The finding with the dose that the advice makes of the draft.

    Nothing is proposed unless the advice has one factor or one limit a day that counts for this order, and
    the draft states one dose at a time and how often. An increase needs a limit of its source: nobody knows
    how high the ordered dose is already. What was tolerated for long is left alone.
    """
    before, advice = finding.order.administration, finding.dose
    tolerated = any(notice.key == "taken-for-long" for notice in finding.notices)
    if before is None or advice is None or tolerated or not _in_the_rhythm(finding, before):
        return finding
    if advice.days_a_week is not None or advice.basis:
        return finding
    running = finding.order.taken_days is not None
    share = _share(advice, running)
    most = _most(advice.limit, before, facts, running, raises=finding.action is Action.INCREASE_DOSE)
    exact = _lowered(before, share, most) if finding.action in _LOWERS else None
    if finding.action is Action.INCREASE_DOSE:
        exact = _raised(before, share, most)
    if exact is None:
        return finding
    by_limit = most is not None and exact == most
    proposal = DoseProposal(before, None if by_limit else share, exact)
    return replace(finding, proposal=_delivered(proposal, finding.order.delivery, facts, rounding))


def _in_the_rhythm(finding: Finding, before: Administration) -> bool:
    """
    False where a dose was calculated, which the card tells already.

    A table that prints doses of the product, given as often as the draft has it, says the same as the advice.
    """
    return all(found.exact and found.doses == before.per_day for found in finding.calculations)


def _share(advice: DoseAdvice, running: bool) -> Decimal | None:
    """The one factor that counts for this order, if there is one."""
    if advice.low is None or advice.high not in (None, advice.low):
        return None
    counts = advice.applies_to in (_LATER if running else _AT_THE_START) + _ALWAYS
    return advice.low if counts else None


def _most(
    limit: DoseLimit | None, before: Administration, facts: Facts, running: bool, *, raises: bool
) -> Decimal | None:
    """The most at a time, in the unit of the draft; None without a limit that counts and can be compared."""
    if limit is None or limit.period != "day" or limit.below:
        return None
    if (limit.kind == "start" and running) or (limit.kind == "target" and not raises):
        return None
    size = size_in_unit(facts, limit.unit, before.unit)
    return None if size is None else limit.value * size / before.per_day


def _lowered(before: Administration, share: Decimal | None, most: Decimal | None) -> Decimal | None:
    bounds = [before.amount * share] if share is not None else []
    bounds += [most] if most is not None else []
    lowest = min(bounds, default=before.amount)
    return lowest if lowest < before.amount else None


def _raised(before: Administration, share: Decimal | None, most: Decimal | None) -> Decimal | None:
    if share is None or most is None:
        return None
    highest = min(before.amount * share, most)
    return highest if highest > before.amount else None


def _delivered(
    proposal: DoseProposal, delivery: Delivery | None, facts: Facts, rounding: Rounding
) -> DoseProposal:
    """With what can be given of it; pieces are counted in mg, whatever the draft is written in."""
    unit = "mg" if delivery and delivery.pieces else proposal.before.unit
    size = size_in_unit(facts, proposal.before.unit, unit)
    if delivery is None or size is None:
        return proposal
    exact = proposal.exact * size
    given = deliver(exact, delivery, rounding)
    in_mg = exact if unit != proposal.before.unit else None
    refused = given is None
    other = deliver(exact, delivery.of_another_strength, rounding) if refused and delivery.others else None
    return replace(proposal, given=given, refused=refused, elsewhere=other, exact_mg=in_mg)
