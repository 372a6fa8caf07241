"""`pgx-cds audit`: export, also as FHIR, and erase."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fhir.resources.R4B.auditevent import AuditEvent

from cds_service.cli import main
from cds_service.core.audit_entry import AuditEntry, CardEntry
from cds_service.store.audit import AuditStore
from cds_service.store.database import Database
from cds_service.store.secret import Keys

SECRET = "a secret of the tests"
KEYS = Keys(SECRET)
CARD = CardEntry(
    "6a1fa9a2-5f7c-4f2b-8a52-7d3c2f1b0a01", "drugGENE", "warning", "drug", ("GENE",), "avoid", ("r1",)
)
FULL = AuditEntry(
    id="0b6d5f8e-0000-4000-8000-000000000001",
    at="2026-11-21T10:00:00.000Z",
    service="pgx-order-select",
    outcome="cards",
    instance="11111111-2222-4333-8444-555555555555",
    caller="https://ehr.example.org/fhir",
    patient=KEYS.patient("p1"),
    user=KEYS.user("Practitioner/1"),
    unit="Cardiology",
    request_hash="a" * 64,
    answer_hash="b" * 64,
    knowledge="2026-11-21 abc",
    version="0.1.0",
    rules=("r1", "r2"),
    cards=(CARD,),
    microseconds=900,
)
REFUSED = AuditEntry(
    "0b6d5f8e-0000-4000-8000-000000000002",
    "2026-11-21T11:00:00.000Z",
    "pgx-order-sign",
    "refused",
    note="InputError",
)
OTHER = replace(
    FULL, id="0b6d5f8e-0000-4000-8000-000000000003", at="2026-11-22T10:00:00.000Z", patient=KEYS.patient("p2")
)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AuditStore:
    url = f"sqlite:///{tmp_path}/store.sqlite"
    monkeypatch.setenv("PGX_CDS_STORE_URL", url)
    monkeypatch.setenv("PGX_CDS_AUDIT_SECRET", SECRET)
    found = AuditStore(Database(url))
    found.add([FULL, REFUSED, OTHER])
    return found


def printed(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.usefixtures("store")
def test_all_entries_or_those_of_some_patients_are_exported(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "export"]) == 0
    assert [line["id"] for line in printed(capsys)] == [FULL.id, REFUSED.id, OTHER.id]
    assert main(["audit", "export", "--patient", "p2", "nobody"]) == 0
    assert [line["id"] for line in printed(capsys)] == [OTHER.id]
    assert main(["audit", "export", "--patient", KEYS.patient("p1")]) == 0
    assert [line["id"] for line in printed(capsys)] == [FULL.id]
    assert main(["audit", "export", "--since", "2026-11-22"]) == 0
    assert [line["id"] for line in printed(capsys)] == [OTHER.id]


@pytest.mark.usefixtures("store")
def test_patients_can_be_named_on_standard_input(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("p1\np2\n"))
    assert main(["audit", "export", "--patient", "-"]) == 0
    assert [line["id"] for line in printed(capsys)] == [FULL.id, OTHER.id]
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert main(["audit", "export", "--patient", "-"]) == 2


def test_entries_are_audit_events_of_fhir(store: AuditStore, capsys: pytest.CaptureFixture[str]) -> None:
    store.erase([KEYS.patient("p2")], datetime(2026, 11, 23, tzinfo=UTC))
    assert main(["audit", "export", "--fhir"]) == 0
    events = [AuditEvent.model_validate_json(line) for line in capsys.readouterr().out.splitlines()]
    assert [(event.action, event.outcome) for event in events] == [("E", "0"), ("E", "4"), ("D", "0")]
    full = events[0]
    assert [entity.what.identifier.value for entity in full.entity] == [
        KEYS.patient("p1"),
        "urn:uuid:11111111-2222-4333-8444-555555555555",
        f"urn:uuid:{CARD.uuid}",
    ]
    assert [agent.requestor for agent in full.agent] == [True, False]
    assert [event.outcomeDesc for event in events] == ["cards", "refused: InputError", "erased: 1 entries"]


@pytest.mark.usefixtures("store")
def test_erasing_takes_everything_of_one_patient_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "erase", "--patient", "p1"]) == 0
    assert capsys.readouterr().out == "1 entries deleted\n"
    assert main(["audit", "export"]) == 0
    assert sorted(str(line["outcome"]) for line in printed(capsys)) == ["cards", "erased", "refused"]
    assert main(["audit", "erase", "--patient", "p1"]) == 1
    assert main(["audit", "export", "--patient", "p1"]) == 1


def test_a_short_secret_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PGX_CDS_AUDIT_SECRET", "short")
    assert main(["audit", "export"]) == 2
    assert "16 characters" in capsys.readouterr().err
