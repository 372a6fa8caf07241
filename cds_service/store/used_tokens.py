"""The ids of used tokens, so that a token counts once in all processes on one store."""

from __future__ import annotations

import threading
from collections.abc import Callable

from sqlalchemy import BigInteger, Column, MetaData, String, Table, delete, func, select

from cds_service.store.database import Database

_USED = Table(
    "used_tokens",
    MetaData(),
    Column("digest", String(64), primary_key=True),
    Column("expires", BigInteger, nullable=False, index=True),
)

#: How often one process forgets what has expired.
FORGET_EVERY_SECONDS = 300


class UsedTokenStore:
    """
    Used tokens in a database.

    Args:
        database: Need not be durable: a token lives for minutes.
        clock: Seconds since 1970.
    """

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock
        self._forget_at = 0.0
        self._lock = threading.Lock()
        database.create(_USED)

    def add(self, digest: str, expires: int) -> bool:
        """Remember a token until it expires; whether it is new. The database decides, in one statement."""
        self._forget_expired()
        with self._database.begin() as connection:
            return self._database.insert_new(connection, _USED, {"digest": digest, "expires": expires})

    def count(self) -> int:
        """How many tokens are remembered."""
        with self._database.connect() as connection:
            return int(connection.execute(select(func.count()).select_from(_USED)).scalar_one())

    def _forget_expired(self) -> None:
        now = self._clock()
        with self._lock:
            if now < self._forget_at:
                return
            self._forget_at = now + FORGET_EVERY_SECONDS
        with self._database.begin() as connection:
            connection.execute(delete(_USED).where(_USED.c.expires < int(now)))
