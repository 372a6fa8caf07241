"""`pgx-cds report`: what became of the cards."""

from __future__ import annotations

import argparse
import os
import re
from pathlib import Path
from typing import Any

from cds_service.core.errors import InputError
from cds_service.reporting import Reporting
from cds_service.reports.page import page, tables_as_csv
from cds_service.reports.usage import FEWEST_ANSWERS, Usage
from cds_service.settings import read_settings

_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def add_to(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("report", help="what became of the cards: shown, accepted, overridden")
    parser.add_argument("--since", default="", metavar="DAY", help="from this day on, 2026-11-01")
    parser.add_argument("--until", default="", metavar="DAY", help="before this day")
    parser.add_argument("--ehr", default="", metavar="ISSUER", help="only calls with tokens of this issuer")
    parser.add_argument("--tenant", default="", metavar="NAME", help="only calls of this organisation in it")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write a page with pictures and tables")
    parser.add_argument("--csv", type=Path, metavar="FOLDER", help="write one CSV file for each table")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the report and write what was asked for; exit code 1 if there was no call."""
    for day in (options.since, options.until):
        if day and not _DAY.fullmatch(day):
            raise InputError("a day is written as 2026-11-21")
    reporting = Reporting.open(read_settings(os.environ, require_jwt=False))
    report = reporting.report(options.since, options.until, ehr=options.ehr, tenant=options.tenant)
    if options.html is not None:
        options.html.write_text(page(report), encoding="utf8")
    if options.csv is not None:
        options.csv.mkdir(parents=True, exist_ok=True)
        for name, text in tables_as_csv(report).items():
            (options.csv / name).write_text(text, encoding="utf8")
    _print(report)
    return 1 if report.empty else 0


def _print(report: Usage) -> None:
    if report.empty:
        print("There is no call on record for these days.")
        return
    total = report.total
    calls = ", ".join(f"{number} {outcome}" for outcome, number in report.calls.items())
    print(f"{sum(report.calls.values())} calls: {calls}")
    print(f"{total.shown} cards: {total.accepted} accepted, {total.overridden} overridden")
    for line in report.tables["rule"]:
        rate = line.percent or "no answer"
        print(f"{line.shown:6}  {rate:>9}  {line.name}")
    several = len(report.tables["ehr"]) > 1
    for line in report.tables["ehr"] if several else ():
        print(f"{line.shown:6}  {line.percent or 'no answer':>9}  {line.name}")
    for line in report.low:
        print(f"followed seldom (at least {FEWEST_ANSWERS} answers): {line.name}, {line.percent}")
    for held in report.held_back or ():
        print(f"{held.cards:6}  {held.reason:>11}  {held.rule}")
