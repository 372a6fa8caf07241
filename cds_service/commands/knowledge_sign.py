"""`pgx-cds knowledge sign`: records that a named person of the site approved rules as they stand."""

from __future__ import annotations

import argparse
import os
from datetime import date
from pathlib import Path
from typing import Any

from cds_service.curation.signoff import item_hashes, read_signatures, sign, write_signatures
from cds_service.resources import knowledge_folder
from cds_service.settings import read_settings
from cds_service.wsgi import today


def add_to(tools: Any) -> None:
    """Add the tool to the parser of `knowledge`."""
    parser = tools.add_parser("sign", help="approve rules, replacements or tests by id, as they stand now")
    parser.add_argument("ids", nargs="+", metavar="RULE_ID", help="see knowledge show DRUG")
    parser.add_argument("--by", required=True, metavar="NAME", help="the person who approves")
    parser.add_argument("--file", type=Path, required=True, metavar="SIGNOFF.json", help="made if missing")
    parser.add_argument("--on", type=_day, metavar="DAY", help="such as 2026-11-21; today if left out")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Add signatures to the file."""
    settings = read_settings(os.environ, require_jwt=False)
    hashes = item_hashes(settings.knowledge or knowledge_folder())
    before = read_signatures(options.file) if options.file.exists() else ()
    after = sign(before, options.ids, hashes, options.by, options.on or today())
    write_signatures(options.file, after)
    current = sum(hashes.get(item.id) == item.hash for item in after)
    added = len(after) - len(before)
    print(f"{added} signatures added; {current} of {len(hashes)} entries are signed as they stand")
    return 0


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError("a day is written as 2026-11-21") from None
