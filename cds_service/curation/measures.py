"""Reads `knowledge/codes/measures.tsv`: what is measured or asked of a person, by test code."""

from __future__ import annotations

from pathlib import Path

from cds_service.core.errors import KnowledgeError
from cds_service.core.measures import Measure, MeasureCodes
from cds_service.curation.files import read_tsv

_COLUMNS = ("what", "code", "display", "units", "lasts_days", "present", "source", "confidence")
#: A measure with this word in front is the activity of the enzyme of a gene.
_ACTIVITY = "activity "


def load_measures(path: Path) -> MeasureCodes:
    """
    Read the table. Of several spellings of a unit the first is the one conditions use.

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
    return MeasureCodes(by_code, by_gene)


def _measure(row: dict[str, str], path: Path) -> Measure:
    units = _cells(row["units"])
    lasts = row["lasts_days"]
    if not row["what"] or (lasts and not lasts.isdecimal()):
        raise KnowledgeError(f"{path.name}: every row needs a name, and days as a whole number or nothing")
    if not row["code"] and not row["what"].startswith(_ACTIVITY):
        raise KnowledgeError(f"{path.name}: {row['what']} has no code; only enzymes are known by their name")
    # Units that are no spellings of one another stand in rows of their own; `%` is one of its own, too.
    first = units[0] if units else ""
    spelled = {_key(unit): unit if unit == "%" else first for unit in units}
    return Measure(row["what"], spelled, int(lasts) if lasts else None, frozenset(_cells(row["present"])))


def _cells(text: str) -> list[str]:
    return [part.strip() for part in text.split(" | ") if part.strip()]


def _key(unit: str) -> str:
    return unit.replace(" ", "").lower()
