"""Numbers of tumour markers, such as a share of stained cells: what a report states, and bands of rules."""

from __future__ import annotations

import re
from decimal import Decimal

from cds_service.core.conditions import Range

_VALUE = r"([<>≤≥]=?)?\s*(\d+(?:\.\d+)?)(?:\s*(?:-|–|to)\s*(\d+(?:\.\d+)?))?"
_PERCENT = re.compile(rf"{_VALUE}\s*%")
_NUMBER = re.compile(_VALUE)
_BAND = re.compile(r"(<|>=)(\d+(?:\.\d+)?)|(\d+(?:\.\d+)?)\.\.(\d+(?:\.\d+)?)")
_SIGNS = {"<=": "≤", ">=": "≥"}

#: A bound as a pair: the number, and on which side of it the bound lies.
_Edge = tuple[Decimal, int]


def number_in(text: str) -> Range | None:
    """
    The bounds a reported number lies in; a percentage before any other number; None if there is none.

    >>> number_in("TPS <1%"), number_in("22C3: 80 %") == Range(from_=Decimal(80), up_to=Decimal(80))
    (Range(from_=Decimal('0'), above=None, below=Decimal('1'), up_to=None), True)
    """
    found = _PERCENT.search(text) or _NUMBER.search(text)
    if found is None:
        return None
    sign, low, high = found.groups()
    value = Decimal(low)
    if high:
        return Range(from_=value, up_to=Decimal(high))
    match _SIGNS.get(sign or "", sign):
        case "<":
            return Range(from_=Decimal(0), below=value)
        case "≤":
            return Range(from_=Decimal(0), up_to=value)
        case ">":
            return Range(above=value)
        case "≥":
            return Range(from_=value)
        case _:
            return Range(from_=value, up_to=value)


def band_of(word: str) -> Range | None:
    """
    A band of numbers as rules write it; None if the word is a state.

    >>> band_of("1..49").contains(Decimal(49)), band_of(">=50").contains(Decimal(49)), band_of("3+")
    (True, False, None)
    """
    found = _BAND.fullmatch(word)
    if found is None:
        return None
    sign, bound, low, high = found.groups()
    if sign:
        return Range(below=Decimal(bound)) if sign == "<" else Range(from_=Decimal(bound))
    return Range(from_=Decimal(low), up_to=Decimal(high))


def lies_in(value: Range, band: Range) -> bool | None:
    """
    Does a value that lies between bounds lie in a band? None if it may.

    >>> lies_in(number_in("<1%"), band_of("<1")), lies_in(number_in("1-49%"), band_of(">=50"))
    (True, False)
    >>> lies_in(number_in(">=1%"), band_of(">=50")) is None
    True
    """
    if _low(band) <= _low(value) and _high(value) <= _high(band):
        return True
    return False if _high(value) < _low(band) or _high(band) < _low(value) else None


def _low(bounds: Range) -> _Edge:
    if bounds.above is not None:
        return bounds.above, 1
    return (bounds.from_, 0) if bounds.from_ is not None else (Decimal("-Infinity"), 0)


def _high(bounds: Range) -> _Edge:
    if bounds.below is not None:
        return bounds.below, -1
    return (bounds.up_to, 0) if bounds.up_to is not None else (Decimal("Infinity"), 0)
