"""`pgx-cds advise`: the cards for one order, offline."""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson

from cds_service import __version__
from cds_service.commands.files import read_json_file
from cds_service.core.errors import InputError
from cds_service.core.knowledge_base import KnowledgeBase
from cds_service.fhir.readers import unpack
from cds_service.hooks.answer import Answering
from cds_service.hooks.call_data import OfflineData
from cds_service.hooks.definitions import SERVICES
from cds_service.hooks.site import SiteProfile, read_site
from cds_service.hooks.trace import WARNING
from cds_service.hooks.trail import CallObserver, CallRecord
from cds_service.settings import read_settings
from cds_service.watch.tracer import Tracer, write_file
from cds_service.wsgi import build_evaluator, load_knowledge, said_of, today

_RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
_SYSTEMS = ("http://snomed.info/sct", "http://hl7.org/fhir/sid/icd-10-cm")


def add_to(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("advise", help="the cards for one order, offline")
    parser.add_argument(
        "--patient", type=Path, required=True, metavar="FILE.json", help="Bundle with the record"
    )
    parser.add_argument("--drug", required=True, metavar="NAME_OR_RXCUI")
    parser.add_argument("--indication", metavar="CODE", help="SNOMED CT or ICD-10-CM code of the reason")
    parser.add_argument("--dose", metavar="TEXT", help='such as "75 mg once daily"')
    parser.add_argument("--json", action="store_true", help="the answer as the service gives it")
    parser.add_argument(
        "--trace", type=Path, metavar="OUT.json", help="write what pgx-cds replay needs; holds patient data"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Judge one order against a record in a file."""
    settings = read_settings(os.environ, require_jwt=False)
    site = read_site(settings.site)
    knowledge = load_knowledge(settings, site)
    resources = unpack(read_json_file(options.patient))
    patient = next((r for r in resources if r.get("resourceType") == "Patient"), None)
    if patient is None or not patient.get("id"):
        raise InputError(f"{options.patient}: there is no Patient with an id in the file")
    draft = _draft(options, str(patient["id"]), knowledge)
    body = orjson.dumps(_call(str(patient["id"]), draft))
    judge = build_evaluator(knowledge, site, lambda _: OfflineData.of(resources))
    traces: list[CallObserver] = [_TraceFile(options.trace, knowledge, site)] if options.trace else []
    answer = Answering(judge, traces, time.perf_counter).answer(SERVICES["pgx-order-select"], body, "")
    if options.json:
        print(orjson.dumps(answer, option=orjson.OPT_INDENT_2).decode())
    else:
        _print(answer["cards"])
    return 0


def _call(patient: str, draft: dict[str, Any]) -> dict[str, Any]:
    """The hook call that an EHR would send."""
    return {
        "hook": "order-select",
        "hookInstance": str(UUID(int=0)),
        "context": {
            "userId": "Practitioner/offline",
            "patientId": patient,
            "selections": ["MedicationRequest/draft"],
            "draftOrders": {"resourceType": "Bundle", "entry": [{"resource": draft}]},
        },
    }


class _TraceFile:
    """A `CallObserver` that writes one file."""

    def __init__(self, path: Path, knowledge: KnowledgeBase, site: SiteProfile) -> None:
        self._path = path
        self._tracer = Tracer(path.parent, said_of(knowledge), __version__, site.text, today)

    def called(self, record: CallRecord) -> None:
        """Write the file; the user asked for it, so a fault is told."""
        write_file(self._path, self._tracer.trace(record))
        print(f"pgx-cds: {self._path}: {WARNING}", file=sys.stderr)


def _draft(options: argparse.Namespace, patient: str, knowledge: KnowledgeBase) -> dict[str, Any]:
    concept: dict[str, Any] = {"text": options.drug}
    if options.drug.isdigit():
        concept["coding"] = [{"system": _RXNORM, "code": options.drug}]
    else:
        codes = knowledge.drug_codes.by_name.get(options.drug.lower())
        if not codes:
            raise InputError(
                f"the drug '{options.drug}' is not known; try its generic name or an RxNorm code"
            )
        concept["coding"] = [{"system": _RXNORM, "code": code} for code in codes]
    draft: dict[str, Any] = {
        "resourceType": "MedicationRequest",
        "id": "draft",
        "status": "draft",
        "intent": "order",
        "subject": {"reference": f"Patient/{patient}"},
        "medicationCodeableConcept": concept,
    }
    if options.indication:
        draft["reasonCode"] = [{"coding": [{"system": s, "code": options.indication} for s in _SYSTEMS]}]
    if options.dose:
        draft["dosageInstruction"] = [{"text": options.dose}]
    return draft


def _print(cards: list[dict[str, Any]]) -> None:
    if not cards:
        print("No pharmacogenomic advice for this order.")
    for card in cards:
        print(f"[{card['indicator']}] {card['summary']}\n")
        print(card["detail"].replace("\\", ""))
        for suggestion in card.get("suggestions", ()):
            print(f"  -> {suggestion['label']}")
        print()
