"""
`python -m benchmarks faults`: what a fault does to calls that go on meanwhile, and how soon it is over.

Each answer is held against the right one and each feedback that was acknowledged is looked for in the store.
Names of faults can follow. Prints a table and writes `test-artifacts/faults.json`.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import sqlite3
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any

from werkzeug.serving import make_server

from benchmarks import servers, traffic
from benchmarks.call_back import Quiet, Stub
from benchmarks.made_calls import ACCESS, record
from benchmarks.servers import Running
from benchmarks.soak import OUT, mixed, oracle, stored
from benchmarks.traffic import RIGHT, Case, Oracle, Traffic
from cds_service.resources import knowledge_folder

WORKERS = 2
#: Seconds of calm before a fault, of the fault where it has a length, and of calm that ends the measurement.
_CALM, _FAULT, _QUIET = 3.0, 8.0, 6.0
_PATIENCE = 60.0

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Stage:
    """A service with its FHIR server, mixed calls, and what is right to answer them."""

    server: Running
    fhir: Running
    made: list[Case]
    right: Oracle


def main(wanted: list[str]) -> int:
    """Run the named faults, or all. Exit 1 if a card was wrong or acknowledged feedback is gone."""
    unknown = set(wanted) - FAULTS.keys()
    if unknown:
        print(f"no such fault: {', '.join(sorted(unknown))}; there are {', '.join(FAULTS)}", file=sys.stderr)
        return 2
    rows = []
    for name, fault in FAULTS.items():
        if not wanted or name in wanted:
            rows.append({"fault": name, **fault()})
            print(_words(rows[-1]), flush=True)
    OUT.mkdir(exist_ok=True)
    (OUT / "faults.json").write_text(json.dumps(rows, indent=2), encoding="utf-8")
    print(f"written: {OUT}/faults.json")
    return 1 if any(row["wrong"] or row["feedback_lost"] for row in rows) else 0


# -- the faults ------------------------------------------------------------------------------------


def fhir_server_dies() -> Row:
    """The FHIR server is killed and comes back eight seconds later."""
    with _stage() as stage, ExitStack() as later:

        def strike() -> None:
            stage.fhir.process.kill()
            for worker in stage.fhir.children:
                os.kill(worker, signal.SIGKILL)
            stage.fhir.process.wait()
            time.sleep(_FAULT)
            later.enter_context(servers.fhir_server(stage.fhir.port))

        return _measured(stage, strike)


def slow_tenant() -> Row:
    """Another tenant's FHIR server takes 1.5 seconds for each answer, and forty of its calls come at once."""
    with _stage() as stage, _slow_server(1.5) as slow:
        made = traffic.cases({}, fhirServer=slow, fhirAuthorization=ACCESS)
        crowd = Traffic(stage.server.address, made, lambda _: frozenset(), clients=40, per_second=400)

        def strike() -> None:
            with crowd:
                time.sleep(_FAULT)

        row = _measured(stage, strike)
    return {**row, "beside": {"calls": len(crowd.calls), "outcomes": dict(_statuses(crowd))}}


def store_locked() -> Row:
    """Somebody else holds the store's lock for eight seconds."""
    with _stage() as stage:

        def strike() -> None:
            with closing(sqlite3.connect(stage.server.store, isolation_level=None)) as other:
                other.execute("BEGIN EXCLUSIVE")
                time.sleep(_FAULT)
                other.execute("ROLLBACK")

        return _measured(stage, strike)


def disk_full() -> Row:
    """No file may grow any more, for eight seconds."""
    with _stage() as stage:

        def strike() -> None:
            every = [stage.server.process.pid, *stage.server.children]
            files = [path.stat().st_size for path in stage.server.store.parent.glob("store.sqlite-wal")]
            for pid in every:
                resource.prlimit(pid, resource.RLIMIT_FSIZE, (max(files, default=0), resource.RLIM_INFINITY))
            time.sleep(_FAULT)
            for pid in every:
                resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)

        return _measured(stage, strike)


def knowledge_reload() -> Row:
    """New knowledge is taken over by SIGHUP; each card is the old or the new one, and afterwards the new."""
    with TemporaryDirectory() as folder:
        knowledge = Path(shutil.copytree(knowledge_folder(), Path(folder) / "knowledge"))
        with _stage(PGX_CDS_KNOWLEDGE=str(knowledge)) as stage, ExitStack() as later:
            release = knowledge / "release.json"
            release.write_text(json.dumps({**json.loads(release.read_bytes()), "released": "2031-01-01"}))
            new = later.enter_context(oracle(knowledge=knowledge))
            taken_over = time.monotonic() + _PATIENCE

            def right(case: Case) -> frozenset[bytes]:
                return new(case) if time.monotonic() > taken_over else stage.right(case) | new(case)

            for case in stage.made:
                right(case)

            def strike() -> None:
                nonlocal taken_over
                old = set(stage.server.children)
                os.kill(stage.server.process.pid, signal.SIGHUP)
                _wait(lambda: stage.server.children and old.isdisjoint(stage.server.children))
                taken_over = time.monotonic() + 1

            return _measured(Stage(stage.server, stage.fhir, stage.made, right), strike)


