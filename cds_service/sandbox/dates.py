"""FHIR dates of any precision as intervals, and the comparisons that search prefixes ask for."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

_TEXT = re.compile(
    r"(?P<year>\d{4})(?:-(?P<month>\d{2})(?:-(?P<day>\d{2})"
    r"(?:T(?P<clock>\d{2}:\d{2})(?::(?P<second>\d{2})(?:\.\d+)?)?(?P<zone>Z|[+-]\d{2}:\d{2})?)?)?)?"
)
_EVER, _NEVER_ENDING = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Interval:
    """
    The time a date covers: `start` is part of it, `end` is not. Times without a zone count as UTC.

    >>> Interval.of("2024-02").end.isoformat()
    '2024-03-01T00:00:00+00:00'
    """

    start: datetime
    end: datetime

    @classmethod
    def of(cls, text: str) -> Interval:
        """
        Read a FHIR date, dateTime or instant; a year alone covers the whole year.

        Raises:
            ValueError: The text is no date.
        """
        found = _TEXT.fullmatch(text)
        if not found:
            raise ValueError("not a FHIR date")
        year, month, day = int(found["year"]), int(found["month"] or 1), int(found["day"] or 1)
        if found["clock"]:
            zone = (found["zone"] or "Z").replace("Z", "+00:00")
            clock = f"{found['clock']}:{found['second'] or '00'}"
            day_text = text.partition("T")[0]
            start = datetime.fromisoformat(f"{day_text}T{clock}{zone}").astimezone(UTC)
            return cls(start, start + (timedelta(seconds=1) if found["second"] else timedelta(minutes=1)))
        start = datetime(year, month, day, tzinfo=UTC)
        if found["day"]:
            return cls(start, start + timedelta(days=1))
        if found["month"]:
            return cls(start, datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC))
        return cls(start, datetime(year + 1, 1, 1, tzinfo=UTC))

    @classmethod
    def of_value(cls, value: str | Mapping[str, Any]) -> Interval:
        """Read a date or a Period; a missing end of a Period means it still goes on."""
        if isinstance(value, str):
            return cls.of(value)
        start, end = value.get("start"), value.get("end")
        return cls(cls.of(start).start if start else _EVER, cls.of(end).end if end else _NEVER_ENDING)


# Own interval against the one asked for, as the FHIR search page defines the prefixes.
COMPARISONS: Mapping[str, Callable[[Interval, Interval], bool]] = {
    "eq": lambda own, asked: asked.start <= own.start and own.end <= asked.end,
    "ne": lambda own, asked: not (asked.start <= own.start and own.end <= asked.end),
    "gt": lambda own, asked: own.end > asked.end,
    "lt": lambda own, asked: own.start < asked.start,
    "ge": lambda own, asked: own.end > asked.end or (asked.start <= own.start and own.end <= asked.end),
    "le": lambda own, asked: own.start < asked.start or (asked.start <= own.start and own.end <= asked.end),
    "sa": lambda own, asked: own.start >= asked.end,
    "eb": lambda own, asked: own.end <= asked.start,
}
