"""Exceptions by name: rows of a table in `decisions/`, each with its reason."""

from __future__ import annotations

from collections.abc import Iterator

from cds_service.curation.context import Context, Fault

REASON = "reason"


class Exceptions:
    """
    One table of exceptions while a check uses it.

    A row that nothing needs any more is a fault, too: it would hide the next mistake.

    Args:
        context: Where the table is read from. A missing table has no rows.
        file: Path inside the knowledge folder.
        columns: The columns that name the exception; `reason` comes after them.
    """

    def __init__(self, context: Context, file: str, columns: tuple[str, ...]) -> None:
        self.file = file
        self._columns = columns
        self._rows: dict[tuple[str, ...], int] = {}
        self._needed: set[tuple[str, ...]] = set()
        self._faults = list(self._read(context.tables.get(file, "")))

    def allows(self, *names: str) -> bool:
        """True if there is a row for this; the row then counts as needed."""
        if names in self._rows:
            self._needed.add(names)
        return names in self._rows

    def leftovers(self) -> Iterator[Fault]:
        """What is wrong with the table itself: malformed rows, rows without a reason or without a use."""
        yield from self._faults
        for names, line in self._rows.items():
            if names not in self._needed:
                what = f"{' '.join(names)} is no exception any more; remove it"
                yield Fault(self.file, f"line {line}", what)

    def _read(self, text: str) -> Iterator[Fault]:
        header = "\t".join((*self._columns, REASON))
        lines = text.split("\n")
        if text and lines[0] != header:
            yield Fault(self.file, "line 1", f"the header must be {header.replace(chr(9), ' ')}")
            return
        for number, line in enumerate(lines[1:], start=2):
            if not line:
                continue
            *names, reason = line.split("\t")
            if len(names) != len(self._columns) or not reason.strip():
                yield Fault(self.file, f"line {number}", "a row needs every column, and a reason at the end")
            elif tuple(names) in self._rows:
                yield Fault(self.file, f"line {number}", "the row stands there twice; remove one")
            else:
                self._rows[tuple(names)] = number
