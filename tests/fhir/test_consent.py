"""Consents: what they deny, for which use, and which exceptions count."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from cds_service.fhir.consent import Use, denies_genetic_data

TODAY = date(2026, 11, 20)


def provision(kind: str = "", *below: dict[str, Any], **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = {**({"type": kind} if kind else {}), **more}
    return {**found, "provision": list(below)} if below else found


def purpose(*codes: str) -> dict[str, Any]:
    return {
        "purpose": [
            {"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": c} for c in codes
        ]
    }


def label(code: str) -> dict[str, Any]:
    return {"securityLabel": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": code}]}


def denied(root: dict[str, Any] | list[dict[str, Any]] | None, use: Use = Use.TREATMENT, **more: Any) -> bool:
    consent: dict[str, Any] = {"resourceType": "Consent", "status": "active", **more}
    if root is not None:
        consent["provision"] = root
    return denies_genetic_data([consent], TODAY, use)


OPT_OUT = {"policyRule": {"coding": [{"code": "OPTOUT"}]}}
NOW, OVER = {"period": {"end": "2027-01-01"}}, {"period": {"end": "2026-01-01"}}


@pytest.mark.parametrize(
    ("root", "more", "expected"),
    [
        (provision("deny"), {}, True),
        (provision("permit"), {}, False),
        (provision("deny"), {"status": "inactive"}, False),
        (provision("deny"), {"scope": {"coding": [{"code": "research"}]}}, False),
        (provision("deny", **NOW), {}, True),
        (provision("deny", **OVER), {}, False),
        (provision("deny", **label("GDIS")), {}, True),
        (provision("deny", **label("HIV")), {}, False),
        (provision("deny", **purpose("TREAT")), {}, True),
        (provision("deny", **purpose("HRESCH")), {}, False),
        (provision("deny", **purpose("CLINTRCH")), {}, False),
        (provision("deny", **{"class": [{"code": "Observation"}]}), {}, True),
        (provision("deny", **{"class": [{"code": "MedicationStatement"}]}), {}, False),
        (provision("permit", provision("deny", **label("GDIS"))), {}, True),
        (provision("deny", provision("permit", **purpose("TREAT"))), {}, False),
        (provision("deny", provision("permit", **purpose("HRESCH"))), {}, True),
        (provision("deny", provision("permit", **purpose("TREAT"), **OVER)), {}, True),
        (provision("deny", provision("permit", **purpose("TREAT"), actor=[{"role": {}}])), {}, True),
        (None, OPT_OUT, True),
        (provision("permit", **purpose("TREAT")), OPT_OUT, False),
        (provision("permit", **purpose("HRESCH")), OPT_OUT, True),
        (None, {"decision": "deny"}, True),
        (None, {"decision": "permit"}, False),
        ([provision(**label("GDIS"))], {"decision": "permit"}, True),
        ([provision(**purpose("HRESCH"))], {"decision": "permit"}, False),
        ([provision(**purpose("TREAT"))], {"decision": "deny"}, False),
        ([provision(**purpose("TREAT"), actor=[{"role": {}}])], {"decision": "deny"}, True),
    ],
)  # fmt: skip
def test_what_a_consent_denies(root: Any, more: dict[str, Any], expected: bool) -> None:
    assert denied(root, **more) is expected


def test_who_denies_screening_alone_is_treated_by_the_results() -> None:
    root = provision("deny", **purpose("POPHLTH"))
    assert not denied(root)
    assert denied(root, Use.SCREENING)


def test_what_is_nested_too_deep_to_be_read_counts_as_a_denial() -> None:
    root, rules = provision("permit"), provision()
    for _ in range(50):
        root, rules = provision("permit", root), provision("", rules)
    assert denied(root)
    assert denied([rules], decision="permit")
