"""
`python -m benchmarks soak --minutes 20`: moderate load for a long time; does memory grow, is anything lost?

Orders are picked and signed for all fixture patients, one call in four without prefetch, so that the FHIR
server is asked. Prints a JSON line each minute and writes `test-artifacts/soak.jsonl` and `soak.svg`.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import random
import statistics
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import structlog

from benchmarks import memory, servers, traffic
from benchmarks.made_calls import ACCESS
from benchmarks.servers import Running
from benchmarks.traffic import Case, Oracle, Traffic
from cds_service.settings import Settings
from cds_service.store.database import Database
from cds_service.store.feedback import FeedbackStore
from cds_service.wsgi import build_app

OUT = Path("test-artifacts")
#: With fewer minutes there is no growth to speak of.
_SETTLED = 4

Row = dict[str, Any]


def main(arguments: list[str]) -> int:
    """Run it. Exit 1 if a card was wrong, a call failed or acknowledged feedback is not in the store."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--calls-per-second", type=float, default=40)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    given = parser.parse_args(arguments)
    OUT.mkdir(exist_ok=True)
    rows: list[Row] = []
    with (OUT / "soak.jsonl").open("w", encoding="utf-8") as file, service_and_calls(given.workers) as parts:
        server, made, right = parts
        load = Traffic(server.address, made, right, given.clients, given.calls_per_second)
        with load:
            for row in _minutes(given.minutes, server, load):
                rows.append(row)
                _tell(row, file)
        end = _end(rows, load, server)
        _tell(end, file)
    _draw(rows, OUT / "soak.svg")
    print(f"written: {OUT}/soak.jsonl, {OUT}/soak.svg")
    return 1 if end["wrong"] or end["answered_5xx"] or end["feedback_lost"] else 0


@contextmanager
def service_and_calls(workers: int) -> Iterator[tuple[Running, list[Case], Oracle]]:
    """A service and a FHIR server, mixed calls, and what is right to answer them."""
    with (
        servers.fhir_server() as fhir,
        servers.service(workers) as server,
        oracle() as right,
    ):
        made = mixed(server.address, fhir.address)
        for case in made:
            right(case)
        yield server, made, right


@contextmanager
def oracle(knowledge: Path | None = None) -> Iterator[Oracle]:
    """The service in this process, with a store of its own; None = the packaged knowledge."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with TemporaryDirectory() as folder:
        given = Settings(
            require_jwt=False,
            knowledge=knowledge,
            fhir_allow="http://127.0.0.1:*",
            deadline_fetch_ms=20_000,
            store_url=f"sqlite:///{Path(folder) / 'store.sqlite'}",
        )
        yield traffic.oracle(build_app(given).test_client())


def mixed(service: str, fhir: str) -> list[Case]:
    """Three calls in four bring their data; the others let the service ask."""
    with urllib.request.urlopen(f"{service}/cds-services", timeout=10) as answer:
        templates = json.load(answer)["services"][0]["prefetch"]
    asked = traffic.cases({}, fhirServer=f"{fhir}/fhir", fhirAuthorization=ACCESS)
    found = [*traffic.cases(templates) * 3, *asked]
    random.Random(1).shuffle(found)
    return found


def _minutes(minutes: float, server: Running, load: Traffic) -> Iterator[Row]:
    began = time.monotonic()
    before, done = began, 0
    while before < began + 60 * minutes:
        time.sleep(max(0.0, min(60.0, began + 60 * minutes - before)))
        now = time.monotonic()
        told = load.calls[done:]
        done += len(told)
        milliseconds = sorted(1000 * one.seconds for one in told)
        yield {
            "minute": round((now - began) / 60, 2),
            "calls": len(told),
            "per_second": round(len(told) / (now - before), 1),
            "p50_ms": round(statistics.median(milliseconds), 1) if told else None,
            "p99_ms": round(milliseconds[int(0.99 * len(told))], 1) if told else None,
            "outcomes": dict(load.outcomes(before, now)),
            "feedback_acknowledged": len(load.acknowledged),
            "megabytes": memory.held(server),
        }
        before = now


def _end(rows: list[Row], load: Traffic, server: Running) -> Row:
    outcomes, kept = load.outcomes(), stored(server.store)
    failed = sum(count for outcome, count in (outcomes + load.feedback).items() if outcome.startswith("5"))
    return {
        "end": True,
        "calls": len(load.calls),
        "outcomes": dict(outcomes),
        "wrong": outcomes[traffic.WRONG],
        "wrong_answers": load.wrong[:3],
        "answered_5xx": failed,
        "feedback": dict(load.feedback),
        "feedback_acknowledged": len(load.acknowledged),
        "feedback_lost": len(load.acknowledged - kept),
        "growth": _growth(rows),
    }


def stored(file: Path) -> set[tuple[str, str, str]]:
    """Card, outcome and time of all feedback in a store."""
    database = Database(f"sqlite:///{file}")
    try:
        return {(entry.card, entry.outcome, entry.at) for entry in FeedbackStore(database).all()}
    finally:
        database.close()


def _growth(rows: list[Row]) -> Row | None:
    """Megabytes an hour, by a line through all minutes but the first quarter; None = too short a time."""
    settled = rows[len(rows) // 4 :]
    if len(settled) < _SETTLED:
        return None
    minutes = [row["minute"] for row in settled]
    lines = {
        "master": [row["megabytes"]["master"] for row in settled],
        "workers": [sum(row["megabytes"]["workers"]) for row in settled],
        "together": [row["megabytes"]["together"] for row in settled],
    }
    return {
        f"{name}_mb_an_hour": round(60 * statistics.linear_regression(minutes, line).slope, 1)
        for name, line in lines.items()
    }


def _tell(row: Row, file: Any) -> None:
    text = json.dumps(row)
    print(text, flush=True)
    file.write(text + "\n")
    file.flush()


def _draw(rows: list[Row], path: Path) -> None:
    from matplotlib import pyplot

    minutes = [row["minute"] for row in rows]
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(12, 5), layout="constrained")
    left.plot(minutes, [row["megabytes"]["master"] for row in rows], label="master")
    most = max((len(row["megabytes"]["workers"]) for row in rows), default=0)
    for number in range(most):
        shown = [(row["minute"], row["megabytes"]["workers"]) for row in rows]
        points = [(minute, held[number]) for minute, held in shown if number < len(held)]
        left.plot(*zip(*points, strict=True), label=f"worker {number + 1}")
    left.plot(minutes, [row["megabytes"]["together"] for row in rows], label="together, shared pages once")
    left.set_ylim(bottom=0)
    left.set_title("Memory, MB, by minute", loc="left")
    left.legend(frameon=False)
    for part in ("p50_ms", "p99_ms"):
        right.plot(minutes, [row[part] for row in rows], label=part.removesuffix("_ms"))
    right.set_ylim(bottom=0)
    right.set_title("Time of a call, ms, by minute", loc="left")
    right.legend(frameon=False)
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)
