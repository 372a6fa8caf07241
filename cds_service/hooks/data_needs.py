"""What data a hook call may need, each with one query that serves as prefetch template and as call-back."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Any, Protocol

from cds_service.core.codes import GenomicCodes
from cds_service.core.errors import KnowledgeError
from cds_service.fhir.search import Read, Search, token
from cds_service.fhir.values import mappings

_LOINC = "http://loinc.org"
_GENETICS = "http://terminology.hl7.org/CodeSystem/v2-0074|GE"
_PATIENT = "context.patientId"
_ENCOUNTER = "context.encounterId"
#: Codes that stand in components only. Servers never match them against the code of a result.
_IN_COMPONENTS_ONLY = "component"
#: Body weight and height; other measures are in the knowledge.
_BODY = frozenset({"29463-7", "3141-9", "8302-2", "3137-7"})
#: Parameters that shape an answer without changing what matches.
_SHAPING = frozenset({"_count", "_sort", "_format", "_total", "_summary", "_maxresults", "_pretty"})


class DataNeed(Enum):
    """Data that advice may depend on. The value is the prefetch key."""

    PATIENT = "patient"
    RESULTS = "results"
    LABORATORY = "laboratory"
    REPORTS = "reports"
    CONDITIONS = "conditions"
    PROCEDURES = "procedures"
    MEDICATIONS = "medications"
    EARLIER_MEDICATIONS = "earlierMedications"
    ALLERGIES = "allergies"
    ENCOUNTER = "encounter"
    CONSENTS = "consents"
    MEASURES = "measures"
    FAMILY = "familyHistory"

    @property
    def key(self) -> str:
        """The prefetch key."""
        return self.value


#: Asked for in any call about a drug of ours: consents, because nothing genetic may be read against one, and
#: the drugs that may change what results mean.
FIRST = frozenset({DataNeed.CONSENTS, DataNeed.MEDICATIONS, DataNeed.EARLIER_MEDICATIONS})
#: Asked for when no consent stands against it. The rest follows from what the judgement looks at.
GENETIC = frozenset({DataNeed.RESULTS, DataNeed.LABORATORY, DataNeed.REPORTS})
#: Field of `Patient` -> where it stands in the record.
_SOURCES: Mapping[str, frozenset[DataNeed]] = {
    "age_days": frozenset({DataNeed.PATIENT}),
    "sex": frozenset({DataNeed.PATIENT}),
    "ancestries": frozenset({DataNeed.PATIENT}),
    "weight_kg": frozenset({DataNeed.MEASURES}),
    "height_cm": frozenset({DataNeed.MEASURES}),
    "measured": frozenset({DataNeed.MEASURES}),
    "problems": frozenset({DataNeed.CONDITIONS, DataNeed.PROCEDURES}),
    "over": frozenset({DataNeed.CONDITIONS, DataNeed.PROCEDURES}),
    "problem_texts": frozenset({DataNeed.CONDITIONS, DataNeed.PROCEDURES}),
    "medications": frozenset({DataNeed.MEDICATIONS}),
    "used_locally": frozenset({DataNeed.MEDICATIONS}),
    "stopped": frozenset({DataNeed.EARLIER_MEDICATIONS}),
    "failed": frozenset({DataNeed.EARLIER_MEDICATIONS}),
    "allergies": frozenset({DataNeed.ALLERGIES}),
    "allergy_codes": frozenset({DataNeed.ALLERGIES}),
    "allergy_texts": frozenset({DataNeed.ALLERGIES}),
    "encounter_class": frozenset({DataNeed.ENCOUNTER}),
}


def needs_behind(facts: Collection[str]) -> frozenset[DataNeed]:
    """What has to be had to know these facts, by the names of the fields of `Patient`."""
    return frozenset(need for fact in facts for need in _SOURCES[fact])


#: A chart is opened often: only what an overview cannot do without.
FOR_CHART = (
    DataNeed.PATIENT,
    DataNeed.RESULTS,
    DataNeed.LABORATORY,
    DataNeed.REPORTS,
    DataNeed.CONDITIONS,
    DataNeed.PROCEDURES,
    DataNeed.MEDICATIONS,
    DataNeed.CONSENTS,
)
#: What advice on an order may depend on.
FOR_ORDERS = (
    *FOR_CHART,
    DataNeed.EARLIER_MEDICATIONS,
    DataNeed.ALLERGIES,
    DataNeed.ENCOUNTER,
    DataNeed.MEASURES,
)

# The common subset of prefetch: reads and type searches, `patient`, tokens, `_sort`, `_count`. No parameter
# twice: clients have been seen to merge the two into one list. Results are never narrowed by status: one that
# was withdrawn has to be seen as withdrawn.
_FIXED = {
    DataNeed.PATIENT: "Patient/{{context.patientId}}",
    DataNeed.LABORATORY: "Observation?patient={{context.patientId}}"
    f"&category=laboratory,{_GENETICS}&_sort=-date&_count=500",
    DataNeed.REPORTS: f"DiagnosticReport?patient={{{{context.patientId}}}}&category={_GENETICS}&_count=50",
    DataNeed.CONDITIONS: "Condition?patient={{context.patientId}}&_count=200",
    DataNeed.PROCEDURES: "Procedure?patient={{context.patientId}}&_count=200",
    DataNeed.MEDICATIONS: "MedicationRequest?patient={{context.patientId}}&status=active&_count=200",
    DataNeed.EARLIER_MEDICATIONS: "MedicationRequest?patient={{context.patientId}}"
    "&status=on-hold,completed,stopped&_count=200",
    DataNeed.ALLERGIES: "AllergyIntolerance?patient={{context.patientId}}&_count=100",
    DataNeed.ENCOUNTER: "Encounter/{{context.encounterId}}",
    DataNeed.CONSENTS: "Consent?patient={{context.patientId}}&_count=50",
    DataNeed.FAMILY: "FamilyMemberHistory?patient={{context.patientId}}&_count=50",
}


class SiteCodes(Protocol):
    """What a site profile says about its results."""

    @property
    def local_tests(self) -> Collection[tuple[str, str]]:
        """`(system, code)` of the laboratory's own test codes; empty if the site has not listed them."""


