"""`pgx-cds read`: what the readers understand of FHIR JSON."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import orjson

from cds_service.cards.wording import Wording, load_wording
from cds_service.commands.files import read_json_file
from cds_service.core.evidence import ReportedResult, ResultKind
from cds_service.core.knowledge_base import KnowledgeBase
from cds_service.core.model import Notice
from cds_service.core.weigh import GeneEvidence, weigh
from cds_service.fhir.readers import read_results, unpack
from cds_service.hooks.site import read_site
from cds_service.settings import read_settings
from cds_service.wsgi import load_knowledge


def add_to(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("read", help="what the readers understand of FHIR R4 JSON")
    parser.add_argument("file", type=Path, metavar="FILE.json")
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Read a file and show the results in it."""
    settings = read_settings(os.environ, require_jwt=False)
    site = read_site(settings.site)
    knowledge = load_knowledge(settings, site)
    resources = unpack(read_json_file(options.file))
    readings = read_results(resources, codes=knowledge.codes, patient_id=_patient(resources))
    words = load_wording(site.language)
    rows = [_row(result, knowledge, words) for result in readings.results]
    notices = [_words(notice, words) for notice in readings.notices]
    if options.json:
        print(orjson.dumps({"results": rows, "notices": notices}, option=orjson.OPT_INDENT_2).decode())
        return 0
    for row in rows:
        facts = ", ".join(
            str(row[key]) for key in ("diplotype", "phenotype", "activityScore") if row.get(key)
        )
        print(
            f"{row['gene']:10} {row['kind']:16} use: {row['use']:8} {row['value']}"
            + (f"  = {facts}" if facts else "")
        )
    for text in notices:
        print(f"note: {text}")
    return 0


def _patient(resources: Iterable[Any]) -> str:
    """The person of the file: its Patient, else whoever the first result is about."""
    for resource in resources:
        if resource.get("resourceType") == "Patient" and resource.get("id"):
            return str(resource["id"])
    for resource in resources:
        subject = resource.get("subject")
        reference = subject.get("reference") if isinstance(subject, dict) else None
        if isinstance(reference, str) and "/" in reference:
            return reference.rpartition("/")[2]
    return ""


def _row(result: ReportedResult, knowledge: KnowledgeBase, words: Wording) -> dict[str, Any]:
    row: dict[str, Any] = {
        "gene": result.gene,
        "kind": result.kind.value,
        "value": result.text,
        "origin": result.origin.value,
        "use": result.use.value,
        "sources": [result.source],
        "notices": [_words(notice, words) for notice in result.notices],
    }
    gene = knowledge.genes.get(result.gene)
    if gene is not None and result.kind is not ResultKind.BIOMARKER:
        row.update(_meaning(weigh(gene, [result])))
    return row


def _meaning(found: GeneEvidence) -> dict[str, str]:
    """What the service's own tables make of the value."""
    meaning: dict[str, str] = {}
    if found.only is not None:
        if found.only.diplotype is not None:
            meaning["diplotype"] = str(found.only.diplotype)
        if found.only.phenotype:
            meaning["phenotype"] = found.only.phenotype
        if found.only.score is not None:
            meaning["activityScore"] = str(found.only.score)
    elif found.presence:
        signs = {True: "positive", False: "negative", None: "undecided"}
        meaning["phenotype"] = ", ".join(
            f"{allele} {signs[present]}" for allele, present in found.presence.items()
        )
    return meaning


def _words(notice: Notice, words: Wording) -> str:
    slots = ", ".join(f"{name}: {value}" for name, value in notice.slots)
    return words.notice(notice) if words.has(f"notice.{notice.key}") else f"{notice.key} {slots}".strip()
