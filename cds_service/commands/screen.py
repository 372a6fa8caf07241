"""`pgx-cds screen`: a whole population at once."""

from __future__ import annotations

import argparse
import os
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cds_service.core.errors import InputError
from cds_service.resources import knowledge_folder
from cds_service.settings import read_settings

if TYPE_CHECKING:
    from cds_service.screening.cut import Cut
    from cds_service.screening.run import Progress
    from cds_service.screening.summary import Summary

_ACTIVE = "active"
_MOST_LINES = 10


def add_to(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "screen",
        help="judge a whole population",
        description="Reads a FHIR Bulk Data export (NDJSON) and writes one row for each person, drug and "
        "finding, with a summary and charts. Stopped half-way, the same command goes on where it was.",
    )
    parser.add_argument("--patients", type=Path, required=True, metavar="NDJSON_DIR")
    parser.add_argument(
        "--drugs",
        default=_ACTIVE,
        metavar="active|LIST",
        help="what each person takes (the default), or a comma list of names or RxNorm codes for everybody",
    )
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="holds patient data afterwards"
    )
    parser.add_argument("--workers", type=int, default=max(1, os.cpu_count() or 1), help="processes")
    parser.add_argument(
        "--dask", metavar="ADDRESS", help="of a Dask scheduler, whose workers do it instead; extra 'scale'"
    )
    parser.add_argument("--today", type=date.fromisoformat, help="day of the judgement; default: today")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Screen and print the summary. Exit 1 if some lines or records could not be read or judged."""
    try:
        from cds_service.screening.charts import draw
        from cds_service.screening.cut import ndjson_files
        from cds_service.screening.run import on_cores, on_dask
        from cds_service.screening.run import run as screen_all
        from cds_service.screening.shard import Setup
        from cds_service.screening.summary import sum_up
    except ImportError as error:
        raise InputError(
            f"screen needs the extra 'screen' ({error.name}): pip install 'pgx-cds[screen]'"
        ) from None
    settings = read_settings(os.environ, require_jwt=False)
    setup = Setup(
        knowledge=settings.knowledge or knowledge_folder(),
        site=settings.site,
        today=options.today or datetime.now(UTC).date(),
        drugs=() if options.drugs == _ACTIVE else _listed(options.drugs),
    )
    files = ndjson_files(options.patients)
    with on_dask(options.dask) if options.dask else on_cores(options.workers) as mapper:
        done = screen_all(files, options.out, setup, mapper, _progress())
    summary = sum_up(options.out)
    draw(summary, options.out)
    _print(summary, done.cut, options.out)
    faults = sum(row["people"] for row in summary.tables["by_state"] if row["state"].startswith("fault"))
    return 1 if faults or done.cut.unreadable else 0


def _listed(text: str) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    if not found:
        raise InputError("--drugs: 'active', or names of drugs with commas between them")
    return found


def _progress() -> Progress:
    """A bar on a terminal; else a line for each tenth."""
    from tqdm import tqdm

    if sys.stderr.isatty():
        bar = tqdm(unit=" shards", desc="screening")

        def show(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)
            if done == total:
                bar.close()

        return show
    told = -1

    def tell(done: int, total: int) -> None:
        nonlocal told
        tenth = 10 * done // total
        if tenth > told:
            told = tenth
            print(f"{done} of {total} shards done", file=sys.stderr, flush=True)

    return tell


def _print(summary: Summary, cut: Cut, out: Path) -> None:
    totals = summary.totals
    print(f"people           {totals['people']:>12,}")
    print(f"  with results   {totals['tested']:>12,}")
    print(f"  with a card    {totals['would_fire']:>12,}")
    print(f"cards            {totals['findings']:>12,}")
    for row in summary.tables["by_state"]:
        if row["state"] != "judged":
            print(f"  not judged     {row['people']:>12,}   {row['state']}")
    print()
    for row in summary.tables["by_drug"][:_MOST_LINES]:
        print(f"{row['drug']:28} {row['would_fire']:>10,} of {row['people']:>10,}   {row['percent']:5.1f} %")
    for name, count in sorted(cut.unreadable.items()):
        print(f"{name}: {count:,} lines are not JSON", file=sys.stderr)
    for kind, count in sorted(cut.left_out.items()):
        print(f"{count:,} lines of {kind} were not looked at", file=sys.stderr)
    print(f"\nwritten to {out}: findings/, people/ (Parquet), summary.json, *.csv, charts/")
