"""What all reports together say about a marker of a tumour."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cds_service.core.conditions import Range
from cds_service.core.evidence import ReportedResult, ResultKind, Use
from cds_service.core.tumour_changes import Change, Scope, changes_in, scope_of
from cds_service.core.tumour_markers import NEGATIVE, Doubt, Marker, MarkerEvidence, MarkerState, Reads
from cds_service.core.tumour_numbers import band_of, number_in

_KINDS = frozenset({ResultKind.BIOMARKER, ResultKind.VARIANT})
_HARMLESS = frozenset({"benign", "likely benign"})
_PATHOGENIC = frozenset({"pathogenic", "likely pathogenic"})


def weigh_markers(markers: Iterable[Marker], results: Iterable[ReportedResult]) -> dict[str, MarkerEvidence]:
    """Every marker that any report is about, by name."""
    results = tuple(results)
    read = {result.gene for result in results}
    weighed = (weigh_marker(marker, results) for marker in markers if not read.isdisjoint(marker.genes))
    return {found.marker.name: found for found in weighed if found.reports or found.doubts}


@dataclass(slots=True)
class _Weighing:
    """What was understood so far."""

    found: dict[str, str]
    negative_genes: set[str]
    denied: set[str]
    doubts: set[Doubt]
    reports: list[ReportedResult]
    number: Range | None = None
    said: str = ""


def weigh_marker(marker: Marker, results: Iterable[ReportedResult]) -> MarkerEvidence:
    """
    What all reports together say about a marker.

    A tumour changes, and a sample may miss what another one shows: what was found counts, whatever else was
    not found. A negative report counts as far as it looked, and never if it looked at what a solid tumour
    sheds into blood. Benign changes and those of uncertain significance say nothing.
    """
    mine = [r for r in results if r.gene in marker.genes and r.kind in _KINDS and not r.donor]
    mine = [r for r in mine if r.origin in marker.origins and _is_about(marker, r)]
    usable = [r for r in mine if r.use is Use.YES]
    weighing = _Weighing({}, set(), set(), set(), [])
    if any(r.use is Use.PENDING for r in mine):
        weighing.doubts.add(Doubt.PENDING)
    for report in _latest(usable) if marker.latest else usable:
        _READERS[marker.reads](marker, report, weighing)
    return _evidence(marker, weighing)


def _evidence(marker: Marker, weighing: _Weighing) -> MarkerEvidence:
    found = frozenset(weighing.found)
    denied = frozenset(weighing.denied) - found
    whole = {state.name for state in marker.states}
    complete = not marker.all_genes or weighing.negative_genes >= set(marker.genes)
    said = ", ".join(dict.fromkeys(weighing.found.values())) or weighing.said
    if found:
        # Of grades only one holds; of changes there may be more than those that were looked for.
        denied |= (whole - found if marker.reads is Reads.GRADE else frozenset()) | {NEGATIVE}
    elif whole and whole <= denied and complete:
        found, said = frozenset({NEGATIVE}), marker.negative
    doubts = frozenset(weighing.doubts)
    reports = tuple(dict.fromkeys(weighing.reports))
    return MarkerEvidence(marker, found, denied, weighing.number, said, doubts, reports)


# -- one report ------------------------------------------------------------------------------------


def _read_changes(marker: Marker, report: ReportedResult, weighing: _Weighing) -> None:
    """Named changes; a report without one counts for what the test name is about."""
    if report.significance == "uncertain" or report.significance in _HARMLESS:
        weighing.doubts.add(Doubt.UNCERTAIN)
        return
    if report.present is False:
        _deny(marker, report, scope_of(_words(report)), weighing)
        return
    if not _is_called(report, weighing):
        return
    changes = changes_in(report.text) or changes_in(report.allele)
    met = {
        state.name: _in_words(state, change)
        for state in marker.states
        for change in changes
        if state.is_met_by(change)
    }
    met |= _spoken(marker, report)
    if not met and not changes and marker.unnamed:
        met = {marker.unnamed: marker.unnamed}
    if met:
        _find(met, report, weighing)
    else:
        weighing.doubts.add(Doubt.OTHER_CHANGE if changes else Doubt.CHANGE_NOT_NAMED)
        weighing.reports.append(report)


def _in_words(state: MarkerState, change: Change) -> str:
    """A substitution speaks for itself; of other changes the state says what they are."""
    if change.kind == "substitution":
        return change.text
    return f"{state.name} ({change.text})" if change.first else state.name


def _read_fusion(marker: Marker, report: ReportedResult, weighing: _Weighing) -> None:
    """Found or not; a change of single residues in the same gene is another matter."""
    state = marker.states[0]
    found = report.present if report.score is None else report.score > 0
    if found is False:
        _deny(marker, report, Scope(), weighing)
    elif (found and report.present is None) or _is_called(report, weighing):
        _find({state.name: state.name}, report, weighing)


def _read_grade(marker: Marker, report: ReportedResult, weighing: _Weighing) -> None:
    """The first state whose words are there; else found or not."""
    spoken = _spoken(marker, report)
    if spoken:
        _find(dict([next(iter(spoken.items()))]), report, weighing)
    elif report.present is False:
        _deny(marker, report, Scope(), weighing)
    elif _is_called(report, weighing) and marker.unnamed:
        _find({marker.unnamed: marker.unnamed}, report, weighing)


def _read_number(marker: Marker, report: ReportedResult, weighing: _Weighing) -> None:
    exact = report.score
    number = number_in(report.text) if exact is None else Range(from_=exact, up_to=exact)
    if number is None and report.present is False:
        number = band_of(marker.negative)
    if number is None:
        weighing.doubts.add(Doubt.NOT_CALLED)
        return
    weighing.number, weighing.said = number, report.text
    weighing.reports.append(report)


def _read_pathogenic(marker: Marker, report: ReportedResult, weighing: _Weighing) -> None:
    """A change counts if the laboratory calls it pathogenic."""
    if report.present is False:
        _deny(marker, report, Scope(), weighing)
    elif report.significance in _PATHOGENIC:
        _find({marker.states[0].name: f"{report.gene} {marker.states[0].name}"}, report, weighing)
    elif report.significance in _HARMLESS:
        _deny(marker, report, Scope(), weighing)
    elif report.significance == "uncertain":
        weighing.doubts.add(Doubt.UNCERTAIN)
    elif _is_called(report, weighing):
        weighing.doubts.add(Doubt.CHANGE_NOT_NAMED)
        weighing.reports.append(report)


_READERS = {
    Reads.CHANGES: _read_changes,
    Reads.FUSION: _read_fusion,
    Reads.GRADE: _read_grade,
    Reads.NUMBER: _read_number,
    Reads.PATHOGENIC: _read_pathogenic,
}


def _is_called(report: ReportedResult, weighing: _Weighing) -> bool:
    """True if something was found; a report that does not say leaves a doubt."""
    if report.present is None:
        weighing.doubts.add(Doubt.NOT_CALLED)
        weighing.reports.append(report)
    return report.present is True


def _find(met: Mapping[str, str], report: ReportedResult, weighing: _Weighing) -> None:
    weighing.found.update(met)
    weighing.reports.append(report)


def _deny(marker: Marker, report: ReportedResult, scope: Scope, weighing: _Weighing) -> None:
    weighing.reports.append(report)
    if report.liquid and not marker.in_blood:
        weighing.doubts.add(Doubt.LIQUID_NEGATIVE)
        return
    if report.limits and not scope_of(report.limits).is_whole:
        # A remark about exons may name what was looked at or what was not.
        weighing.doubts.add(Doubt.PARTIAL)
        return
    denied = {state.name for state in marker.states if state.is_denied_by(scope)}
    if len(denied) < len(marker.states):
        weighing.doubts.add(Doubt.PARTIAL)
    if marker.all_genes:
        weighing.negative_genes.add(report.gene)
    weighing.denied |= denied


def _latest(reports: list[ReportedResult]) -> list[ReportedResult]:
    """Those of the last day; reports without a date only where none has one."""
    last = max((report.measured_on for report in reports if report.measured_on), default=None)
    return [report for report in reports if report.measured_on == last]


def _spoken(marker: Marker, report: ReportedResult) -> dict[str, str]:
    """States whose words the report uses, in the order of the states."""
    return {
        state.name: state.name
        for state in marker.states
        if any(_says(report.text, words) for words in state.says)
    }


def _is_about(marker: Marker, report: ReportedResult) -> bool:
    """True if the report is about this marker and not about another one of the same gene."""
    words = _words(report)
    if any(_says(words, word) for word in marker.not_about):
        return False
    if marker.reads in (Reads.CHANGES, Reads.PATHOGENIC):
        if not marker.about or report.kind is ResultKind.VARIANT or changes_in(words):
            return True
    elif report.kind is ResultKind.VARIANT and changes_in(words) and marker.reads is not Reads.FUSION:
        return False
    elif not marker.about:
        return True
    return any(_says(words, word) for word in marker.about)


def _words(report: ReportedResult) -> str:
    return f"{report.text} | {report.allele}"


def _says(text: str, words: str) -> bool:
    """True if the words stand in a text, and not as a part of a longer word or number."""
    pattern = rf"(?<![\w.+%-]){re.escape(words)}" if words[:1].isalnum() else re.escape(words)
    end = r"(?![\d.,]*\d|[%+])" if words[-1:].isdigit() else ""
    return re.search(pattern + end, text, re.IGNORECASE) is not None
