"""What `/metrics` counts, and that nothing of a person is in it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from cds_service import __version__
from cds_service.hooks.trail import CallOutcome, CallRecord
from cds_service.settings import Settings
from cds_service.watch.metrics import Metrics
from cds_service.wsgi import build_app
from tests.fakes import TOKEN, FakeFhirServer
from tests.requests_made import call, draft, genotype, patient

SELECT = "/cds-services/pgx-order-select"
POOR = genotype("CYP2C19", "*2/*2")


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    store = tmp_path_factory.mktemp("store") / "store.sqlite"
    settings = Settings(
        require_jwt=False,
        store_url=f"sqlite:///{store}",
        fhir_allow="http://127.0.0.1:*",
        deadline_fetch_ms=900,
    )
    return build_app(settings).test_client()


def figures(client: FlaskClient) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Name and labels -> value."""
    text = client.get("/metrics").get_data(as_text=True)
    samples = (sample for family in text_string_to_metric_families(text) for sample in family.samples)
    return {(sample.name, frozenset(sample.labels.items())): sample.value for sample in samples}


class Difference:
    """What a figure grew by while something was done."""

    def __init__(self, client: FlaskClient) -> None:
        self._client = client
        self._before = figures(client)

    def of(self, name: str, **labels: str) -> float:
        key = (f"pgx_cds_{name}", frozenset(labels.items()))
        return figures(self._client).get(key, 0.0) - self._before.get(key, 0.0)


def with_server(body: dict[str, Any], base: str) -> dict[str, Any]:
    access = {"access_token": TOKEN, "token_type": "Bearer", "expires_in": 300, "scope": "", "subject": "s"}
    return {**body, "fhirServer": base, "fhirAuthorization": access}


def test_a_call_with_a_card_is_counted_with_topic_and_stages(shared: FlaskClient) -> None:
    grown = Difference(shared)
    assert shared.post(SELECT, json=call(draft(), results=(POOR,))).status_code == 200
    assert grown.of("calls_total", service="pgx-order-select", outcome="cards") == 1
    assert grown.of("cards_total", topic="clopidogrelCYP2C19", indicator="warning") == 1
    assert grown.of("call_seconds_count", service="pgx-order-select") == 1
    for stage in ("read", "orders", "gather", "judge", "cards"):
        assert grown.of("stage_seconds_count", service="pgx-order-select", stage=stage) == 1
    assert grown.of("http_answers_total", route="/cds-services/<service_id>", status="200") == 1


def test_stages_add_up_to_the_call(shared: FlaskClient) -> None:
    shared.post(SELECT, json=call(draft(), results=(POOR,)))
    found = figures(shared)
    stages = [value for (name, _), value in found.items() if name == "pgx_cds_stage_seconds_sum"]
    whole = [value for (name, _), value in found.items() if name == "pgx_cds_call_seconds_sum"]
    assert sum(stages) == pytest.approx(sum(whole))
    assert sum(whole) > 0


@pytest.mark.parametrize(
    ("outcome", "body"),
    [
        ("silent", call(draft(), results=(genotype("CYP2C19", "*1/*1"),))),
        ("refused", call(draft(subject={"reference": "Patient/other"}))),
        ("no-data", call(draft(), results=None)),
    ],
)
def test_calls_without_a_card_are_told_apart(shared: FlaskClient, outcome: str, body: dict[str, Any]) -> None:
    grown = Difference(shared)
    shared.post(SELECT, json=body)
    assert grown.of("calls_total", service="pgx-order-select", outcome=outcome) == 1


def test_requests_to_fhir_servers_are_counted_by_outcome(shared: FlaskClient) -> None:
    grown = Difference(shared)
    with FakeFhirServer([patient(), POOR]) as server:
        answer = shared.post(SELECT, json=with_server(call(draft(), results=None), server.base))
    assert len(answer.get_json()["cards"]) == 1
    assert grown.of("fhir_requests_total", kind="Observation", outcome="ok") >= 1


