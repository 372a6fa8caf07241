"""Calculated doses in words: the dose, what it was calculated from, and what changes it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from cds_service.cards.doses import plain
from cds_service.cards.results import escape
from cds_service.cards.wording import Wording
from cds_service.core.actions import Action
from cds_service.core.calculator import Calculation, Input, rounded
from cds_service.core.finding import Finding

#: Inputs that are measured, and written with their unit; the others are results and answers about the person.
MEASURED = ("age", "height", "weight")


def calculated_words(finding: Finding, wording: Wording) -> str:
    """The calculated dose for a summary (`about 5.9 mg a day`); empty if there is none."""
    dose = finding.dose
    if finding.action is not Action.CALCULATE_DOSE or dose is None or dose.limit is None:
        return ""
    low, high = dose.low or Decimal(1), dose.high or dose.low or Decimal(1)
    return about(dose.limit.value * low, dose.limit.value * high, wording)


def about(low: Decimal, high: Decimal, wording: Wording) -> str:
    """`about 5.9 mg a day`, `about 3 to 4 mg a day`."""
    unit, day = wording.say("unit.mg"), wording.say("unit.day")
    low, high = rounded(low), rounded(high)
    key = "about" if low == high else "about-range"
    return wording.say(f"dose.{key}", low=plain(low), high=plain(high), unit=unit, period=day)


def calculations(finding: Finding, wording: Wording) -> Iterator[str]:
    """The sentences of the detail; the first calculator in full, the others for comparison."""
    if not finding.calculations:
        return
    first, *others = finding.calculations
    if first.low is None or first.high is None:
        yield from _refused(first, wording)
        return
    key = "sentence" if finding.action is Action.CALCULATE_DOSE else "sentence-stay"
    yield wording.say(
        f"calculator.{key}",
        drug=finding.drug.name,
        name=first.calculator.name,
        dose=about(first.low, first.high, wording),
        list=", ".join(_input(item, wording) for item in _measured(first)),
    )
    effects = [_effect(item, wording) for item in first.inputs if item.effect]
    if effects:
        yield wording.say("calculator.effects", list=", ".join(effects))
    compared = [_compared(other, wording) for other in others if other.low is not None]
    if compared:
        yield wording.say("calculator.compare", list="; ".join(compared))
    for note in first.notes:
        yield escape(wording.say(f"calculator.note-{note}"))


def as_json(calculation: Calculation) -> dict[str, Any]:
    """The same for machines. Unknown values are left out."""
    found: dict[str, Any] = {"id": calculation.calculator.id, "name": calculation.calculator.name}
    if calculation.low is not None and calculation.high is not None:
        found["mgPerDay"] = {"low": float(calculation.low), "high": float(calculation.high)}
    found["inputs"] = [_input_json(item) for item in calculation.inputs]
    if calculation.missing:
        found["missing"] = list(calculation.missing)
    if calculation.beyond:
        found["outOfRange"] = list(calculation.beyond)
    return found


def _input_json(item: Input) -> dict[str, Any]:
    found: dict[str, Any] = {"name": item.name}
    if item.value:
        found["value"] = item.value
    if item.effect is not None:
        found["mgPerDay"] = float(item.effect)
    return found


def _refused(calculation: Calculation, wording: Wording) -> Iterator[str]:
    for key, names in (("missing", calculation.missing), ("beyond", calculation.beyond)):
        if names:
            listed = wording.join((_name(name, wording) for name in names), "list-and")
            yield wording.say(f"calculator.{key}", list=listed)


def _measured(calculation: Calculation) -> list[Input]:
    found = (item for item in calculation.inputs if item.name in MEASURED)
    return sorted(found, key=lambda item: MEASURED.index(item.name))


def _input(item: Input, wording: Wording) -> str:
    return wording.say(f"calculator.input-{item.name}", value=item.value)


def _effect(item: Input, wording: Wording) -> str:
    assert item.effect is not None
    what = f"{item.name} {item.value}" if item.value else _name(item.name, wording)
    key = "less" if item.effect < 0 else "more"
    amount = f"{plain(abs(item.effect))} {wording.say('unit.mg')}"
    return wording.say(f"calculator.{key}", what=escape(what), amount=amount)


def _compared(calculation: Calculation, wording: Wording) -> str:
    assert calculation.low is not None and calculation.high is not None
    dose = about(calculation.low, calculation.high, wording)
    return wording.say("calculator.compared", name=calculation.calculator.name, dose=dose)


def _name(name: str, wording: Wording) -> str:
    """Words for an input; a gene is its own name."""
    key = f"calculator.name-{name}"
    return wording.say(key) if wording.has(key) else name
