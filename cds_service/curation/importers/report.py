"""What an import found, for the person who reviews it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

_COLUMNS = ("finding", "about", "what", "place")


class Finding(Enum):
    """
    What one line of the report says.

    `TO_REVIEW` is a decision an importer must not take; `NOT_UNDERSTOOD` a row or file that was left out;
    `NOTE` needs nothing to be done.
    """

    NEW = "new"
    CHANGED = "changed"
    GONE = "gone"
    TO_REVIEW = "to review"
    NOT_UNDERSTOOD = "not understood"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Entry:
    """
    One line.

    Args:
        finding: What it is.
        about: Gene, drug or table.
        what: The sentence, with what was and what is, or what to do.
        place: File and row of the release; empty where it has none.
    """

    finding: Finding
    about: str
    what: str
    place: str = ""

    def __str__(self) -> str:
        return f"{self.about}: {self.what}" + (f" ({self.place})" if self.place else "")


class Report:
    """
    Collects the lines of one import.

    Args:
        source: Which release was read, in words.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        self.entries: list[Entry] = []

    def add(self, finding: Finding, about: str, what: str, place: str = "") -> None:
        """Add a line. Tabs and line ends of a source must not break the table."""
        flat = (" ".join(text.split()) for text in (about, what, place))
        self.entries.append(Entry(finding, *flat))

    def of(self, finding: Finding) -> list[Entry]:
        """All lines of one kind, in the order they were found."""
        return [entry for entry in self.entries if entry.finding is finding]

    @property
    def counts(self) -> Counter[Finding]:
        """Number of lines of each kind."""
        return Counter(entry.finding for entry in self.entries)

    @property
    def summary(self) -> str:
        """`3 new, 1 changed, 0 gone, 2 to review, 0 not understood`."""
        kinds = [kind for kind in Finding if kind is not Finding.NOTE]
        return ", ".join(f"{self.counts[kind]} {kind.value}" for kind in kinds)

    def write(self, folder: Path) -> None:
        """Write `report.tsv` (one line each) and `REPORT.md` (the same to read)."""
        rows = [(e.finding.value, e.about, e.what, e.place) for e in self.entries]
        write_table(folder / "report.tsv", _COLUMNS, rows)
        (folder / "REPORT.md").write_text("\n".join(self._page()) + "\n", encoding="utf-8")

    def _page(self) -> Iterator[str]:
        yield f"# Import of {self.source}"
        yield ""
        yield "Proposals, not knowledge: a pharmacist reviews them before anything is taken over."
        yield ""
        yield f"{self.summary}."
        for kind in Finding:
            if self.counts[kind]:
                yield from ("", f"## {kind.value.capitalize()} ({self.counts[kind]})", "")
                yield from (f"- {entry}" for entry in self.of(kind))


def write_table(path: Path, columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    """Write a TSV file with one header line, making its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = ["\t".join(columns), *("\t".join(row) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
