"""`pgx-cds read`: what the readers understand of FHIR JSON."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson

from cds_service.cards.wording import Wording, load_wording
from cds_service.commands.files import read_json_file
from cds_service.commands.read_rows import row_of, rows_of_panels, said
from cds_service.core.evidence import ResultKind, Use
from cds_service.core.knowledge_base import KnowledgeBase
from cds_service.core.model import Notice
from cds_service.core.weigh import ResultState, weigh
from cds_service.fhir.readers import Readings, read_results, unpack
from cds_service.fhir.values import mapping, mappings, reference_key, text
from cds_service.hooks.site import read_site
from cds_service.settings import read_settings
from cds_service.wsgi import load_knowledge

_SHOWN = ("diplotype", "phenotype", "activityScore")


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
    shown = understood(
        read_json_file(options.file), load_knowledge(settings, site), load_wording(site.language)
    )
    if options.json:
        print(orjson.dumps(shown, option=orjson.OPT_INDENT_2).decode())
        return 0
    for row in shown["results"]:
        facts = ", ".join(str(row[key]) for key in _SHOWN if row.get(key))
        print(
            f"{row['gene']:10} {row['kind']:16} use: {row['use']:8} {row['value']}"
            + (f"  = {facts}" if facts else "")
        )
    for notice in shown["notices"]:
        print(f"note: {notice}")
    return 0


def understood(value: Any, knowledge: KnowledgeBase, words: Wording) -> dict[str, list[Any]]:
    """
    All results of a file, and what should be known besides.

    Args:
        value: A resource, a Bundle, Parameters, or the request of a hook call, whose prefetch is read.
        knowledge: The knowledge base.
        words: The language of the notices.

    Returns:
        `results`, one row each, and `notices`. A file about several people is read for each of them, and the
        rows name whom they are about.
    """
    resources = [resource for _, answer in _answers(value) for resource in unpack(answer)]
    patients = _patients(value, resources)
    readings = {
        patient: read_results(resources, codes=knowledge.codes, patient_id=patient) for patient in patients
    }
    rows = []
    for patient, found in readings.items():
        about = {"patient": f"Patient/{patient}"} if len(patients) > 1 else {}
        values = [result for result in found.results if result.kind is not ResultKind.DOCUMENT]
        shown = [row_of(result, knowledge, words) for result in values]
        rows += [{**row, **about} for row in (*shown, *rows_of_panels(values, knowledge, words))]
    notices = dict.fromkeys(
        [*_notices(readings), *_documents(readings), *_gaps(value), *_together(readings, knowledge)]
    )
    return {"results": rows, "notices": [said(notice, words) for notice in notices]}


def _notices(readings: Mapping[str, Readings]) -> Iterator[Notice]:
    """The notices of all readings; in a file about several people nobody is "another person"."""
    for found in readings.values():
        for notice in found.notices:
            if len(readings) == 1 or notice.key != "other-person":
                yield notice


def _documents(readings: Mapping[str, Readings]) -> Iterator[Notice]:
    """What is on file as a document only."""
    for found in readings.values():
        for result in found.results:
            if result.kind is ResultKind.DOCUMENT and result.use is not Use.NO:
                yield Notice.of("document-on-file", gene=result.gene or "-", title=result.text or "-")


def _together(readings: Mapping[str, Readings], knowledge: KnowledgeBase) -> Iterator[Notice]:
    """What can only be said of all results of a gene together."""
    for found in readings.values():
        for symbol in sorted({result.gene for result in found.results} & knowledge.genes.keys()):
            evidence = weigh(knowledge.genes[symbol], found.results)
            known = {notice for result in found.results for notice in result.notices}
            yield from (notice for notice in evidence.notices if notice not in known)
            if evidence.state is ResultState.CONFLICT:
                yield Notice.of("results-contradict", gene=symbol)


def _answers(value: Any) -> list[tuple[str, Any]]:
    """What a server or a client answered, each by its prefetch key; the file itself if it is no hook call."""
    prefetch = mapping(value).get("prefetch")
    if "resourceType" in mapping(value) or not isinstance(prefetch, dict):
        return [("", value)]
    return list(prefetch.items())


def _gaps(value: Any) -> Iterator[Notice]:
    """What says that there is, or may be, more than the file holds."""
    for key, answer in _answers(value):
        kind = mapping(answer).get("resourceType")
        if key and kind == "OperationOutcome":
            yield Notice.of("prefetch-unreadable", need=key)
        if any(text(link.get("relation")) == "next" for link in mappings(mapping(answer).get("link"))):
            yield Notice.of("incomplete-results")


def _patients(value: Any, resources: Iterable[Any]) -> tuple[str, ...]:
    """
    Whose file it is: the patient of the hook call, its Patient, or whom its search asked for.

    Without any of these everybody a resource is about; nobody is named at all: one nameless person.
    """
    called = text(mapping(mapping(value).get("context")).get("patientId"))
    persons = [text(r.get("id")) for r in resources if r.get("resourceType") == "Patient"]
    stated = [called] if called else [ident for ident in persons if ident]
    if not stated:
        keys = (reference_key(r.get("subject")) or reference_key(r.get("patient")) for r in resources)
        about = dict.fromkeys(key.rpartition("/")[2] for key in keys if "/" in key)
        # A search that names nobody of the file does not say whose file it is.
        stated = [ident for ident in _searched(value) if ident in about] or [*about]
    return tuple(dict.fromkeys(stated)) or ("",)


def _searched(value: Any) -> list[str]:
    """The patient that a searchset names in the address of its own search."""
    for link in mappings(mapping(value).get("link")):
        if text(link.get("relation")) == "self":
            asked = parse_qs(urlsplit(text(link.get("url"))).query)
            return [key.rpartition("/")[2] for name in ("patient", "subject") for key in asked.get(name, [])]
    return []
