"""
What became of the cards: accepted, overridden, why. Kept in SQLite or any database SQLAlchemy speaks to.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from sqlalchemy import Column, MetaData, String, Table, UniqueConstraint, create_engine, event, insert, select
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.exc import IntegrityError

from cds_service.hooks.ports import Feedback

_METADATA = MetaData()
_FEEDBACK = Table(
    "feedback",
    _METADATA,
    Column("service", String(64), nullable=False),
    Column("card", String(64), nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("at", String(40), nullable=False),
    Column("suggestions", String(2000), nullable=False, default=""),
    Column("reason", String(200), nullable=False, default=""),
    UniqueConstraint("service", "card", "outcome", "at"),
)


class FeedbackStore:
    """Feedback in a database."""

    def __init__(self, url: str) -> None:
        self._engine = _engine(url)
        _METADATA.create_all(self._engine)

    def add(self, entries: Iterable[Feedback]) -> None:
        """Store entries; one that is there already counts as stored. Returns after the commit."""
        for entry in entries:
            try:
                with self._engine.begin() as connection:
                    connection.execute(insert(_FEEDBACK).values(**asdict(entry)))
            except IntegrityError:
                continue

    def all(self) -> list[Feedback]:
        """Every entry, in the order of its time."""
        with self._engine.connect() as connection:
            rows = connection.execute(select(_FEEDBACK).order_by(_FEEDBACK.c.at))
            return [Feedback(**row) for row in rows.mappings()]

    def check(self) -> str:
        """Raise if the database cannot be read."""
        with self._engine.connect() as connection:
            connection.execute(select(_FEEDBACK).limit(1))
        return self._engine.dialect.name

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()


def _engine(url: str) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(parsed)
    if parsed.get_backend_name() == "sqlite":

        @event.listens_for(engine, "connect")
        def write_ahead(connection, _record) -> None:  # type: ignore[no-untyped-def]
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")

    return engine
