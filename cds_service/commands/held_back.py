"""`pgx-cds held-back`: which cards were made and not shown, by rule."""

from __future__ import annotations

import argparse
import os
import time
from collections import Counter
from dataclasses import asdict
from typing import Any

import orjson

from cds_service.settings import read_settings
from cds_service.store.held_back import HeldBackCount, HeldBackTally
from cds_service.wsgi import today


def add_to(commands: Any) -> None:
    """Declare the command."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "held-back", help="cards that were held back: silent rules, severity floor, repeated alerts"
    )
    parser.add_argument("--json", action="store_true", help="print the counts of each day as JSON")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the counts of the database that `PGX_CDS_STORE_URL` names."""
    settings = read_settings(os.environ, require_jwt=False)
    found = HeldBackTally(settings.store_url, today, time.monotonic).all()
    if options.json:
        print(orjson.dumps([asdict(item) for item in found], option=orjson.OPT_INDENT_2).decode())
    else:
        _print(found)
    return 0


def _print(found: list[HeldBackCount]) -> None:
    if not found:
        print("no card was held back")
        return
    cards: Counter[tuple[str, str]] = Counter()
    for item in found:
        cards[(item.reason, item.rule)] += item.cards
    for (reason, rule), number in sorted(cards.items()):
        print(f"{number:6}  {reason:12}  {rule}")
    print(f"{sum(cards.values())} cards held back from {found[0].day} to {max(item.day for item in found)}")
