"""Reads `knowledge/codes/measures.tsv`: what is measured or asked of a person, by test code."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from cds_service.core.errors import KnowledgeError
from cds_service.core.measures import Measure, MeasureCodes, unit_key
from cds_service.curation.files import read_tsv
from cds_service.curation.numbers import decimal

_COLUMNS = ("what", "code", "display", "units", "lasts_days", "present", "source", "confidence")
#: A measure with this word in front is the activity of the enzyme of a gene.
_ACTIVITY = "activity "


def load_measures(path: Path, used: frozenset[str]) -> MeasureCodes:
    """
    Read the table. Of several spellings of a unit the first is the one conditions use.

    Args:
        path: The table.
        used: Names of the measures that some condition or gene asks for.

    Raises:
        KnowledgeError: If the file is missing or malformed, or a code stands there twice.
    """
    by_code: dict[str, Measure] = {}
    by_gene: dict[str, Measure] = {}
    for row in read_tsv(path, _COLUMNS):
        measure = _measure(row, path)
        if row["code"] in by_code:
            raise KnowledgeError(f"{path.name}: code {row['code']} stands there twice; keep one row")
        if row["code"]:
            by_code[row["code"]] = measure
        if measure.what.startswith(_ACTIVITY):
            by_gene.setdefault(measure.what.removeprefix(_ACTIVITY), measure)
    found = MeasureCodes(by_code, by_gene, used)
    unknown = sorted(used - found.names)
    if unknown:
        raise KnowledgeError(f"{path.name}: conditions ask for {', '.join(unknown)}; add a row for each")
    return found


def _measure(row: dict[str, str], path: Path) -> Measure:
    lasts = row["lasts_days"]
    if not row["what"] or (lasts and not lasts.isdecimal()):
        raise KnowledgeError(f"{path.name}: every row needs a name, and days as a whole number or nothing")
    if not row["code"] and not row["what"].startswith(_ACTIVITY):
        raise KnowledgeError(f"{path.name}: {row['what']} has no code; only enzymes are known by their name")
    days = int(lasts) if lasts else None
    return Measure(row["what"], _units(row["units"], path), days, frozenset(_cells(row["present"])))


def _units(cell: str, path: Path) -> dict[str, tuple[str, Decimal]]:
    """
    The first unit is the one of conditions; others are spellings of it, or have a factor: `umol/L = 0.05848`.

    A share of the normal activity is a unit of its own.
    """
    found: dict[str, tuple[str, Decimal]] = {}
    first = ""
    for part in _cells(cell):
        unit, _, factor = (each.strip() for each in part.partition(" = "))
        first = first or unit
        found[unit_key(unit)] = (unit if unit == "%" else first, decimal(factor or "1", path.name))
    return found


def _cells(text: str) -> list[str]:
    return [part.strip() for part in text.split(" | ") if part.strip()]
