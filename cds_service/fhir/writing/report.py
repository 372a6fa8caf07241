"""The report around the results, the program that made them, and where they come from."""

from __future__ import annotations

from collections.abc import Sequence

from cds_service.fhir.writing import ig
from cds_service.fhir.writing.ig import Built
from cds_service.fhir.writing.results import Software, Source
from cds_service.fhir.writing.sheet import Sheet, references, without_empty

_PARTICIPANTS = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"


def write_report(sheet: Sheet, observations: Sequence[str], tasks: Sequence[str], study: str) -> str:
    """
    Enter the DiagnosticReport; returns its address.

    It has no conclusion: a text would repeat the results in words that the next reader has to parse.
    """
    day = sheet.report.measured_on
    person = sheet.person()
    actions = [
        {"url": ig.extension_url("recommended-action"), "valueReference": {"reference": task}}
        for task in tasks
    ]
    link = {"url": ig.extension_url("genomic-study-reference"), "valueReference": {"reference": study}}
    made: Built = {
        "resourceType": "DiagnosticReport",
        "meta": ig.profile("genomic-report"),
        "extension": [*actions, link],
        "status": "final",
        "category": [ig.GENETICS],
        "code": ig.loinc(ig.REPORT, "Genetic analysis report"),
        "effectiveDateTime": day.isoformat() if day else None,
        **person,
        "specimen": [person["specimen"]] if person["specimen"] else [],
        "result": references(observations),
    }
    return sheet.ledger.add(without_empty(made))


def write_device(sheet: Sheet, software: Software) -> str:
    """Enter the program with its version and the hash of its knowledge; one entry for all patients."""
    versions = [("software", software.version), ("knowledge (SHA-256)", software.knowledge_hash)]
    made: Built = {
        "resourceType": "Device",
        "status": "active",
        "deviceName": [{"name": software.name, "type": "user-friendly-name"}],
        "type": {"text": "Clinical decision support software"},
        "version": [{"type": {"text": kind}, "value": value} for kind, value in versions if value],
    }
    return sheet.ledger.add(made, owned=False)


def write_provenance(sheet: Sheet, targets: Sequence[str], device: str) -> str:
    """Enter who made all of this, with what, and out of what."""
    agents = [_agent("assembler", "Assembler", {"reference": device})]
    if sheet.report.laboratory:
        agents.append(_agent("performer", "Performer", {"display": sheet.report.laboratory}))
    made: Built = {
        "resourceType": "Provenance",
        "target": references(targets),
        "recorded": sheet.person()["issued"],
        "agent": agents,
        "entity": [{"role": "source", "what": _source(source)} for source in sheet.report.sources],
    }
    return sheet.ledger.add(without_empty(made))


def _agent(code: str, display: str, who: Built) -> Built:
    return {"type": ig.concept(_PARTICIPANTS, code, display), "who": who}


def _source(source: Source) -> Built:
    digest = {"system": ig.URIS, "value": f"urn:sha256:{source.sha256}"} if source.sha256 else {}
    return without_empty({"display": source.name, "identifier": digest})
