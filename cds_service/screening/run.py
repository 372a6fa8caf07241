"""A whole screening: cut, judge shard after shard, sum up. Interrupted, it goes on where it stopped."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import orjson
import pyarrow.parquet as pq

from cds_service import __version__
from cds_service.core.errors import InputError
from cds_service.screening.cut import Cut, cut, ndjson_files
from cds_service.screening.shard import Setup, Shard, judge_of, screen

PEOPLE, FINDINGS = "people", "findings"
_MANIFEST = "screening.json"
_WORK = "work"
_MADE = "made"

#: NDJSON files for a folder of ours, where those that are not there yet are made.
Lines = Callable[[Path], list[Path]]
#: Runs a function over shards, on whatever there is, and gives the results as they come.
Mapper = Callable[[Callable[[Shard], int], list[Shard]], Iterable[int]]
#: Called with the number of shards that are done, and of all.
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Export:
    """
    What is screened.

    Args:
        named: The files the user named; a screening that goes on has to find them as they were.
        lines: Gives the files of FHIR resources.
        said: What the user said about the files, by name; the same has to be said again.
    """

    named: tuple[Path, ...]
    lines: Lines
    said: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of_folder(cls, folder: Path) -> Export:
        """
        A FHIR Bulk Data export.

        Raises:
            InputError: If there is none.
        """
        files = ndjson_files(folder)
        return cls(tuple(files), lambda _: files)


@dataclass(frozen=True, slots=True)
class Done:
    """
    What a screening has done.

    Args:
        cut: What the export was cut into.
        shards_before: Shards that an earlier run had finished.
        people: Persons judged by this run.
    """

    cut: Cut
    shards_before: int
    people: int


def run(export: Export, out: Path, setup: Setup, mapper: Mapper, progress: Progress) -> Done:
    """
    Judge everybody in an export and write both tables as Parquet below `out`.

    Args:
        export: Whom.
        out: Folder of the result; made for its owner alone, because it holds patient data.
        setup: How they are judged.
        mapper: `on_cores(...)`, or one of another machine park.
        progress: Told after each shard.

    Raises:
        InputError: If a file cannot be read, a drug is unknown, or `out` holds another screening.
    """
    judge = judge_of(setup)
    wanted = {
        "service": __version__,
        "knowledge": judge.knowledge.content_hash,
        "drugs": list(setup.drugs),
        "site": str(setup.site or ""),
        "files": {str(path): [path.stat().st_size, path.stat().st_mtime_ns] for path in export.named},
        "said": dict(export.said),
    }
    out.mkdir(parents=True, exist_ok=True, mode=0o700)
    found, today = _begin(out, export.lines, wanted, setup.today)
    setup = replace(setup, today=today)
    open_shards = [n for n in range(found.shards) if not _part(out, PEOPLE, n).exists()]
    before, people = found.shards - len(open_shards), 0
    progress(before, found.shards)
    shards = [Shard(out / _WORK, number, setup) for number in open_shards]
    for done, count in enumerate(mapper(partial(write_shard, out), shards), 1):
        people += count
        progress(before + done, found.shards)
    shutil.rmtree(out / _WORK, ignore_errors=True)
    return Done(found, before, people)


def _begin(out: Path, lines: Lines, wanted: dict[str, Any], today: date) -> tuple[Cut, date]:
    """Cut the export, or take up what an earlier run has cut; its day goes on, too."""
    manifest = out / _MANIFEST
    if manifest.exists():
        known = orjson.loads(manifest.read_bytes())
        if {key: known.get(key) for key in wanted} != wanted:
            raise InputError(
                f"{out}: holds another screening (other files, drugs or knowledge); name a new --out"
            )
        return Cut(**known["cut"]), date.fromisoformat(known["today"])
    if any((out / name).exists() for name in (PEOPLE, FINDINGS)):
        raise InputError(f"{out}: holds something else already; name a new --out")
    made = _made(out / _MADE, wanted)
    found = cut(lines(made), out / _WORK)
    for name in (PEOPLE, FINDINGS):
        (out / name).mkdir()
    written = {**wanted, "today": today.isoformat(), "cut": _as_json(found)}
    _write_json(manifest, written)
    shutil.rmtree(made, ignore_errors=True)
    return found, today


def _made(folder: Path, wanted: dict[str, Any]) -> Path:
    """The folder of the lines that are made; what is in it of another screening is thrown away."""
    about = folder / _MANIFEST
    if not about.exists() or orjson.loads(about.read_bytes()) != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        _write_json(about, wanted)
    return folder


def _write_json(path: Path, value: dict[str, Any]) -> None:
    data = orjson.dumps(value, option=orjson.OPT_INDENT_2)
    _replace(path, lambda beside: beside.write_bytes(data))


def _as_json(found: Cut) -> dict[str, Any]:
    return {
        "shards": found.shards,
        "lines": found.lines,
        "unreadable": found.unreadable,
        "left_out": found.left_out,
        "without_person": found.without_person,
    }


def write_shard(out: Path, shard: Shard) -> int:
    """
    Screen a shard and write its parts; the table of people last, because it marks the shard as done.

    Returns:
        Number of people.
    """
    tables = screen(shard)
    for name, table in ((FINDINGS, tables.findings), (PEOPLE, tables.people)):
        _replace(_part(out, name, shard.number), partial(pq.write_table, table))
    return int(tables.people.num_rows)


def _part(out: Path, name: str, number: int) -> Path:
    return out / name / f"part-{number:06d}.parquet"


def _replace(path: Path, write: Callable[[Path], Any]) -> None:
    """Written beside and then moved: a file under its name is always whole."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    write(beside)
    beside.replace(path)


@contextmanager
def on_cores(workers: int) -> Iterator[Mapper]:
    """Processes of this machine, each with its own copy of the knowledge."""
    # Not forked: the libraries beside us have threads, which a fork would leave in the middle of something.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:

        def mapper(work: Callable[[Shard], int], shards: list[Shard]) -> Iterator[int]:
            for future in as_completed([pool.submit(work, shard) for shard in shards]):
                yield future.result()

        yield mapper


@contextmanager
def on_dask(scheduler: str) -> Iterator[Mapper]:
    """
    The workers of a Dask cluster; export, knowledge and result have to be on a file system they share.

    Args:
        scheduler: Address such as `tcp://10.0.0.1:8786`.
    """
    try:
        from distributed import Client
        from distributed import as_completed as completed
    except ImportError:
        raise InputError("--dask needs the extra 'scale': pip install 'pgx-cds[screen,scale]'") from None
    try:
        client = Client(scheduler, timeout="5s")
    except OSError:
        raise InputError(f"--dask: no scheduler answers at {scheduler}") from None
    with client:

        def mapper(work: Callable[[Shard], int], shards: list[Shard]) -> Iterator[int]:
            for future in completed(client.map(work, shards, pure=False, retries=1)):
                yield future.result()
                future.release()

        yield mapper
