"""The differences somebody has looked at, with the reason why they are right as they are."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from cds_service.core.errors import KnowledgeError
from cds_service.curation.compare_answers import Difference
from cds_service.curation.compare_table import LookUp
from cds_service.curation.files import read_tsv

_COLUMNS = ("source", "drug", "population", "lookup", "field", "theirs", "ours", "reason")

#: Columns that say which look-ups are meant.
_WHERE = _COLUMNS[:4]


@dataclass(frozen=True, slots=True)
class Explanation:
    """
    One row of the file.

    Args:
        patterns: Column -> pattern; `*` stands for any text, all else is meant as written.
        reason: Why the rules differ from the table.
        line: Line in the file.
    """

    patterns: dict[str, str]
    reason: str
    line: int

    def fits(self, difference: Difference) -> bool:
        """True if this is such a difference."""
        values = {"field": difference.field, "theirs": difference.theirs, "ours": difference.ours}
        return self.concerns(difference.lookup) and all(
            _fits(self.patterns[column], value) for column, value in values.items()
        )

    def concerns(self, lookup: LookUp) -> bool:
        """True if the row speaks about this look-up, whether anything differs or not."""
        values = (lookup.source, lookup.drug, lookup.population, lookup.text)
        return all(_fits(self.patterns[column], value) for column, value in zip(_WHERE, values, strict=True))

    def __str__(self) -> str:
        return " | ".join(self.patterns.values())


def read_explanations(path: Path) -> tuple[Explanation, ...]:
    """
    Read the file of explained differences.

    Raises:
        KnowledgeError: If a column is missing or a row gives no reason.
    """
    found = []
    for line, row in enumerate(read_tsv(path, _COLUMNS), start=2):
        if not row["reason"].strip():
            raise KnowledgeError(f"{path}:{line}: a difference without a reason")
        found.append(Explanation({column: row[column] for column in _COLUMNS[:-1]}, row["reason"], line))
    return tuple(found)


def stale(
    explanations: Collection[Explanation], lookups: Collection[LookUp], found: Collection[Difference]
) -> tuple[Explanation, ...]:
    """The rows that speak about a compared look-up but fit no difference any more."""
    return tuple(
        row
        for row in explanations
        if any(row.concerns(lookup) for lookup in lookups) and not any(row.fits(item) for item in found)
    )


def _fits(pattern: str, value: str) -> bool:
    """
    Does a value fit a pattern?

    >>> _fits("limit*", "limit @ pci"), _fits("*", ""), _fits("*57:01 positive", "*58:01 positive")
    (True, True, False)
    """
    return re.fullmatch(".*".join(re.escape(part) for part in pattern.split("*")), value) is not None
