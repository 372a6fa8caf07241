"""The audit: what is kept of each call."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import Column, Integer, MetaData, Select, String, Table, Text, delete, insert, select
from sqlalchemy.engine import RowMapping

from cds_service.core.audit_entry import AUDIT, AuditEntry, CardEntry
from cds_service.store.database import Database

_AUDIT = Table(
    "audit",
    MetaData(),
    Column("id", String(36), primary_key=True),
    Column("at", String(32), nullable=False, index=True),
    Column("service", String(64), nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("instance", String(36), nullable=False),
    Column("caller", String(500), nullable=False),
    Column("tenant", String(200), nullable=False),
    Column("patient", String(64), nullable=False, index=True),
    Column("user", String(64), nullable=False),
    Column("unit", String(120), nullable=False),
    Column("request_hash", String(64), nullable=False),
    Column("answer_hash", String(64), nullable=False),
    Column("knowledge", String(200), nullable=False),
    Column("version", String(40), nullable=False),
    Column("rules", Text, nullable=False),
    Column("cards", Text, nullable=False),
    Column("gaps", Text, nullable=False),
    Column("microseconds", Integer, nullable=False),
    Column("note", String(200), nullable=False),
)
_LISTS = ("rules", "cards", "gaps")
#: Rows that are read at once, so that an export of years needs no more memory than one of a day.
_AT_ONCE = 500


class AuditStore:
    """Audit entries in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        database.create(_AUDIT)

    def add(self, entries: Collection[AuditEntry]) -> None:
        """
        Store entries, all or none; one that is there already counts as stored. Returns after the commit.

        So that what was written can safely be written again, by somebody who was not told.
        """
        with self._database.begin() as connection:
            self._database.insert_missing(connection, _AUDIT, [_row(entry) for entry in entries])

    def entries(
        self, patients: Collection[str] = (), since: str = "", until: str = ""
    ) -> Iterator[AuditEntry]:
        """
        Entries in the order of their time.

        Args:
            patients: Only of these keys; empty = of everybody.
            since: Only from this time or day on.
            until: Only before this time or day.
        """
        query: Select[Any] = select(_AUDIT).order_by(_AUDIT.c.at, _AUDIT.c.id)
        if patients:
            query = query.where(_AUDIT.c.patient.in_(patients))
        if since:
            query = query.where(_AUDIT.c.at >= since)
        if until:
            query = query.where(_AUDIT.c.at < until)
        with self._database.connect() as connection:
            result = connection.execution_options(yield_per=_AT_ONCE).execute(query)
            for row in result.mappings():
                yield _entry(row)

    def erase(self, patients: Collection[str], at: datetime) -> int:
        """
        Delete everything under these keys. An entry that names nobody says that it was done, and how much.

        Args:
            patients: Keys.
            at: Now, in UTC.

        Returns:
            How many entries are gone.
        """
        with self._database.begin() as connection:
            gone = int(connection.execute(delete(_AUDIT).where(_AUDIT.c.patient.in_(patients))).rowcount)
            if gone:
                note = AuditEntry(str(uuid4()), moment(at), AUDIT, "erased", note=f"{gone} entries")
                connection.execute(insert(_AUDIT), [_row(note)])
        return gone

    def prune(self, before: datetime) -> int:
        """Delete what is older than a moment; returns how many entries are gone."""
        with self._database.begin() as connection:
            return int(connection.execute(delete(_AUDIT).where(_AUDIT.c.at < moment(before))).rowcount)

    def check(self) -> None:
        """Raise if the entries cannot be read, or a newer program changed the store."""
        with self._database.connect() as connection:
            connection.execute(select(_AUDIT.c.id).limit(1))
        self._database.check()


def moment(at: datetime) -> str:
    """
    A time as entries have it: UTC with milliseconds, so that texts sort as times do.

    >>> from datetime import UTC
    >>> moment(datetime(2026, 11, 21, 10, 0, tzinfo=UTC))
    '2026-11-21T10:00:00.000Z'
    """
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _row(entry: AuditEntry) -> dict[str, Any]:
    row = asdict(entry)
    return {**row, **{name: json.dumps(row[name]) for name in _LISTS}}


def _entry(row: RowMapping) -> AuditEntry:
    values = {field.name: row[field.name] for field in fields(AuditEntry)}
    rules, cards, gaps = (json.loads(values.pop(name)) for name in _LISTS)
    return AuditEntry(
        **values, rules=tuple(rules), cards=tuple(_card(card) for card in cards), gaps=tuple(gaps)
    )


def _card(value: dict[str, Any]) -> CardEntry:
    return CardEntry(**{**value, "genes": tuple(value["genes"]), "rules": tuple(value["rules"])})


def listed(entries: Iterable[AuditEntry]) -> Iterator[dict[str, Any]]:
    """Entries as values for JSON; what is empty is left out."""
    for entry in entries:
        yield {name: value for name, value in asdict(entry).items() if value or name == "microseconds"}
