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
from pathlib import Path
from tempfile import TemporaryDirectory

from cds_service.web.gate import Room

_PATIENCE = 60


@contextmanager
def service(workers: int, **settings: str) -> Iterator[str]:
    """`pgx-cds serve`; gives its address."""
    with TemporaryDirectory() as folder:
        given = {
            "PGX_CDS_REQUIRE_JWT": "0",
            "PGX_CDS_FHIR_ALLOW": "http://127.0.0.1:*",
            "PGX_CDS_STORE_URL": f"sqlite:///{folder}/store.sqlite",
            **settings,
        }
        command = [str(Path(sys.executable).with_name("pgx-cds")), "serve", "--workers", str(workers)]
        with _running(command, given, "/health/ready") as address:
            yield address


@contextmanager
def echo(workers: int) -> Iterator[str]:
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
    with _running(command, {}, "/") as address:
        yield address


@contextmanager
def _running(command: list[str], settings: dict[str, str], ready: str) -> Iterator[str]:
    port = _free_port()
    named = ["--port", str(port)] if "serve" in command else ["--bind", f"127.0.0.1:{port}"]
    process = subprocess.Popen(
        [*command, *named],
        env={**os.environ, **settings},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait(process, address + ready)
        yield address
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


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
