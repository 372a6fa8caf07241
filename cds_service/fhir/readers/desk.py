"""What all readers of one call share: the tables, the patient, and how the resources hang together."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property

from cds_service.fhir.readers.lexicon import Lexicon
from cds_service.fhir.values import (
    Json,
    codings,
    concept_texts,
    mapping,
    mappings,
    reference_key,
    resource_key,
    resource_type,
    text,
)

TUMOUR_WORDS = re.compile(
    r"\b(?:tumou?rs?|neoplas\w+|malignan\w+|carcinoma|metasta\w+|cancer|melanoma|leuk(?:a)?emi\w+|lymphoma"
    r"|sarcoma|myeloma|somatic|ffpe|paraffin\w*|c(?:t|f)dna|cell[- ]free|liquid biopsy)\b",
    re.IGNORECASE,
)
SIGNIFICANCE = "53037-8"
_SIGNIFICANCES = frozenset({"pathogenic", "likely pathogenic", "uncertain", "likely benign", "benign"})
_NOT_TUMOUR = re.compile(r"\b(?:germline|normal tissue|matched normal|non[- ]?tumou?r)\b", re.IGNORECASE)


class Desk:
    """
    Where the results of one call are read.

    Args:
        lexicon: The code tables.
        patient_id: The patient all results must be of; with or without `Patient/`.
        resources: All resources of the call.
    """

    def __init__(self, lexicon: Lexicon, patient_id: str, resources: Sequence[Json]) -> None:
        self.lexicon = lexicon
        self.codes = lexicon.codes
        self.patient = f"Patient/{patient_id.rpartition('/')[2]}"
        self.resources = resources

    @cached_property
    def by_key(self) -> dict[str, Json]:
        """`Type/id` -> resource; resources in reports as `Type/id#own-id`."""
        found: dict[str, Json] = {}
        for resource in self.resources:
            key = resource_key(resource)
            if key:
                found[key] = resource
            for place, inner in enumerate(mappings(resource.get("contained"))):
                found[inner_key(resource, inner, place)] = inner
        return found

    @cached_property
    def report_of(self) -> dict[str, Json]:
        """`Observation/id` -> the report that lists it."""
        return {
            reference_key(reference): resource
            for resource in self.resources
            if resource.get("resourceType") == "DiagnosticReport"
            for reference in mappings(resource.get("result"))
        }

    @cached_property
    def significance(self) -> dict[str, str]:
        """`Observation/id` of a change -> the significance that a diagnostic implication gives it."""
        found: dict[str, str] = {}
        for resource in self.resources:
            if resource.get("resourceType") != "Observation":
                continue
            if self.lexicon.meaning(resource.get("code")).kind == "significance":
                term = self._significance_of(resource)
                for reference in mappings(resource.get("derivedFrom")) if term else ():
                    found.setdefault(reference_key(reference), term)
        for report in self.resources:
            found.update(self._by_order(report))
        return found

    def _by_order(self, report: Json) -> dict[str, str]:
        """Implications inside a report whose reference is empty belong to the change just before them."""
        found: dict[str, str] = {}
        change = ""
        for place, inner in enumerate(mappings(report.get("contained"))):
            kind = self.lexicon.meaning(inner.get("code")).kind
            if kind == "variant":
                change = inner_key(report, inner, place)
            elif kind == "significance":
                links = [reference_key(reference) for reference in mappings(inner.get("derivedFrom"))]
                keys = [f"{resource_key(report)}{link}" if link else change for link in links]
                found.update(dict.fromkeys(filter(None, keys), self._significance_of(inner)))
        return {key: term for key, term in found.items() if term}

    def _significance_of(self, implication: Json) -> str:
        holders = [implication, *mappings(implication.get("component"))]
        for holder in holders:
            if (
                any(coded.code == SIGNIFICANCE for coded in codings(holder.get("code")))
                or holder is implication
            ):
                for coded in codings(holder.get("valueCodeableConcept")):
                    term = self.codes.answers.get(coded.code, "")
                    if term in _SIGNIFICANCES:
                        return term
        return ""

    def specimen_words(self, holder: Json) -> str:
        """What is said about the specimens of an Observation or a report."""
        words = []
        for reference in mappings(holder.get("specimen")):
            kind = self.by_key.get(reference_key(reference), {}).get("type")
            words += [text(reference.get("display")), *concept_texts(kind)]
        return " | ".join(word for word in words if word)

    def tumour_context(self, observation: Json, source: str) -> bool:
        """
        True if the surroundings of a result without a source class say that a tumour was tested.

        That is: words of its report, a tumour marker from the same specimen, or the profile of an oncology
        guide.
        """
        if "meta" in observation:
            profiles = mapping(observation["meta"]).get("profile")
            if isinstance(profiles, list) and any("mcode" in text(url).lower() for url in profiles):
                return True
        if "specimen" in observation:
            keys = {reference_key(reference) for reference in mappings(observation["specimen"])}
            if keys & self._marker_specimens:
                return True
        report = self.report_of.get(source)
        return report is not None and self.is_tumour_report(report)

    def is_tumour_report(self, report: Json) -> bool:
        """True if the name or the specimen of a report says that a tumour was tested."""
        return says_tumour(" | ".join([*concept_texts(report.get("code")), self.specimen_words(report)]))

    @cached_property
    def _marker_specimens(self) -> frozenset[str]:
        """Specimens that a tumour marker was measured in."""
        return frozenset(
            reference_key(reference)
            for resource in self.resources
            if resource.get("resourceType") == "Observation"
            and self.lexicon.meaning(resource.get("code")).kind == "biomarker"
            for reference in mappings(resource.get("specimen"))
        ) - {""}


def inner_key(container: Json, inner: Json, place: int) -> str:
    """How a contained resource is named; its place stands in for a missing id."""
    base = resource_key(container) or resource_type(container)
    return f"{base}#{text(inner.get('id')) or place}"


def says_tumour(words: str) -> bool:
    """True if words about a test or a specimen speak of a tumour, or of DNA that a tumour sheds."""
    return TUMOUR_WORDS.search(words) is not None and _NOT_TUMOUR.search(words) is None
