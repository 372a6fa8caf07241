"""Whether the person allows genetic data to be used for treatment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from cds_service.fhir.values import day, mapping, mappings, text

Json = Mapping[str, Any]

#: Security labels that cover genetic data (HL7 v3-ActCode).
_GENETIC = frozenset({"GDIS"})
#: Consents about taking part in research or advance directives do not speak of this use.
_OTHER_SCOPES = frozenset({"research", "adr"})
_TREATMENT = frozenset({"TREAT", "HOPERAT", "ETREAT", "CLINTRCH"})


def denies_genetic_data(resources: Iterable[Json], today: date) -> bool:
    """
    True if an active Consent denies the use of genetic data for treatment.

    A denial without purpose covers every purpose, one without security label every kind of data. Nested
    provisions that permit an exception are not followed: in doubt the denial holds.
    """
    return any(
        _denies(resource, today) for resource in resources if resource.get("resourceType") == "Consent"
    )


def _denies(consent: Json, today: date) -> bool:
    scope = {text(item.get("code")) for item in mappings(mapping(consent.get("scope")).get("coding"))}
    if text(consent.get("status")) != "active" or scope & _OTHER_SCOPES:
        return False
    return any(_provision_denies(provision, today) for provision in _all(consent.get("provision")))


def _all(value: object, depth: int = 0) -> Iterable[Json]:
    """The provision and all nested ones."""
    if depth > 8:
        return
    for provision in mappings(value):
        yield provision
        yield from _all(provision.get("provision"), depth + 1)


def _provision_denies(provision: Json, today: date) -> bool:
    if text(provision.get("type")) != "deny":
        return False
    period = mapping(provision.get("period"))
    start, end = day(period.get("start")), day(period.get("end"))
    if (start and start > today) or (end and end < today):
        return False
    labels = {text(label.get("code")) for label in mappings(provision.get("securityLabel"))}
    purposes = {text(purpose.get("code")) for purpose in mappings(provision.get("purpose"))}
    return (not labels or bool(labels & _GENETIC)) and (not purposes or bool(purposes & _TREATMENT))
