"""Hook requests as a client would send them, for tests through the web application."""

from __future__ import annotations

from typing import Any

PATIENT = "p1"
INSTANCE = "11111111-2222-4333-8444-555555555555"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
SNOMED = "http://snomed.info/sct"
CLOPIDOGREL = "309362"

Json = dict[str, Any]


def patient(**more: Any) -> Json:
    return {"resourceType": "Patient", "id": PATIENT, "birthDate": "1960-02-01", "gender": "male", **more}


def genotype(gene: str, text: str, ident: str = "g1", **more: Any) -> Json:
    """A Genomics Reporting genotype."""
    return {
        "resourceType": "Observation",
        "id": ident,
        "status": "final",
        "category": [{"coding": [{"code": "laboratory"}]}],
        "code": {"coding": [{"system": "http://loinc.org", "code": "84413-4"}]},
        "subject": {"reference": f"Patient/{PATIENT}"},
        "effectiveDateTime": "2024-05-14",
        "valueCodeableConcept": {"text": f"{gene} {text}"},
        "component": [
            {
                "code": {"coding": [{"system": "http://loinc.org", "code": "48018-6"}]},
                "valueCodeableConcept": {"text": gene},
            }
        ],
        **more,
    }


def draft(rxcui: str = CLOPIDOGREL, ident: str = "rx1", reason: str | None = "36969009", **more: Any) -> Json:
    """A draft order with a clinical drug code."""
    found: Json = {
        "resourceType": "MedicationRequest",
        "id": ident,
        "status": "draft",
        "intent": "order",
        "subject": {"reference": f"Patient/{PATIENT}"},
        "medicationCodeableConcept": {"coding": [{"system": RXNORM, "code": rxcui}], "text": "as ordered"},
        **more,
    }
    if reason:
        found["reasonCode"] = [{"coding": [{"system": SNOMED, "code": reason}]}]
    return found


def bundle(*resources: Json) -> Json:
    found: Json = {"resourceType": "Bundle", "type": "searchset"}
    if resources:
        found["entry"] = [{"resource": resource} for resource in resources]
    return found


def call(
    *drafts: Json, results: tuple[Json, ...] | None = (), hook: str = "order-select", **more: Any
) -> Json:
    """A hook call with prefetch; `results=None` leaves the results out."""
    context: Json = {"userId": "Practitioner/1", "patientId": PATIENT, "draftOrders": bundle(*drafts)}
    if hook == "order-select":
        context["selections"] = [f"MedicationRequest/{item.get('id')}" for item in drafts]
    prefetch: Json = {"patient": patient(), "conditions": bundle(), "consents": bundle()}
    if results is not None:
        prefetch["results"] = bundle(*results)
        prefetch["laboratory"] = bundle()
    return {"hook": hook, "hookInstance": INSTANCE, "context": context, "prefetch": prefetch, **more}
