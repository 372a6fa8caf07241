"""Results that our readers understood, as something that can be written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from cds_service.core.diplotype import parse_genotype
from cds_service.core.evidence import Origin, ReportedResult, ResultKind, Use
from cds_service.core.genes import Gene
from cds_service.core.genotype_values import GenotypeKind, ParsedGenotype
from cds_service.fhir.writing.results import GeneResult, Outcome, SampleResults, Source, VariantCall

_NO_CALL_TEXT = "No call"
_NO_NAMES = frozenset({"", "Present", "Absent", _NO_CALL_TEXT, "Not stated"})
#: A class and a score belong to the genotype of the same day, if there is just one.
_PARTS = (ResultKind.DIPLOTYPE, ResultKind.PHENOTYPE, ResultKind.ACTIVITY_SCORE)


@dataclass(frozen=True, slots=True)
class ResultsToWrite:
    """
    What can be written, and what cannot.

    Args:
        reports: One for each laboratory and day, in the order of the results.
        left_out: The others, each with the reason.
    """

    reports: tuple[SampleResults, ...] = ()
    left_out: tuple[tuple[ReportedResult, str], ...] = ()


def results_of_read(
    results: Iterable[ReportedResult],
    *,
    genes: Mapping[str, Gene],
    patient: str,
    issued: datetime,
    sample: str = "",
) -> ResultsToWrite:
    """
    Results as the readers gave them, ready for `write_results`.

    Values stay as the laboratory wrote them. Results of several laboratories or days stay apart, and results
    of one gene that contradict each other stay two results. What is pending, withdrawn, of a tumour or of a
    donor, taken from a chart or a document, or only background of another result is left out: writing it
    would make more of it than it is.

    Args:
        results: What was read.
        genes: The gene tables, to tell an ambiguous value and single alleles.
        patient: `Patient/<id>` the results are written for.
        issued: When the new report is made.
        sample: The sample's name, if it is known.
    """
    listed = [*results]
    typed = {_test(result) for result in listed if result.kind is ResultKind.DIPLOTYPE}
    groups: dict[tuple[str, date | None], list[ReportedResult]] = {}
    left_out: list[tuple[ReportedResult, str]] = []
    for result in listed:
        gene = genes.get(result.gene)
        reason = _unfit(result, gene)
        if not reason and _test(result) in typed and _repeats_genotype(result, gene):
            reason = "it is an allele of a genotype"
        if reason:
            left_out.append((result, reason))
        else:
            groups.setdefault((result.laboratory, result.measured_on), []).append(result)
    reports = tuple(
        SampleResults(
            patient=patient,
            sample=sample,
            issued=issued,
            genes=_gene_results(found, genes),
            measured_on=day,
            laboratory=laboratory,
            sources=tuple(Source(name) for name in dict.fromkeys(result.source for result in found)),
        )
        for (laboratory, day), found in groups.items()
    )
    return ResultsToWrite(reports, tuple(left_out))


def _test(result: ReportedResult) -> tuple[object, ...]:
    """Which results belong to one test."""
    return result.gene, result.laboratory, result.measured_on


def _repeats_genotype(result: ReportedResult, gene: Gene | None) -> bool:
    """True for a single allele of a gene in which only two together are a result."""
    alone = gene is not None and result.allele in gene.presence_alleles
    return result.kind is ResultKind.ALLELE_PRESENCE and not alone


def _unfit(result: ReportedResult, gene: Gene | None) -> str:
    """Why a result cannot be written; empty if it can."""
    reasons = (
        (result.use is not Use.YES, f"its use is {result.use.value}"),
        (result.implied, "it is said of a drug"),
        (result.origin is Origin.SOMATIC, "it is of a tumour"),
        (result.donor, "it is of a donor"),
        (result.ehr_statement, "it is a statement of a chart"),
        (result.kind in (ResultKind.DOCUMENT, ResultKind.BIOMARKER), f"it is a {result.kind.value}"),
        (not result.gene, "it names no gene"),
        (result.kind is ResultKind.VARIANT and not result.allele, "it names no variant"),
        (result.kind is ResultKind.ACTIVITY_SCORE and result.score is None, "it states no score"),
        (result.kind is ResultKind.PHENOTYPE and not result.text, "it states no class"),
        (result.kind is ResultKind.DIPLOTYPE and not _is_genotype(result, gene), "it states no genotype"),
    )
    return next((reason for holds, reason in reasons if holds), "")


def _is_genotype(result: ReportedResult, gene: Gene | None) -> bool:
    if not result.text:
        return False
    return gene is None or parse_genotype(result.text, gene).kind is not GenotypeKind.NO_GENOTYPE


def _gene_results(found: list[ReportedResult], genes: Mapping[str, Gene]) -> tuple[GeneResult, ...]:
    by_gene: dict[str, list[ReportedResult]] = {}
    for result in found:
        by_gene.setdefault(result.gene, []).append(result)
    return tuple(each for symbol, mine in by_gene.items() for each in _of_gene(mine, genes.get(symbol)))


def _of_gene(mine: list[ReportedResult], gene: Gene | None) -> list[GeneResult]:
    """One result if the parts can be put together, otherwise one for each."""
    made = [_made(result, gene) for result in mine]
    if len(made) == 1 or any(result.outcome is Outcome.NO_CALL for result in made):
        return made
    kinds = [result.kind for result in mine]
    if any(kinds.count(part) > 1 for part in _PARTS) or not _same_limits(mine):
        return made
    limits = next((result.limits for result in mine if result.limits), "")
    doubtful = any(result.outcome is Outcome.AMBIGUOUS for result in made)
    whole = made[0]
    for other in made[1:]:
        whole = replace(
            whole,
            diplotypes=whole.diplotypes or other.diplotypes,
            written=whole.written or other.written,
            phenotype=whole.phenotype or other.phenotype,
            score=whole.score if whole.score is not None else other.score,
            score_at_least=whole.score_at_least or other.score_at_least,
            presence=(*whole.presence, *other.presence),
            variants=(*whole.variants, *other.variants),
        )
    return [replace(whole, limits=limits, outcome=Outcome.AMBIGUOUS if doubtful else Outcome.CALLED)]


def _same_limits(mine: list[ReportedResult]) -> bool:
    """True if one remark covers all; what follows from a genotype needs none of its own."""
    following = (ResultKind.PHENOTYPE, ResultKind.ACTIVITY_SCORE, ResultKind.VARIANT)
    stated = {result.limits for result in mine if result.limits or result.kind not in following}
    return len(stated) < 2


def _made(result: ReportedResult, gene: Gene | None) -> GeneResult:
    """One statement."""
    symbol, limits = result.gene, result.limits
    if result.kind is ResultKind.PHENOTYPE:
        return GeneResult(symbol, phenotype=result.text, limits=limits)
    if result.kind is ResultKind.ACTIVITY_SCORE:
        lower = result.text.startswith((">", "≥"))
        return GeneResult(symbol, score=result.score, score_at_least=lower, limits=limits)
    if result.kind is ResultKind.ALLELE_PRESENCE:
        return GeneResult(symbol, presence=((result.allele, result.present),), limits=limits)
    if result.kind is ResultKind.VARIANT:
        return GeneResult(symbol, variants=(_variant(result),), limits=limits)
    return _genotype(result, parse_genotype(result.text, gene) if gene is not None else None)


def _genotype(result: ReportedResult, parsed: ParsedGenotype | None) -> GeneResult:
    """The value as written; alleles beside it only if there is exactly one way to read it."""
    if parsed is None:
        if result.text == _NO_CALL_TEXT:
            return GeneResult(result.gene, Outcome.NO_CALL, reason=result.limits)
        return GeneResult(result.gene, written=result.text, limits=result.limits)
    if parsed.kind is GenotypeKind.NO_CALL:
        return GeneResult(result.gene, Outcome.NO_CALL, reason=result.limits)
    ambiguous = len(parsed.diplotypes) > 1 or None in parsed.presence.values()
    sure = parsed.kind is GenotypeKind.DIPLOTYPES and not ambiguous
    return GeneResult(
        result.gene,
        Outcome.AMBIGUOUS if ambiguous else Outcome.CALLED,
        diplotypes=parsed.diplotypes if sure else (),
        written=result.text,
        limits=result.limits,
    )


def _variant(result: ReportedResult) -> VariantCall:
    """A change by its names; the reader puts them into one text, behind a word if nothing is known."""
    names = [name for name in result.text.rpartition(": ")[2].split("; ") if name not in _NO_NAMES]
    return VariantCall(
        zygosity=result.zygosity,
        present=result.present,
        names=tuple(dict.fromkeys((result.allele, *names))),
        origin=result.origin,
        significance=result.significance,
    )
