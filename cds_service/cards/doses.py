"""Dose advice in words."""

from __future__ import annotations

from decimal import Decimal

from cds_service.cards.wording import Wording
from cds_service.core.actions import Action, DoseAdvice, DoseLimit

#: Where the absolute limit is what the prescriber needs; elsewhere the factor comes first.
_LIMIT_FIRST = frozenset({Action.CAP_DOSE, Action.SWITCH_OR_CAP})


def dose_words(dose: DoseAdvice | None, action: Action, wording: Wording) -> str:
    """The dose for a summary line (`50 % of the usual dose`); empty if the advice names none."""
    if dose is None:
        return ""
    if dose.limit is not None and (action in _LIMIT_FIRST or dose.low is None):
        return on_days(limit_words(dose.limit, wording), dose, wording)
    if dose.low is not None:
        return on_days(factor_words(dose.low, dose.high or dose.low, wording), dose, wording)
    return ""


def on_days(amount: str, dose: DoseAdvice, wording: Wording) -> str:
    """The amount with the days it is given on (`10 % of the usual dose on 3 days a week`)."""
    if dose.days_a_week is None:
        return amount
    return wording.say("dose.days-a-week", dose=amount, count=str(dose.days_a_week))


def factor_words(low: Decimal, high: Decimal, wording: Wording) -> str:
    """`30 % to 80 % of the usual dose`, `1.5 to 2 times the usual dose`."""
    if high > 1:
        kind = "factor-times" if low == high else "factor-times-range"
        return wording.say(f"dose.{kind}", low=plain(low), high=plain(high))
    kind = "factor" if low == high else "factor-range"
    return wording.say(f"dose.{kind}", low=f"{plain(low * 100)} %", high=f"{plain(high * 100)} %")


def limit_words(limit: DoseLimit, wording: Wording) -> str:
    """`at no more than 20 mg a day to start`."""
    kind = "below" if limit.below else limit.kind
    return wording.say(
        f"dose.limit-{kind}",
        value=plain(limit.value),
        unit=wording.say(f"unit.{limit.unit}"),
        period=wording.say(f"unit.{limit.period}"),
    )


def plain(number: Decimal) -> str:
    """A number without trailing zeros or exponent.

    >>> plain(Decimal("0.50") * 100), plain(Decimal("1E+1"))
    ('50', '10')
    """
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
