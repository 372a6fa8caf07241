"""`pgx-cds knowledge compare`: a table of guideline look-ups from elsewhere beside the rules."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cds_service.curation.compare import compare, report
from cds_service.curation.compare_differences import read_explanations
from cds_service.curation.compare_rules import read_populations
from cds_service.curation.compare_table import read_lookups
from cds_service.curation.compile import compile_knowledge
from cds_service.resources import knowledge_folder
from cds_service.settings import read_settings

_DIFFERENCES, _POPULATIONS = "differences.tsv", "lookup_populations.tsv"


def add_to(tools: Any) -> None:
    """Add the tool to the parser of `knowledge`."""
    parser = tools.add_parser("compare", help="a table of guideline look-ups beside the rules")
    parser.add_argument("table", type=Path, metavar="TABLE", help="tab separated, one row a statement")
    parser.add_argument("--branches", type=Path, metavar="FILE", help="answers that depend on a condition")
    parser.add_argument(
        "--differences",
        type=Path,
        metavar="FILE",
        help=f"explained differences; else {_DIFFERENCES} of the knowledge",
    )
    parser.add_argument("--reasons", action="store_true", help="list the reasons and how often each is used")
    parser.set_defaults(run=run_compare)


def run_compare(options: argparse.Namespace) -> int:
    """Exit 0 if every difference is explained and every explanation needed, 1 if not."""
    folder = read_settings(os.environ, require_jwt=False).knowledge or knowledge_folder()
    explained = options.differences or folder / _DIFFERENCES
    result = compare(
        read_lookups(options.table, options.branches),
        compile_knowledge(folder),
        read_populations(folder / _POPULATIONS),
        read_explanations(explained),
    )
    for line in report(result):
        print(line)
    if options.reasons:
        _print_reasons(result.reasons)
    return 0 if result.good else 1


def _print_reasons(reasons: Mapping[str, int]) -> None:
    for reason, count in sorted(reasons.items(), key=lambda item: -item[1]):
        print(f"{count:5} {reason}")
