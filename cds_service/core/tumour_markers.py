"""Markers of a tumour, which are kept apart from genes: their states, and what is known of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import Enum

from cds_service.core.conditions import Range
from cds_service.core.evidence import Origin, ReportedResult
from cds_service.core.tumour_changes import ANY, Change, Scope
from cds_service.core.tumour_numbers import band_of, lies_in

#: What every marker may be besides its own states: looked for as far as the marker goes, and not found.
NEGATIVE = "negative"


class Reads(Enum):
    """How the reports of a marker become its states."""

    CHANGES = "changes"
    FUSION = "fusion"
    GRADE = "grade"
    NUMBER = "number"
    PATHOGENIC = "pathogenic"


class Doubt(Enum):
    """Why a marker that was looked at is still not known."""

    PENDING = "pending"
    NOT_CALLED = "not-called"
    LIQUID_NEGATIVE = "liquid-negative"
    PARTIAL = "partial"
    CHANGE_NOT_NAMED = "change-not-named"
    OTHER_CHANGE = "other-change"
    UNCERTAIN = "uncertain"


@dataclass(frozen=True, slots=True)
class Span:
    """Changes of one kind between two codons, both included, or in an exon where only that is named."""

    kind: str
    first: int
    last: int
    exon: int = 0

    def holds(self, change: Change) -> bool:
        """True if the change is of this kind and lies here, or overlaps where it is longer."""
        if change.kind != self.kind:
            return False
        if change.exon:
            return change.exon == self.exon
        return change.first <= self.last and change.last >= self.first


@dataclass(frozen=True, slots=True)
class MarkerState:
    """
    One state of a marker.

    Args:
        name: As rules and cards say it.
        changes: Changes that mean it: old residue, codon, new residue; `X` = any new residue.
        spans: Stretches whose changes mean it.
        says: Words of a report that mean it.
        exons: Exons a test has to cover before it can deny this state.
    """

    name: str
    changes: tuple[Change, ...] = ()
    spans: tuple[Span, ...] = ()
    says: tuple[str, ...] = ()
    exons: frozenset[int] = frozenset()

    def is_met_by(self, change: Change) -> bool:
        """True if the change means this state."""
        return any(same_change(known, change) for known in self.changes) or any(
            span.holds(change) for span in self.spans
        )

    def is_denied_by(self, scope: Scope) -> bool:
        """True if a negative report with this scope looked at all there is to this state."""
        if scope.is_whole:
            return True
        if self.exons and self.exons <= scope.exons:
            return True
        if self._codons and self._codons <= scope.codons:
            return True
        return any(self._is_all_of(change) for change in scope.changes)

    @property
    def _codons(self) -> frozenset[int]:
        codons = {codon for span in self.spans for codon in range(span.first, span.last + 1)}
        return frozenset(codons | {change.first for change in self.changes})

    def _is_all_of(self, change: Change) -> bool:
        """True if the state is about nothing but this change, or about this codon where any is meant."""
        if self._codons and change.residue == ANY:
            return self._codons == {change.first}
        if change.exon:
            return not self.changes and all(
                s.kind == change.kind and s.exon == change.exon for s in self.spans
            )
        return (
            not self.spans
            and all(same_change(known, change) for known in self.changes)
            and bool(self.changes)
        )


@dataclass(frozen=True, slots=True)
class Marker:
    """
    What is measured in a tumour, and how its reports are read.

    Args:
        name: As rules and cards say it, such as a gene symbol or `HER2 IHC`.
        genes: Symbols the reports come under.
        reads: How they become states.
        states: The states, the one that matters most first.
        origins: Where the tested DNA has to come from.
        about, not_about: Words of the test name or the value; one of the first has to be there (if there are
            any), none of the second.
        negative: Word for "nothing found" on cards; of numbers the band it stands for.
        unnamed: State of a report that says "found" without saying what; empty = then it is not known.
        all_genes: Nothing is found only if nothing is found in any of the genes.
        in_blood: Blood is where this tumour is, so that a negative blood test is one.
        latest: A later report replaces an earlier one; else what was found once stays.
    """

    name: str
    genes: tuple[str, ...]
    reads: Reads
    states: tuple[MarkerState, ...] = ()
    origins: frozenset[Origin] = frozenset({Origin.SOMATIC})
    about: tuple[str, ...] = ()
    not_about: tuple[str, ...] = ()
    negative: str = NEGATIVE
    unnamed: str = ""
    all_genes: bool = False
    in_blood: bool = False
    latest: bool = False


@dataclass(frozen=True, slots=True)
class MarkerEvidence:
    """
    What the record says about one marker.

    Args:
        marker: The marker.
        found, denied: Names of states that are known to hold, and not to hold.
        number: For numbers: the bounds the value lies in; None = not known.
        said: The finding in the words of the reports, for cards.
        doubts: Why what is not known is not known.
        reports: What this rests on.
    """

    marker: Marker
    found: frozenset[str] = frozenset()
    denied: frozenset[str] = frozenset()
    number: Range | None = None
    said: str = ""
    doubts: frozenset[Doubt] = frozenset()
    reports: tuple[ReportedResult, ...] = ()

    @property
    def measured_on(self) -> date | None:
        """The newest date of the reports; None if no date is known."""
        return max((report.measured_on for report in self.reports if report.measured_on), default=None)

    @property
    def is_known(self) -> bool:
        """True if a state is known to hold, or the number is known."""
        return bool(self.found) or self.number is not None

    def is_(self, word: str) -> bool | None:
        """Does this state hold, or does the number lie in this band? None if that is not known."""
        if isinstance(band := band_of(word), Range):
            return None if self.number is None else lies_in(self.number, band)
        if word in self.found:
            return True
        return False if word in self.denied else None


def same_change(known: Change, change: Change) -> bool:
    """True if a change is the known one; `X` as the known residue stands for any."""
    if (known.kind, known.first, known.last) != (change.kind, change.first, change.last):
        return False
    return known.residue in (ANY, change.residue)
