"""The fixture patients as transactions for a server, and hook calls about them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from cds_service.resources import fixtures_folder
from cds_service.sandbox.patients import read_examples

Json = dict[str, Any]
INDEX: Sequence[Any] = read_examples(fixtures_folder())
_RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"


def written(name: str) -> Json:
    """The transaction that puts a fixture Bundle on a server; every resource keeps its id."""
    return _transaction([_put(entry) for entry in _entries(name)])


def deleted(name: str) -> Json:
    """The transaction that takes it away again."""
    return _transaction([{"request": {"method": "DELETE", "url": _place(entry)}} for entry in _entries(name)])


def _entries(name: str) -> list[Json]:
    return list(json.loads((fixtures_folder() / f"{name}.json").read_text("utf8"))["entry"])


def _transaction(entries: list[Json]) -> Json:
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


def _put(entry: Json) -> Json:
    request = {"method": "PUT", "url": _place(entry)}
    return {"fullUrl": entry["fullUrl"], "resource": entry["resource"], "request": request}


def _place(entry: Json) -> str:
    return f"{entry['resource']['resourceType']}/{entry['resource']['id']}"


def order(patient: str, example: Json, number: int = 1) -> Json:
    """The draft that an example of the index describes."""
    draft: Json = {
        "resourceType": "MedicationRequest",
        "id": f"draft-{number}",
        "status": "draft",
        "intent": "order",
        "subject": {"reference": f"Patient/{patient}"},
        "medicationCodeableConcept": {
            "coding": [{"system": _RXNORM, "code": example["rxcui"], "display": example["text"]}],
            "text": example["text"],
        },
        "reasonCode": [example["reason"]],
        "dosageInstruction": [{"text": example["dose"], "route": {"text": example["route"]}}],
    }
    if "renews" in example:
        draft["priorPrescription"] = {"reference": example["renews"]}
    return draft


def call(patient: str, drafts: Sequence[Json], fhir_server: str) -> Json:
    """An order-select call without any prefetch: whatever is known has to be fetched."""
    return {
        "hook": "order-select",
        "hookInstance": "6f1ed2a4-64a5-4a4c-9d9d-6a0d5a0c6c11",
        "fhirServer": fhir_server,
        "context": {
            "userId": "Practitioner/pgx-prescriber",
            "patientId": patient,
            "encounterId": f"{patient}-visit",
            "selections": [f"MedicationRequest/{draft['id']}" for draft in drafts],
            "draftOrders": {
                "resourceType": "Bundle",
                "type": "collection",
                "entry": [{"resource": draft} for draft in drafts],
            },
        },
    }
