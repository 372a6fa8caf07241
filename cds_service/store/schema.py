"""
The version of the tables, and the steps from each version to the next.

A step runs once for a store, in the transaction that raises its version: it happens as a whole or not at all.
Steps go forward only, and leave what an older program reads and writes, so that instances can be replaced one
after the other. They are written in SQL of their time: the tables of the program change, a step does not.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection, inspect, text

from cds_service.core.errors import NewerStoreError

Step = Callable[[Connection], None]

_TABLE = "schema_version"
#: Tables by which a store is known that was made before versions were counted.
_FIRST = ("feedback", "audit")


def _who_gave_feedback(connection: Connection) -> None:
    """Feedback names the EHR it came from, and counts once for each."""
    if not inspect(connection).has_table("feedback"):
        return
    kept = "service, card, outcome, at, suggestions, reason"
    for statement in (
        "ALTER TABLE feedback RENAME TO feedback_of_version_1",
        "CREATE TABLE feedback (service VARCHAR(64) NOT NULL, card VARCHAR(64) NOT NULL, "
        "outcome VARCHAR(16) NOT NULL, at VARCHAR(40) NOT NULL, suggestions VARCHAR(2000) NOT NULL, "
        "reason VARCHAR(200) NOT NULL, caller VARCHAR(500) NOT NULL DEFAULT '', "
        "tenant VARCHAR(200) NOT NULL DEFAULT '', UNIQUE (service, card, outcome, at, caller, tenant))",
        f"INSERT INTO feedback ({kept}) SELECT {kept} FROM feedback_of_version_1",
        "DROP TABLE feedback_of_version_1",
    ):
        connection.execute(text(statement))


#: The first one leads from version 1 to version 2.
STEPS: tuple[Step, ...] = (_who_gave_feedback,)
VERSION = 1 + len(STEPS)


def version_of(connection: Connection) -> int:
    """The version of the tables; 0 for an empty store."""
    tables = inspect(connection)
    if tables.has_table(_TABLE):
        return int(connection.execute(text(f"SELECT version FROM {_TABLE}")).scalar_one())  # noqa: S608
    return 1 if any(tables.has_table(name) for name in _FIRST) else 0


def bring_up_to_date(connection: Connection, steps: tuple[Step, ...] = STEPS) -> int:
    """
    Take the steps that are missing; one process at a time, within one transaction.

    Returns:
        The version found before. A store that is newer than the program is left as it is.
    """
    found, wanted = version_of(connection), 1 + len(steps)
    if found >= wanted:
        return found
    if not inspect(connection).has_table(_TABLE):
        connection.execute(text(f"CREATE TABLE {_TABLE} (version INTEGER NOT NULL)"))
        connection.execute(text(f"INSERT INTO {_TABLE} VALUES (0)"))  # noqa: S608
    for step in steps[found - 1 :] if found else ():
        step(connection)
    connection.execute(text(f"UPDATE {_TABLE} SET version = :version"), {"version": wanted})  # noqa: S608
    return found


def refuse_newer(connection: Connection) -> None:
    """
    Raise if another, newer program has changed the tables.

    Raises:
        NewerStoreError: If so.
    """
    found = version_of(connection)
    if found > VERSION:
        raise NewerStoreError(
            f"the store has tables of version {found} and this program knows {VERSION}: use the newer program"
        )
