"""Defined positions placed on one build of the genome, and what a VCF record says about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from cds_service.calling.codes import DELETED, HIDDEN, LAST_BASES, SILENT, Reason
from cds_service.core.definitions import DefinedPosition, Kind

#: Alternatives that stand for "anything else": reference blocks of gVCF.
ANYTHING = frozenset({"<NON_REF>", "<*>"})
_ACGT = frozenset("ACGT")


@dataclass(frozen=True, slots=True)
class Record:
    """
    One VCF record without its samples.

    Args:
        position: 1-based, as in the file.
        ref: Reference bases, upper case.
        alts: Alternatives, bases in upper case; empty if there are none.
        end: Last base the record speaks about, 1-based; beyond `ref` for reference blocks.
    """

    position: int
    ref: str
    alts: tuple[str, ...]
    end: int

    @property
    def is_block(self) -> bool:
        """Whether it only says that the reference was seen."""
        return all(alt in ANYTHING for alt in self.alts)

    @property
    def last(self) -> int:
        """Last base of `ref`, 1-based."""
        return self.position + len(self.ref) - 1


@dataclass(frozen=True, slots=True)
class Edit:
    """A change without the bases that stay: `removed` from `start` on (1-based) is replaced by `added`."""

    start: int
    removed: str
    added: str

    @property
    def end(self) -> int:
        """The base behind the removed ones; `start` for a pure insertion."""
        return self.start + len(self.removed)


@dataclass(slots=True)
class Site:
    """
    A defined position in the coordinates of one build.

    Args:
        defined: The position.
        start: 1-based position in the build.
        expected: The bases of `window` in the build.
        sequences: The window with each known state put in; the place is the state's code. Undocumented ones
            are added as they are met.
        reference: Code of what the reference of the build has here; 0 unless the builds differ.
    """

    defined: DefinedPosition
    start: int
    expected: str
    sequences: list[str] = field(default_factory=list)
    reference: int = 0

    def __post_init__(self) -> None:
        rest = self.defined.window[len(self.defined.ref) :]
        self.sequences.extend(state + rest for state in self.defined.states)
        self.reference = self.code_of(self.expected)

    @property
    def documented(self) -> int:
        """How many of the codes are documented states."""
        return len(self.defined.states)

    @property
    def end(self) -> int:
        """Last base of the window, 1-based."""
        return self.start + len(self.expected) - 1

    @property
    def last(self) -> int:
        """Last base of the reference bases, 1-based."""
        return self.start + len(self.defined.ref) - 1

    def code_of(self, sequence: str) -> int:
        """Code of a sequence of the window; a new one if nobody has documented it."""
        if sequence in self.sequences:
            return self.sequences.index(sequence)
        if len(self.sequences) > LAST_BASES:
            return Reason.UNDECIDED
        self.sequences.append(sequence)
        return len(self.sequences) - 1

    def as_documented(self, record: Record) -> tuple[int, ...]:
        """The codes of a record's alleles if it is spelled as the position is; most are. Else nothing."""
        defined = self.defined
        if record.position != self.start or record.ref != defined.ref or self.reference or not record.alts:
            return ()
        if not all(alt in defined.alts for alt in record.alts):
            return ()
        return (0, *(defined.alts.index(alt) + 1 for alt in record.alts))

    def bases(self, code: int) -> str:
        """A state for people: the bases, without the part of the window that never changes."""
        rest = len(self.defined.window) - len(self.defined.ref)
        sequence = self.sequences[code]
        return sequence[: len(sequence) - rest] or sequence

    def after(self, edit: Edit) -> str | None:
        """The window with a change made; None if the change is not inside it."""
        offset = edit.start - self.start
        first = 0 if len(edit.removed) == len(edit.added) else 1
        if offset < first or edit.end > self.end + 1:
            return None
        return self.expected[:offset] + edit.added + self.expected[offset + len(edit.removed) :]


def place(defined: DefinedPosition, *, grch37: bool) -> Site | None:
    """A position in one build; None if its place there is not known."""
    if not grch37:
        return Site(defined, defined.position, defined.window)
    if defined.grch37 is None:
        return None
    ref = defined.grch37_ref or defined.ref
    return Site(defined, defined.grch37, ref + defined.window[len(defined.ref) :])


