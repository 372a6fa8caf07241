"""Single alleles reported one by one, and the diplotype two of them make."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace

from cds_service.core.evidence import ReportedResult, ResultKind, Use
from cds_service.core.model import Notice
from cds_service.fhir.readers import notices, words
from cds_service.fhir.readers.case import Case
from cds_service.fhir.readers.stated import Stated


@dataclass(frozen=True, slots=True)
class Haplotype:
    """
    One allele of a person.

    Args:
        result: The allele as a result; its text is the allele, without the gene.
        key: Source of the Observation, for those that refer to it.
        readable: Whether the text looks like an allele.
    """

    result: ReportedResult
    key: str
    readable: bool = True

    @property
    def as_presence(self) -> ReportedResult:
        """The statement that the person has this allele, which leaves the other one open."""
        found = self.result
        return replace(found, kind=ResultKind.ALLELE_PRESENCE, allele=found.text, present=True)


def read_haplotype(case: Case, gene: str) -> list[Haplotype]:
    """Read the allele; a value in which no text looks like one is kept as written."""
    answer = case.value.answer
    text = next((text for text in answer.texts if words.looks_like_genotype(text)), "")
    written = text or answer.first
    if not written:
        return []
    result = case.result(gene, Stated(ResultKind.DIPLOTYPE, written))
    return [Haplotype(result, case.frame.source, bool(text))]


def pair_up(
    haplotypes: Iterable[Haplotype], results: Iterable[ReportedResult]
) -> list[ReportedResult | Notice]:
    """
    The diplotypes of genes that have two single alleles and no genotype of their own.

    Both alleles must be of one day. Two Observations of the same allele are two copies of it. Anything but
    two alleles is a notice. One that cannot be read is a result as it is written.
    """
    told = {result.gene for result in results if result.kind is ResultKind.DIPLOTYPE}
    groups: dict[tuple[object, ...], list[ReportedResult]] = defaultdict(list)
    made: list[ReportedResult | Notice] = []
    for haplotype in haplotypes:
        found = haplotype.result
        if found.gene in told:
            continue
        if not haplotype.readable:
            made.append(found)
        elif found.use is not Use.NO:
            groups[(found.gene, found.measured_on, found.origin, found.donor)].append(found)
    for alleles in groups.values():
        if len(alleles) == 2:
            made.append(_diplotype(*alleles))
        else:
            made.append(notices.haplotypes_incomplete(alleles[0].gene, len(alleles)))
    return made


def _diplotype(first: ReportedResult, second: ReportedResult) -> ReportedResult:
    gene = first.gene
    joint = "+" if "HLA" in gene else "/"
    strictest = min(first.use, second.use, key=(Use.NO, Use.PENDING, Use.CONTEXT, Use.YES).index)
    return replace(
        first,
        text=joint.join((first.text, second.text)),
        use=strictest,
        limits=first.limits or second.limits,
        notices=tuple(dict.fromkeys((*first.notices, *second.notices, notices.from_haplotypes(gene)))),
    )
