"""Patient, problems, medications, allergies, measures and encounter -> the core's `Patient`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from cds_service.core.codes import GenomicCodes
from cds_service.core.drug_codes import DrugCodes
from cds_service.core.measures import MeasureCodes
from cds_service.core.model import CDC_RACE, Coding, Ingredient, Patient
from cds_service.fhir.drug_use import DrugUse, failed, stopped, taken, used_locally
from cds_service.fhir.measures import read_measures
from cds_service.fhir.medication import identify_concept
from cds_service.fhir.terminology import coding as read_coding
from cds_service.fhir.values import (
    concept_texts,
    day,
    mapping,
    mappings,
    number,
    reference_key,
    remembered,
    status_of,
    text,
)

Json = Mapping[str, Any]

_NO_PROBLEM = frozenset({"refuted", "entered-in-error"})
_ENDED = frozenset({"inactive", "remission", "resolved"})
_NONE_KNOWN = re.compile(r"\b(?:no|not|denies|without)\b", re.IGNORECASE)
_GONE = frozenset({"entered-in-error", "cancelled", "not-done"})
_RACE = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-race"
_WEIGHT, _HEIGHT = frozenset({"29463-7", "3141-9"}), frozenset({"8302-2", "3137-7"})
_TO_KG = {
    "kg": Decimal(1),
    "g": Decimal("0.001"),
    "[lb_av]": Decimal("0.45359237"),
    "lb": Decimal("0.45359237"),
}
_TO_CM = {"cm": Decimal(1), "m": Decimal(100), "[in_i]": Decimal("2.54"), "in": Decimal("2.54")}


def about_patient(resources: Iterable[Json], patient_id: str) -> list[Json]:
    """The resources that do not name another person."""
    return [resource for resource in resources if _about(resource, patient_id)]


def read_patient(
    resources: Iterable[Json],
    uses: Sequence[DrugUse],
    *,
    patient_id: str,
    encounter_id: str | None,
    drug_codes: DrugCodes,
    today: date,
    measures: MeasureCodes,
    codes: GenomicCodes,
    local_routes: frozenset[str] = frozenset(),
) -> Patient:
    """
    What the record says about the person.

    Refuted problems and medications that were stopped are left out. What cannot be read is unknown, never a
    default.

    Args:
        resources: Everything that was gathered about this person, of all types.
        uses: The drugs among it.
        patient_id: Whose call this is.
        encounter_id: The encounter of the call, if any.
        drug_codes: Code tables for allergies.
        today: Day of the call, for the age and for what is taken.
        measures, codes: What is measured, and the genes that names of tests mention.
        local_routes: Routes by which too little of a drug reaches the body to matter elsewhere.
    """
    by_type: dict[str, list[Json]] = {}
    for resource in resources:
        by_type.setdefault(str(resource.get("resourceType")), []).append(resource)
    person = next((r for r in by_type.get("Patient", []) if text(r.get("id")) == patient_id), {})
    conditions = by_type.get("Condition", [])
    problems = [*_conditions(conditions), *_procedures(by_type.get("Procedure", []))]
    observations = by_type.get("Observation", [])
    of_body = _of_body(observations)
    allergic_to = list(_substances(by_type.get("AllergyIntolerance", [])))
    return Patient(
        age_days=_age_days(person, today),
        sex=text(person.get("gender")) if person.get("gender") in ("female", "male") else None,
        weight_kg=_measure(of_body, _WEIGHT, _TO_KG),
        height_cm=_measure(of_body, _HEIGHT, _TO_CM),
        problems=frozenset(code for concept in problems for code in codings_of(concept)),
        over=_over(conditions),
        problem_texts=tuple(words.lower() for concept in problems for words in concept_texts(concept)),
        medications=taken(uses, today),
        used_locally=used_locally(uses, today, local_routes),
        stopped=stopped(uses, today),
        failed=failed(uses, today),
        allergies=_allergies(allergic_to, drug_codes),
        allergy_codes=frozenset(code for concept in allergic_to for code in codings_of(concept)),
        allergy_texts=tuple(words.lower() for concept in allergic_to for words in concept_texts(concept)),
        ancestries=_ancestries(person),
        encounter_class=_encounter_class(by_type.get("Encounter", []), encounter_id),
        measured=read_measures(observations, measures, codes, today),
    )


def codings_of(concept: object) -> frozenset[Coding]:
    """All codes of a CodeableConcept in the core's form."""
    found = (
        read_coding(item.get("system"), item.get("code")) for item in mappings(mapping(concept).get("coding"))
    )
    return frozenset(code for code in found if code is not None)


