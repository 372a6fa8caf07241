"""An older store is brought up to date once, whole and without loss; a newer one is left alone."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy import Connection, inspect, text

from cds_service.core.errors import NewerStoreError
from cds_service.hooks.ports import Feedback
from cds_service.store.audit import AuditStore
from cds_service.store.database import Database
from cds_service.store.feedback import FeedbackStore
from cds_service.store.schema import STEPS, VERSION, bring_up_to_date, version_of
from cds_service.web.health import health_blueprint

#: As the first version made it.
FIRST = (
    "CREATE TABLE feedback (service VARCHAR(64) NOT NULL, card VARCHAR(64) NOT NULL, "
    "outcome VARCHAR(16) NOT NULL, at VARCHAR(40) NOT NULL, suggestions VARCHAR(2000) NOT NULL, "
    "reason VARCHAR(200) NOT NULL, UNIQUE (service, card, outcome, at))"
)
OLD = Feedback("pgx-order-select", "card-1", "overridden", "2026-11-21T10:00:00Z", "s1", "too-late")


@pytest.fixture
def database(store_url: str) -> Iterator[Database]:
    found = Database(store_url)
    yield found
    found.close()


@pytest.fixture
def old(database: Database) -> Database:
    """A store of the first version with one entry."""
    values = (
        f"'{OLD.service}', '{OLD.card}', '{OLD.outcome}', '{OLD.at}', '{OLD.suggestions}', '{OLD.reason}'"
    )
    with database.begin() as connection:
        connection.execute(text(FIRST))
        connection.execute(text(f"INSERT INTO feedback VALUES ({values})"))
    return database


def version(database: Database) -> int:
    with database.connect() as connection:
        return version_of(connection)


def test_a_new_store_has_the_version_of_the_program(database: Database) -> None:
    assert version(database) == 0
    FeedbackStore(database)
    assert version(database) == VERSION


def test_a_store_of_the_first_version_keeps_its_entries_and_takes_new_ones(old: Database) -> None:
    assert version(old) == 1
    store = FeedbackStore(old)
    new = Feedback(OLD.service, OLD.card, OLD.outcome, OLD.at, caller="https://ehr", tenant="north")
    store.add([new])
    assert (version(old), store.all()) == (VERSION, [OLD, new])


def test_what_an_older_program_writes_is_still_taken(old: Database) -> None:
    FeedbackStore(old)
    with old.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO feedback (service, card, outcome, at, suggestions, reason) "
                "VALUES ('s', 'card-2', 'accepted', '2026-11-22T10:00:00Z', '', '')"
            )
        )
    assert FeedbackStore(old).all()[-1] == Feedback("s", "card-2", "accepted", "2026-11-22T10:00:00Z")


def test_of_several_that_start_at_once_one_takes_the_steps(old: Database, store_url: str) -> None:
    def start(_: int) -> None:
        other = Database(store_url)
        FeedbackStore(other)
        AuditStore(other)
        other.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(start, range(8)))
    assert (version(old), FeedbackStore(old).all()) == (VERSION, [OLD])


def test_a_step_that_fails_leaves_everything_as_it_was(old: Database) -> None:
    def broken(_: Connection) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), old.begin() as connection:
        if old.kind == "sqlite":
            connection.execute(text("BEGIN IMMEDIATE"))
        bring_up_to_date(connection, (*STEPS, broken))
    assert version(old) == 1
    with old.connect() as connection:
        assert "caller" not in {column["name"] for column in inspect(connection).get_columns("feedback")}
    assert FeedbackStore(old).all() == [OLD]


def test_a_newer_store_is_left_alone_and_readiness_says_so(old: Database) -> None:
    store, audit = FeedbackStore(old), AuditStore(old)
    with old.begin() as connection:
        connection.execute(text("UPDATE schema_version SET version = 99"))
    for check in (store.check, audit.check, old.check):
        with pytest.raises(NewerStoreError):
            check()
    app = Flask(__name__)
    app.register_blueprint(health_blueprint({"store": FeedbackStore(old).check}))
    answer = app.test_client().get("/health/ready")
    assert answer.status_code == 503
    told = f"the store has tables of version 99 and this program knows {VERSION}: use the newer program"
    assert answer.get_json()["checks"] == {"store": f"not usable: {told}"}
    assert version(old) == 99
