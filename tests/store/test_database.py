"""One store for SQLite and PostgreSQL: the same tests for both."""

from __future__ import annotations

import multiprocessing
import os
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table, func, select, text
from sqlalchemy.exc import SQLAlchemyError

from cds_service.hooks.ports import Feedback
from cds_service.store.database import Database, StoreError
from cds_service.store.feedback import FeedbackStore
from tests.databases import PostgreSQL

THINGS = Table(
    "things",
    MetaData(),
    Column("name", String(40), primary_key=True),
    Column("number", Integer, nullable=False, index=True),
)
ENTRY = Feedback(
    "pgx-order-select", "c0ffee00-0000-4000-8000-000000000000", "accepted", "2026-11-21T10:00:00Z"
)


@pytest.fixture
def database(store_url: str) -> Iterator[Database]:
    found = Database(store_url)
    found.create(THINGS)
    yield found
    found.close()


def insert(database: Database, name: str) -> bool:
    with database.begin() as connection:
        return database.insert_new(connection, THINGS, {"name": name, "number": 1})


def rows(database: Database) -> int:
    with database.connect() as connection:
        return int(connection.execute(select(func.count()).select_from(THINGS)).scalar_one())


def test_a_row_is_new_once(database: Database) -> None:
    assert [insert(database, "a"), insert(database, "a"), insert(database, "b")] == [True, False, True]
    assert rows(database) == 2


def test_of_many_threads_one_inserts(database: Database) -> None:
    with ThreadPoolExecutor(12) as pool:
        found = list(pool.map(lambda number: insert(database, f"n{number % 5}"), range(60)))
    assert sum(found) == rows(database) == 5


def _in_child(work: Callable[[], object]) -> int:
    """Run in a forked process; its exit code, 0 if it did not raise."""

    def run() -> None:
        try:
            work()
        except BaseException:
            traceback.print_exc()
            os._exit(1)

    child = multiprocessing.get_context("fork").Process(target=run)
    child.start()
    child.join(60)
    return child.exitcode if child.exitcode is not None else -1


def test_processes_forked_after_the_start_do_not_share_a_connection(store_url: str) -> None:
    database = Database(store_url)
    database.create(THINGS)
    assert [_in_child(lambda name=name: insert(database, name)) for name in "abc"] == [0, 0, 0]  # type: ignore[misc]
    assert insert(database, "d")
    assert rows(database) == 4
    database.close()


def test_two_processes_that_start_at_once_both_find_the_tables(store_url: str) -> None:
    def start(_: int) -> None:
        other = Database(store_url)
        other.create(THINGS)
        other.close()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(start, range(12)))


def test_what_was_there_stays_when_the_tables_are_made_again(database: Database) -> None:
    insert(database, "a")
    database.create(THINGS)
    assert rows(database) == 1


def test_a_block_that_raises_writes_nothing(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.begin() as connection:
        database.insert_new(connection, THINGS, {"name": "a", "number": 1})
        raise ZeroDivisionError
    assert rows(database) == 0


def test_sqlite_writes_ahead_and_waits_for_the_disk_unless_told_otherwise(tmp_path: object) -> None:
    for durable, level in ((True, 2), (False, 1)):
        database = Database(f"sqlite:///{tmp_path}/x.sqlite", durable=durable)
        with database.connect() as connection:
            assert connection.execute(text("PRAGMA journal_mode")).scalar_one() == "wal"
            assert connection.execute(text("PRAGMA synchronous")).scalar_one() == level
        database.close()


def test_postgresql_waits_for_the_disk_and_for_no_statement_for_ever(postgresql: PostgreSQL) -> None:
    url = postgresql.new_database()
    for durable, level in ((True, "on"), (False, "off")):
        database = Database(url, durable=durable, wait_seconds=3)
        with database.connect() as connection:
            assert connection.execute(text("SHOW synchronous_commit")).scalar_one() == level
            assert connection.execute(text("SHOW statement_timeout")).scalar_one() == "3s"
        database.close()


@pytest.mark.parametrize(
    "url",
    ["", "sqlite://", "sqlite:///:memory:", "mysql://u:SECRET@h/d", "oracle://h", "postgresql", "http://h/d"],
)
def test_other_databases_are_refused_and_the_address_is_not_shown(url: str) -> None:
    with pytest.raises(StoreError, match="PGX_CDS_STORE_URL must be") as error:
        Database(url)
    assert "SECRET" not in str(error.value)


def test_a_database_that_is_not_there_ends_the_start_without_showing_the_password(tmp_path: object) -> None:
    database = Database(f"postgresql://user:SECRET@/x?host={tmp_path}", wait_seconds=2)
    with pytest.raises(StoreError, match="the postgresql database cannot be used") as error:
        database.create(THINGS)
    assert "SECRET" not in repr(error.value)
    assert error.value.__context__ is None


# -- feedback --


@pytest.fixture
def feedback(store_url: str) -> FeedbackStore:
    return FeedbackStore(Database(store_url))


def test_feedback_is_kept_as_it_came_and_once(feedback: FeedbackStore) -> None:
    later = Feedback(
        ENTRY.service, ENTRY.card, "overridden", "2026-11-22T10:00:00Z", "s1,s2", "reason \N{SNOWMAN}"
    )
    feedback.add([later, ENTRY, ENTRY])
    feedback.add([ENTRY])
    assert feedback.all() == [ENTRY, later]


def test_feedback_survives_the_process_that_wrote_it(store_url: str) -> None:
    FeedbackStore(Database(store_url)).add([ENTRY])
    assert FeedbackStore(Database(store_url)).all() == [ENTRY]


def test_the_check_tells_the_kind_and_raises_when_the_table_is_gone(store_url: str) -> None:
    database = Database(store_url)
    feedback = FeedbackStore(database)
    assert feedback.check() == store_url.partition(":")[0]
    with database.begin() as connection:
        connection.execute(text("DROP TABLE feedback"))
    with pytest.raises(SQLAlchemyError):
        feedback.check()


def test_after_the_server_was_restarted_the_next_call_works(postgresql: PostgreSQL) -> None:
    database = Database(postgresql.new_database())
    database.create(THINGS)
    assert insert(database, "a")
    postgresql.stop()
    postgresql.start()
    assert insert(database, "b")
    assert rows(database) == 2
    database.close()
