"""
The database that holds what must survive a restart: SQLite on one machine, PostgreSQL for several.

Each kind of thing kept has a module of its own beside this one, with its table and its words; they share one
`Database`. Tables are made at the start where they are missing, and older ones are changed (`schema`). Any
number of processes may start and write at the same time: what must happen once is one statement, never a
question and then a write.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, create_engine, event, literal_column, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, Engine, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.schema import CreateIndex, CreateTable

from cds_service.core.errors import PgxCdsError
from cds_service.store.schema import VERSION, bring_up_to_date, refuse_newer, version_of

#: Seconds to wait for a connection, for a lock of another process, and for one statement.
WAIT_SECONDS = 5
_DRIVERS = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}
#: PostgreSQL has no "create if not exists" that several sessions may run at once: this lock makes them queue.
_LOCK_WHILE_CREATING = text("SELECT pg_advisory_xact_lock(7391846520)")
#: How a step gets the time and the tables for itself.
_UNTIL_IT_IS_DONE = {
    "postgresql": text("SET LOCAL statement_timeout = 0"),
    "sqlite": text("BEGIN IMMEDIATE"),
}


class StoreError(PgxCdsError):
    """The database cannot be used. The message never shows the address: it may hold a password."""


class Database:
    """
    Connections to one database, shared by the threads of a process.

    Args:
        url: `sqlite:///file` or `postgresql://user:password@host/name`.
        durable: Whether a commit waits until the disk has it. Without, a power failure may lose the last
            moments; a process that dies loses nothing in either case.
        wait_seconds: How long to wait for a connection, a lock or a statement, each.

    Raises:
        StoreError: If the address is neither of the two kinds.
    """

    def __init__(self, url: str, *, durable: bool = True, wait_seconds: float = WAIT_SECONDS) -> None:
        self._engine = _engine(_address(url), durable, wait_seconds)

    @property
    def kind(self) -> str:
        """`sqlite` or `postgresql`."""
        return self._engine.dialect.name

    def create(self, *tables: Table) -> None:
        """
        Make tables and their indexes where they are missing, and bring an older store up to date.

        A store of a newer program is left as it is; `check` tells. Leaves no connection open: servers fork
        after the start, and processes must not share one.

        Raises:
            StoreError: If the database cannot be reached or does not let us.
        """
        try:
            with self._engine.begin() as connection:
                if self.kind == "postgresql":
                    connection.execute(_LOCK_WHILE_CREATING)
                if version_of(connection) != VERSION and self._update(connection) > VERSION:
                    return
                for table in tables:
                    connection.execute(CreateTable(table, if_not_exists=True))
                    for index in sorted(table.indexes, key=lambda found: str(found.name)):
                        connection.execute(CreateIndex(index, if_not_exists=True))
        except SQLAlchemyError as error:
            kind = type(error).__name__
        else:
            kind = ""
        finally:
            self._engine.dispose()
        if kind:  # raised outside the handler: the driver's message may show the address
            raise StoreError(f"PGX_CDS_STORE_URL: the {self.kind} database cannot be used ({kind})")

    def _update(self, connection: Connection) -> int:
        """Change the tables, as long as it takes; the version that was found."""
        connection.execute(_UNTIL_IT_IS_DONE[self.kind])
        return bring_up_to_date(connection)

    def begin(self) -> AbstractContextManager[Connection]:
        """A transaction: committed at the end of the block, undone if it raises."""
        return self._engine.begin()

    def connect(self) -> AbstractContextManager[Connection]:
        """A connection to read with."""
        return self._engine.connect()

    def insert_new(self, connection: Connection, table: Table, row: Mapping[str, Any]) -> bool:
        """
        Insert a row unless its key is there already; decided by the database, also between processes.

        Returns:
            Whether it is new.
        """
        new = self._insert(table).values(**row).on_conflict_do_nothing()
        return connection.execute(new.returning(literal_column("1"))).first() is not None

    def insert_missing(self, connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert those of many rows whose keys are not there already, in one go."""
        if rows:
            connection.execute(self._insert(table).on_conflict_do_nothing(), rows)

    def _insert(self, table: Table) -> postgresql.Insert | sqlite.Insert:
        return postgresql.insert(table) if self.kind == "postgresql" else sqlite.insert(table)

    def check(self) -> str:
        """
        The kind of the database; raises if it cannot be asked.

        Raises:
            NewerStoreError: If a newer program has changed the tables.
        """
        with self.connect() as connection:
            refuse_newer(connection)
        return self.kind

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()


def _address(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        parsed = None
    kind = parsed.drivername.partition("+")[0] if parsed is not None else ""
    in_memory = kind == "sqlite" and parsed is not None and parsed.database in (None, "", ":memory:")
    if parsed is None or kind not in _DRIVERS or in_memory:
        raise StoreError(
            "PGX_CDS_STORE_URL must be sqlite:///FILE or postgresql://USER:PASSWORD@HOST/DATABASE: the store "
            "has to survive a restart"
        )
    return parsed.set(drivername=_DRIVERS[kind])


def _engine(url: URL, durable: bool, wait_seconds: float) -> Engine:
    if url.get_backend_name() == "sqlite":
        return _sqlite(url, durable, wait_seconds)
    patience = f"{round(wait_seconds * 1000)}ms"
    settings = {"statement_timeout": patience, "synchronous_commit": "on" if durable else "off"}
    return create_engine(
        url,
        pool_size=8,
        max_overflow=24,
        pool_timeout=wait_seconds,
        pool_pre_ping=True,  # a database that was restarted costs one question, not one failed call
        hide_parameters=True,
        connect_args={
            "connect_timeout": max(2, round(wait_seconds)),
            "options": " ".join(f"-c {name}={value}" for name, value in settings.items()),
        },
    )


def _sqlite(url: URL, durable: bool, wait_seconds: float) -> Engine:
    Path(str(url.database)).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": wait_seconds})

    @event.listens_for(engine, "connect")
    def write_ahead(connection, _record) -> None:  # type: ignore[no-untyped-def]
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")

    return engine
