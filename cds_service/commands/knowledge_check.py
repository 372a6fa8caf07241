"""`pgx-cds knowledge check`: all checks of a knowledge folder."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cds_service.cards.wording import FOLDER, load_wording
from cds_service.core.errors import PgxCdsError
from cds_service.core.knowledge_base import KnowledgeBase
from cds_service.resources import knowledge_folder
from cds_service.settings import read_settings

if TYPE_CHECKING:
    from cds_service.curation.check import Report


def add_to(tools: Any) -> None:
    """Add the command to the parser of the curation tools."""
    parser = tools.add_parser(
        "check",
        help="check all files: form, references, completeness, clinical consistency",
        description="Prints one fault a line and how many each check found. "
        "Exit codes: 0 clean, 1 faults, 2 it could not run.",
    )
    parser.add_argument(
        "--against",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="a text of a source: no phrase may copy eight words in a row from a line of it; may be repeated",
    )
    parser.add_argument("--json", action="store_true", help="the same for programs")
    parser.set_defaults(run=run_check)


def run_check(options: argparse.Namespace) -> int:
    """Exit 0 if no check finds a fault, 1 with the faults if one does."""
    # jsonschema builds a grammar of web addresses when it is imported. That takes a second or more, which no
    # other command should wait for.
    from cds_service.curation.check import check_folder

    folder = read_settings(os.environ, require_jwt=False).knowledge or knowledge_folder()
    against = {str(path): _text(path) for path in options.against}
    report = check_folder(folder, knowledge_folder() / "schema", _phrases(), against)
    if options.json:
        print(json.dumps(report.as_json(), ensure_ascii=False, indent=2))
    else:
        _print(report)
    return 0 if report.clean else 1


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise PgxCdsError(f"{path}: not a text in UTF-8; save it as one") from None


def _phrases() -> Mapping[str, Mapping[str, str]]:
    languages = sorted(path.stem for path in FOLDER.glob("*.json"))
    return {language: load_wording(language).phrases for language in languages}


def _print(report: Report) -> None:
    for line in report.lines():
        print(line)
    if report.knowledge is not None:
        print(_summary(report.knowledge, clean=report.clean))
    for name, found in report.faults.items():
        print(f"{name:18} {len(found):5}")
    for name in report.skipped:
        print(f"{name:18} not run: correct the form of the files first")


def _summary(knowledge: KnowledgeBase, *, clean: bool) -> str:
    rules = sum(len(source.rules) for drug in knowledge.drugs.values() for source in drug.sources.values())
    tumour = sum(len(drug.rules) for drug in knowledge.tumour.drugs.values()) if knowledge.tumour else 0
    counts = f"{len(knowledge.genes)} genes, {len(knowledge.drugs)} drugs, {rules} rules"
    if tumour:
        counts += f", {tumour} rules on tumours"
    verdict = "no fault found" if clean else "the faults are above"
    return f"{counts}: {verdict}\nrelease {knowledge.released}, content {knowledge.content_hash}"
