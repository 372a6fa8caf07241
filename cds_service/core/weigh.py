"""All reports about one gene, weighed into one statement: what is known, what is not, what contradicts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import Enum

from cds_service.core.diplotype import GenotypeKind, parse_genotype
from cds_service.core.evidence import Origin, ReportedResult, ResultKind, Use
from cds_service.core.genes import Gene, Method
from cds_service.core.model import Notice
from cds_service.core.phenotype import GeneState, presence_of, state_of_score, states_of, states_of_phenotype
from cds_service.core.variant_status import VariantStatus, read_status


class ResultState(Enum):
    """How far a gene's result got. Only `TRANSLATED` can meet a rule written for a phenotype."""

    NOT_TESTED = "not-tested"
    PENDING = "pending"
    UNREADABLE = "unreadable"
    NO_CALL = "no-call"
    NOT_TRANSLATABLE = "not-translatable"
    CONFLICT = "conflict"
    TRANSLATED = "translated"


@dataclass(frozen=True, slots=True)
class GeneEvidence:
    """
    What the record says about one gene.

    Args:
        gene: HGNC symbol.
        state: How far the result got.
        possible: Every state the gene may be in; one, unless the report is ambiguous or reports contradict.
        presence: Allele -> present, absent, undecided (None); alleles nobody looked at are missing.
        reports: The reports this rests on.
        notices: What a reader should know.
    """

    gene: str
    state: ResultState = ResultState.NOT_TESTED
    possible: tuple[GeneState, ...] = ()
    presence: Mapping[str, bool | None] = field(default_factory=dict)
    reports: tuple[ReportedResult, ...] = ()
    notices: tuple[Notice, ...] = ()

    @property
    def measured_on(self) -> date | None:
        """The newest date of the reports; None if no date is known."""
        return max((report.measured_on for report in self.reports if report.measured_on), default=None)

    @property
    def only(self) -> GeneState | None:
        """The state, if there is exactly one."""
        return self.possible[0] if len(self.possible) == 1 else None


@dataclass(frozen=True, slots=True)
class _Reading:
    """One report, translated."""

    report: ReportedResult
    states: tuple[GeneState, ...] = ()
    presence: Mapping[str, bool | None] = field(default_factory=dict)
    no_call: bool = False
    unknown: tuple[str, ...] = ()
    notices: tuple[Notice, ...] = ()


def weigh(gene: Gene, results: Iterable[ReportedResult]) -> GeneEvidence:
    """
    Weigh all reports about a gene.

    Rules: somatic, donor's and unusable results never count. A laboratory beats a statement in the chart.
    Equal
    readings are one. Readings that differ are a conflict, never "the newer one": a germline result does not
    change. A class derived from alleles beats the class a laboratory printed; the difference is said.
    """
    mine = [
        result for result in results if result.gene == gene.symbol and result.origin is not Origin.SOMATIC
    ]
    usable = [r for r in mine if r.use is Use.YES and not r.donor and r.kind in _KINDS]
    waiting = tuple(r for r in mine if r.use is Use.PENDING and not r.donor)
    documents = tuple(r for r in mine if r.kind is ResultKind.DOCUMENT and r.use is not Use.NO)
    variants = [report for report in usable if report.kind is ResultKind.VARIANT]
    readings = [_read(report, gene) for report in usable if report not in variants]
    if not any(reading.states for reading in readings):
        readings += _read_variants(variants, gene)
    if any(_tells_something(reading) for reading in readings if not reading.report.ehr_statement):
        readings = [reading for reading in readings if not reading.report.ehr_statement]
    found = _combine(gene, readings)
    if found.state in (ResultState.NOT_TESTED, ResultState.NO_CALL):
        if waiting:
            return GeneEvidence(gene.symbol, ResultState.PENDING, reports=waiting)
        if documents and found.state is ResultState.NOT_TESTED:
            return GeneEvidence(gene.symbol, ResultState.UNREADABLE, reports=documents)
    if waiting and found.state is ResultState.TRANSLATED:
        found = replace(found, notices=(*found.notices, Notice.of("newer-result-pending", gene=gene.symbol)))
    return found


_KINDS = frozenset(
    {
        ResultKind.DIPLOTYPE,
        ResultKind.PHENOTYPE,
        ResultKind.ACTIVITY_SCORE,
        ResultKind.ALLELE_PRESENCE,
        ResultKind.VARIANT,
    }
)


def _tells_something(reading: _Reading) -> bool:
    return bool(reading.states or any(value is not None for value in reading.presence.values()))


def _read(report: ReportedResult, gene: Gene) -> _Reading:
    """Translate one report by its kind."""
    if report.kind is ResultKind.PHENOTYPE:
        return _read_phenotype(report, gene)
    if report.kind is ResultKind.ACTIVITY_SCORE:
        state = state_of_score(report.score, gene) if report.score is not None else None
        return _Reading(report, (state,) if state else (), unknown=() if state else (report.text,))
    if report.kind is ResultKind.ALLELE_PRESENCE:
        return _Reading(report, presence={report.allele: report.present}, notices=report.notices)
    return _read_genotype(report, gene, report.text)


def _read_phenotype(report: ReportedResult, gene: Gene) -> _Reading:
    states = states_of_phenotype(report.text, gene)
    if states:
        return _Reading(report, states, notices=report.notices)
    parsed = parse_genotype(report.text, gene)
    if parsed.kind is GenotypeKind.NO_CALL:
        return _Reading(report, no_call=True)
    if parsed.kind in (GenotypeKind.DIPLOTYPES, GenotypeKind.PRESENCE):
        return _read_genotype(report, gene, report.text)
    return _Reading(report, unknown=(report.text,))


