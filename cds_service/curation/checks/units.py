"""Numbers can be meant: limits with unit and period, factors that fit the action, ages and weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from cds_service.core.actions import Action
from cds_service.curation.context import Context, Fault

name = "units"

#: A dose is multiplied by no less and no more than this; what lies outside is a slip of the pen.
SMALLEST_FACTOR, LARGEST_FACTOR = Decimal("0.05"), Decimal(5)
#: Bounds of conditions: nobody is older, heavier or takes a drug for longer.
LARGEST = {"age": Decimal(120), "weight": Decimal(300), "taken_days": Decimal(3650), "dose": Decimal(20000)}
_UNITS, _PERIODS = ("mg", "mg/kg", "mg/m2"), ("day", "week", "dose")
_BOUNDS = ("from", "above", "below", "up_to")
_LOWERS = frozenset({Action.REDUCE_DOSE.value, Action.REDUCE_OR_SWITCH.value, Action.CAP_DOSE.value})
_NEEDS_LIMIT = frozenset({Action.CAP_DOSE.value, Action.SWITCH_OR_CAP.value})


def run(context: Context) -> Iterator[Fault]:
    """Doses and bounds that cannot be meant."""
    for path, document in context.rule_files.items():
        for rule in document["rules"]:
            for branch in rule["branches"]:
                for answer in (branch, *branch.get("later", ())):
                    yield from (Fault(path, rule["id"], what) for what in answer_faults(answer))
    for path, document in context.documents.items():
        for where, what in _bounds(document, ""):
            yield Fault(path, where, what)


def answer_faults(answer: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with the dose of one answer."""
    action, dose = answer["action"], answer.get("dose", {})
    if action in _NEEDS_LIMIT and "limit" not in dose:
        yield f"{action} without a limit; add the limit"
    if "factor" in dose:
        yield from _factor(action, dose["factor"])
    if "limit" in dose:
        yield from _limit(dose["limit"])


def _factor(action: str, factor: Mapping[str, Any]) -> Iterator[str]:
    low, high = _number(factor.get("low")), _number(factor.get("high"))
    if low is None or high is None:
        yield "a factor needs two numbers, low and high"
        return
    if low > high:
        yield f"the factor goes from {low} to {high}; exchange them"
    if low < SMALLEST_FACTOR or high > LARGEST_FACTOR:
        yield f"a factor of {low} to {high} is outside {SMALLEST_FACTOR} to {LARGEST_FACTOR}; correct it"
    if action in _LOWERS and high > 1:
        yield f"{action} with the factor {high}, more than the usual dose; correct one of them"
    if action == Action.INCREASE_DOSE.value and low < 1:
        yield f"increase-dose with the factor {low}, less than the usual dose; correct one of them"


def _limit(limit: Mapping[str, Any]) -> Iterator[str]:
    value = _number(limit.get("value"))
    if value is None or value <= 0:
        yield f"the limit '{limit.get('value')}' is no positive number; correct it"
    if limit.get("unit") not in _UNITS:
        yield f"the limit needs a unit: {', '.join(_UNITS)}"
    if limit.get("period") not in _PERIODS:
        yield f"the limit needs a period: {', '.join(_PERIODS)}"


def _bounds(value: Any, where: str) -> Iterator[tuple[str, str]]:
    """Bounds of conditions anywhere in a document."""
    if isinstance(value, list):
        for number, item in enumerate(value):
            owner = item.get("id", number) if isinstance(item, Mapping) else number
            yield from _bounds(item, f"{where}[{owner}]")
    elif isinstance(value, Mapping):
        for key, item in value.items():
            if key in LARGEST and isinstance(item, Mapping) and item.keys() & set(_BOUNDS):
                for what in bound_faults(key, item):
                    yield f"{where}.{key}".lstrip("."), what
            else:
                yield from _bounds(item, f"{where}.{key}")


def bound_faults(key: str, bounds: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with the bounds of one condition, such as `{"from": "12", "below": "18"}` of an age."""
    numbers = {bound: _number(bounds[bound]) for bound in _BOUNDS if bound in bounds}
    if None in numbers.values():
        yield "a bound is no number; write it as a string"
        return
    values = {bound: value for bound, value in numbers.items() if value is not None}
    if any(value < 0 or value > LARGEST[key] for value in values.values()):
        yield f"a bound of {key} lies outside 0 to {LARGEST[key]}; correct it"
    low, high = values.get("from", values.get("above")), values.get("up_to", values.get("below"))
    if low is not None and high is not None:
        exact = "from" in values and "up_to" in values
        if low > high or (low == high and not exact):
            yield f"nothing lies between {low} and {high}; correct the bounds"


def _number(text: Any) -> Decimal | None:
    try:
        return Decimal(text) if isinstance(text, str) and Decimal(text).is_finite() else None
    except InvalidOperation:
        return None
