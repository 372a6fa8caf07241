"""Calculated doses in words: the dose, what it was calculated from, and what changes it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from cds_service.cards.doses import plain
from cds_service.cards.results import escape
from cds_service.cards.wording import Wording
from cds_service.core.actions import Action
from cds_service.core.adjustments import Adjusted
from cds_service.core.calculator import Calculation, Input, UsualDose, rounded
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


def amount(calculation: Calculation, wording: Wording) -> str:
    """The dose of one calculation: `84 mg once a day`, `about 10.5 to 14 mg a day in 2 doses`."""
    low, high = calculation.low, calculation.high
    assert low is not None and high is not None
    once = {1: "once", 2: "twice"}.get(calculation.doses)
    if calculation.exact and once and low == high:
        return wording.say(f"dose.{once}", low=plain(low / calculation.doses), unit=wording.say("unit.mg"))
    words = about(low, high, wording)
    if calculation.doses > 1:
        words = wording.say("dose.divided", dose=words, count=str(calculation.doses))
    if calculation.days_a_week is not None:
        words = wording.say("dose.days-a-week", dose=words, count=str(calculation.days_a_week))
    return words


def calculations(finding: Finding, wording: Wording) -> Iterator[str]:
    """The sentences of the detail; the first calculator in full, the others for comparison."""
    if not finding.calculations:
        return
    first, *others = finding.calculations
    if first.low is None or first.high is None:
        yield from _refused(first, wording)
        return
    yield _dose(finding, first, wording)
    effects = [_effect(item, wording) for item in first.inputs if item.effect and item.effect_to is None]
    if effects:
        yield wording.say("calculator.effects", list=", ".join(effects))
    changed = [item for item in first.inputs if item.effect_to is not None]
    yield from (_without(item, first.low, first.high, wording) for item in changed)
    yield from (_adjusted(one, first.low, wording) for one in first.adjusted)
    compared = [_compared(other, wording) for other in others if other.low is not None]
    if compared:
        yield wording.say("calculator.compare", list="; ".join(compared))
    if first.steps:
        steps = f"{', '.join(plain(step) for step in first.steps)} {wording.say('unit.mg')}"
        yield wording.say("calculator.steps", amount=steps, count=str(len(first.steps)))
    for note in first.notes:
        yield escape(wording.say(f"calculator.note-{note}"))


def _dose(finding: Finding, first: Calculation, wording: Wording) -> str:
    """The dose, and what it was worked out from."""
    dose = amount(first, wording)
    inputs = [_input(item, wording) for item in _measured(first)]
    if first.usual is not None:
        usual = _range(first.usual.low, first.usual.high, wording)
        return wording.say(
            "calculator.sentence-share",
            dose=dose,
            usual=f"{usual} {wording.say(f'unit.{first.usual.unit}')}",
            reason=wording.say(f"calculator.usual-{first.usual.name}"),
            list=", ".join(inputs),
        )
    if first.exact:
        inputs += [escape(_name_of(item, wording)) for item in first.inputs if item.name not in MEASURED]
        return wording.say(
            "calculator.sentence-table", dose=dose, name=first.calculator.name, list=", ".join(inputs)
        )
    key = "sentence" if finding.action is Action.CALCULATE_DOSE else "sentence-stay"
    return wording.say(
        f"calculator.{key}",
        drug=finding.drug.name,
        name=first.calculator.name,
        dose=dose,
        list=", ".join(inputs),
    )


def as_json(calculation: Calculation) -> dict[str, Any]:
    """The same for machines. Unknown values are left out."""
    found: dict[str, Any] = {"id": calculation.calculator.id, "name": calculation.calculator.name}
    if calculation.low is not None and calculation.high is not None:
        found["mgPerDay"] = {"low": float(calculation.low), "high": float(calculation.high)}
    if calculation.doses:
        found["dosesPerDay"] = calculation.doses
    if calculation.steps:
        found["firstDaysMg"] = [float(step) for step in calculation.steps]
    if calculation.days_a_week is not None:
        found["daysPerWeek"] = calculation.days_a_week
    if calculation.usual is not None:
        found["usual"] = _usual_json(calculation.usual)
    found["inputs"] = [_input_json(item) for item in calculation.inputs]
    if calculation.adjusted:
        found["adjustments"] = [_adjusted_json(one) for one in calculation.adjusted]
    refusals = {
        "missing": calculation.missing,
        "outOfRange": calculation.beyond,
        "doesNotHoldWith": calculation.against,
    }
    return found | {key: list(names) for key, names in refusals.items() if names}


def _adjusted_json(one: Adjusted) -> dict[str, Any]:
    factor = {"low": float(one.adjustment.low), "high": float(one.adjustment.high)}
    return {"name": one.adjustment.gene, "value": one.value, "factor": factor, "counted": one.counts}


def _usual_json(usual: UsualDose) -> dict[str, Any]:
    amounts = {"low": float(usual.low), "high": float(usual.high)}
    return {"for": usual.name, "unit": f"{usual.unit}/d", **amounts, "source": usual.cite}


def _input_json(item: Input) -> dict[str, Any]:
    found: dict[str, Any] = {"name": item.name}
    if item.value:
        found["value"] = item.value
    if item.effect is not None:
        found["mgPerDay"] = float(item.effect)
    if item.effect_to is not None:
        found["mgPerDayUpTo"] = float(item.effect_to)
    return found


def _refused(calculation: Calculation, wording: Wording) -> Iterator[str]:
    if calculation.refused:
        yield wording.say("calculator.refused-row", name=calculation.calculator.name)
    refusals = {
        "against": calculation.against,
        "missing": calculation.missing,
        "beyond": calculation.beyond,
    }
    for key, names in refusals.items():
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
    key = "less" if item.effect < 0 else "more"
    amount = f"{plain(abs(item.effect))} {wording.say('unit.mg')}"
    return wording.say(f"calculator.{key}", what=escape(_name_of(item, wording)), amount=amount)


def _without(item: Input, low: Decimal, high: Decimal, wording: Wording) -> str:
    """What a range would be without one of the results behind it: two ranges cannot be taken off in words."""
    assert item.effect is not None
    assert item.effect_to is not None
    ends = sorted((low - item.effect, high - item.effect_to))
    dose = about(ends[0], ends[1], wording)
    return wording.say("calculator.without", what=escape(_name_of(item, wording)), dose=dose)


def _adjusted(one: Adjusted, base: Decimal, wording: Wording) -> str:
    """By how much a further result changes the dose, or that it is not known whether it does."""
    by = sorted(abs(factor - 1) for factor in (one.adjustment.low, one.adjustment.high))
    share = f"{_range(by[0] * 100, by[1] * 100, wording)} %"
    mg = f"{_range(rounded(base * by[0]), rounded(base * by[1]), wording)} {wording.say('unit.mg')}"
    key = "adjusted" if one.counts else "not-adjusted"
    return wording.say(
        f"calculator.{key}-{one.adjustment.name}",
        name=escape(f"{one.adjustment.gene} {one.value}"),
        low=share,
        amount=mg,
    )


def _name_of(item: Input, wording: Wording) -> str:
    """A gene with its result; words for anything else."""
    key = f"calculator.name-{item.name}"
    if wording.has(key):
        return wording.say(key, value=item.value) if item.value else wording.say(key)
    # Alleles keep their letters; classes are words.
    value = item.value if any(sign.isdigit() for sign in item.value) else item.value.lower()
    return wording.alone(f"{item.name} {value}".rstrip())


def _range(low: Decimal, high: Decimal, wording: Wording) -> str:
    """`0.1`, `1.5 to 2`."""
    return plain(low) if low == high else wording.say("dose.range", low=plain(low), high=plain(high))


def _compared(calculation: Calculation, wording: Wording) -> str:
    assert calculation.low is not None and calculation.high is not None
    dose = amount(calculation, wording)
    return wording.say("calculator.compared", name=calculation.calculator.name, dose=dose)


def _name(name: str, wording: Wording) -> str:
    """Words for an input; a gene is its own name."""
    key = f"calculator.name-{name}"
    return wording.say(key) if wording.has(key) else name
