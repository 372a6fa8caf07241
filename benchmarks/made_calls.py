"""Hook calls of growing size, with the prefetch a client would send."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from cds_service.resources import fixtures_folder

SERVICE = "/cds-services/pgx-order-select"
_RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
_DRUGS = ("309362", "993781", "36567", "2556", "704", "83367", "11289", "519", "2002", "7531")

_LABORATORY = "lab"

#: `fhirAuthorization` of a call; the servers of measurements take any token.
ACCESS = {
    "access_token": "t",
    "token_type": "Bearer",
    "expires_in": 300,
    "scope": "patient/*.rs",
    "subject": "s",
}

Resource = dict[str, Any]


def record(patient: str) -> list[Resource]:
    """The resources of a fixture patient."""
    bundle = json.loads((fixtures_folder() / "patients" / f"{patient}.json").read_text(encoding="utf-8"))
    return [entry["resource"] for entry in bundle["entry"]]


def laboratory(count: int) -> list[Resource]:
    """Ordinary laboratory results that have nothing to do with genes."""
    return [
        {
            "resourceType": "Observation",
            "id": f"{_LABORATORY}{number}",
            "status": "final",
            "category": [{"coding": [{"code": "laboratory"}]}],
            "code": {"coding": [{"system": "http://loinc.org", "code": "2160-0", "display": "Creatinine"}]},
            "effectiveDateTime": "2026-01-01",
            "valueQuantity": {"value": 0.9, "unit": "mg/dL"},
        }
        for number in range(count)
    ]


def medications(patient: str, count: int, codes: list[str]) -> list[Resource]:
    """So many active orders, of other drugs each."""
    return [
        {
            "resourceType": "MedicationRequest",
            "id": f"m{number}",
            "status": "active",
            "intent": "order",
            "subject": {"reference": f"Patient/{patient}"},
            "medicationCodeableConcept": {"coding": [{"system": _RXNORM, "code": code}]},
        }
        for number, code in enumerate(codes[:count])
    ]


def call(resources: list[Resource], templates: Mapping[str, str], orders: int = 1) -> dict[str, Any]:
    """One order-select call about the person of the resources, with everything in its prefetch."""
    patient = next(r["id"] for r in resources if r["resourceType"] == "Patient")
    prefetch: dict[str, Any] = {}
    for key, template in templates.items():
        kind = template.partition("?")[0].partition("/")[0]
        found = [
            {"resource": r} for r in resources if r["resourceType"] == kind and _is_asked_for(r, template)
        ]
        if "?" not in template:
            prefetch[key] = found[0]["resource"] if found else None
        else:
            prefetch[key] = {"resourceType": "Bundle", "type": "searchset", "entry": found}
    return {**without_prefetch(patient, orders), "prefetch": prefetch}


def _is_asked_for(resource: Resource, template: str) -> bool:
    """Ordinary laboratory results come under the template that asks by category, not by code."""
    return not resource["id"].startswith(_LABORATORY) or "category=" in template


def without_prefetch(patient: str, orders: int = 1) -> dict[str, Any]:
    """The same call of a client that sends none."""
    drafts = [_draft(patient, number) for number in range(orders)]
    return {
        "hook": "order-select",
        "hookInstance": "11111111-2222-4333-8444-555555555555",
        "context": {
            "userId": "Practitioner/1",
            "patientId": patient,
            "selections": [f"MedicationRequest/rx{number}" for number in range(orders)],
            "draftOrders": {"resourceType": "Bundle", "entry": [{"resource": draft} for draft in drafts]},
        },
    }


def _draft(patient: str, number: int) -> Resource:
    coding = {"system": _RXNORM, "code": _DRUGS[number % len(_DRUGS)]}
    return {
        "resourceType": "MedicationRequest",
        "id": f"rx{number}",
        "status": "draft",
        "intent": "order",
        "subject": {"reference": f"Patient/{patient}"},
        "medicationCodeableConcept": {"coding": [coding]},
        "reasonCode": [{"coding": [{"system": "http://snomed.info/sct", "code": "36969009"}]}],
    }
