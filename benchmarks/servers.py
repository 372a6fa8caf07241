"""Servers of our own on the loopback address, for the time of a measurement."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from cds_service.web.gate import Room

_PATIENCE = 60
_PROGRAM = Path(sys.executable).with_name("pgx-cds")


@dataclass(frozen=True, slots=True)
class Running:
    """
    A server that answers.

    Args:
        address: Its base URL.
        process: The process that was started, for `serve` the one that holds the workers.
        store: File of its store, of a service.
    """

    address: str
    process: subprocess.Popen[bytes]
    store: Path = Path()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.address.rpartition(":")[2])

    @property
    def children(self) -> list[int]:
        """The workers."""
        pid = self.process.pid
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@contextmanager
def service(workers: int, *, port: int = 0, folder: Path | None = None, **settings: str) -> Iterator[Running]:
    """`pgx-cds serve`, with its store in a folder that is there already or in one of its own."""
    with TemporaryDirectory() as own:
        store = (folder or Path(own)) / "store.sqlite"
        given = {
            "PGX_CDS_REQUIRE_JWT": "0",
            "PGX_CDS_FHIR_ALLOW": "http://127.0.0.1:*",
            "PGX_CDS_STORE_URL": f"sqlite:///{store}",
            **settings,
        }
        command = [str(_PROGRAM), "serve", "--workers", str(workers)]
        with _running(command, given, "/health/ready", port) as running:
            yield Running(running.address, running.process, store)


@contextmanager
def fhir_server(port: int = 0) -> Iterator[Running]:
    """The FHIR endpoint of the demo, with the fixture patients; `port` 0 = any that is free."""
    with TemporaryDirectory() as folder:
        given = {"PGX_CDS_STORE_URL": f"sqlite:///{folder}/store.sqlite"}
        with _running([str(_PROGRAM), "demo"], given, "/fhir/metadata", port) as running:
            yield running


@contextmanager
def echo(workers: int) -> Iterator[Running]:
    """The same server with nothing behind it: parses the request and sends it back."""
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "benchmarks.echo:app",
        "--preload",
        "--worker-class",
        "gthread",
    ]
    command += ["--workers", str(workers), "--threads", str(Room().threads), "--keep-alive", "75"]
    command += ["--log-level", "warning", "--no-control-socket"]
    with _running(command, {}, "/") as running:
        yield running


@contextmanager
def _running(command: list[str], settings: dict[str, str], ready: str, port: int = 0) -> Iterator[Running]:
    port = port or free_port()
    named = ["--port", str(port)] if str(_PROGRAM) in command else ["--bind", f"127.0.0.1:{port}"]
    process = subprocess.Popen(
        [*command, *named],
        env={**os.environ, **settings},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait(process, address + ready)
        yield Running(address, process)
    finally:
        process.terminate()
        process.wait(30)


def _wait(process: subprocess.Popen[bytes], url: str) -> None:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    raise RuntimeError(f"{url} does not answer")


def free_port() -> int:
    """A port of the loopback address that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