def edit_of(record: Record, alt: str) -> Edit:
    """
    An alternative without the bases it shares with the reference; a changed length as far left as it goes.

    >>> edit_of(Record(100, "CAT", ("CATAT",), 102), "CATAT")
    Edit(start=101, removed='', added='AT')
    >>> edit_of(Record(100, "CA", ("TA",), 101), "TA")
    Edit(start=100, removed='C', added='T')
    """
    ref, start = record.ref, record.position
    while ref and alt and ref[-1] == alt[-1]:
        ref, alt = ref[:-1], alt[:-1]
    while ref and alt and ref[0] == alt[0]:
        ref, alt, start = ref[1:], alt[1:], start + 1
    return Edit(start, ref, alt)


def meaning(record: Record, site: Site, siblings: Sequence[Site]) -> tuple[int, ...] | None:
    """
    What each allele of a record (reference first) has at a position.

    Args:
        record: In the coordinates of the site's build.
        site: The position.
        siblings: All positions of the gene that the record touches: a change that makes one of them is none
            of another.

    Returns:
        A code for each allele; None if the record says nothing about the position. `MISMATCH` for all of them
        if the reference bases are not those of the build: then nothing in the record can be trusted.
    """
    states = site.as_documented(record)
    if states:
        return states
    if not _agrees(record, site):
        return (Reason.MISMATCH,) * (len(record.alts) + 1)
    alts = tuple(_of_alt(record, alt, site, siblings) for alt in record.alts)
    if _looks_at(record, site):
        return (site.reference, *alts)
    if all(code == site.reference for code in alts):
        return None
    return (SILENT, *(SILENT if code == site.reference else code for code in alts))


def _agrees(record: Record, site: Site) -> bool:
    first, last = max(record.position, site.start), min(record.last, site.end)
    if last < first:
        return True
    seen = record.ref[first - record.position : last - record.position + 1]
    return seen == site.expected[first - site.start : last - site.start + 1]


def _looks_at(record: Record, site: Site) -> bool:
    """Whether the reference allele of the record shows that the position is as in the reference."""
    if record.is_block:
        begins = record.position <= site.start
        return begins and (record.end >= site.last or record.position == site.start)
    sequences = [alt for alt in record.alts if _ACGT.issuperset(alt) or alt == "*"]
    if site.defined.kind is Kind.BASE:
        return bool(sequences) and record.position <= site.start <= record.last
    # A changed length or several bases at once: only a record that looks for such a thing here would show it.
    edits = [edit_of(record, alt) for alt in sequences if alt != "*"]
    windows = [site.after(edit) for edit in edits if len(edit.removed) != len(edit.added)]
    return any(windows) or any(site.after(edit) in site.sequences[: site.documented] for edit in edits)


def _of_alt(record: Record, alt: str, site: Site, siblings: Sequence[Site]) -> int:
    if alt in ANYTHING:
        return Reason.UNDECIDED
    if alt == "*":
        return DELETED if record.position <= site.start <= record.last else site.reference
    if not _ACGT.issuperset(alt):
        return (
            Reason.STRUCTURAL if record.position <= site.last and record.end >= site.start else site.reference
        )
    edit = edit_of(record, alt)
    sequence = site.after(edit)
    if sequence in site.sequences[: site.documented]:
        return site.sequences.index(sequence)
    if len(edit.removed) == len(edit.added):
        return _of_substitution(edit, site)
    if any(other is not site and _is_documented(edit, other) for other in siblings):
        return HIDDEN if edit.start <= site.start < edit.end else site.reference
    return _of_length(edit, site, sequence)


def _is_documented(edit: Edit, site: Site) -> bool:
    return site.after(edit) in site.sequences[: site.documented]


def _of_substitution(edit: Edit, site: Site) -> int:
    kind = site.defined.kind
    if kind is Kind.BASE:
        inside = edit.start <= site.start < edit.end
        return site.code_of(edit.added[site.start - edit.start]) if inside else site.reference
    if kind is Kind.LENGTH or edit.end <= site.start or edit.start > site.last:
        return site.reference
    sequence = site.after(edit)
    same_length = all(len(alt) == len(site.defined.ref) for alt in site.defined.alts)
    # One base of several that only together make the allele: another record may hold the other one.
    return Reason.UNDECIDED if same_length or sequence is None else site.code_of(sequence)


def _of_length(edit: Edit, site: Site, sequence: str | None) -> int:
    """An insertion or deletion that no allele is made of."""
    if site.defined.kind is Kind.BASE:
        if not edit.start <= site.start < edit.end:
            return site.reference
        return Reason.UNDECIDED if edit.added else DELETED
    before = edit.end <= site.start or (not edit.removed and edit.start <= site.start)
    if before or edit.start > site.end:
        return site.reference
    if sequence is None:
        return Reason.UNDECIDED if edit.added else DELETED
    return site.code_of(sequence)
