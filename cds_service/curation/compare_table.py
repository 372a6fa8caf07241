"""Tables of guideline look-ups from elsewhere, read into values that can be compared with the rules."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

from cds_service.core.errors import KnowledgeError
from cds_service.curation.files import read_tsv

_COLUMNS = (
    "rec_id",
    "source",
    "drug",
    "population",
    "lookups",
    "classification",
    "action_parsed",
    "conditional",
    "dose_factor_low",
    "dose_factor_high",
    "dose_limit",
    "dose_which",
    "status",
)
_BRANCH_COLUMNS = (
    "rec_id",
    "condition",
    "action",
    "dose_factor_low",
    "dose_factor_high",
    "dose_limit",
    "dose_which",
    "step",
)

#: What a table writes where it says nothing.
_NOTHING = frozenset({"", "n/a", "N/A", "Unspecified", "default"})

#: Beginnings of `status`; rows with another one are history.
_CURRENT = ("current", "inferred")


@dataclass(frozen=True, slots=True)
class TheirAnswer:
    """
    What the table says for one look-up under one condition.

    Args:
        words: Action words of the table, such as `avoid`, `reduce_dose`.
        condition: As rules write a label (`dose-above-40-mg`); empty = unless another one holds.
        later: The condition only shows later, after the first step.
        low, high: Multiple of the usual dose; None if there is none.
        which: The dose that is meant; empty if the table does not say.
        limit: Absolute dose, as written.
    """

    words: frozenset[str]
    condition: str = ""
    later: bool = False
    low: Decimal | None = None
    high: Decimal | None = None
    which: str = ""
    limit: str = ""


@dataclass(frozen=True, slots=True)
class LookUp:
    """
    One look-up of the table: one drug, one guideline body, one set of gene results.

    Args:
        record: Id of the row.
        source: Id of the guideline body, lower case.
        drug: Lower case.
        population: As written.
        text: The look-up as written, `CYP2C19=Poor Metabolizer;CYP2D6=0.5`.
        results: Gene -> result; empty if the look-up is no list of gene results.
        strength: The source's grade; empty if there is none.
        answers: One, or one for each condition. Empty: conditional, and no file of branches was given.
    """

    record: str
    source: str
    drug: str
    population: str
    text: str
    results: Mapping[str, str]
    strength: str
    answers: tuple[TheirAnswer, ...]


def read_lookups(table: Path, branches: Path | None = None) -> Iterator[LookUp]:
    """
    The current look-ups of a table.

    Args:
        table: Tab separated, one row a statement with all look-ups that lead to it.
        branches: The answers of statements that depend on a condition.

    Raises:
        KnowledgeError: If a column is missing or a cell cannot be read.
    """
    conditional = _read_branches(branches) if branches else {}
    for row in read_tsv(table, _COLUMNS):
        if not row["status"].startswith(_CURRENT):
            continue
        record = row["rec_id"]
        answers = (
            tuple(conditional.get(record, ()))
            if row["conditional"] == "1"
            else (_answer(row, row["action_parsed"], "", later=False),)
        )
        for text in row["lookups"].split(" | "):
            yield LookUp(
                record,
                row["source"].lower(),
                row["drug"].lower(),
                row["population"],
                text,
                _results(text),
                _said(row["classification"]),
                answers,
            )


def label_of(condition: str) -> str:
    """
    A condition as rules write their labels.

    >>> label_of("dose_above_1.5_mg;age_below_65"), label_of("default")
    ('dose-above-1-5-mg-age-below-65', '')
    """
    return re.sub(r"[^a-z0-9]+", "-", _said(condition).lower()).strip("-")


def _read_branches(path: Path) -> dict[str, list[TheirAnswer]]:
    found: dict[str, list[TheirAnswer]] = {}
    for row in read_tsv(path, _BRANCH_COLUMNS):
        answer = _answer(row, row["action"], row["condition"], later=row["step"] == "later")
        found.setdefault(row["rec_id"], []).append(answer)
    return found


def _answer(row: Mapping[str, str], words: str, condition: str, *, later: bool) -> TheirAnswer:
    return TheirAnswer(
        frozenset(words.split("|")),
        label_of(condition),
        later,
        _number(row, "dose_factor_low"),
        _number(row, "dose_factor_high"),
        _said(row["dose_which"]),
        _said(row["dose_limit"]),
    )


def _results(text: str) -> dict[str, str]:
    parts = [part.split("=", 1) for part in text.split(";")]
    return {part[0]: part[1] for part in parts} if all(len(part) == 2 for part in parts) else {}


def _said(cell: str) -> str:
    return "" if cell in _NOTHING else cell


def _number(row: Mapping[str, str], column: str) -> Decimal | None:
    if not row[column]:
        return None
    try:
        return Decimal(row[column])
    except InvalidOperation:
        raise KnowledgeError(f"{row['rec_id']}: {column} '{row[column]}' is no number") from None