def test_a_server_that_is_not_there_is_counted(shared: FlaskClient) -> None:
    with FakeFhirServer() as gone:
        base = gone.base
    grown = Difference(shared)
    shared.post(SELECT, json=with_server(call(draft(), results=None), base))
    assert grown.of("fhir_requests_total", kind="Observation", outcome="unreachable") >= 1
    assert grown.of("missing_data_total", need="results", reason="unreachable") == 1
    assert grown.of("deadline_misses_total", service="pgx-order-select") == 0


def test_a_server_that_is_too_slow_is_a_missed_deadline(shared: FlaskClient) -> None:
    grown = Difference(shared)
    with FakeFhirServer([patient(), POOR]) as server:
        server.behave("Observation", lambda *_: server.stopped.wait(20) and None)
        shared.post(SELECT, json=with_server(call(draft(), results=None), server.base))
    assert grown.of("deadline_misses_total", service="pgx-order-select") == 1
    assert grown.of("missing_data_total", need="results", reason="timeout") == 1


def test_feedback_is_counted_by_outcome(shared: FlaskClient) -> None:
    grown = Difference(shared)
    entry = {"card": "c", "outcome": "accepted", "outcomeTimestamp": "2026-11-21T10:00:00Z"}
    assert shared.post(f"{SELECT}/feedback", json={"feedback": [entry]}).status_code == 200
    assert grown.of("feedback_total", service="pgx-order-select", outcome="accepted") == 1


def test_an_unknown_address_makes_no_label_of_its_own(shared: FlaskClient) -> None:
    grown = Difference(shared)
    shared.get("/somebody/p1")
    assert grown.of("http_answers_total", route="none", status="404") == 1
    assert "somebody" not in shared.get("/metrics").get_data(as_text=True)


def test_nothing_of_a_person_or_a_caller_is_in_the_figures(shared: FlaskClient) -> None:
    strange = draft(rxcui="000", ident="SECRET-order", medicationCodeableConcept={"text": "SECRET-forte"})
    with FakeFhirServer([patient(), POOR]) as server:
        shared.post(SELECT, json=with_server(call(strange, draft(), results=(POOR,)), server.base))
        own = draft(ident="rx2", medicationReference={"reference": "SecretKind/SECRET-1"})
        del own["medicationCodeableConcept"]
        shared.post(SELECT, json=with_server(call(own, results=(POOR,)), server.base))
        text = shared.get("/metrics").get_data(as_text=True)
        assert server.base not in text
    assert "drugUnknown" in text
    # The measured numbers hold any digits by chance.
    names = "\n".join(line if line.startswith("#") else line.rpartition(" ")[0] for line in text.splitlines())
    for trace in ("SECRET", "Secret", "p1", "*2/*2", "1960", "11111111-2222"):
        assert trace not in names


def test_the_versions_that_are_served_are_told(shared: FlaskClient) -> None:
    content = shared.get("/health/ready").get_json()["checks"]["knowledge"]
    labels = frozenset({"version": __version__, "knowledge": content}.items())
    assert figures(shared)["pgx_cds_information", labels] == 1


def test_versions_that_were_served_before_are_nought() -> None:
    metrics = Metrics()
    metrics.started("1", "old")
    metrics.started("1", "new")
    text = metrics.exposition()[0].decode()
    assert 'pgx_cds_information{knowledge="old",version="1"} 0.0' in text
    assert 'pgx_cds_information{knowledge="new",version="1"} 1.0' in text


def test_a_fault_of_our_own_is_counted_by_its_type() -> None:
    metrics = Metrics()
    metrics.called(CallRecord("pgx-order-sign", CallOutcome.FAULT, b"", fault="KeyError"))
    assert 'pgx_cds_faults_total{kind="KeyError"} 1.0' in metrics.exposition()[0].decode()


def test_figures_of_a_folder_without_service_are_deleted_at_the_start(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path;"
        "from cds_service.watch.metrics import Metrics, share_between_processes as share;"
        "share(Path(sys.argv[1])); m = Metrics(); m.answered('/x', 200); print(m.exposition()[0].decode())"
    )
    said = [
        subprocess.run(
            [sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=True
        )
        for _ in range(2)
    ]
    assert ['pgx_cds_http_answers_total{route="/x",status="200"} 1.0' in run.stdout for run in said] == [
        True
    ] * 2
