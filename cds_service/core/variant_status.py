"""Genes of which one asks only: is a variant there that matters, and on how many copies of the gene?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cds_service.core.diplotype import AlleleCopies, Diplotype
from cds_service.core.evidence import ReportedResult
from cds_service.core.genes import Gene
from cds_service.core.genotype_text import key
from cds_service.core.model import Notice
from cds_service.core.phenotype import GeneState, usual_phenotype

_PATHOGENIC = frozenset({"pathogenic", "likely pathogenic", "pathogenic/likely pathogenic"})
_NOT_COUNTED = frozenset({"uncertain", "likely benign", "benign"})
_TRANS = Notice.of("assumed-in-trans")
#: Stands for a variant that a report calls pathogenic without naming it.
_UNNAMED = "pathogenic variant"


@dataclass(frozen=True, slots=True)
class VariantStatus:
    """
    What reports of single variants say about one gene.

    Args:
        report: The report that stands for it.
        states: One state, or none if nothing is known.
        unknown: Variants that were found and about which nobody says what they do.
        no_call: The test was made and has no result.
        notices: What a reader should know.
    """

    report: ReportedResult
    states: tuple[GeneState, ...] = ()
    unknown: tuple[str, ...] = ()
    no_call: bool = False
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class _Counted:
    """A variant that counts."""

    name: str
    function: str
    zygosity: str


def read_status(reports: Sequence[ReportedResult], gene: Gene) -> tuple[VariantStatus, ...]:
    """
    Read all reports of single variants of one gene, together.

    A variant counts if the gene's table lists it, or, where the gene's file says so, if the laboratory calls
    it pathogenic or likely pathogenic. What a laboratory calls benign or of uncertain significance never
    counts, whatever the table says.

    Returns:
        One status of what was found; a second one for "nothing found", where reports contradict each other.
    """
    found = [report for report in reports if report.present]
    counted: dict[str, tuple[ReportedResult, _Counted]] = {}
    unknown: list[ReportedResult] = []
    for report in found:
        variant = _counted(report, gene)
        if variant is not None:
            counted.setdefault(key(variant.name), (report, variant))
        elif report.significance not in _NOT_COUNTED:
            unknown.append(report)
    denied = [report for report in reports if report.present is False and _is_answer(report, gene)]
    status = [_status(counted.values(), gene)] if counted else []
    if denied and (not status or any(_contradicts(report, counted) for report in denied)):
        status.append(VariantStatus(denied[0], _nothing(gene)))
    if status:
        return tuple(status)
    if unknown:
        return (VariantStatus(unknown[0], unknown=tuple(r.allele or r.text for r in unknown)),)
    harmless = [report for report in found if gene.pathogenic]
    if harmless:
        return (VariantStatus(harmless[0], _nothing(gene)),)
    return tuple(VariantStatus(report, no_call=report.present is None) for report in reports)


def _counted(report: ReportedResult, gene: Gene) -> _Counted | None:
    """The variant, if it counts."""
    if report.significance in _NOT_COUNTED:
        return None
    listed = _listed(report, gene)
    if listed is not None:
        return _Counted(listed, str(gene.alleles[listed].function), report.zygosity)
    if not gene.pathogenic or report.significance not in _PATHOGENIC:
        return None
    said = report.text.lower()
    function = next((what for words, what in gene.effects.items() if words in said), gene.pathogenic)
    return _Counted(report.allele or _UNNAMED, function, report.zygosity)


def _listed(report: ReportedResult, gene: Gene) -> str | None:
    """The allele of the table that a report is about."""
    return gene.aliases.get(key(report.allele)) if report.allele else None


def _is_answer(report: ReportedResult, gene: Gene) -> bool:
    """Whether "not found" answers the question: the gene as a whole, or a listed variant."""
    return not report.allele or _listed(report, gene) is not None


def _contradicts(report: ReportedResult, counted: Iterable[str]) -> bool:
    """Whether what one report did not find is what another found."""
    return not report.allele or key(report.allele) in counted


def _status(counted: Iterable[tuple[ReportedResult, _Counted]], gene: Gene) -> VariantStatus:
    """The state of the gene with one or more variants that count."""
    reports, variants = zip(*counted, strict=True)
    first = variants[0]
    alone = AlleleCopies(first.name)
    if len(variants) > 1:
        pair: tuple[AlleleCopies, ...] = (alone, AlleleCopies(variants[1].name))
        functions = [variant.function for variant in variants[:2]]
    elif first.zygosity == "homozygous":
        pair, functions = (alone, alone), [first.function, first.function]
    elif first.zygosity == "heterozygous":
        pair = (AlleleCopies(gene.reference), alone)
        functions = [str(gene.alleles[gene.reference].function), first.function]
    else:
        pair, functions = (alone,), [first.function]
    phenotype = gene.pairs.get(tuple(sorted(functions)), gene.indeterminate)
    diplotype = Diplotype(gene.symbol, pair)
    words = frozenset({phenotype, str(diplotype)} - {""})
    notices = (_TRANS,) if len(variants) > 1 else ()
    return VariantStatus(reports[0], (GeneState(phenotype, diplotype, words=words),), notices=notices)


def _nothing(gene: Gene) -> tuple[GeneState, ...]:
    """The state of a gene in which nothing was found that counts."""
    phenotype = usual_phenotype(gene)
    diplotype = Diplotype(gene.symbol, (AlleleCopies(gene.reference),) * 2)
    return (GeneState(phenotype, diplotype, words=frozenset({phenotype, str(diplotype)}), usual=True),)
