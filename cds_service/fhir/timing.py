"""How often a day: FHIR Timing, and the abbreviations prescribers use."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple

from cds_service.fhir import values

_HOUR, _DAY, _WEEK = Fraction(1, 24), Fraction(1), Fraction(7)
_LENGTHS = {
    "s": Fraction(1, 86400), "min": Fraction(1, 1440),
    "h": _HOUR, "hr": _HOUR, "hour": _HOUR, "hours": _HOUR,
    "d": _DAY, "day": _DAY, "days": _DAY,
    "wk": _WEEK, "week": _WEEK, "weeks": _WEEK,
}  # fmt: skip
_CODES = {
    **dict.fromkeys(("QD", "OD", "DAILY", "AM", "PM", "BED", "QAM", "QPM", "QHS", "HS", "NIGHTLY"), _DAY),
    **dict.fromkeys(("BID", "BD"), Fraction(2)),
    **dict.fromkeys(("TID", "TDS"), Fraction(3)),
    **dict.fromkeys(("QID", "QDS"), Fraction(4)),
    "QOD": Fraction(1, 2),
    **dict.fromkeys(("WK", "QWK"), Fraction(1, 7)),
    "BIW": Fraction(2, 7),
    "TIW": Fraction(3, 7),
}
_ONCE = frozenset(("ONCE", "STAT", "NOW", "X1", "1X", "ONE TIME", "ONE-TIME", "ONETIME", "SINGLE"))
_EVERY_HOURS = re.compile(r"Q ?(\d{1,2}) ?H(?:R|RS|OURS?)?")
# "With meals" and the like: how many meals is not said.
_SOME_MEALS = frozenset(("C", "AC", "PC"))
_MOST_A_DAY = 288
_BOUNDS = frozenset(("boundsDuration", "boundsPeriod", "boundsRange"))


@dataclass(frozen=True, slots=True)
class Frequency:
    """How many administrations a day (1/7 = weekly); `once`: one administration in all."""

    per_day: Fraction = Fraction(1)
    once: bool = False


ONCE = Frequency(once=True)


class TimingReading(NamedTuple):
    """
    What a timing says.

    Args:
        frequency: None = it does not say, or it cannot be told.
        stated: Whether it says anything; a stated timing without a frequency must not be guessed elsewhere.
        bounds: The elements that say when it starts and ends, as they were sent.
    """

    frequency: Frequency | None = None
    stated: bool = False
    bounds: Mapping[str, Any] = MappingProxyType({})


def read_timing(timing: object) -> TimingReading:
    """
    Read `dosageInstruction.timing`.

    The upper end of ranges counts (the most a day). A code (`BID`, `Q6H`) and a structured rule that say
    different things give no frequency. Months and years give none either, their length varies.
    """
    timing = values.first_mapping(timing)
    repeat = values.first_mapping(timing.get("repeat"))
    days = days_of(repeat.get("boundsDuration"))
    bounds = {} if _BOUNDS.isdisjoint(repeat) else {key: repeat[key] for key in _BOUNDS if key in repeat}
    coded, code_stated = _coded(timing.get("code"))
    if values.number(repeat.get("count")) == 1 and not repeat.get("countMax"):
        return TimingReading(ONCE, True, bounds)
    ruled = _ruled(repeat)
    if coded and ruled and coded != ruled:
        return TimingReading(None, True, bounds)
    frequency = coded or ruled
    if frequency is None and not repeat and not code_stated:
        return _events(timing.get("event"))
    if frequency and days and frequency.per_day * days == 1:
        frequency = ONCE
    stated = bool(frequency or code_stated or len(repeat) > len(bounds))
    return TimingReading(frequency, stated, bounds)


def frequency_of_code(code: str) -> Frequency | None:
    """
    The frequency a usual abbreviation means; None for others.

    >>> frequency_of_code("q6h").per_day, frequency_of_code("QHS").per_day, frequency_of_code("PRN")
    (Fraction(4, 1), Fraction(1, 1), None)
    """
    word = code.strip().upper().replace(".", "")
    if word in _ONCE:
        return ONCE
    if word in _CODES:
        return Frequency(_CODES[word])
    hours = _EVERY_HOURS.fullmatch(word)
    return Frequency(Fraction(24, int(hours[1]))) if hours and int(hours[1]) else None


def _coded(concept: object) -> tuple[Frequency | None, bool]:
    """The frequency of `timing.code`, and whether there is any such code or text."""
    if concept is None:
        return None, False
    found, stated = set(), False
    for part in values.mappings(concept):
        words = [values.text(coding.get("code")) for coding in values.mappings(part.get("coding"))]
        words += [values.text(coding.get("display")) for coding in values.mappings(part.get("coding"))]
        for word in (*words, values.text(part.get("text"))):
            stated = stated or bool(word)
            if word and (frequency := frequency_of_code(word[:20])):
                found.add(frequency)
    return (found.pop() if len(found) == 1 else None), stated


def _ruled(repeat: Mapping[str, Any]) -> Frequency | None:
    """The frequency of the structured rule."""
    return _frequency(
        _largest(repeat, "frequency"),
        values.number(repeat.get("period")),
        values.text(repeat.get("periodUnit") or repeat.get("periodUnits")).lower(),
        "period" in repeat,
        _moments_a_day(repeat),
        len({day for day in values.items(repeat.get("dayOfWeek")) if isinstance(day, str)}),
    )


@lru_cache(maxsize=512)  # a handful of rules make up nearly all orders
def _frequency(
    times: Decimal | None, period: Decimal | None, unit: str, has_period: bool, moments: int, weekdays: int
) -> Frequency | None:
    per_day: Fraction | None
    days = Fraction(period) * _LENGTHS[unit] if period is not None and unit in _LENGTHS else None
    if has_period:
        per_day = _per_day(times, days, moments, weekdays)
    elif moments:
        per_day = max(Fraction(times or 0), Fraction(moments))
    else:
        # "Twice" without "a day" is not enough; "on Mondays" is.
        per_day = Fraction(0) if times is not None else Fraction(bool(weekdays))
    if per_day is None or not 0 < per_day <= _MOST_A_DAY or weekdays > 7:
        return None
    return Frequency(per_day * weekdays / 7 if weekdays and days != _WEEK else per_day)


def _per_day(times: Decimal | None, days: Fraction | None, moments: int, weekdays: int) -> Fraction | None:
    if days is None or days <= 0:
        return None
    if days == _WEEK and weekdays:
        # "Once a week on Monday and Thursday" leaves open which of the two is meant; the days count.
        return Fraction(weekdays, 7) if times in (None, 1, weekdays) else None
    per_day = Fraction(1 if times is None else times) / days
    return max(per_day, Fraction(moments)) if days == _DAY else per_day


def _largest(repeat: Mapping[str, Any], name: str) -> Decimal | None:
    value, most = values.number(repeat.get(name)), values.number(repeat.get(f"{name}Max"))
    if value is None or most is None:
        return most if value is None else value
    return max(value, most)


def _moments_a_day(repeat: Mapping[str, Any]) -> int:
    """Times of day and events (`MORN`, `HS`); 0 if there are none or an event does not say how often."""
    if "when" not in repeat and "timeOfDay" not in repeat:
        return 0
    events = {event for event in values.items(repeat.get("when")) if isinstance(event, str)}
    if events & _SOME_MEALS:
        return 0
    times = len({time for time in values.items(repeat.get("timeOfDay")) if isinstance(time, str)})
    return max(len(events), times)


def days_of(duration: object) -> Fraction | None:
    """A FHIR Duration in days; None if it is none in weeks or less."""
    duration = values.first_mapping(duration)
    if not duration:
        return None
    value = values.number(duration.get("value"))
    for key in ("code", "unit"):
        unit = _LENGTHS.get(values.text(duration.get(key)).lower())
        if value is not None and unit:
            return Fraction(value) * unit
    return None


def _events(events: object) -> TimingReading:
    """Fixed moments: one is a single administration, several say nothing about a day."""
    moments = values.items(events)
    return TimingReading(ONCE if len(moments) == 1 else None, bool(moments))
