"""The database for what a call can do without: it is given up soon, and rests after a failure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Table
from sqlalchemy.exc import SQLAlchemyError

from cds_service.hooks.ports import MemoryUnavailableError
from cds_service.store.database import Database, StoreError

#: A call has half a second in all.
LONGEST_WAIT_S = 0.2
#: After a failure nothing is tried for so long: a database that hangs would slow every call.
REST_S = 5.0


class Aside:
    """
    Transactions on tables that are made when they are first needed.

    Args:
        url: As of `Database`.
        clock: Monotonic seconds.
        tables: What has to be there.
    """

    def __init__(self, url: str, clock: Callable[[], float], *tables: Table) -> None:
        self.database = Database(url, durable=False, wait_seconds=LONGEST_WAIT_S)
        self._tables = tables
        self._clock = clock
        self._ready = False
        self._rests_until = float("-inf")

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """
        One transaction.

        Raises:
            MemoryUnavailableError: If the database failed, or did so moments ago. The message names the kind
                of fault only: the database's own words may hold values.
        """
        if self._clock() < self._rests_until:
            raise MemoryUnavailableError("the database failed a moment ago")
        try:
            if not self._ready:
                self.database.create(*self._tables)
                self._ready = True
            with self.database.begin() as connection:
                yield connection
        except (SQLAlchemyError, StoreError) as error:
            self._rests_until = self._clock() + REST_S
            kind = type(error).__name__
        else:
            return
        raise MemoryUnavailableError(f"the database failed ({kind})")

    def close(self) -> None:
        """Give the connections back."""
        self.database.close()
