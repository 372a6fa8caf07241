"""A running `pgx-cds serve`, for tests that need its processes."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from tests.curation.folders import copy_knowledge
from tests.requests_made import call, draft, genotype

BODY = call(draft(), results=(genotype("CYP2C19", "*2/*2"),))
WORKERS = 2
#: Seconds a start or reload may take on a busy machine.
PATIENCE = 60


@dataclass
class Served:
    """A running `pgx-cds serve` on the loopback address."""

    process: subprocess.Popen[bytes]
    base: str
    knowledge: Path
    log: Path

    def ready(self) -> str:
        """What readiness says about the knowledge, over a new connection; empty before the start."""
        try:
            answer = requests.get(f"{self.base}/health/ready", timeout=10)
        except requests.ConnectionError:
            return ""
        return str(answer.json()["checks"]["knowledge"])

    def cards(self) -> list[dict[str, Any]]:
        answer = requests.post(f"{self.base}/cds-services/pgx-order-select", json=BODY, timeout=10)
        answer.raise_for_status()
        found: list[dict[str, Any]] = answer.json()["cards"]
        return found

    def hang_up(self) -> None:
        os.kill(self.process.pid, signal.SIGHUP)

    def logged(self, event: str) -> list[dict[str, Any]]:
        whole = self.log.read_text("utf8").rpartition("\n")[0]
        lines = [line for line in whole.splitlines() if line.startswith("{")]
        return [entry for entry in map(json.loads, lines) if entry["event"] == event]

    def shows(self, text: str) -> bool:
        """All workers show it: new connections go to any of them."""
        return all(text in self.ready() for _ in range(10 * WORKERS))


def wait_for(what: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def serve(folder: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> Iterator[Served]:
    """A server with a knowledge folder and a store of its own in a folder; its processes are one group."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    knowledge, log = copy_knowledge(folder / "knowledge"), folder / "log"
    settings = {
        **os.environ,
        "PGX_CDS_REQUIRE_JWT": "0",
        "PGX_CDS_KNOWLEDGE": str(knowledge),
        "PGX_CDS_STORE_URL": f"sqlite:///{folder}/store.sqlite",
        **(environment or {}),
    }
    command = [
        sys.executable,
        "-m",
        "cds_service.cli",
        "serve",
        "--port",
        str(port),
        "--workers",
        str(WORKERS),
    ]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, *arguments], env=settings, stdout=output, stderr=output, start_new_session=True
        )
    served = Served(process, f"http://127.0.0.1:{port}", knowledge, log)
    try:
        wait_for(lambda: served.ready() or process.poll() is not None)
        assert process.poll() is None, log.read_text("utf8")
        yield served
    finally:
        process.terminate()
        process.wait(30)
