"""`pgx-cds screen`: a whole population at once."""

from __future__ import annotations

import argparse
import os
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cds_service.commands.call_sexes import read_ped
from cds_service.core.errors import InputError
from cds_service.resources import knowledge_folder
from cds_service.settings import read_settings

if TYPE_CHECKING:
    from cds_service.screening.cut import Cut
    from cds_service.screening.run import Export, Progress
    from cds_service.screening.summary import Summary

_ACTIVE = "active"
_MOST_LINES = 10


def add_to(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "screen",
        help="judge a whole population",
        description="Reads a FHIR Bulk Data export (NDJSON), a VCF or both, and writes one row for each "
        "person, drug and finding, with a summary and charts. Stopped half-way, the same command goes on "
        "where it was.",
    )
    parser.add_argument("--patients", type=Path, metavar="NDJSON_DIR", help="a FHIR Bulk Data export")
    parser.add_argument(
        "--vcf", type=Path, metavar="COHORT", help="VCF or BCF of many samples; beside --patients or alone"
    )
    _add_cohort(parser)
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


def _add_cohort(parser: Any) -> None:
    parser.add_argument(
        "--samples",
        type=Path,
        metavar="FILE.tsv",
        help="whose the samples of the VCF are: sample, tab, id of the patient; default: their own names",
    )
    parser.add_argument("--build", choices=("GRCh38", "GRCh37"), help="of a VCF that does not say it")
    parser.add_argument("--ped", type=Path, metavar="FILE", help="sexes of the samples, for genes on X")
    parser.add_argument(
        "--absent-is-reference",
        action="store_true",
        help="take positions that the VCF lacks for the reference",
    )


def run(options: argparse.Namespace) -> int:
    """Screen and print the summary. Exit 1 if some lines or records could not be read or judged."""
    try:
        from cds_service.screening.charts import draw
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
    export = _export(options, setup.knowledge)
    with on_dask(options.dask) if options.dask else on_cores(options.workers) as mapper:
        done = screen_all(export, options.out, setup, mapper, _progress("shards"))
    summary = sum_up(options.out)
    draw(summary, options.out)
    _print(summary, done.cut, options.out)
    faults = sum(row["people"] for row in summary.tables["by_state"] if row["state"].startswith("fault"))
    return 1 if faults or done.cut.unreadable else 0


def _export(options: argparse.Namespace, knowledge: Path) -> Export:
    """What the options name: an export, a VCF, or both."""
    from cds_service.screening.cut import ndjson_files
    from cds_service.screening.run import Export

    if options.vcf is None:
        if options.patients is None:
            raise InputError("screen: name people with --patients, --vcf or both")
        return Export.of_folder(options.patients)
    from cds_service.commands.screen_cohort import Cohort, read_map, write_lines

    if options.patients is None and options.drugs == _ACTIVE:
        raise InputError("--vcf: a VCF names no orders; say with --drugs which drugs everybody is judged for")
    cohort = Cohort(
        file=options.vcf.resolve(),
        knowledge=knowledge.resolve(),
        patients=read_map(options.samples) if options.samples else None,
        with_person=options.patients is None,
        build=options.build or "",
        absent_is_reference=options.absent_is_reference,
        sexes=read_ped(options.ped) if options.ped else {},
    )
    beside = ndjson_files(options.patients) if options.patients else []
    named = [options.vcf, *filter(None, (options.samples,)), *beside]

    def lines(to: Path) -> list[Path]:
        return [*beside, *write_lines(cohort, to, options.workers, _progress("chunks called"))]

    return Export(tuple(named), lines, cohort.said)


def _listed(text: str) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    if not found:
        raise InputError("--drugs: 'active', or names of drugs with commas between them")
    return found


def _progress(of: str) -> Progress:
    """A bar on a terminal; else a line for each tenth. `of` names what is counted."""
    from tqdm import tqdm

    if sys.stderr.isatty():
        bar = tqdm(unit=f" {of}", desc="screening")

        def show(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)
            if done == total:
                bar.close()

        return show
    told = -1

    def tell(done: int, total: int) -> None:
        nonlocal told
        tenth = 10 * done // max(1, total)
        if tenth > told:
            told = tenth
            print(f"{done} of {total} {of}", file=sys.stderr, flush=True)

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
    if cut.without_person:
        print(
            f"{cut.without_person:,} people have no Patient: nothing is known of age and sex", file=sys.stderr
        )
    for kind, count in sorted(cut.left_out.items()):
        print(f"{count:,} lines of {kind} were not looked at", file=sys.stderr)
    print(f"\nwritten to {out}: findings/, people/ (Parquet), summary.json, *.csv, charts/")