def _about(resource: Json, patient_id: str) -> bool:
    """True unless the resource names another person."""
    if resource.get("resourceType") == "Patient":
        return text(resource.get("id")) == patient_id
    for name in ("subject", "patient"):
        key = reference_key(resource.get(name))
        if key.startswith("Patient/") and key != f"Patient/{patient_id}":
            return False
    return True


def _age_days(person: Json, today: date) -> int | None:
    born = day(person.get("birthDate"))
    if born is None or born > today:
        return None
    return (today - born).days


def _conditions(conditions: Iterable[Json]) -> Iterable[object]:
    for condition in conditions:
        if status_of(condition, "verificationStatus") not in _NO_PROBLEM:
            yield condition.get("code")


def _over(conditions: Iterable[Json]) -> frozenset[Coding]:
    """Codes of conditions that ended, unless another entry of the same code goes on."""
    codes: dict[bool, set[Coding]] = {True: set(), False: set()}
    for condition in conditions:
        ended = status_of(condition, "clinicalStatus") in _ENDED
        codes[ended] |= codings_of(condition.get("code"))
    return frozenset(codes[True] - codes[False])


def _procedures(procedures: Iterable[Json]) -> Iterable[object]:
    for procedure in procedures:
        if text(procedure.get("status")) not in _GONE:
            yield procedure.get("code")


def _substances(allergies: Iterable[Json]) -> Iterator[object]:
    """What the person does not tolerate, as CodeableConcepts; "no known allergy" is none of these."""
    for allergy in allergies:
        status = status_of(allergy, "verificationStatus")
        if status in _NO_PROBLEM or status_of(allergy, "clinicalStatus") == "resolved":
            continue
        for concept in (
            allergy.get("code"),
            *(r.get("substance") for r in mappings(allergy.get("reaction"))),
        ):
            if not any(_NONE_KNOWN.search(words) for words in concept_texts(concept)):
                yield concept


def _allergies(concepts: Iterable[object], drug_codes: DrugCodes) -> tuple[Ingredient, ...]:
    found: dict[str, Ingredient] = {}
    for concept in concepts:
        for ingredient in identify_concept(concept, drug_codes=drug_codes).ingredients:
            found.setdefault(ingredient.name, ingredient)
    return tuple(found.values())


def _ancestries(person: Json) -> frozenset[Coding]:
    """Codes of the US Core race extension."""
    return frozenset(
        Coding(CDC_RACE, text(mapping(part.get("valueCoding")).get("code")))
        for extension in mappings(person.get("extension"))
        if extension.get("url") == _RACE
        for part in mappings(extension.get("extension"))
        if mapping(part.get("valueCoding")).get("code")
    )


def _encounter_class(encounters: Iterable[Json], encounter_id: str | None) -> str | None:
    for encounter in encounters:
        if encounter_id is None or text(encounter.get("id")) == encounter_id:
            kind = encounter.get("class")
            return text(mapping(kind).get("code")) or None
    return None


def _of_body(observations: Iterable[Json]) -> list[Json]:
    """Those of weight and height."""
    is_meant = remembered(lambda code: not _codes_in(code).isdisjoint(_WEIGHT | _HEIGHT))
    return [observation for observation in observations if is_meant(observation.get("code"))]


def _codes_in(concept: object) -> set[str]:
    return {text(item.get("code")) for item in mappings(mapping(concept).get("coding"))}


def _measure(
    observations: Iterable[Json], codes: frozenset[str], units: Mapping[str, Decimal]
) -> Decimal | None:
    """The newest value of a measure in the base unit; a value without a known unit is not used."""
    newest: tuple[date, Decimal] | None = None
    for observation in observations:
        if not _codes_in(observation.get("code")) & codes or text(observation.get("status")) in _GONE:
            continue
        quantity = mapping(observation.get("valueQuantity"))
        factor = units.get(text(quantity.get("code"))) or units.get(text(quantity.get("unit")))
        value = number(quantity.get("value"))
        taken = day(observation.get("effectiveDateTime")) or date.min
        if factor and value and value > 0 and (newest is None or taken >= newest[0]):
            newest = (taken, value * factor)
    return newest[1] if newest else None
