"""An audit entry as a FHIR R4 AuditEvent."""

from __future__ import annotations

from typing import Any

from fhir.resources.R4B.auditevent import AuditEvent

from cds_service.core.audit_entry import AUDIT, SHEET, VIEW, AuditEntry, CardEntry

_TYPES = "http://terminology.hl7.org/CodeSystem/audit-event-type"
_KINDS = "http://terminology.hl7.org/CodeSystem/audit-entity-type"
_ROLES = "http://terminology.hl7.org/CodeSystem/object-role"
_DICOM = "http://dicom.nema.org/resources/ontology/DCM"
#: Codes of FHIR: success, the request was at fault, the service was at fault.
_OUTCOMES = {"refused": "4", "no-data": "4", "fault": "8", "unreadable": "4"}
_PERSON, _SYSTEM_OBJECT = ("1", "Person"), ("2", "System Object")
_PATIENT, _QUERY, _REPORT = ("1", "Patient"), ("24", "Query"), ("3", "Report")


def audit_event(entry: AuditEntry) -> dict[str, Any]:
    """
    An entry as JSON of an AuditEvent that the R4B model accepts.

    People are named by their keys alone, as identifiers under `urn:pgx-cds:patient-key` and
    `urn:pgx-cds:user-key`. What happened to the audit itself (`erased`) is an event without a patient.
    """
    erased, page = entry.service == AUDIT, entry.service in (VIEW, SHEET)
    code, display = ("object", "Object") if erased else ("rest", "RESTful Operation")
    value: dict[str, Any] = {
        "resourceType": "AuditEvent",
        "id": entry.id,
        "type": {"system": _TYPES, "code": code, "display": display},
        "subtype": [{"system": "urn:pgx-cds:service", "code": entry.service}],
        "action": "D" if erased else "R" if page else "E",
        "recorded": entry.at,
        "outcome": _OUTCOMES.get(entry.outcome, "0"),
        "outcomeDesc": f"{entry.outcome}: {entry.note}" if entry.note else entry.outcome,
        "agent": _agents(entry),
        "source": {"observer": {"display": f"pgx-cds {entry.version}".strip()}},
        "entity": _entities(entry),
    }
    if entry.unit:
        value["source"]["site"] = entry.unit
    if not value["entity"]:
        del value["entity"]
    AuditEvent.model_validate(value)
    return value


def _agents(entry: AuditEntry) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    if entry.user:
        found.append({"who": _identified("urn:pgx-cds:user-key", entry.user), "requestor": True})
    caller = {"type": {"coding": [_coding(_DICOM, ("110150", "Application"))]}, "requestor": not found}
    who = {"who": _identified("urn:ietf:rfc:3986", entry.caller)} if entry.caller else {"name": "not known"}
    return [*found, {**caller, **who}]


def _entities(entry: AuditEntry) -> list[dict[str, Any]]:
    found = []
    if entry.patient:
        found.append(_entity("urn:pgx-cds:patient-key", entry.patient, _PERSON, _PATIENT))
    if entry.service != AUDIT:
        call = _entity("urn:ietf:rfc:3986", f"urn:uuid:{entry.instance or entry.id}", _SYSTEM_OBJECT, _QUERY)
        name = "page of the detail view" if entry.service in (VIEW, SHEET) else "hook call"
        found.append({**call, "name": name, "detail": _details(_facts(entry))})
    return [*found, *(_card(card) for card in entry.cards)]


def _card(card: CardEntry) -> dict[str, Any]:
    facts = {
        "topic": card.topic,
        "indicator": card.indicator,
        "action": card.action,
        "rules": ", ".join(card.rules),
    }
    entity = _entity("urn:ietf:rfc:3986", f"urn:uuid:{card.uuid}", _SYSTEM_OBJECT, _REPORT)
    return {**entity, "name": "card", "detail": _details(facts)}


def _facts(entry: AuditEntry) -> dict[str, str]:
    return {
        "tenant": entry.tenant,
        "requestSha256": entry.request_hash,
        "answerSha256": entry.answer_hash,
        "knowledge": entry.knowledge,
        "rules": ", ".join(entry.rules),
        "missing": ", ".join(entry.gaps),
        "microseconds": str(entry.microseconds),
    }


def _details(facts: dict[str, str]) -> list[dict[str, str]]:
    return [{"type": name, "valueString": value} for name, value in facts.items() if value]


def _entity(system: str, value: str, kind: tuple[str, str], role: tuple[str, str]) -> dict[str, Any]:
    return {
        "what": _identified(system, value),
        "type": _coding(_KINDS, kind),
        "role": _coding(_ROLES, role),
    }


def _identified(system: str, value: str) -> dict[str, Any]:
    return {"identifier": {"system": system, "value": value}}


def _coding(system: str, code: tuple[str, str]) -> dict[str, str]:
    return {"system": system, "code": code[0], "display": code[1]}
