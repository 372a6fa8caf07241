"""Every call leaves an entry in the audit; a store that fails never keeps a card from the prescriber."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import time
from collections.abc import Callable
from dataclasses import astuple
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from flask.testing import FlaskClient

from cds_service import __version__
from cds_service.core.audit_entry import AuditEntry
from cds_service.settings import Settings
from cds_service.store.audit import AuditStore
from cds_service.store.database import Database
from cds_service.store.secret import Keys
from cds_service.wsgi import build_app
from tests.requests_made import INSTANCE, call, draft, genotype

SELECT = "/cds-services/pgx-order-select"
POOR = genotype("CYP2C19", "*2/*2")
SECRET = "a secret of the tests"
WARD = {
    "resourceType": "Encounter",
    "id": "e1",
    "subject": {"reference": "Patient/p1"},
    "serviceProvider": {"display": "Cardiology"},
}


@pytest.fixture(scope="module")
def store_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("store") / "store.sqlite"


@pytest.fixture(scope="module")
def audited(store_file: Path) -> FlaskClient:
    settings = Settings(require_jwt=False, store_url=f"sqlite:///{store_file}", audit_secret=SECRET)
    return build_app(settings).test_client()


def wait_for(what: Callable[[], object]) -> None:
    end = time.monotonic() + 60
    while not what():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)


def entry_of(body: dict[str, Any], client: FlaskClient, file: Path) -> tuple[AuditEntry, bytes]:
    """The entry that a call left, found by the hash of its request, and the answer."""
    sent = json.dumps({**body, "extension": {"only": str(uuid4())}}).encode()
    digest = hashlib.sha256(sent).hexdigest()
    store = AuditStore(Database(f"sqlite:///{file}"))
    answer = client.post(SELECT, data=sent, content_type="application/json")
    found: list[AuditEntry] = []

    def is_there() -> bool:
        found[:] = [entry for entry in store.entries() if entry.request_hash == digest]
        return bool(found)

    wait_for(is_there)
    (entry,) = found
    return entry, answer.data


def test_a_card_leaves_an_entry_that_tells_what_was_said_and_by_which_rules(
    audited: FlaskClient, store_file: Path
) -> None:
    body = call(draft(), results=(POOR,))
    body["context"]["encounterId"] = "e1"
    body["prefetch"]["encounter"] = WARD
    entry, answer = entry_of(body, audited, store_file)
    (card,) = audited.post(SELECT, json=body).get_json()["cards"]
    assert (entry.service, entry.outcome, entry.instance) == ("pgx-order-select", "cards", INSTANCE)
    assert entry.cards[0].uuid == card["uuid"]
    assert entry.cards[0].rules == tuple(card["extension"]["pgx-cds.finding"]["rules"])
    assert (entry.cards[0].drug, entry.cards[0].genes) == ("clopidogrel", ("CYP2C19",))
    assert set(entry.cards[0].rules) <= set(entry.rules)
    assert entry.answer_hash == hashlib.sha256(answer).hexdigest()
    assert entry.knowledge == audited.get("/health/ready").get_json()["checks"]["knowledge"]
    assert (entry.version, entry.unit) == (__version__, "Cardiology")
    assert entry.microseconds > 0


def test_people_are_in_it_by_key_alone(audited: FlaskClient, store_file: Path) -> None:
    entry, _ = entry_of(call(draft(), results=(POOR,)), audited, store_file)
    keys = Keys(SECRET)
    assert (entry.patient, entry.user) == (keys.patient("p1"), keys.user("Practitioner/1"))
    words = " ".join(map(str, astuple(entry)))
    for trace in ("p1", "Practitioner", "1960-", "*2/*2", "rx1"):
        assert trace not in words


def test_signs_that_databases_refuse_are_left_out(audited: FlaskClient, store_file: Path) -> None:
    body = call(draft(), results=(POOR,))
    body["context"]["encounterId"] = "e1"
    body["prefetch"]["encounter"] = {**WARD, "serviceProvider": {"display": "Ward\x00 3" + "x" * 500}}
    entry, _ = entry_of(body, audited, store_file)
    assert entry.unit.startswith("Ward  3x")
    assert len(entry.unit) == 120


def test_silence_is_recorded_with_the_rules_that_made_it(audited: FlaskClient, store_file: Path) -> None:
    entry, _ = entry_of(call(draft(), results=(genotype("CYP2C19", "*1/*1"),)), audited, store_file)
    assert (entry.outcome, entry.cards) == ("silent", ())
    assert any(rule.startswith("clopidogrel-cpic") for rule in entry.rules)


@pytest.mark.parametrize(
    ("outcome", "body"),
    [("refused", {"hook": "order-select"}), ("no-data", call(draft(), results=None))],
)
def test_refused_calls_are_recorded(
    outcome: str, body: dict[str, Any], audited: FlaskClient, store_file: Path
) -> None:
    entry, _ = entry_of(body, audited, store_file)
    assert (entry.outcome, entry.answer_hash) == (outcome, "")
    assert len(entry.request_hash) == 64


def test_what_could_not_be_had_is_recorded(audited: FlaskClient, store_file: Path) -> None:
    body = call(draft(), results=(POOR,))
    del body["prefetch"]["consents"]
    entry, _ = entry_of(body, audited, store_file)
    assert "consents: no-server" in entry.gaps


def test_a_store_that_fails_keeps_no_card_back_and_is_told_by_readiness(tmp_path: Path) -> None:
    file = tmp_path / "store.sqlite"
    client = build_app(Settings(require_jwt=False, store_url=f"sqlite:///{file}")).test_client()
    body = call(draft(), results=(POOR,))
    with sqlite3.connect(file) as connection:
        connection.execute("ALTER TABLE audit RENAME TO away")
    first = client.post(SELECT, json=body)
    assert first.status_code == 200
    assert len(first.get_json()["cards"]) == 1
    ready = client.get("/health/ready")
    assert ready.status_code == 503
    assert ready.get_json()["checks"]["audit"].startswith("not usable")
    with sqlite3.connect(file) as connection:
        connection.execute("ALTER TABLE away RENAME TO audit")
    wait_for(lambda: client.get("/health/ready").status_code == 200)
    store = AuditStore(Database(f"sqlite:///{file}"))
    wait_for(lambda: len(list(store.entries())) == 1)
