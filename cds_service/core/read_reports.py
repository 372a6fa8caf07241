"""Reports of one gene, translated one by one: what each says about the gene's state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from cds_service.core.diplotype import GenotypeKind, parse_genotype
from cds_service.core.evidence import ReportedResult, ResultKind
from cds_service.core.genes import Gene, Method
from cds_service.core.model import Notice
from cds_service.core.panel_variants import diplotype_of_panel
from cds_service.core.phenotype import GeneState, presence_of, state_of_score, states_of, states_of_phenotype
from cds_service.core.single_alleles import looked_for, states_of_found
from cds_service.core.variant_status import VariantStatus, read_status


@dataclass(frozen=True, slots=True)
class Reading:
    """
    One report, translated.

    Args:
        report: The report, or the first of those that are read together.
        states: Every state of the gene it allows; empty if it tells none.
        presence: Allele -> present, absent, undecided, for genes whose alleles are results of their own.
        no_call: The laboratory tried and has no result.
        unknown: Parts that no table knows.
        notices: What a reader should know.
        partial: It tells of single alleles or variants only.
    """

    report: ReportedResult
    states: tuple[GeneState, ...] = ()
    presence: Mapping[str, bool | None] = field(default_factory=dict)
    no_call: bool = False
    unknown: tuple[str, ...] = ()
    notices: tuple[Notice, ...] = ()
    partial: bool = False


def read_reports(usable: list[ReportedResult], gene: Gene) -> tuple[list[Reading], list[Reading]]:
    """All reports translated; apart from them the classes that a laboratory names for drugs."""
    single = [report for report in usable if is_of_single_allele(report, gene)]
    variants = [report for report in usable if _is_of_variant(report, gene)]
    whole = [report for report in usable if report not in single and report not in variants]
    readings = [_read(report, gene) for report in whole if not report.implied]
    if not any(reading.states for reading in readings):
        readings += _read_variants(variants, gene)
    if single and not any(reading.states for reading in readings):
        readings.append(_read_single_alleles(single, gene))
    return readings, [_read(report, gene) for report in whole if report.implied]


def is_of_single_allele(report: ReportedResult, gene: Gene) -> bool:
    """True for a test of one allele of a gene whose two alleles make the result."""
    is_presence = report.kind is ResultKind.ALLELE_PRESENCE and gene.method is not Method.ALLELE_PRESENCE
    return is_presence and not _names_variants(gene)


def _is_of_variant(report: ReportedResult, gene: Gene) -> bool:
    """True for a single variant, also where the test calls it by a name such as an old star number."""
    if report.kind is ResultKind.ALLELE_PRESENCE:
        return gene.method is not Method.ALLELE_PRESENCE and _names_variants(gene)
    return report.kind is ResultKind.VARIANT


def _names_variants(gene: Gene) -> bool:
    """True where every allele is a named variant, so that two alleles are told by the variants found."""
    return bool(gene.reference) and not gene.reference.startswith("*")


def _read_single_alleles(reports: list[ReportedResult], gene: Gene) -> Reading:
    seen = looked_for(reports, gene)
    notices = tuple(dict.fromkeys(notice for report in reports for notice in report.notices))
    states = states_of_found(seen, gene)
    if states:
        return Reading(reports[0], states, notices=notices)
    unknown = tuple(allele for allele in seen.found if allele not in gene.alleles)
    if unknown:
        return Reading(reports[0], unknown=unknown, notices=notices)
    if not seen.found and not seen.absent:
        return Reading(reports[0], no_call=True)
    return Reading(reports[0], notices=(*notices, seen.notice), partial=True)


def _read(report: ReportedResult, gene: Gene) -> Reading:
    """Translate one report by its kind."""
    if report.kind is ResultKind.PHENOTYPE:
        return _read_phenotype(report, gene)
    if report.kind is ResultKind.ACTIVITY_SCORE:
        state = state_of_score(report.score, gene) if report.score is not None else None
        return Reading(report, (state,) if state else (), unknown=() if state else (report.text,))
    if report.kind is ResultKind.ALLELE_PRESENCE:
        return _read_presence(report, gene)
    return _read_genotype(report, gene, report.text)


def _read_presence(report: ReportedResult, gene: Gene) -> Reading:
    """One allele of a gene whose alleles are results of their own, however exactly it was typed."""
    if report.present and report.allele not in gene.presence_alleles:
        parsed = parse_genotype(report.allele, gene)
        if parsed.kind is GenotypeKind.PRESENCE:
            return Reading(report, presence=parsed.presence, notices=(*report.notices, *parsed.notices))
    return Reading(report, presence={report.allele: report.present}, notices=report.notices)


def _read_phenotype(report: ReportedResult, gene: Gene) -> Reading:
    states = states_of_phenotype(report.text, gene)
    if states:
        return Reading(report, states, notices=report.notices)
    parsed = parse_genotype(report.text, gene)
    if parsed.kind is GenotypeKind.NO_CALL:
        return Reading(report, no_call=True)
    if parsed.kind in (GenotypeKind.DIPLOTYPES, GenotypeKind.PRESENCE):
        return _read_genotype(report, gene, report.text)
    return Reading(report, unknown=(report.text,))


def _read_variants(reports: list[ReportedResult], gene: Gene) -> list[Reading]:
    """
    Single variants are a result only where the gene's table knows them as alleles of their own.

    Several variants of one gene are read together: two heterozygous ones are taken to lie on both copies.
    """
    if gene.method is Method.VARIANT_STATUS:
        return [_of_status(status) for status in read_status(reports, gene)]
    diplotype = diplotype_of_panel(reports, gene) if reports else None
    if diplotype is not None:
        notices = (looked_for(reports, gene).notice,)
        return [Reading(report, states_of(diplotype, gene), notices=notices) for report in reports]
    present = [report for report in reports if report.present and report.allele]
    if not present:
        return _not_found(reports, gene)
    text = "; ".join(f"{report.allele} {report.zygosity}".strip() for report in present)
    together = _read_genotype(present[0], gene, text)
    seen = looked_for([report for report in reports if report.present is not None and report.allele], gene)
    if together.unknown and all(allele in gene.alleles for allele in seen.found):
        return [Reading(present[0], notices=(*together.notices, seen.notice), partial=True)]
    return [together, *(replace(Reading(report), notices=report.notices) for report in present[1:])]


def _not_found(reports: list[ReportedResult], gene: Gene) -> list[Reading]:
    """Variants that were looked for without finding one of a name, or without an answer: others stay open."""
    failed = [Reading(report, no_call=True) for report in reports if report.present is None]
    # Something was found, and it has no name that could be looked up.
    nameless = [report for report in reports if report.present and _matters(report)]
    failed += [Reading(report, unknown=(report.text,)) for report in nameless]
    absent = [report for report in reports if report.present is False and report.allele]
    if not absent:
        return failed
    return [*failed, Reading(absent[0], notices=(looked_for(absent, gene).notice,), partial=True)]


def _matters(report: ReportedResult) -> bool:
    return report.significance not in ("benign", "likely benign")


def _of_status(status: VariantStatus) -> Reading:
    notices = (*status.report.notices, *status.notices)
    return Reading(
        status.report, status.states, no_call=status.no_call, unknown=status.unknown, notices=notices
    )


def _read_genotype(report: ReportedResult, gene: Gene, text: str) -> Reading:
    parsed = parse_genotype(text, gene)
    notices = (*report.notices, *parsed.notices)
    if parsed.kind is GenotypeKind.NO_CALL:
        return Reading(report, no_call=True)
    if parsed.kind is GenotypeKind.PRESENCE:
        return Reading(report, presence=parsed.presence, notices=notices)
    if parsed.kind is not GenotypeKind.DIPLOTYPES:
        return Reading(report, unknown=parsed.unknown or (text,), notices=notices)
    translated = [states_of(diplotype, gene) for diplotype in parsed.diplotypes]
    states = tuple(dict.fromkeys(state for each in translated for state in each))
    if not all(translated) or not states:
        return Reading(report, unknown=parsed.unknown or (text,), notices=notices)
    presence = presence_of(parsed.diplotypes[0], gene) if len(parsed.diplotypes) == 1 else {}
    return Reading(report, states, presence, notices=notices)
