"""What a person takes, as orders that can be judged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from cds_service.core.knowledge_base import KnowledgeBase
from cds_service.core.model import Order
from cds_service.fhir.drug_use import DrugUse
from cds_service.fhir.medication import identify_medication, index_medications, read_order
from cds_service.fhir.therapy import taken_days
from cds_service.fhir.values import mapping, text
from cds_service.hooks.gathered import Gap

Resource = Mapping[str, Any]

_ACTIVE = frozenset({"active", "on-hold", "intended"})
_TAKEN_TYPES = ("MedicationRequest", "MedicationStatement")


def running_orders(
    resources: Sequence[Resource], uses: Sequence[DrugUse], knowledge: KnowledgeBase, today: date
) -> Iterator[Order]:
    """
    What runs of the drugs the knowledge speaks about, each once: a refill is no second drug.

    Args:
        resources: The record of one person.
        uses: What it says about drugs.
        knowledge: Drugs and their codes.
        today: Day of the judgement; `taken_days` counts up to it.
    """
    medications = index_medications([r for r in resources if r.get("resourceType") == "Medication"])
    seen = set()
    for resource in resources:
        if resource.get("resourceType") not in _TAKEN_TYPES or text(resource.get("status")) not in _ACTIVE:
            continue
        order = _order(resource, knowledge, medications)
        if order is None or order.ingredients in seen or not knowledge.drugs_in(order.ingredients):
            continue
        seen.add(order.ingredients)
        # An order that itself runs counts from its own start, too.
        since = taken_days(replace(order, reference=""), uses, today)
        yield replace(order, taken_days=since)


def unread_drugs(
    resources: Sequence[Resource], unread: Mapping[str, Gap], knowledge: KnowledgeBase
) -> Gap | None:
    """Why a drug that runs is not known: it stands in a Medication that could not be read; None = all are."""
    for resource in resources:
        if resource.get("resourceType") not in _TAKEN_TYPES or text(resource.get("status")) not in _ACTIVE:
            continue
        gap = unread.get(text(mapping(resource.get("medicationReference")).get("reference")))
        if gap is not None and not identify_medication(resource, drug_codes=knowledge.drug_codes).ingredients:
            return gap
    return None


def _order(resource: Resource, knowledge: KnowledgeBase, medications: Mapping[str, Resource]) -> Order | None:
    codes = knowledge.drug_codes
    if resource["resourceType"] == "MedicationRequest":
        reading = read_order(resource, drug_codes=codes, medications=medications)
        return reading.order if reading else None
    drug = identify_medication(resource, drug_codes=codes, medications=medications)
    return Order(f"MedicationStatement/{resource.get('id', '')}", drug.ingredients)
