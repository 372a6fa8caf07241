"""What became of the cards: accepted, overridden, why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from operator import attrgetter

from sqlalchemy import Column, MetaData, String, Table, UniqueConstraint, select
from sqlalchemy.exc import SQLAlchemyError

from cds_service.core.errors import NotKeptError
from cds_service.hooks.ports import Feedback
from cds_service.store.database import Database

_FEEDBACK = Table(
    "feedback",
    MetaData(),
    Column("service", String(64), nullable=False),
    Column("card", String(64), nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("at", String(40), nullable=False),
    Column("suggestions", String(2000), nullable=False, default=""),
    Column("reason", String(200), nullable=False, default=""),
    Column("caller", String(500), nullable=False, server_default=""),
    Column("tenant", String(200), nullable=False, server_default=""),
    UniqueConstraint("service", "card", "outcome", "at", "caller", "tenant"),
)

_NAMES = tuple(field.name for field in fields(Feedback))
_values = attrgetter(*_NAMES)


class FeedbackStore:
    """Feedback in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        database.create(_FEEDBACK)

    def add(self, entries: Iterable[Feedback]) -> None:
        """
        Store entries, all or none; one that is there already counts as stored. Returns after the commit.

        They are stored in one order, so that two calls with the same entries cannot wait for each other.

        Raises:
            NotKeptError: If the database is locked, full or gone. Nothing was stored, or nobody knows: sent
                again, the same entries are stored once.
        """
        rows = [dict(zip(_NAMES, row, strict=True)) for row in sorted(set(map(_values, entries)))]
        try:
            with self._database.begin() as connection:
                self._database.insert_missing(connection, _FEEDBACK, rows)
            return
        except SQLAlchemyError as error:
            kind = type(error).__name__
        # Raised outside the handler: the database's own words may hold values.
        raise NotKeptError(f"The feedback could not be stored ({kind}). Send it again.")

    def all(self) -> list[Feedback]:
        """Every entry, in the order of its time."""
        with self._database.connect() as connection:
            rows = connection.execute(select(_FEEDBACK).order_by(_FEEDBACK.c.at))
            return [Feedback(**row) for row in rows.mappings()]

    def check(self) -> str:
        """The kind of database; raises if the feedback cannot be read, or a newer program changed it."""
        with self._database.connect() as connection:
            connection.execute(select(_FEEDBACK).limit(1))
        return self._database.check()
