"""Codes are written as their system writes them; where the last digit checks the others, it fits."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from cds_service.core.model import ICD10CM, RXNORM, SNOMED
from cds_service.curation.context import Context, Fault

name = "codes"

_SETS, _TESTS = "value_sets/value_sets.tsv", "codes/loinc_pgx.tsv"
_ICD10CM = re.compile(r"[A-Z]\d[0-9A-Z](\.[0-9A-Z]{1,4})?")
_ICD10CM_START = re.compile(r"[A-Z](\d([0-9A-Z](\.[0-9A-Z]{1,4})?)?)?")
_RXNORM = re.compile(r"[1-9]\d{0,7}")
_LOINC = re.compile(r"[1-9]\d{1,6}-\d")

# The tables of Verhoeff's check digit, which SNOMED CT identifiers end with.
_TIMES = (
    "0123456789", "1234067895", "2340178956", "3401289567", "4012395678",
    "5987604321", "6598710432", "7659821043", "8765932104", "9876543210",
)  # fmt: skip
_TURN = (
    "0123456789", "1576283094", "5803796142", "8916043527",
    "9453126870", "4286573901", "2793806415", "7046913258",
)  # fmt: skip


def run(context: Context) -> Iterator[Fault]:
    """Codes that cannot exist."""
    for number, row in _rows(context, _SETS):
        system, code = row.get("system", ""), row.get("code", "")
        fits = _STARTS if row.get("match") == "prefix" else _FORMS
        if system in fits and not fits[system](code):
            yield Fault(_SETS, f"line {number}", f"{code} is no code of {system}; correct it")
    for number, row in _rows(context, _TESTS):
        if not is_loinc(row.get("code", "")):
            yield Fault(_TESTS, f"line {number}", f"{row.get('code', '')} is no LOINC code; correct it")


def _rows(context: Context, path: str) -> Iterator[tuple[int, Mapping[str, str]]]:
    lines = context.tables.get(path, "").split("\n")
    for number, line in enumerate(lines[1:], start=2):
        if line:
            yield number, dict(zip(lines[0].split("\t"), line.split("\t"), strict=False))


def is_snomed(code: str) -> bool:
    """
    True if a text can be a SNOMED CT identifier: 6 to 18 digits, the last of which checks the others.

    >>> is_snomed("422504002"), is_snomed("422504003"), is_snomed("42250")
    (True, False, False)
    """
    if not re.fullmatch(r"[1-9]\d{5,17}", code):
        return False
    check = 0
    for place, digit in enumerate(reversed(code)):
        check = int(_TIMES[check][int(_TURN[place % 8][int(digit)])])
    return check == 0


def is_loinc(code: str) -> bool:
    """
    True if a text can be a LOINC code: the digit after the hyphen checks the others.

    >>> is_loinc("57979-7"), is_loinc("57979-8")
    (True, False)
    """
    if not _LOINC.fullmatch(code):
        return False
    digits, check = code.split("-")
    # Every second digit from the right counts twice, and its digits are added.
    doubled = (int(d) * (2 - place % 2) for place, d in enumerate(reversed(digits)))
    return (10 - sum(n // 10 + n % 10 for n in doubled) % 10) % 10 == int(check)


_FORMS: Mapping[str, Callable[[str], bool]] = {
    SNOMED: is_snomed,
    ICD10CM: lambda code: bool(_ICD10CM.fullmatch(code)),
    RXNORM: lambda code: bool(_RXNORM.fullmatch(code)),
}
#: Of a classification a set may hold everything that begins in some way.
_STARTS: Mapping[str, Callable[[str], bool]] = {ICD10CM: lambda code: bool(_ICD10CM_START.fullmatch(code))}
