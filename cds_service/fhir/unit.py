"""Which ward or department a call comes from, by the encounter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from cds_service.fhir.values import mappings

_WARD = "wa"
_LONGEST = 120


def unit_of(resources: Iterable[Mapping[str, Any]]) -> str:
    """
    The ward of an encounter, or the department or organization that answers for it; empty if nothing says so.

    Rooms and beds are passed over: with the time they would tell who lay there.

    >>> ward = {"location": {"display": "Ward 3"}, "physicalType": {"coding": [{"code": "wa"}]}}
    >>> unit_of([{"resourceType": "Encounter", "location": [{"location": {"display": "Bed 7"}}, ward]}])
    'Ward 3'
    >>> unit_of([{"resourceType": "Encounter", "serviceProvider": {"reference": "Organization/cardiology"}}])
    'Organization/cardiology'
    >>> unit_of([])
    ''
    """
    for encounter in resources:
        if encounter.get("resourceType") == "Encounter":
            found = _ward(encounter) or _named(encounter.get("serviceProvider")) or _service(encounter)
            if found:
                return found[:_LONGEST]
    return ""


def _ward(encounter: Mapping[str, Any]) -> str:
    for entry in mappings(encounter.get("location")):
        kinds = [c.get("code") for concept in mappings(entry.get("physicalType")) for c in _codings(concept)]
        if _WARD in kinds and entry.get("status") in (None, "active"):
            return _named(entry.get("location"))
    return ""


def _named(reference: object) -> str:
    for entry in mappings(reference):
        for name in ("display", "reference"):
            if isinstance(entry.get(name), str) and entry[name]:
                return str(entry[name])
    return ""


def _service(encounter: Mapping[str, Any]) -> str:
    for concept in mappings(encounter.get("serviceType")):
        texts = [concept.get("text"), *(coding.get("display") for coding in _codings(concept))]
        for text in texts:
            if isinstance(text, str) and text:
                return text
    return ""


def _codings(concept: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return list(mappings(concept.get("coding")))
