"""Short sessions of the detail view, sealed: the database holds nothing it could read."""

from __future__ import annotations

from sqlalchemy import Column, Float, LargeBinary, MetaData, String, Table, delete, func, insert, select

from cds_service.store.database import Database

_SESSIONS = Table(
    "view_sessions",
    MetaData(),
    Column("handle", String(64), primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("until", Float, nullable=False, index=True),
)
#: Anybody may begin a sign-in: beyond this number the ones that end first make room.
MOST = 20_000


class SealedSessions:
    """
    Sessions in the database that all processes share.

    Args:
        database: Where.
        most: How many are kept at once; a little more while several processes write.
    """

    def __init__(self, database: Database, most: int = MOST) -> None:
        self._database = database
        self._most = most
        database.create(_SESSIONS)

    def put(self, handle: str, sealed: bytes, until: float) -> None:
        """Keep sealed content until a moment, in seconds since 1970."""
        with self._database.begin() as connection:
            connection.execute(insert(_SESSIONS).values(handle=handle, sealed=sealed, until=until))
            surplus = (connection.scalar(select(func.count()).select_from(_SESSIONS)) or 0) - self._most
            if surplus > 0:
                first = select(_SESSIONS.c.handle).order_by(_SESSIONS.c.until).limit(surplus)
                connection.execute(delete(_SESSIONS).where(_SESSIONS.c.handle.in_(first)))

    def get(self, handle: str, now: float) -> bytes | None:
        """What is kept; None if there is nothing, or its time is over."""
        with self._database.connect() as connection:
            mine = select(_SESSIONS.c.sealed).where(_SESSIONS.c.handle == handle, _SESSIONS.c.until > now)
            found: bytes | None = connection.scalar(mine)
            return found

    def take(self, handle: str, now: float) -> bytes | None:
        """As `get`, and it is gone; of several that ask at once, one gets it. What is over goes with it."""
        with self._database.begin() as connection:
            connection.execute(delete(_SESSIONS).where(_SESSIONS.c.until <= now))
            mine = delete(_SESSIONS).where(_SESSIONS.c.handle == handle).returning(_SESSIONS.c.sealed)
            found: bytes | None = connection.scalar(mine)
            return found