@dataclass(frozen=True, slots=True)
class DataPlan:
    """
    The queries of one service, made once.

    Args:
        templates: Prefetch template by need, in the order of `DataNeed`.
        result_codes: `(system, code)` of the results that are searched for by code.
        measure_codes: The same of what is measured or asked of a person.
    """

    templates: Mapping[DataNeed, str]
    result_codes: frozenset[tuple[str, str]]
    measure_codes: frozenset[tuple[str, str]]

    @classmethod
    def of(cls, codes: GenomicCodes, site: SiteCodes, measures: Collection[str] = ()) -> DataPlan:
        """
        Plan the queries for a code table and a site; `measures`: LOINC codes besides those of body size.

        All laboratory results are asked for only where the site has no list of its local codes: the search is
        expensive, and bounded by date and number.

        Raises:
            KnowledgeError: The tables hold no test code, so that no result could ever be found.
        """
        listed = {pair for pair, test in codes.tests.items() if test.kind != _IN_COMPONENTS_ONLY}
        result_codes = frozenset(listed | set(site.local_tests))
        if not result_codes:
            raise KnowledgeError("the code tables list no laboratory test: no result could be searched for")
        measure_codes = frozenset((_LOINC, code) for code in _BODY | set(measures))
        templates = {
            **_FIXED,
            DataNeed.RESULTS: _observations(result_codes, "&_count=200"),
            DataNeed.MEASURES: _observations(measure_codes, "&_sort=-date&_count=50"),
        }
        if site.local_tests:
            del templates[DataNeed.LABORATORY]
        ordered = {need: templates[need] for need in DataNeed if need in templates}
        return cls(MappingProxyType(ordered), result_codes, measure_codes)

    def prefetch_templates(self, needs: Collection[DataNeed] | None = None) -> dict[str, str]:
        """
        What a service publishes: key -> template.

        Args:
            needs: Only these; None for all that are planned.
        """
        wanted = self.templates if needs is None else needs
        return {need.key: text for need, text in self.templates.items() if need in wanted}

    def planned(self, needs: Collection[DataNeed]) -> tuple[DataNeed, ...]:
        """Those of the needs that this site has a query for, in a fixed order."""
        return tuple(need for need in self.templates if need in needs)

    def kind(self, need: DataNeed) -> str:
        """The resource type that answers a need."""
        return self.templates[need].partition("?")[0].partition("/")[0]

    def is_read(self, need: DataNeed) -> bool:
        """Whether a need asks for one resource by its id."""
        return "?" not in self.templates[need]

    def query(self, need: DataNeed, patient_id: str, encounter_id: str | None) -> Read | Search | None:
        """The query for one call; None where the call lacks what it asks about (no encounter)."""
        template = self.templates[need]
        if not self.is_read(need):
            return Search.parse(template).with_values({_PATIENT: patient_id})
        kind, _, ident = template.partition("/")
        value = {f"{{{{{_PATIENT}}}}}": patient_id, f"{{{{{_ENCOUNTER}}}}}": encounter_id}[ident]
        return Read(kind, value) if value else None

    def answers(self, need: DataNeed, resource: Mapping[str, Any]) -> bool:
        """
        Whether a resource is of the kind that a need asks for, judged by its content.

        By type, and for Observations by code or category, for orders by status.
        """
        if resource.get("resourceType") != self.kind(need):
            return False
        if need is DataNeed.RESULTS:
            return _has_code(resource, self.result_codes)
        if need is DataNeed.MEASURES:
            return _has_code(resource, self.measure_codes)
        if need is DataNeed.LABORATORY:
            return _is_laboratory(resource)
        statuses = dict(Search.parse(self.templates[need]).parameters).get("status")
        return statuses is None or resource.get("status") in statuses.split(",")

    def is_search_for(self, need: DataNeed, kind: str, parameters: Mapping[str, str]) -> bool:
        """Whether a search that was run elsewhere has the same conditions as a need, the patient aside."""
        if self.is_read(need) or kind != self.kind(need):
            return False
        own = dict(Search.parse(self.templates[need]).parameters)
        return _conditions(own) == _conditions(parameters)

    def is_for_results(self, query: Search) -> bool:
        """
        Whether a query of this plan looks for genomic results and nothing else.

        Their content hardly ever changes. The search for all laboratory results is none of these.
        """
        parameters = dict(query.parameters)
        return any(self.is_search_for(need, query.kind, parameters) for need in _GENOMIC)


