"""Servers as child processes: their first line is their base URL, and they end with their standard input."""

from __future__ import annotations

import hashlib
import os
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Timer


class NoServerError(Exception):
    """There is no server here, for a reason that is no fault of this project. The message is one line."""


def cache_folder(name: str, sources: Sequence[Path]) -> Path:
    """A place in the user's cache that is named after the content of the sources; it may not exist yet."""
    content = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:16]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pgx-cds-tests"
    cache.mkdir(parents=True, exist_ok=True)
    return cache / f"{name}-{content}"


def fetch(command: Sequence[str], folder: Path, seconds: float) -> subprocess.CompletedProcess[str]:
    """Run a package client. Raises `NoServerError` if it takes too long."""
    try:
        return subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired:
        raise NoServerError(f"{Path(command[0]).name} took longer than {seconds:g} s") from None


@contextmanager
def started(command: Sequence[str], folder: Path, seconds: float) -> Iterator[str]:
    """
    Run a server.

    Args:
        command: Starts it, without a wrapper that could leave it behind.
        folder: Its working directory.
        seconds: When it must have said where it is.

    Yields:
        Its FHIR base URL.
    """
    with (
        tempfile.TemporaryFile("w+") as log,
        subprocess.Popen(
            command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True
        ) as process,
    ):
        assert process.stdin and process.stdout
        too_late = Timer(seconds, process.kill)
        too_late.start()
        try:
            base = process.stdout.readline().strip()
            too_late.cancel()
            if not base:
                process.wait()
                log.seek(0)
                raise AssertionError(
                    f"{command[0]} did not start a server in {seconds} s: {log.read()[-2000:]}"
                )
            yield base
        finally:
            too_late.cancel()
            process.stdin.close()
