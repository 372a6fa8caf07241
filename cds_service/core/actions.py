"""What a prescriber can be asked to do, and how much of a drug."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum


class Action(Enum):
    """The action of a finding. The values are the codes other programs rely on."""

    CONTRAINDICATED = "contraindicated"
    AVOID = "avoid"
    ESCALATE = "escalate"
    CONSIDER_ALTERNATIVE = "consider-alternative"
    REDUCE_OR_SWITCH = "reduce-or-switch"
    SWITCH_OR_CAP = "switch-or-cap"
    SWITCH_COMEDICATION = "switch-comedication"
    REDUCE_DOSE = "reduce-dose"
    INCREASE_DOSE = "increase-dose"
    CAP_DOSE = "cap-dose"
    CALCULATE_DOSE = "calculate-dose"
    MONITOR = "monitor"
    TEST_FIRST = "test-first"
    RESOLVE_CONFLICT = "resolve-conflict"
    NOT_INDICATED = "not-indicated"
    SUPPORTED = "supported"
    STANDARD = "standard"
    NO_RECOMMENDATION = "no-recommendation"


#: The order stays as it is: no card unless the site asks for one.
QUIET = frozenset({Action.STANDARD, Action.NO_RECOMMENDATION, Action.SUPPORTED})

#: Another drug is named or asked for.
SWITCHES = frozenset(
    {
        Action.CONTRAINDICATED,
        Action.AVOID,
        Action.CONSIDER_ALTERNATIVE,
        Action.REDUCE_OR_SWITCH,
        Action.SWITCH_OR_CAP,
        Action.NOT_INDICATED,
    }
)

#: From the answer that changes most to the one that changes nothing.
SEVERITY: tuple[Action, ...] = (
    Action.CONTRAINDICATED,
    Action.AVOID,
    Action.NOT_INDICATED,
    Action.ESCALATE,
    Action.SWITCH_OR_CAP,
    Action.REDUCE_OR_SWITCH,
    Action.RESOLVE_CONFLICT,
    Action.REDUCE_DOSE,
    Action.CAP_DOSE,
    Action.INCREASE_DOSE,
    Action.CALCULATE_DOSE,
    Action.CONSIDER_ALTERNATIVE,
    Action.SWITCH_COMEDICATION,
    Action.TEST_FIRST,
    Action.MONITOR,
    Action.SUPPORTED,
    Action.STANDARD,
    Action.NO_RECOMMENDATION,
)
_RANK = {action: rank for rank, action in enumerate(SEVERITY)}


def severity_rank(action: Action) -> int:
    """Position in `SEVERITY`; a smaller number changes more.

    >>> severity_rank(Action.AVOID) < severity_rank(Action.MONITOR)
    True
    """
    return _RANK[action]


@dataclass(frozen=True, slots=True)
class DoseLimit:
    """
    An absolute dose.

    Args:
        value: Amount per `period`.
        unit: `mg`, `mg/kg` or `mg/m2`.
        period: `day`, `week` or `dose`.
        kind: `start` (caps the first dose), `maximum` or `target`.
        below: True where the dose has to stay below the value, not at it.
    """

    value: Decimal
    unit: str
    period: str
    kind: str
    below: bool = False


@dataclass(frozen=True, slots=True)
class DoseAdvice:
    """
    How a dose changes.

    Args:
        low, high: Multiple of the usual dose; both None if the source gives no factor.
        limit: Absolute dose; None if the source gives none.
        applies_to: `start`, `maintenance`, `maximum`, `loading`, `total`, `initial-then-titrate`, or empty.
        basis: What the factor multiplies if it is not the usual dose (`steady-state dose`, `algorithm dose`).
        days_a_week: On how many days of a week the dose is given; None for every day.
    """

    low: Decimal | None = None
    high: Decimal | None = None
    limit: DoseLimit | None = None
    applies_to: str = ""
    basis: str = ""
    days_a_week: int | None = None
