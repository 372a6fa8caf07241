"""The changes of a usual panel, reported one by one: what they say of both copies of a gene together."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from cds_service.core.diplotype import AlleleCopies, Diplotype
from cds_service.core.evidence import Origin, ReportedResult, ResultKind
from cds_service.core.genes import Gene, PanelChange

_NAME = re.compile(r"(rs\d+)|(NC_\d+\.\d+:g\.\d+)([^\s;,]*)")
_COPIES = {"heterozygous": 1, "homozygous": 2}


@dataclass(slots=True)
class _Seen:
    """What was seen: allele -> how many copies of it, None = present, nobody says on how many."""

    copies: dict[str, int | None] = field(default_factory=dict)
    absent: set[str] = field(default_factory=set)
    #: Something the panel does not know, or a change with two answers.
    open_ends: bool = False

    def take(self, change: PanelChange, report: ReportedResult) -> None:
        """Add what one report says of one change."""
        if report.present is None:
            self.open_ends = True
        elif report.present:
            copies = _COPIES.get(report.zygosity)
            self.open_ends |= self.copies.setdefault(change.allele, copies) != copies
        else:
            self.absent.add(change.allele)
        self.open_ends |= change.allele in self.absent and change.allele in self.copies


def panel_change(report: ReportedResult, gene: Gene) -> PanelChange | None:
    """The change of the panel that a report is about: by rs number, or by its place and letters."""
    for name in _NAME.finditer(f"{report.allele} {report.text}"):
        for change in gene.panel:
            if name.group(1) == change.rsid or any(_is(name, of) for of in (change.grch38, change.grch37)):
                return change
    return None


def _is(name: re.Match[str], genomic: str) -> bool:
    """The same change, or at the same place letters that are those of the reference (`G>G`, `G=`)."""
    place = name.group(2)
    if not place or not genomic.startswith(place) or genomic[len(place)].isdecimal():
        return False
    said = name.group(3)
    unchanged = said.endswith("=") or re.fullmatch(r"([ACGT]+)>\1", said) is not None
    return unchanged or genomic == place + said


def diplotype_of_panel(reports: Sequence[ReportedResult], gene: Gene) -> Diplotype | None:
    """
    The diplotype that the changes of the panel allow, where they allow only one.

    Every change the panel needs was looked for in inherited DNA and has one answer; nothing else was found;
    at most one allele is there, on a stated number of copies. Alleles outside the panel stay open, so the
    caller says what was looked for.

    Returns:
        None where phase, zygosity or an answer is missing, and for genes without a panel.
    """
    seen = _Seen()
    for report in reports:
        change = panel_change(report, gene)
        if change is not None and report.origin is Origin.GERMLINE:
            seen.take(change, report)
        elif report.present is not False:
            seen.open_ends = True
    needed = {change.allele for change in gene.panel if change.needed}
    if not needed or seen.open_ends or not needed <= seen.absent | seen.copies.keys() or len(seen.copies) > 1:
        return None
    reference = AlleleCopies(gene.reference)
    for allele, copies in seen.copies.items():
        if copies is None:
            return None
        found = AlleleCopies(allele)
        return Diplotype(gene.symbol, (found, found) if copies == 2 else (reference, found))
    return Diplotype(gene.symbol, (reference, reference))


def changes_contradict(diplotype: Diplotype, reports: Iterable[ReportedResult], gene: Gene) -> bool:
    """True if a change of the panel was found, or not found, against what a named genotype says."""
    names = {copies.allele for copies in diplotype.alleles}
    known = names <= {gene.reference, *(change.allele for change in gene.panel)}
    for report in reports:
        if report.kind is not ResultKind.VARIANT or report.present is None:
            continue
        change = panel_change(report, gene)
        if known and change is not None and report.present is not (change.allele in names):
            return True
    return False
