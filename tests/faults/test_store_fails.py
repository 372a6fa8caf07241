"""A store that is locked: cards go on, feedback is not acknowledged, and sent again it is kept once."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from cds_service.settings import Settings
from cds_service.store.database import Database
from cds_service.store.feedback import FeedbackStore
from cds_service.wsgi import build_app
from tests.faults.conftest import RIGHT, SELECT
from tests.requests_made import call, draft, genotype

ENTRY = {"card": "c1", "outcome": "accepted", "outcomeTimestamp": "2026-11-21T10:00:00Z"}


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store.sqlite"


@pytest.fixture
def client(store: Path) -> FlaskClient:
    return build_app(Settings(require_jwt=False, store_url=f"sqlite:///{store}")).test_client()


@pytest.fixture
def locked(client: FlaskClient, store: Path) -> Iterator[sqlite3.Connection]:
    """Somebody else holds the lock of the store."""
    with closing(sqlite3.connect(store, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield other


def feedback(client: FlaskClient) -> TestResponse:
    return client.post(f"{SELECT}/feedback", json={"feedback": [ENTRY]})


def kept(store: Path) -> list[str]:
    database = Database(f"sqlite:///{store}")
    try:
        return [entry.card for entry in FeedbackStore(database).all()]
    finally:
        database.close()


def test_feedback_a_locked_store_cannot_take_is_refused_for_later_and_cards_go_on(
    client: FlaskClient, store: Path, locked: sqlite3.Connection
) -> None:
    refused = feedback(client)
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")
    assert refused.get_json()["issue"][0]["code"] == "transient"
    answer = client.post(SELECT, json=call(draft(), results=(genotype("CYP2C19", "*2/*2"),)))
    assert [card["summary"] for card in answer.get_json()["cards"]] == [RIGHT]
    locked.execute("ROLLBACK")
    assert [feedback(client).status_code for _ in range(2)] == [200, 200]
    assert kept(store) == ["c1"]


def test_what_the_database_says_of_a_fault_is_not_told(client: FlaskClient, store: Path) -> None:
    """A store without room for more: its own words would name statement and values."""
    with closing(sqlite3.connect(store)) as other:
        other.execute(
            "CREATE TRIGGER no_room BEFORE INSERT ON feedback BEGIN SELECT RAISE(ABORT, 'c1 is full'); END"
        )
    refused = feedback(client)
    assert refused.status_code == 503
    assert "c1" not in refused.get_data(as_text=True) and "INSERT" not in refused.get_data(as_text=True)
    with closing(sqlite3.connect(store)) as other:
        other.execute("DROP TRIGGER no_room")
    assert feedback(client).status_code == 200
    assert kept(store) == ["c1"]
