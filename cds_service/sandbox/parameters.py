"""Which search parameters the FHIR endpoint knows, per resource type, and where their values stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Parameter:
    """
    One search parameter.

    Args:
        kind: `token`, `reference`, `date` or `string`, as in FHIR.
        paths: Elements that hold the value; a dot leads into an element, lists are entered.
    """

    kind: str
    paths: tuple[str, ...]


def _token(*paths: str) -> Parameter:
    return Parameter("token", paths)


def _reference(*paths: str) -> Parameter:
    return Parameter("reference", paths)


def _date(*paths: str) -> Parameter:
    return Parameter("date", paths)


def _string(*paths: str) -> Parameter:
    return Parameter("string", paths)


_EVERY_TYPE = {"_id": _token("id")}
_OF_SUBJECT = {
    "patient": _reference("subject"),
    "subject": _reference("subject"),
    "encounter": _reference("encounter"),
}
_OF_PATIENT = {"patient": _reference("patient")}
_CODED = {"code": _token("code"), "category": _token("category"), "status": _token("status")}
_CLINICAL = {"clinical-status": _token("clinicalStatus"), "verification-status": _token("verificationStatus")}
_NAMED = {
    "name": _string("name.family", "name.given", "name.text"),
    "family": _string("name.family"),
    "given": _string("name.given"),
    "identifier": _token("identifier"),
}
_EFFECTIVE = {"date": _date("effectiveDateTime", "effectivePeriod", "effectiveInstant")}
_AUTHORED = {
    "authoredon": _date("authoredOn"),
    "intent": _token("intent"),
    "requester": _reference("requester"),
}

_BY_TYPE: Mapping[str, Mapping[str, Parameter]] = {
    "AllergyIntolerance": {
        **_OF_PATIENT,
        **_CLINICAL,
        "code": _token("code", "reaction.substance"),
        "category": _token("category"),
        "criticality": _token("criticality"),
        "type": _token("type"),
        "date": _date("recordedDate"),
    },
    "Condition": {
        **_OF_SUBJECT,
        **_CLINICAL,
        "code": _token("code"),
        "category": _token("category"),
        "onset-date": _date("onsetDateTime", "onsetPeriod"),
        "recorded-date": _date("recordedDate"),
    },
    "Consent": {
        **_OF_PATIENT,
        "status": _token("status"),
        "scope": _token("scope"),
        "category": _token("category"),
        "date": _date("dateTime"),
        "action": _token("provision.action"),
        "security-label": _token("provision.securityLabel"),
        "purpose": _token("provision.purpose"),
    },
    "DiagnosticReport": {
        **_OF_SUBJECT,
        **_CODED,
        **_EFFECTIVE,
        "issued": _date("issued"),
        "result": _reference("result"),
    },
    "DocumentReference": {
        **_OF_SUBJECT,
        "type": _token("type"),
        "category": _token("category"),
        "status": _token("status"),
        "date": _date("date"),
    },
    "Encounter": {
        **_OF_SUBJECT,
        "status": _token("status"),
        "class": _token("class"),
        "date": _date("period"),
        "participant": _reference("participant.individual"),
    },
    "FamilyMemberHistory": {
        **_OF_PATIENT,
        "status": _token("status"),
        "code": _token("condition.code"),
        "relationship": _token("relationship"),
    },
    "Flag": {"patient": _reference("subject"), "subject": _reference("subject"), "date": _date("period")},
    "MedicationAdministration": {
        **_OF_SUBJECT,
        "code": _token("medicationCodeableConcept"),
        "status": _token("status"),
        "effective-time": _date("effectiveDateTime", "effectivePeriod"),
    },
    "MedicationRequest": {
        **_OF_SUBJECT,
        **_AUTHORED,
        "code": _token("medicationCodeableConcept"),
        "category": _token("category"),
        "status": _token("status"),
    },
    "MedicationStatement": {
        **_OF_SUBJECT,
        "code": _token("medicationCodeableConcept"),
        "category": _token("category"),
        "status": _token("status"),
        "effective": _date("effectiveDateTime", "effectivePeriod"),
    },
    "Observation": {
        **_OF_SUBJECT,
        **_CODED,
        **_EFFECTIVE,
        "combo-code": _token("code", "component.code"),
        "component-code": _token("component.code"),
        "value-concept": _token("valueCodeableConcept"),
        "derived-from": _reference("derivedFrom"),
        "has-member": _reference("hasMember"),
    },
    "Patient": {
        **_NAMED,
        "gender": _token("gender"),
        "birthdate": _date("birthDate"),
        "active": _token("active"),
    },
    "Practitioner": {**_NAMED, "active": _token("active")},
    "Procedure": {**_OF_SUBJECT, **_CODED, "date": _date("performedDateTime", "performedPeriod")},
    "ServiceRequest": {**_OF_SUBJECT, **_CODED, **_AUTHORED, "authored": _date("authoredOn")},
    "Specimen": {"patient": _reference("subject"), "subject": _reference("subject"), "type": _token("type")},
}

PARAMETERS: Mapping[str, Mapping[str, Parameter]] = {
    kind: {**_EVERY_TYPE, **own} for kind, own in _BY_TYPE.items()
}
