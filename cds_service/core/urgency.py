"""How loud a finding is: from what is asked, how strongly, and what may happen otherwise."""

from __future__ import annotations

from enum import Enum

from cds_service.core.actions import SWITCHES, Action


class Urgency(Enum):
    """The indicator of a card, quietest first."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


#: May kill or disable for good.
CATASTROPHIC = "catastrophic"
GRAVE = frozenset({CATASTROPHIC, "serious"})
#: The strongest a label has: it interrupts also where the drug stays possible.
BOXED_WARNING = "boxed warning"

_DOSE_CHANGES = frozenset(
    {
        Action.REDUCE_DOSE,
        Action.INCREASE_DOSE,
        Action.CAP_DOSE,
        Action.REDUCE_OR_SWITCH,
        Action.SWITCH_OR_CAP,
        Action.CALCULATE_DOSE,
    }
)


def urgency(
    action: Action, strength: str, harm: str, *, tentative: bool = False, over_limit: bool = False
) -> Urgency:
    """
    The indicator of an advice.

    Critical is kept for what may kill or maim: a drug that must not be used, and dose changes of such drugs.
    What a source only suggests ("consider", Optional) does not interrupt, unless the draft is already over a
    limit the source names.

    Args:
        action: What is asked.
        strength: The source's grading, empty if it has none.
        harm: What may happen if nothing is changed.
        tentative: The source says "consider".
        over_limit: The draft is known to exceed the limit of the advice.

    >>> urgency(Action.AVOID, "Strong", "catastrophic")
    <Urgency.CRITICAL: 'critical'>
    >>> urgency(Action.REDUCE_DOSE, "Optional", "moderate")
    <Urgency.INFO: 'info'>
    """
    if action is Action.CONTRAINDICATED:
        return Urgency.CRITICAL
    optional = strength in ("Optional", "No recommendation")
    if harm == CATASTROPHIC and not optional and action in (SWITCHES | _DOSE_CHANGES):
        return Urgency.CRITICAL
    if action in (Action.AVOID, Action.NOT_INDICATED, Action.ESCALATE, Action.RESOLVE_CONFLICT):
        return Urgency.WARNING
    if over_limit or (harm == CATASTROPHIC and (action is Action.TEST_FIRST or strength == BOXED_WARNING)):
        return Urgency.WARNING
    if action in SWITCHES or action in _DOSE_CHANGES or action is Action.SWITCH_COMEDICATION:
        gentle = optional or (tentative and strength != "Strong" and harm not in GRAVE)
        return Urgency.INFO if gentle else Urgency.WARNING
    return Urgency.INFO


def louder(first: Urgency, second: Urgency) -> Urgency:
    """The louder of two indicators."""
    order = tuple(Urgency)
    return max(first, second, key=order.index)
