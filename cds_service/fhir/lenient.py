"""Takes values out of JSON that may not have the shape FHIR asks for."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

_NUMBER = re.compile(r"[+-]?\d{1,12}(?:[.]\d{1,12})?")
# With three digits after it a comma may as well mean thousands.
_DECIMAL_COMMA = re.compile(r"(?<=\d),(?=(?:\d\d?|\d{4,})$)")
_LARGEST = 10**12
_NOTHING: Mapping[str, Any] = {}


def objects(value: object) -> Sequence[Mapping[str, Any]]:
    """The objects of a list; a single object counts as a list of one, anything else as an empty list."""
    if isinstance(value, list):
        return [entry for entry in value if isinstance(entry, dict)]
    return (value,) if isinstance(value, dict) else ()


def first_object(value: object) -> Mapping[str, Any]:
    """The object, or the first object of a list; empty if there is none."""
    if isinstance(value, dict):
        return value
    if isinstance(value, list):
        return next((entry for entry in value if isinstance(entry, dict)), _NOTHING)
    return _NOTHING


def items(value: object) -> list[Any]:
    """The list; a single value counts as a list of one, nothing as an empty one."""
    if isinstance(value, list):
        return value
    return [] if value is None else [value]


def text(value: object) -> str:
    """The text without blanks around it; empty for anything else."""
    return value.strip() if isinstance(value, str) else ""


def number(value: object) -> Decimal | None:
    """
    The number, also if it was sent as text; None for anything else and for what no dose or count can be.

    >>> number(0.1), number(0.1 + 0.2), number("2,5"), number("1,000"), number(True), number(1e300)
    (Decimal('0.1'), Decimal('0.3'), Decimal('2.5'), None, None, None)
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return Decimal(value) if abs(value) < _LARGEST else None
    if isinstance(value, float):
        # The digits beyond are an artefact of binary arithmetic (0.1 + 0.2).
        return Decimal(f"{value:.9g}") if abs(value) < _LARGEST else None
    if isinstance(value, str):
        written = _DECIMAL_COMMA.sub(".", value.strip())
        return Decimal(written) if _NUMBER.fullmatch(written) else None
    return None
