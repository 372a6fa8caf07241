"""The gene table: each gene with its result, where it comes from, and what to know about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cds_service.cards.results import changed_words
from cds_service.cards.wording import Wording
from cds_service.core.evidence import ReportedResult
from cds_service.core.model import Notice
from cds_service.core.phenotype import GeneState
from cds_service.core.tumour_markers import MarkerEvidence
from cds_service.core.weigh import GeneEvidence
from cds_service.overview.values import GeneReport, GeneRow, MarkerRow


def gene_rows(
    evidence: Mapping[str, GeneEvidence], converted: Mapping[str, GeneEvidence], wording: Wording
) -> tuple[GeneRow, ...]:
    """
    The genes with any result, by name.

    Args:
        evidence: By the record alone.
        converted: As the drugs that are taken have changed it.
        wording: For notices.
    """
    return tuple(_row(evidence[gene], converted[gene], wording) for gene in sorted(evidence))


def _row(found: GeneEvidence, converted: GeneEvidence, wording: Wording) -> GeneRow:
    presence = tuple(
        wording.say("text.positive" if present else "text.negative", allele=f"{found.gene}{allele}")
        for allele, present in found.presence.items()
        if present is not None
    )
    diplotypes = _distinct(str(state.diplotype) for state in found.possible if state.diplotype)
    return GeneRow(
        gene=found.gene,
        state=found.state.value,
        results=diplotypes or presence,
        together=not diplotypes,
        phenotypes=_distinct(state.phenotype for state in found.possible),
        scores=_distinct(str(state.score) for state in found.possible if state.score is not None),
        changed=_changed(converted.possible, wording),
        reports=tuple(_report(report) for report in found.reports),
        notices=said((*found.notices, *(n for report in found.reports for n in report.notices)), wording),
    )


def _changed(states: Iterable[GeneState], wording: Wording) -> str:
    for state in states:
        if state.changed_by:
            return changed_words(state, wording)
    return ""


def _report(report: ReportedResult) -> GeneReport:
    return GeneReport(
        text=report.text,
        source=report.source,
        day=report.measured_on.isoformat() if report.measured_on else "",
        laboratory=report.laboratory,
        limits=report.limits,
        is_statement=report.ehr_statement,
    )


def marker_rows(markers: Mapping[str, MarkerEvidence]) -> tuple[MarkerRow, ...]:
    """The markers of a tumour on which anything is on file."""
    return tuple(
        MarkerRow(
            ", ".join(found.marker.genes),
            found.said,
            found.measured_on.isoformat() if found.measured_on else "",
        )
        for found in markers.values()
    )


def said(notices: Iterable[Notice], wording: Wording) -> tuple[str, ...]:
    """Notices in words, each once; those without words concern nobody who reads the page."""
    return _distinct(wording.notice(notice) for notice in notices)


def _distinct(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for text in texts if text))
