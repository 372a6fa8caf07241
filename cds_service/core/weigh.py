"""All reports about one gene, weighed into one statement: what is known, what is not, what contradicts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import Enum

from cds_service.core.evidence import Origin, ReportedResult, ResultKind, Use
from cds_service.core.genes import Gene
from cds_service.core.model import Notice
from cds_service.core.panel_variants import changes_contradict
from cds_service.core.phenotype import GeneState
from cds_service.core.read_reports import Reading, is_of_single_allele, read_reports
from cds_service.core.single_alleles import contradicted, looked_for


class ResultState(Enum):
    """
    How far a gene's result got. Only `TRANSLATED` can meet a rule written for a phenotype.

    `DONOR_BLOOD`: blood was tested after a transplant of stem cells, so that it may tell of the donor.
    `PARTIAL`: single alleles or variants were looked for, which does not tell both copies of the gene.
    """

    NOT_TESTED = "not-tested"
    PENDING = "pending"
    DONOR_BLOOD = "donor-blood"
    UNREADABLE = "unreadable"
    NO_CALL = "no-call"
    NOT_TRANSLATABLE = "not-translatable"
    PARTIAL = "partial"
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


_KINDS = frozenset(
    {
        ResultKind.DIPLOTYPE,
        ResultKind.PHENOTYPE,
        ResultKind.ACTIVITY_SCORE,
        ResultKind.ALLELE_PRESENCE,
        ResultKind.VARIANT,
    }
)


def weigh(gene: Gene, results: Iterable[ReportedResult], grafted: date | None = None) -> GeneEvidence:
    """
    Weigh all reports about a gene.

    Args:
        gene: The gene.
        results: Reports, also about other genes.
        grafted: Day of the first transplant of somebody else's stem cells; None = none known. What blood
            tells from then on never counts.

    Rules: somatic, donor's and unusable results never count. A laboratory beats a statement in the chart.
    Equal readings are one. Readings that differ are a conflict, never "the newer one": a germline result does
    not change. A class derived from alleles beats the class a laboratory printed; the difference is said.
    The class a laboratory names for a drug counts where it reports nothing else that tells a class.
    """
    mine = [
        result for result in results if result.gene == gene.symbol and result.origin is not Origin.SOMATIC
    ]
    usable = [r for r in mine if r.use is Use.YES and not r.donor and r.kind in _KINDS]
    of_donor = tuple(r for r in usable if is_from_graft(r, grafted))
    usable = [r for r in usable if not is_from_graft(r, grafted)]
    waiting = tuple(r for r in mine if r.use is Use.PENDING and not r.donor)
    documents = tuple(r for r in mine if r.kind is ResultKind.DOCUMENT and r.use is not Use.NO)
    readings, implied = read_reports(usable, gene)
    if any(_tells_something(reading) for reading in readings if not reading.report.ehr_statement):
        readings = [reading for reading in readings if not reading.report.ehr_statement]
    found = _against_single_alleles(_combine(gene, readings), usable, gene)
    found = _with_implied(found, readings, implied, gene)
    if found.state in (ResultState.NOT_TESTED, ResultState.NO_CALL):
        if of_donor:
            return GeneEvidence(gene.symbol, ResultState.DONOR_BLOOD, reports=of_donor)
        if waiting:
            return GeneEvidence(gene.symbol, ResultState.PENDING, reports=waiting)
        if documents and found.state is ResultState.NOT_TESTED:
            return GeneEvidence(gene.symbol, ResultState.UNREADABLE, reports=documents)
    if any(changes_contradict(state.diplotype, mine, gene) for state in found.possible if state.diplotype):
        found = replace(found, notices=(*found.notices, Notice.of("changes-contradict", gene=gene.symbol)))
    if waiting and found.state is ResultState.TRANSLATED:
        found = replace(found, notices=(*found.notices, Notice.of("newer-result-pending", gene=gene.symbol)))
    return found


def is_from_graft(result: ReportedResult, grafted: date | None) -> bool:
    """True if a result may be about the cells of a stem cell donor; without a date it may."""
    if grafted is None or result.own_tissue or result.ehr_statement:
        return False
    return result.measured_on is None or result.measured_on >= grafted


def _against_single_alleles(found: GeneEvidence, usable: list[ReportedResult], gene: Gene) -> GeneEvidence:
    """A genotype that tests of single alleles contradict is no longer certain."""
    single = [report for report in usable if is_of_single_allele(report, gene)]
    if found.state is not ResultState.TRANSLATED or not found.possible or not single:
        return found
    seen = looked_for(single, gene)
    other = contradicted(found.possible, seen, gene)
    if not other:
        return found
    possible = tuple(dict.fromkeys((*found.possible, *other)))
    notices = (*found.notices, seen.notice)
    reports = (*found.reports, *single)
    return replace(found, state=ResultState.CONFLICT, possible=possible, reports=reports, notices=notices)


def _with_implied(
    found: GeneEvidence, readings: list[Reading], implied: list[Reading], gene: Gene
) -> GeneEvidence:
    """What the classes a laboratory names for drugs add: a class where there is none, else a difference."""
    labels = [reading for reading in implied if reading.states]
    laboratory = [reading for reading in readings if not reading.report.ehr_statement]
    if not any(_tells_something(reading) or reading.no_call for reading in laboratory):
        if not labels:
            return found
        notice = Notice.of("class-from-implication", gene=gene.symbol)
        by_labels = _combine(gene, [*laboratory, *labels])
        return replace(by_labels, notices=(*by_labels.notices, notice))
    if not implied or found.state is not ResultState.TRANSLATED or not found.possible:
        return found
    differing = [r for r in implied if not any(r.report.text == state.phenotype for state in found.possible)]
    notices = (_differs(gene, reading, found.possible) for reading in differing[:1])
    return replace(found, notices=tuple(dict.fromkeys((*found.notices, *notices))))


def _tells_something(reading: Reading) -> bool:
    return bool(reading.states or any(value is not None for value in reading.presence.values()))


def _combine(gene: Gene, readings: list[Reading]) -> GeneEvidence:
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


def _untold(readings: list[Reading]) -> ResultState:
    """Nothing could be translated: was it a failed test, an unknown notation, or no test at all?"""
    if any(reading.unknown for reading in readings):
        return ResultState.NOT_TRANSLATABLE
    if any(reading.partial for reading in readings):
        return ResultState.PARTIAL
    if any(reading.no_call or reading.presence for reading in readings):
        return ResultState.NO_CALL
    return ResultState.NOT_TESTED


def _merge_presence(readings: list[Reading]) -> tuple[dict[str, bool | None], bool]:
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


def _agreeing(readings: list[Reading]) -> tuple[GeneState, ...] | None:
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


def _differs(gene: Gene, reading: Reading, states: tuple[GeneState, ...]) -> Notice:
    return Notice.of(
        "label-differs",
        gene=gene.symbol,
        label=reading.states[0].phenotype if reading.states else reading.report.text,
        derived=states[0].phenotype,
    )
