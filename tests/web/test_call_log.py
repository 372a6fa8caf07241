"""One line of the log for each call, without data of any person; a stop in good order."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from flask.testing import FlaskClient
from structlog.testing import capture_logs

from cds_service.store.audit import AuditStore
from cds_service.store.database import Database
from tests.fakes import TOKEN, FakeFhirServer
from tests.requests_made import INSTANCE, call, draft, genotype, patient
from tests.web.served import Served, serve

SELECT = "/cds-services/pgx-order-select"
POOR = genotype("CYP2C19", "*2/*2")
#: Whatever names the person, the user, the order or a result of the calls below.
TRACES = ("p1", "Practitioner", "rx1", "SECRET", "*2/*2", "1960-", "309362", TOKEN, "127.0.0.1")


def lines_of(client: FlaskClient, body: Any) -> list[dict[str, Any]]:
    with capture_logs() as lines:
        client.post(SELECT, json=body)
    return [dict(line) for line in lines]


def with_server(body: dict[str, Any], base: str) -> dict[str, Any]:
    access = {"access_token": TOKEN, "token_type": "Bearer", "expires_in": 300, "scope": "", "subject": "s"}
    return {**body, "fhirServer": base, "fhirAuthorization": access}


def test_a_call_leaves_one_line_that_says_how_it_went(client: FlaskClient) -> None:
    (line,) = lines_of(client, call(draft(), results=(POOR,)))
    assert (line["event"], line["log_level"], line["outcome"]) == ("call", "info", "cards")
    assert (line["service"], line["instance"]) == ("pgx-order-select", INSTANCE)
    assert line["cards"] == ["warning clopidogrelCYP2C19"]
    assert set(line["stages"]) == {"read", "orders", "gather", "judge", "cards"}


@pytest.mark.parametrize(
    "body",
    [
        call(draft(), results=(POOR,)),
        call(draft(subject={"reference": "Patient/SECRET"}), results=(POOR,)),
        call(draft(medicationCodeableConcept={"text": "SECRET forte"}), results=(POOR,)),
        call(draft(), results=(genotype("CYP2C19", "SECRET"),)),
        call(draft(), results=None),
        {"hook": "SECRET"},
        with_server(call(draft(), results=None), "http://127.0.0.1:9/SECRET"),
    ],
    ids=["card", "another patient", "unknown drug", "unreadable", "no results", "no call", "no server"],
)
def test_no_line_names_anybody(body: Any, client: FlaskClient) -> None:
    lines = lines_of(client, body)
    assert [line["event"] for line in lines] == ["call"]
    text = json.dumps(lines)
    assert [trace for trace in TRACES if trace in text] == []


# -- a real process --


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    monkeypatch.setenv("PGX_CDS_FHIR_ALLOW", "http://127.0.0.1:*")
    monkeypatch.setenv("PGX_CDS_DEADLINE_MS", "8000")
    yield from serve(tmp_path)


@pytest.mark.slow
def test_a_stop_lets_the_call_end_and_writes_the_audit(served: Served, tmp_path: Path) -> None:
    answers: list[requests.Response] = []
    with FakeFhirServer([patient(), POOR]) as server:
        asked, go = threading.Event(), threading.Event()

        def wait(*_: object) -> None:
            asked.set()
            go.wait(30)

        server.behave("Patient", wait)
        body = with_server(call(draft(), results=(POOR,)), server.base)
        del body["prefetch"]["patient"]
        caller = threading.Thread(
            target=lambda: answers.append(requests.post(f"{served.base}{SELECT}", json=body, timeout=60))
        )
        caller.start()
        assert asked.wait(60)
        served.process.terminate()
        time.sleep(0.5)
        go.set()
        caller.join(60)
    assert served.process.wait(60) == 0
    assert [answer.status_code for answer in answers] == [200]
    assert len(answers[0].json()["cards"]) == 1
    assert [line["outcome"] for line in served.logged("call")] == ["cards"]
    entries = list(AuditStore(Database(f"sqlite:///{tmp_path}/store.sqlite")).entries())
    assert [entry.outcome for entry in entries] == ["cards"]
    text = served.log.read_text("utf8")
    assert [trace for trace in TRACES if trace != "127.0.0.1" and trace in text] == []