def worker_killed() -> Row:
    """One of two workers is killed, three times."""
    with _stage() as stage:

        def strike() -> None:
            for _ in range(3):
                _kill_one(stage.server)
                time.sleep(1)

        return _measured(stage, strike)


def service_killed() -> Row:
    """All processes of the service are killed at once and started again, as by a machine that restarts."""
    with TemporaryDirectory() as folder, _stage(folder=Path(folder)) as stage, ExitStack() as later:

        def strike() -> None:
            for pid in (stage.server.process.pid, *stage.server.children):
                os.kill(pid, signal.SIGKILL)
            stage.server.process.wait()
            later.enter_context(servers.service(WORKERS, port=stage.server.port, folder=Path(folder)))

        return _measured(stage, strike)


FAULTS: dict[str, Callable[[], Row]] = {
    fault.__name__: fault
    for fault in (
        fhir_server_dies,
        slow_tenant,
        store_locked,
        disk_full,
        knowledge_reload,
        worker_killed,
        service_killed,
    )
}


# -- measuring -------------------------------------------------------------------------------------


@contextmanager
def _stage(**given: Any) -> Iterator[Stage]:
    with (
        servers.fhir_server() as fhir,
        servers.service(WORKERS, **given) as server,
        oracle() as right,
    ):
        made = mixed(server.address, fhir.address)
        for case in made:
            right(case)
        yield Stage(server, fhir, made, right)


def _measured(stage: Stage, strike: Callable[[], None]) -> Row:
    """Traffic before, during and after a fault; `strike` returns when the fault is over."""
    with Traffic(stage.server.address, stage.made, stage.right, clients=8) as load:
        time.sleep(_CALM)
        began = time.monotonic()
        strike()
        ended = time.monotonic()
        recovered = _recovered(load, ended)
    outcomes = load.outcomes()
    lost = load.acknowledged - stored(stage.server.store)
    return {
        "calls": len(load.calls),
        "outcomes": dict(outcomes),
        "during": dict(load.outcomes(began, ended)),
        "fault_seconds": round(ended - began, 1),
        "p99_ms": {"before": _p99(load, 0, began), "during": _p99(load, began, ended)},
        "wrong": outcomes[traffic.WRONG],
        "wrong_answers": load.wrong[:3],
        "feedback": dict(load.feedback),
        "feedback_acknowledged": len(load.acknowledged),
        "feedback_lost": len(lost),
        "recovery_seconds": recovered,
    }


def _recovered(load: Traffic, ended: float) -> float | None:
    """Seconds after the end of a fault until every answer was right again; None = not in a minute."""
    while (now := time.monotonic()) < ended + _PATIENCE:
        bad = [told.at for told in list(load.calls) if told.at > ended and told.outcome != RIGHT]
        last = max(bad, default=ended)
        if now > last + _QUIET and load.outcomes(last, now)[RIGHT]:
            return round(last - ended, 1)
        time.sleep(0.2)
    return None


def _p99(load: Traffic, since: float, until: float) -> float | None:
    times = sorted(1000 * told.seconds for told in load.calls if since <= told.at < until)
    return round(statistics.quantiles(times, n=100)[98], 1) if len(times) > 1 else None


def _statuses(load: Traffic) -> dict[str, int]:
    """Of calls whose right answer nobody has worked out: whether there was a card, and the refusals."""
    found = {"answered": 0}
    for outcome, count in load.outcomes().items():
        name = "answered" if outcome in (RIGHT, traffic.NOT_CHECKED, traffic.WRONG) else outcome
        found[name] = found.get(name, 0) + count
    return found


def _kill_one(server: Running) -> None:
    """Kill a worker and wait for another one in its place."""
    before = server.children
    os.kill(before[0], signal.SIGKILL)
    _wait(lambda: before[0] not in server.children and len(server.children) == len(before))


def _wait(what: Callable[[], Any]) -> None:
    end = time.monotonic() + _PATIENCE
    while not what():
        if time.monotonic() > end:
            raise RuntimeError("it did not happen in a minute")
        time.sleep(0.05)


@contextmanager
def _slow_server(latency: float) -> Iterator[str]:
    """The address of a FHIR server that takes its time, with one patient's record for everybody."""
    server = make_server(
        "127.0.0.1", 0, Stub(record("pgx-stent"), latency).app, threaded=True, request_handler=Quiet
    )
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/fhir"
    server.shutdown()


def _words(row: Row) -> str:
    refused = sum(count for status, count in row["feedback"].items() if status != "200")
    during = ", ".join(f"{count} {name}" for name, count in sorted(row["during"].items()))
    recovery = "not in a minute" if row["recovery_seconds"] is None else f"{row['recovery_seconds']} s"
    return (
        f"{row['fault']:18} {row['calls']:>6} calls, wrong {row['wrong']}; "
        f"feedback {row['feedback_acknowledged']} acknowledged, {refused} not, {row['feedback_lost']} lost; "
        f"during the {row['fault_seconds']} s: {during}; recovery {recovery}; "
        f"p99 {row['p99_ms']['before']} -> {row['p99_ms']['during']} ms"
    )