def _read_variants(reports: list[ReportedResult], gene: Gene) -> list[_Reading]:
    """
    Single variants are a result only where the gene's table knows them as alleles of their own.

    Several variants of one gene are read together: two heterozygous ones are taken to lie on both copies.
    """
    if gene.method is Method.VARIANT_STATUS:
        return [_of_status(status) for status in read_status(reports, gene)]
    present = [report for report in reports if report.present and report.allele]
    if not present:
        return [_Reading(report) for report in reports]
    text = "; ".join(f"{report.allele} {report.zygosity}".strip() for report in present)
    together = _read_genotype(present[0], gene, text)
    return [together, *(replace(_Reading(report), notices=report.notices) for report in present[1:])]


def _of_status(status: VariantStatus) -> _Reading:
    notices = (*status.report.notices, *status.notices)
    return _Reading(
        status.report, status.states, no_call=status.no_call, unknown=status.unknown, notices=notices
    )


def _read_genotype(report: ReportedResult, gene: Gene, text: str) -> _Reading:
    parsed = parse_genotype(text, gene)
    notices = (*report.notices, *parsed.notices)
    if parsed.kind is GenotypeKind.NO_CALL:
        return _Reading(report, no_call=True)
    if parsed.kind is GenotypeKind.PRESENCE:
        return _Reading(report, presence=parsed.presence, notices=notices)
    if parsed.kind is not GenotypeKind.DIPLOTYPES:
        return _Reading(report, unknown=parsed.unknown or (text,), notices=notices)
    translated = [states_of(diplotype, gene) for diplotype in parsed.diplotypes]
    states = tuple(dict.fromkeys(state for each in translated for state in each))
    if not all(translated) or not states:
        return _Reading(report, unknown=parsed.unknown or (text,), notices=notices)
    presence = presence_of(parsed.diplotypes[0], gene) if len(parsed.diplotypes) == 1 else {}
    return _Reading(report, states, presence, notices=notices)


def _combine(gene: Gene, readings: list[_Reading]) -> GeneEvidence:
    """One statement out of all readings of a gene."""
    reports = tuple(reading.report for reading in readings)
    notices = tuple(dict.fromkeys(notice for reading in readings for notice in reading.notices))
    presence, contradiction = _merge_presence(readings)
    told = [reading for reading in readings if reading.states]
    if not told:
        if contradiction:
            return GeneEvidence(gene.symbol, ResultState.CONFLICT, (), presence, reports, notices)
        if any(value is not None for value in presence.values()):
            return GeneEvidence(gene.symbol, ResultState.TRANSLATED, (), presence, reports, notices)
        return GeneEvidence(gene.symbol, _untold(readings), (), presence, reports, notices)
    by_alleles = [r for r in told if all(state.diplotype is not None for state in r.states)]
    informative = [r for r in by_alleles if any(s.phenotype != gene.indeterminate for s in r.states)]
    leading = informative or [r for r in told if r not in by_alleles] or by_alleles
    states = _agreeing(leading)
    if states is None or contradiction:
        possible = tuple(dict.fromkeys(state for reading in leading for state in reading.states))
        return GeneEvidence(gene.symbol, ResultState.CONFLICT, possible, presence, reports, notices)
    labels = [r for r in told if r not in leading and not _same_class(r.states, states)]
    if labels and informative:
        notices = (*notices, *(_differs(gene, reading, states) for reading in labels[:1]))
    return GeneEvidence(gene.symbol, ResultState.TRANSLATED, states, presence, reports, notices)


def _untold(readings: list[_Reading]) -> ResultState:
    """Nothing could be translated: was it a failed test, an unknown notation, or no test at all?"""
    if any(reading.unknown for reading in readings):
        return ResultState.NOT_TRANSLATABLE
    if any(reading.no_call or reading.presence for reading in readings):
        return ResultState.NO_CALL
    return ResultState.NOT_TESTED


def _merge_presence(readings: list[_Reading]) -> tuple[dict[str, bool | None], bool]:
    """Presence of each allele over all readings, and whether any two contradict; those stay open."""
    merged: dict[str, bool | None] = {}
    against: set[str] = set()
    for reading in readings:
        for allele, present in reading.presence.items():
            known = merged.get(allele)
            if known is not None and present is not None and known is not present:
                against.add(allele)
            merged[allele] = present if known is None else known
    return {allele: None if allele in against else merged[allele] for allele in merged}, bool(against)


def _agreeing(readings: list[_Reading]) -> tuple[GeneState, ...] | None:
    """The states all readings share, or None if they contradict each other."""
    best = min(readings, key=lambda reading: len(reading.states))
    for reading in readings:
        if not _same_class(reading.states, best.states):
            return None
    scores = [r.states for r in readings if r.states[0].score and len(r.states) == 1]
    return scores[0] if scores and not any(state.diplotype for state in best.states) else best.states


def _same_class(first: tuple[GeneState, ...], second: tuple[GeneState, ...]) -> bool:
    """True if the two readings can be about one and the same person."""
    if {state.diplotype for state in first} & {state.diplotype for state in second} - {None}:
        return True
    return bool({state.phenotype for state in first} & {state.phenotype for state in second})


def _differs(gene: Gene, reading: _Reading, states: tuple[GeneState, ...]) -> Notice:
    return Notice.of(
        "label-differs", gene=gene.symbol, label=reading.states[0].phenotype, derived=states[0].phenotype
    )
