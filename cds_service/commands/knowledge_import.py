"""`pgx-cds knowledge import`: a release of a source, read into proposals for review."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

from cds_service.core.errors import InputError
from cds_service.curation.compile import compile_knowledge
from cds_service.curation.importers.cpic import import_cpic
from cds_service.curation.importers.pharmcat import import_pharmcat
from cds_service.curation.importers.report import Finding, Report
from cds_service.curation.importers.rxnorm import import_rxnorm
from cds_service.resources import knowledge_folder
from cds_service.settings import read_settings


def add_to(tools: Any) -> None:
    """Add the tool to the parser of `knowledge`."""
    parser = tools.add_parser("import", help="read a release of a source into proposals for review")
    parser.add_argument("source", choices=("cpic", "pharmcat", "rxnorm"))
    parser.add_argument("path", type=Path, metavar="PATH", help="file or folder of the release")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="new folder for the proposals")
    parser.add_argument(
        "--since", type=Path, metavar="OLD", help="an earlier export (cpic only): also tells changed texts"
    )
    parser.set_defaults(run=run_import)


def run_import(options: argparse.Namespace) -> int:
    """Exit 0 if all of the release was understood, 1 if a part was left out; the report says which."""
    folder = read_settings(os.environ, require_jwt=False).knowledge or knowledge_folder()
    if options.since and options.source != "cpic":
        raise InputError("--since: only the CPIC import compares two exports")
    if not options.path.exists():
        raise InputError(f"{options.path}: there is no such file or folder")
    _make_empty(options.out, folder)
    report = _import(options, folder)
    report.write(options.out)
    for entry in report.of(Finding.NOT_UNDERSTOOD):
        print(f"left out: {entry}")
    print(f"{report.source}: {report.summary}")
    print(f"read {options.out / 'REPORT.md'} first; nothing in {folder} was touched")
    return 1 if report.counts[Finding.NOT_UNDERSTOOD] else 0


def _import(options: argparse.Namespace, folder: Path) -> Report:
    knowledge = compile_knowledge(folder)
    if options.source == "cpic":
        return import_cpic(options.path, folder, knowledge, options.out, options.since)
    if options.source == "pharmcat":
        return import_pharmcat(options.path, folder, knowledge.genes, options.out)
    return import_rxnorm(options.path, folder / "rxnorm", knowledge, options.out)


def _make_empty(out: Path, folder: Path) -> None:
    """Proposals never overwrite anything, least of all the knowledge itself."""
    if out.resolve().is_relative_to(folder.resolve()):
        raise InputError(f"{out}: lies in the knowledge folder; name a folder outside it")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(f"{out}: is not empty; name a new folder")
    out.mkdir(parents=True, exist_ok=True)
