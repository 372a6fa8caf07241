"""Dose instructions of an order: how much a day, by which route, and whether once only."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

from cds_service.core.model import DailyDose, Notice
from cds_service.fhir import values
from cds_service.fhir.dosage_text import TextDose, read_dose_text
from cds_service.fhir.dose_units import PIECE, Amount, amount_of
from cds_service.fhir.routes import route_of_concept, routes_in_text
from cds_service.fhir.timing import Frequency, TimingReading, days_of, read_timing

# What makes a second instruction a step after the first one.
_STEP = re.compile(
    r"\b(?:then|thereafter|followed|week|taper|titrate|titration|increase|decrease|reduce|start|load|loading)\b"
)
_MOST_INSTRUCTIONS = 12


@dataclass(frozen=True, slots=True)
class Dosage:
    """
    What the instructions of one order say.

    Args:
        dose: Daily dose. Its unit is `PIECE` where the strength of a piece is not known. None = not stated,
            or it cannot be told.
        routes: Routes that are stated, by code or in words; empty = none.
        single_administration: True where the order asks for one administration only.
        notices: What could not be read.
    """

    dose: DailyDose | None = None
    routes: frozenset[str] = frozenset()
    single_administration: bool = False
    notices: tuple[Notice, ...] = ()


class _Instruction(NamedTuple):
    """One instruction, read."""

    dose: DailyDose | None
    once: bool
    bounds: Mapping[str, Any]
    sequence: Decimal | None
    as_needed: bool
    unreadable: bool
    text: str


class _Stated(NamedTuple):
    """The amount of one administration; `amount` is None where none or an unreadable one is stated."""

    amount: Amount | None = None
    stated: bool = False
    contradictory: bool = False


def read_dosage(instructions: object, strength: Decimal | None = None) -> Dosage:
    """
    Read `dosageInstruction`.

    The dose is the most that may be given in a day: the upper end of a range, an as-needed dose as if always
    needed, a stated maximum where it is lower. One administration counts as its day's dose. Several
    instructions are added only where they clearly run side by side; steps of a schedule (loading, then
    maintenance) give none.

    Args:
        instructions: The list, or a single object.
        strength: mg in one piece of the product, for doses in tablets and the like.

    >>> read_dosage({"text": "30 mg every 6 hours"}).dose
    DailyDose(amount=Decimal('120'), unit='mg', single=Decimal('30'))
    """
    parts = [part for part in values.mappings(instructions) if part]
    read = [_read(part, strength) for part in parts[:_MOST_INSTRUCTIONS]]
    dose = read[0].dose if len(parts) == 1 else _sum(parts, read)
    notices: tuple[Notice, ...] = ()
    if dose is None and any(part.unreadable or (part.dose and len(parts) > 1) for part in read):
        notices = (Notice.of("dose-not-computable"),)
    routes, unknown_routes = _routes(parts)
    return Dosage(dose, routes, len(parts) == 1 and read[0].once, (*notices, *unknown_routes))


def in_milligrams(dose: DailyDose, strength: Decimal | None) -> DailyDose | None:
    """A dose in pieces as mg, by the mg in one piece; other doses as they are; None without a strength."""
    if dose.unit != PIECE:
        return dose
    if strength is None:
        return None
    return DailyDose(dose.amount * strength, "mg", dose.single * strength if dose.single else None)


def _read(instruction: Mapping[str, Any], strength: Decimal | None) -> _Instruction:
    timing = read_timing(instruction.get("timing"))
    stated = _stated_amount(instruction, strength)
    amount, frequency = stated.amount, timing.frequency
    text = values.text(instruction.get("text"))
    complete = amount and (frequency or (amount.per_day and not timing.stated))
    if text and not complete and not stated.contradictory:
        amount, frequency = _with_text(amount, timing, _weighed_text(read_dose_text(text), strength))
    dose = _capped(_daily(amount, frequency), _most_a_day(instruction, strength))
    return _Instruction(
        dose=dose,
        once=bool(frequency and frequency.once),
        bounds=timing.bounds,
        sequence=values.number(instruction.get("sequence")),
        as_needed=not _AS_NEEDED.isdisjoint(instruction) and any(map(instruction.get, _AS_NEEDED)),
        # An amount without any frequency is a half-filled order, nothing unreadable.
        unreadable=dose is None and stated.stated and bool(amount is None or frequency or timing.stated),
        text=text,
    )


_AS_NEEDED = frozenset(("asNeededBoolean", "asNeededCodeableConcept", "asNeeded", "asNeededFor"))


def _stated_amount(instruction: Mapping[str, Any], strength: Decimal | None) -> _Stated:
    """Older releases have the quantity beside the text, not in `doseAndRate`; some senders still do."""
    found: dict[str, Amount] = {}
    stated = False
    for part in (*values.mappings(instruction.get("doseAndRate")), instruction):
        if "doseQuantity" not in part and "doseRange" not in part:
            continue
        quantity = values.first_mapping(part.get("doseQuantity"))
        if not quantity and "doseRange" in part:
            quantity = values.first_mapping(values.first_mapping(part["doseRange"]).get("high"))
        stated = stated or bool(quantity)
        amount = _amount(quantity, strength) if quantity else None
        if amount and found.setdefault(amount.unit, amount) != amount:
            return _Stated(None, stated=True, contradictory=True)
    # What was calculated from the ordered dose may stand beside it; the ordered one says more.
    return _Stated(next((found[unit] for unit in _BY_MEANING if unit in found), None), stated)


_BY_MEANING = ("mg/kg", "mg/m2", "mg", PIECE)


def _amount(quantity: Mapping[str, Any], strength: Decimal | None) -> Amount | None:
    return _weighed(amount_of(quantity), strength)


def _weighed_text(text: TextDose, strength: Decimal | None) -> TextDose:
    return TextDose(_weighed(text.amount, strength), text.frequency)


def _weighed(amount: Amount | None, strength: Decimal | None) -> Amount | None:
    """Pieces as mg, where it is known how much is in one."""
    if amount is None or amount.unit != PIECE or strength is None:
        return amount
    return Amount(amount.value * strength, "mg", amount.per_day)


def _with_text(
    amount: Amount | None, timing: TimingReading, text: TextDose
) -> tuple[Amount | None, Frequency | None]:
    """Fill what the structured part leaves out. A text that contradicts it makes the dose unusable."""
    frequency = timing.frequency
    if timing.stated and frequency is None:
        return amount, None
    if amount and text.amount and amount.unit == text.amount.unit and amount != text.amount:
        return None, frequency
    if amount is None and frequency and text.frequency and frequency != text.frequency:
        return None, frequency
    return amount or text.amount, frequency or text.frequency


def _daily(amount: Amount | None, frequency: Frequency | None) -> DailyDose | None:
    if amount is None:
        return None
    if amount.per_day:
        return _daily_total(amount, frequency)
    if frequency is None:
        return None
    if frequency.once:
        return DailyDose(amount.value, amount.unit, amount.value)
    return DailyDose(_times(amount.value, frequency.per_day), amount.unit, amount.value)


def _daily_total(amount: Amount, frequency: Frequency | None) -> DailyDose | None:
    """`2 mg/kg/day` is the whole day's amount, in however many parts. It cannot be a weekly one."""
    if frequency is None or frequency.once:
        return DailyDose(amount.value, amount.unit, amount.value if frequency else None)
    if frequency.per_day < 1:
        return None
    return DailyDose(amount.value, amount.unit, _times(amount.value, 1 / frequency.per_day))


