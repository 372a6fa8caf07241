"""All resources of a call, read into results: each once, and for this patient only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from cds_service.core.codes import GenomicCodes
from cds_service.core.evidence import ReportedResult, ResultKind
from cds_service.core.model import Notice
from cds_service.fhir.readers import notices
from cds_service.fhir.readers.desk import Desk, inner_key
from cds_service.fhir.readers.document import read_document
from cds_service.fhir.readers.haplotype import Haplotype, pair_up
from cds_service.fhir.readers.lexicon import lexicon_of
from cds_service.fhir.readers.observation import Item, read_observation
from cds_service.fhir.readers.operation import read_operation
from cds_service.fhir.readers.settle import Read, settle
from cds_service.fhir.readers.statement import STATEMENTS, read_statement
from cds_service.fhir.readers.subject import OURS, about
from cds_service.fhir.values import (
    NOTHING,
    Json,
    mapping,
    mappings,
    reference_key,
    resource_key,
    resource_type,
    text,
)

_SEVERITIES = frozenset({"fatal", "error", "warning"})
_GENE_NOT_STATED = notices.gene_not_stated(1)


@dataclass(frozen=True, slots=True)
class Readings:
    """
    What was read.

    Args:
        results: All results, in the order of the resources.
        notices: What a person should know besides: what could not be read, was left out, or may be missing.
        read: How many resources were looked at, duplicates counted once.
    """

    results: tuple[ReportedResult, ...] = ()
    notices: tuple[Notice, ...] = ()
    read: int = 0


class _Listed(NamedTuple):
    """A resource, its place in the input, and its `Type/id` or an empty text."""

    resource: Json
    place: int
    key: str


def read_results(resources: Iterable[Mapping[str, Any]], *, codes: GenomicCodes, patient_id: str) -> Readings:
    """
    Read genomic results out of whatever a prefetch and searches brought.

    Args:
        resources: Resources as JSON objects; see `unpack`. Those without anything genomic are passed over.
        codes: The code tables.
        patient_id: Whose results these must be.

    Returns:
        Results and notices. Nothing in a resource raises: what cannot be read becomes a notice that names its
        type and place, and never its content. Results of others and of nobody are left out with a notice.
    """
    listed = _distinct(resources)
    reader = _Reader(Desk(lexicon_of(codes), patient_id, [each.resource for each in listed]))
    for each in listed:
        reader.read(each)
    return Readings(*reader.settled(), read=len(listed))


def _distinct(resources: Iterable[Json]) -> list[_Listed]:
    """Each resource once; of several versions the one that was changed last. What is no object is empty."""
    kept: dict[object, _Listed] = {}
    for place, each in enumerate(resources):
        resource = mapping(each)
        key = resource_key(resource)
        earlier = kept.get(key or place)
        if earlier is None or _changed(resource) > _changed(earlier.resource):
            kept[key or place] = _Listed(resource, place, key)
    return list(kept.values())


def _changed(resource: Json) -> str:
    return text(mapping(resource.get("meta")).get("lastUpdated"))


class _Reader:
    """Collects what is read; `settled` says what is left when everything is known."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._found: list[Read] = []
        self._haplotypes: list[tuple[Haplotype, Json]] = []
        self._notices: list[Notice] = []
        self._reports: list[Json] = []
        self._left_out: Counter[str] = Counter()

    def read(self, listed: _Listed) -> None:
        """Read one resource."""
        resource, place, key = listed
        kind = resource.get("resourceType") if key else resource_type(resource)
        if kind == "Observation":
            self._observation(place, resource, key or "Observation")
            if "contained" in resource:
                self._contained(place, resource)
        elif kind == "DiagnosticReport":
            self._contained(place, resource)
            self._reports.append(resource)
        elif kind == "DocumentReference":
            self._keep(read_document(self._desk, resource), resource)
        elif kind in STATEMENTS:
            self._keep(read_statement(self._desk, resource), resource)
        elif kind == "Parameters":
            self._found += [Read(found, resource) for found in read_operation(self._desk, resource)]
        elif kind == "OperationOutcome":
            self._notices += _outcomes(resource)
        elif not kind:
            self._notices.append(notices.unreadable("", place))

    def settled(self) -> tuple[tuple[ReportedResult, ...], tuple[Notice, ...]]:
        """All results and notices, once everything was read."""
        if self._haplotypes:
            alleles = [haplotype for haplotype, _ in self._haplotypes]
            for made in pair_up(alleles, [read.result for read in self._found]):
                self._keep_one(made, NOTHING)
            self._found += [
                Read(haplotype.as_presence, each)
                for haplotype, each in self._haplotypes
                if haplotype.readable
            ]
        for report in self._reports:
            if not self._was_read(report):
                self._keep(read_document(self._desk, report), report)
        results = settle(self._desk, self._found)
        return results, tuple(dict.fromkeys((*self._notices, *self._counted())))

    def _observation(self, place: int, resource: Json, source: str, parent: Json = NOTHING) -> None:
        items = read_observation(self._desk, resource, source, parent)
        if items is None:
            self._notices.append(notices.unreadable("Observation", place))
        elif items:
            self._keep(items, resource, parent)

    def _contained(self, place: int, report: Json) -> None:
        """The Observations inside a report, or inside the Observation that groups them."""
        for inner_place, inner in enumerate(mappings(report.get("contained"))):
            if resource_type(inner) == "Observation":
                self._observation(place, inner, inner_key(report, inner, inner_place), report)

    def _keep(self, items: Sequence[Item], resource: Json, parent: Json = NOTHING) -> None:
        """Keep what was read, if it is about the patient."""
        if not items:
            return
        whom = about(self._desk.patient, resource, parent)
        if whom == OURS:
            for item in items:
                self._keep_one(item, resource)
        else:
            self._left_out[whom] += 1

    def _keep_one(self, item: Item, resource: Json) -> None:
        if isinstance(item, ReportedResult):
            self._found.append(Read(item, resource))
        elif isinstance(item, Haplotype):
            self._haplotypes.append((item, resource))
        elif item == _GENE_NOT_STATED:
            self._left_out["gene"] += 1
        else:
            self._notices.append(item)

    def _was_read(self, report: Json) -> bool:
        """True if something the report holds or lists was read as a result."""
        listed = {reference_key(reference) for reference in mappings(report.get("result"))}
        inside = f"{resource_key(report) or 'DiagnosticReport'}#"
        sources = [read.result.source for read in self._found if read.result.kind is not ResultKind.DOCUMENT]
        return any(source in listed or source.startswith(inside) for source in sources)

    def _counted(self) -> Iterator[Notice]:
        """What was left out, by reason."""
        for reason, notice in (
            ("other", notices.other_person),
            ("nobody", notices.no_subject),
            ("gene", notices.gene_not_stated),
        ):
            if self._left_out[reason]:
                yield notice(self._left_out[reason])


def _outcomes(outcome: Json) -> Iterator[Notice]:
    """The messages of a server that are more than remarks."""
    severities = (text(issue.get("severity")) for issue in mappings(outcome.get("issue")))
    return (notices.server_outcome(found) for found in severities if found in _SEVERITIES)
