"""`pgx-cds audit`: the record of past calls, for those who have to account for them."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable
from typing import Any

import orjson

from cds_service.audit import Audit, now
from cds_service.core.errors import InputError
from cds_service.fhir.writing.audit_event import audit_event
from cds_service.settings import read_settings
from cds_service.store.audit import listed


def add_to(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("audit", help="the record of past calls: export, erase")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    whom = "id of a patient as in the EHR, or a key of the audit; - reads them from standard input"
    export = actions.add_parser("export", help="entries as JSON Lines, in the order of time")
    export.add_argument("--patient", nargs="+", default=[], metavar="ID", help=whom)
    export.add_argument("--since", default="", metavar="DAY", help="from this day on, 2026-11-21")
    export.add_argument("--until", default="", metavar="DAY", help="before this day")
    export.add_argument("--fhir", action="store_true", help="as FHIR R4 AuditEvent resources")
    export.set_defaults(run=run_export)
    erase = actions.add_parser("erase", help="delete what is kept of patients")
    erase.add_argument("--patient", nargs="+", required=True, metavar="ID", help=whom)
    erase.set_defaults(run=run_erase)


def run_export(options: argparse.Namespace) -> int:
    """Print entries; exit code 1 if there is none."""
    audit = Audit.open(read_settings(os.environ, require_jwt=False))
    audit.store.check()
    entries = audit.store.entries(_keys(options.patient, audit), options.since, options.until)
    values: Iterable[dict[str, Any]] = map(audit_event, entries) if options.fhir else listed(entries)
    number = 0
    for number, value in enumerate(values, 1):  # noqa: B007 - counts
        print(orjson.dumps(value).decode())
    return 0 if number else 1


def run_erase(options: argparse.Namespace) -> int:
    """Delete entries; exit code 1 if there was none."""
    audit = Audit.open(read_settings(os.environ, require_jwt=False))
    audit.store.check()
    gone = audit.store.erase(_keys(options.patient, audit), now())
    print(f"{gone} entries deleted")
    return 0 if gone else 1


def _keys(given: list[str], audit: Audit) -> list[str]:
    """The keys that are meant; an id on the command line can be seen by others on the machine."""
    idents = sys.stdin.read().split() if given == ["-"] else given
    if given and not idents:
        raise InputError("standard input named no patient")
    return [key for ident in idents for key in audit.keys.named(ident)]
