"""The databases of the tests: a SQLite file, and PostgreSQL where Debian's package is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

#: Seconds the server may take to start on a busy machine.
PATIENCE = 60
#: Whatever language the machine is set to.
NEUTRAL = ("--no-locale", "--encoding=UTF8", "--no-sync")
BINARIES = sorted(
    Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda found: int(found.parts[-3].split(".")[0])
)


class PostgreSQL:
    """A server of its own in a folder of its own, reached through a socket there; it listens on no port."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._data = folder, folder / "data"
        self._binaries = BINARIES[-1].parent
        # PostgreSQL refuses to run as root.
        self._user = "postgres" if os.geteuid() == 0 else None
        if self._user:
            shutil.chown(folder, self._user)
        self._run("initdb", "-D", str(self._data), "-U", "tests", "-A", "trust", *NEUTRAL)
        self._process: subprocess.Popen[bytes] | None = None

    def url(self, database: str) -> str:
        return f"postgresql://tests@/{database}?host={self._folder}"

    def new_database(self) -> str:
        """The address of an empty database."""
        name = f"t{uuid4().hex}"
        self._sql(f"CREATE DATABASE {name}")
        return self.url(name)

    def start(self) -> None:
        options = ["-c", "listen_addresses=", "-k", str(self._folder), "-c", "max_connections=120"]
        with (self._folder.parent / f"{self._folder.name}.log").open("ab") as log:
            self._process = subprocess.Popen(
                [str(self._binaries / "postgres"), "-D", str(self._data), *options],
                user=self._user,
                stdout=log,
                stderr=log,
                cwd="/",
            )
        end = time.monotonic() + PATIENCE
        while not self._answers():
            assert self._process.poll() is None and time.monotonic() < end, "PostgreSQL did not start"
            time.sleep(0.1)

    def stop(self) -> None:
        """Stop at once; connections are cut."""
        if self._process is not None:
            self._process.send_signal(2)  # SIGINT: "fast"
            self._process.wait(PATIENCE)
            self._process = None

    def _answers(self) -> bool:
        try:
            self._sql("SELECT 1")
        except OperationalError:
            return False
        return True

    def _sql(self, statement: str) -> None:
        engine = create_engine(
            self.url("postgres").replace("postgresql:", "postgresql+psycopg:"), isolation_level="AUTOCOMMIT"
        )
        try:
            with engine.connect() as connection:
                connection.execute(text(statement))
        finally:
            engine.dispose()

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [str(self._binaries / program), *arguments],
            user=self._user,
            check=True,
            stdout=subprocess.DEVNULL,
            cwd="/",
        )


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """A running server; the tests that ask for it are skipped where there is none to run."""
    if not BINARIES:
        pytest.skip("no PostgreSQL under /usr/lib/postgresql: apt-get install postgresql")
    # Not below pytest's folder: the user that runs the server may not enter it.
    folder = Path(tempfile.mkdtemp(prefix="pgx-cds-tests-"))
    server = PostgreSQL(folder)
    server.start()
    yield server
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)
    (folder.parent / f"{folder.name}.log").unlink(missing_ok=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database, of either kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store.sqlite'}"
    new: Callable[[], str] = request.getfixturevalue("postgresql").new_database
    return new()
