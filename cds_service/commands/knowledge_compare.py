"""`pgx-cds knowledge diff` and `impact`: what a new knowledge folder changes. `compare` comes along."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from typing import Any

import orjson

from cds_service.commands import knowledge_lookups
from cds_service.core.knowledge_base import KnowledgeBase
from cds_service.curation.compile import compile_knowledge
from cds_service.curation.diff import compare_folders, report
from cds_service.hooks.data_needs import DataPlan
from cds_service.hooks.impact import Answer, CaseImpact, compare_answers, prefetch_only, read_cases
from cds_service.hooks.site import SiteProfile, read_site
from cds_service.settings import read_settings
from cds_service.wsgi import build_evaluator, today


def add_to(tools: Any) -> None:
    """Add the tools that compare to the parser of `knowledge`."""
    knowledge_lookups.add_to(tools)
    diff = tools.add_parser("diff", help="changed facts between two folders, as sentences")
    _two_folders(diff)
    diff.set_defaults(run=run_diff)
    impact = tools.add_parser("impact", help="which stored hook calls get other cards")
    _two_folders(impact)
    impact.add_argument(
        "--cases",
        type=Path,
        required=True,
        metavar="DIR",
        help="folder with hook requests that bring their data",
    )
    impact.set_defaults(run=run_impact)


def _two_folders(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("old", type=_folder, metavar="OLD")
    parser.add_argument("new", type=_folder, metavar="NEW")
    parser.add_argument("--json", action="store_true")


def run_diff(options: argparse.Namespace) -> int:
    """Exit 0 if nothing differs, 1 if something does."""
    changes = compare_folders(options.old, options.new)
    if options.json:
        _print_json([asdict(change) for change in changes])
    else:
        for line in report(changes):
            print(line)
        print(f"{len(changes)} changes" if changes else "no difference")
    return 1 if changes else 0


def run_impact(options: argparse.Namespace) -> int:
    """Exit 0 if all stored calls get the same cards, 1 if some do not."""
    site = read_site(read_settings(os.environ, require_jwt=False).site)
    cases = read_cases(options.cases)
    old = compile_knowledge(options.old, site.local_tests)
    # The date of the release stands in the text of every card: alone it is no change of a card.
    new = replace(compile_knowledge(options.new, site.local_tests), released=old.released)
    day = today()
    impacts = list(compare_answers(cases, _answer(old, site, day), _answer(new, site, day)))
    changed = [impact for impact in impacts if impact.changes]
    if options.json:
        _print_json([asdict(impact) for impact in changed])
    else:
        _print(changed)
        print(f"{len(changed)} of {len(impacts)} stored calls get other cards")
    return 1 if changed else 0


def _answer(knowledge: KnowledgeBase, site: SiteProfile, day: date) -> Answer:
    """The answers of one folder to calls that bring their data, as if asked on this day."""
    plan = DataPlan.of(knowledge.codes, site, knowledge.measures.used_codes)
    return build_evaluator(knowledge, site, prefetch_only(plan), lambda: day).evaluate


def _print(impacts: Sequence[CaseImpact]) -> None:
    for impact in impacts:
        print(impact.name)
        for change in impact.changes:
            print(f"  {change}")


def _print_json(value: object) -> None:
    print(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())


def _folder(text: str) -> Path:
    path = Path(text)
    if not path.is_dir():
        raise argparse.ArgumentTypeError(f"there is no folder {text}")
    return path
