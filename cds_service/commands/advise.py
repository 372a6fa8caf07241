"""`pgx-cds advise`: the cards for one order, offline."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson

from cds_service.commands.files import read_json_file
from cds_service.core.errors import InputError
from cds_service.core.knowledge_base import KnowledgeBase
from cds_service.fhir.readers import unpack
from cds_service.hooks.call_data import OfflineData
from cds_service.hooks.request import HookRequest
from cds_service.hooks.site import read_site
from cds_service.settings import read_settings
from cds_service.wsgi import build_evaluator, load_knowledge

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
    request = HookRequest(
        hook="order-select",
        hook_instance=str(UUID(int=0)),
        patient_id=str(patient["id"]),
        user_id="Practitioner/offline",
        draft_orders=(draft,),
        selections=frozenset({"MedicationRequest/draft"}),
    )
    evaluator = build_evaluator(knowledge, site, lambda _: OfflineData.of(resources))
    answer = evaluator.evaluate(request)
    if options.json:
        print(orjson.dumps(answer, option=orjson.OPT_INDENT_2).decode())
    else:
        _print(answer["cards"])
    return 0


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
