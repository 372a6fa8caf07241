"""For how long a drug has been taken already: earlier orders on file and what the draft continues."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from cds_service.core.drug_codes import DrugCodes
from cds_service.core.model import Order
from cds_service.fhir.medication import identify_medication, index_medications
from cds_service.fhir.values import day, mapping, text

Json = Mapping[str, Any]

_TAKEN = frozenset({"active", "completed", "on-hold"})


def taken_days(order: Order, resources: Iterable[Json], drug_codes: DrugCodes, today: date) -> int | None:
    """
    Days since the first order or statement of the same drug that was not stopped; None if there is none.

    Args:
        order: The draft.
        resources: Everything that was gathered.
        drug_codes: Code tables.
        today: Day of the call.
    """
    wanted = {ingredient.name for ingredient in order.ingredients}
    if not wanted:
        return None
    resources = list(resources)
    medications = index_medications([r for r in resources if r.get("resourceType") == "Medication"])
    starts = []
    for resource in resources:
        if resource.get("resourceType") not in ("MedicationRequest", "MedicationStatement"):
            continue
        if (
            text(resource.get("status")) not in _TAKEN
            or f"MedicationRequest/{resource.get('id')}" == order.reference
        ):
            continue
        since = _since(resource)
        if since is None or since > today:
            continue
        same = identify_medication(resource, drug_codes=drug_codes, medications=medications)
        if wanted & {ingredient.name for ingredient in same.ingredients}:
            starts.append(since)
    return (today - min(starts)).days if starts else None


def _since(resource: Json) -> date | None:
    period = mapping(resource.get("effectivePeriod"))
    return (
        day(period.get("start")) or day(resource.get("effectiveDateTime")) or day(resource.get("authoredOn"))
    )