def prefetch_templates(
    codes: GenomicCodes, site: SiteCodes, needs: Collection[DataNeed] | None = None
) -> dict[str, str]:
    """The prefetch templates for a code table and a site, key -> template; all, or those of `needs`."""
    return DataPlan.of(codes, site).prefetch_templates(needs)


#: Needs that only genomic results answer.
_GENOMIC = (DataNeed.RESULTS, DataNeed.REPORTS)


def _observations(codes: Collection[tuple[str, str]], rest: str) -> str:
    # LOINC first: a client that shortens the list keeps what most laboratories send.
    ordered = sorted(codes, key=lambda pair: (pair[0] != _LOINC, pair))
    listed = ",".join(token(system, code) for system, code in ordered)
    return f"Observation?patient={{{{context.patientId}}}}&code={listed}{rest}"


def _has_code(resource: Mapping[str, Any], codes: Collection[tuple[str, str]]) -> bool:
    codings = (c for concept in mappings(resource.get("code")) for c in mappings(concept.get("coding")))
    return any((str(coding.get("system", "")), str(coding.get("code", ""))) in codes for coding in codings)


def _is_laboratory(resource: Mapping[str, Any]) -> bool:
    codings = (c for concept in mappings(resource.get("category")) for c in mappings(concept.get("coding")))
    genetics = tuple(_GENETICS.split("|"))
    return any(
        coding.get("code") == "laboratory" or (coding.get("system"), coding.get("code")) == genetics
        for coding in codings
    )


def _conditions(parameters: Mapping[str, str]) -> dict[str, frozenset[str]]:
    ignored = _SHAPING | {"patient", "subject"}
    return {name: frozenset(value.split(",")) for name, value in parameters.items() if name not in ignored}