def _times(value: Decimal, factor: Fraction) -> Decimal:
    return value * factor.numerator / factor.denominator


def _most_a_day(instruction: Mapping[str, Any], strength: Decimal | None) -> Amount | None:
    """The lowest `maxDosePerPeriod`, for one day."""
    if "maxDosePerPeriod" not in instruction:
        return None
    lowest: Amount | None = None
    for ratio in values.mappings(instruction.get("maxDosePerPeriod")):
        amount = _amount(values.first_mapping(ratio.get("numerator")), strength)
        days = days_of(ratio.get("denominator"))
        if amount is None or amount.per_day or not days:
            continue
        daily = Amount(_times(amount.value, 1 / days), amount.unit)
        if lowest is None or (daily.unit == lowest.unit and daily.value < lowest.value):
            lowest = daily
    return lowest


def _capped(dose: DailyDose | None, most: Amount | None) -> DailyDose | None:
    if most is None or (dose and (dose.unit != most.unit or dose.amount <= most.value)):
        return dose
    return DailyDose(most.value, most.unit, dose.single if dose else None)


def _sum(parts: list[Mapping[str, Any]], read: list[_Instruction]) -> DailyDose | None:
    """The doses of instructions that run side by side; None where that is not certain."""
    doses = [part.dose for part in read if part.dose]
    if not doses or len(doses) != len(parts) or not _side_by_side(parts, read):
        return None
    if len({dose.unit for dose in doses}) != 1:
        return None
    amount = sum((dose.amount for dose in doses), Decimal(0))
    singles = {dose.single for dose in doses}
    return DailyDose(amount, doses[0].unit, singles.pop() if len(singles) == 1 else None)


def _side_by_side(parts: list[Mapping[str, Any]], read: list[_Instruction]) -> bool:
    """No order among them, one start and end, nothing given once, nothing said twice, no choice of doses."""
    first = read[0]
    try:
        return (
            all(part.sequence == first.sequence and part.bounds == first.bounds for part in read)
            and not any(part.once or _STEP.search(part.text.lower()) for part in read)
            and sum(part.as_needed for part in read) <= 1
            and not any(part in parts[:at] for at, part in enumerate(parts))
        )
    except RecursionError:  # JSON nested so deep that it cannot be compared is no dose instruction
        return False


def _routes(instructions: list[Mapping[str, Any]]) -> tuple[frozenset[str], tuple[Notice, ...]]:
    concepts = [part["route"] for part in instructions if part.get("route")]
    coded = [route_of_concept(concept) for concept in concepts]
    routes = frozenset[str]().union(*coded)
    notices = () if all(coded) else (Notice.of("route-unknown"),)
    if not routes:
        routes = routes.union(*[routes_in_text(values.text(part.get("text"))) for part in instructions])
    return routes, notices
