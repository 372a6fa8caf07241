"""Words of a look-up table in the vocabulary of the rules: which action is meant, which absolute dose."""

from __future__ import annotations

import re
from decimal import Decimal

from cds_service.core.actions import Action, DoseLimit

#: Words that have to stand together -> action. The first that fits counts, so that of several actions the
#: one that changes most is meant; words for what to watch decide only where nothing else is said.
_ACTIONS: tuple[tuple[frozenset[str], Action], ...] = tuple(
    (frozenset(words.split()), action)
    for words, action in (
        ("contraindicated", Action.CONTRAINDICATED),
        ("avoid", Action.AVOID),
        ("no_recommendation", Action.NO_RECOMMENDATION),
        ("alternative reduce_dose", Action.REDUCE_OR_SWITCH),
        ("alternative reduce_dose_unquantified", Action.REDUCE_OR_SWITCH),
        ("alternative dose_limit", Action.SWITCH_OR_CAP),
        ("alternative", Action.CONSIDER_ALTERNATIVE),
        ("reduce_dose", Action.REDUCE_DOSE),
        ("reduce_dose_unquantified", Action.REDUCE_DOSE),
        ("increase_dose", Action.INCREASE_DOSE),
        ("increase_dose_unquantified", Action.INCREASE_DOSE),
        ("algorithm", Action.CALCULATE_DOSE),
        ("test", Action.TEST_FIRST),
        ("dose_limit", Action.CAP_DOSE),
        ("dose_range", Action.CAP_DOSE),
        ("standard caution", Action.MONITOR),
        ("standard", Action.STANDARD),
        ("avoid_interaction", Action.SWITCH_COMEDICATION),
        ("caution", Action.MONITOR),
        ("monitor", Action.MONITOR),
    )
)

_LIMIT = re.compile(
    r"(?P<kind>start|max|target) (?P<sign><=|<|)(?P<value>[\d.]+) "
    r"(?P<unit>mg|mg/kg|mg/m2)/(?P<period>day|week)( \(FDA\))?"
)
_KINDS = {"start": "start", "max": "maximum", "target": "target"}

#: On which days, and the amount a source gives as an example of it.
_DAYS = re.compile(
    r"frequency (?P<days>[1-6]) days/week instead of daily( \(e\.g\. (?P<amount>[\d.]+ mg(/kg|/m2)?/day)\))?"
)

#: Parts that name a dose without limiting it.
_NO_LIMIT = ("usual ", "caution ")


def action_meant(words: frozenset[str]) -> Action | None:
    """
    The action a set of words stands for; None if they name none.

    >>> action_meant(frozenset({"alternative", "reduce_dose", "monitor"}))
    <Action.REDUCE_OR_SWITCH: 'reduce-or-switch'>
    """
    return next((action for asked, action in _ACTIONS if asked <= words), None)


def limits_meant(text: str) -> tuple[DoseLimit, ...] | None:
    """
    The absolute doses a text names; None if a part of it cannot be expressed as a limit.

    >>> [str(limit.value) for limit in limits_meant("start <=20 mg/day; usual 40 mg/day")]
    ['20']
    >>> limits_meant("max 50% of usual dose") is None
    True
    >>> example = limits_meant("frequency 3 days/week instead of daily (e.g. 10 mg/m2/day)")
    >>> [str(limit.value) for limit in example]
    ['10']
    """
    found = []
    for part in re.split(r"[;,] ", text) if text else ():
        days = _DAYS.fullmatch(part)
        if part.startswith(_NO_LIMIT) or (days and not days["amount"]):
            continue
        match = _LIMIT.fullmatch(f"start {days['amount']}" if days else part)
        if match is None:
            return None
        found.append(
            DoseLimit(
                Decimal(match["value"]),
                match["unit"],
                match["period"],
                _KINDS[match["kind"]],
                match["sign"] == "<",
            )
        )
    return tuple(found)


def days_meant(text: str) -> int | None:
    """
    On how many days of a week a text gives the dose; None for every day.

    >>> days_meant("frequency 3 days/week instead of daily"), days_meant("max 20 mg/day")
    (3, None)
    """
    found = (_DAYS.fullmatch(part) for part in re.split(r"[;,] ", text))
    return next((int(match["days"]) for match in found if match), None)
