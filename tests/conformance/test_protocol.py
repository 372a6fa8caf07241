"""Discovery, statuses, feedback and CORS, over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from cds_service.hooks.definitions import discovery
from cds_service.store.database import Database
from cds_service.store.feedback import FeedbackStore
from tests.conformance.checks import faults_of_discovery
from tests.conformance.conftest import ORIGIN, Client
from tests.ehr import BODY, ISSUER, SELECT, SIGN
from tests.requests_made import call, draft, genotype
from tests.web.served import Served

pytestmark = pytest.mark.slow

FEEDBACK = f"{SELECT}/feedback"
TIME = "2026-11-21T10:00:00Z"
NON_ADHERENCE = "http://terminology.hl7.org/CodeSystem/non-adherence-reason-codes"
#: Resource type -> search parameters that US Core asks servers for; Consent is in no national guide.
US_CORE = {
    "Observation": {"patient", "code", "category", "date", "status"},
    "DiagnosticReport": {"patient", "code", "category", "date", "status"},
    "Condition": {"patient", "category", "clinical-status", "code", "onset-date", "recorded-date"},
    "Procedure": {"patient", "code", "date", "status"},
    "MedicationRequest": {"patient", "status", "intent", "encounter", "authoredon"},
    "AllergyIntolerance": {"patient", "clinical-status"},
    "FamilyMemberHistory": {"patient", "code"},
    "Consent": {"patient", "status", "category"},
}


@pytest.fixture(scope="module")
def document(client: Client) -> dict[str, Any]:
    answer = client.get("/cds-services")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    found: dict[str, Any] = answer.json()
    return found


def test_discovery_is_as_the_specification_has_it(document: dict[str, Any]) -> None:
    assert document["services"]
    assert faults_of_discovery(document) == []


def test_discovery_names_the_version_of_the_specification_and_none_of_a_hook(
    document: dict[str, Any],
) -> None:
    assert {service["version"] for service in document["services"]} == {"2.0.1"}
    assert all("hookVersion" not in service for service in document["services"])


def test_without_services_discovery_is_an_empty_list() -> None:
    assert discovery({"patient": "Patient/1"}, ()) == {"services": []}


def test_without_templates_discovery_leaves_the_field_out() -> None:
    assert faults_of_discovery(discovery(lambda _: {})) == []


def test_templates_only_use_parameters_that_national_guides_require(document: dict[str, Any]) -> None:
    for template in document["services"][0]["prefetch"].values():
        kind, _, query = template.partition("?")
        names = {item.partition("=")[0] for item in query.split("&") if item}
        allowed = US_CORE.get(kind.partition("/")[0], set()) | {"_sort", "_count"}
        assert names <= allowed, template


def test_results_are_sorted_in_the_words_of_fhir(document: dict[str, Any]) -> None:
    templates = document["services"][0]["prefetch"].values()
    sorts = {item for text in templates for item in text.split("&") if "sort" in item}
    assert sorts == {"_sort=-date"}


@pytest.mark.parametrize(
    ("path", "body", "headers", "status"),
    [
        (SELECT, b"{", {}, 400),
        (SELECT, b"[]", {}, 400),
        (SELECT, {**BODY, "hook": "order-sign"}, {}, 400),
        (SELECT, {**BODY, "hookInstance": "1"}, {}, 400),
        (SELECT, {**BODY, "context": {}}, {}, 400),
        (SELECT, BODY, {"Authorization": "Bearer x"}, 401),
        ("/cds-services/none", BODY, {}, 404),
        ("/cds-services/none/feedback", {"feedback": []}, {}, 404),
        (SELECT, call(draft(), results=None), {}, 412),
        (SELECT, b" " * 11_000_000, {}, 413),
        (SELECT, b"{}", {"Content-Type": "text/plain"}, 415),
        (FEEDBACK, {"feedback": {}}, {}, 400),
        (FEEDBACK, b"{", {}, 400),
    ],
)
def test_every_refusal_is_an_operation_outcome_with_its_status(
    client: Client, path: str, body: Any, headers: dict[str, str], status: int
) -> None:
    answer = client.post(path, body, headers=headers)
    assert answer.status_code == status
    outcome = answer.json()
    assert outcome["resourceType"] == "OperationOutcome"
    assert outcome["issue"][0]["severity"] == "error"


def test_a_body_of_unknown_length_is_read_up_to_the_limit(client: Client) -> None:
    def pieces(text: bytes) -> Iterator[bytes]:
        yield from (text[start : start + 65_536] for start in range(0, len(text), 65_536))

    signed = {**client.ehr.bearer(SELECT, client.base, tenant="replace"), "Content-Type": "application/json"}
    address = client.base + SELECT
    answer = requests.post(address, data=pieces(json.dumps(BODY).encode()), headers=signed, timeout=60)
    assert answer.status_code == 200
    signed |= client.ehr.bearer(SELECT, client.base, tenant="replace")
    try:
        status = requests.post(
            address, data=pieces(b" " * 30_000_000), headers=signed, timeout=60
        ).status_code
    except requests.ConnectionError:  # the server answered and hung up while we were still sending
        status = 413
    assert status == 413
    assert client.get("/cds-services").status_code == 200


def test_other_methods_are_refused_and_other_paths_not_found(client: Client) -> None:
    assert client.get(SELECT).status_code == 405
    assert client.get("/cds-services/none/else").status_code in (404, 405)
    assert client.get("/cds-services/").status_code == 200


def test_without_a_token_nothing_is_answered(served: Served) -> None:
    assert requests.get(f"{served.base}/cds-services", timeout=60).status_code == 401
    for path in (SELECT, SIGN, FEEDBACK):
        assert requests.post(served.base + path, json=BODY, timeout=60).status_code == 401


def test_a_token_for_the_call_is_none_for_the_feedback(client: Client, served: Served) -> None:
    """The audience is the exact address; the public Sandbox signs feedback for the feedback's own."""
    signed = client.ehr.bearer(SELECT, served.base, tenant="replace")
    assert (
        requests.post(served.base + FEEDBACK, json={"feedback": []}, headers=signed, timeout=60).status_code
        == 401
    )
    assert client.post(FEEDBACK, {"feedback": []}).status_code == 200


# -- feedback --


def stored(served: Served) -> list[Any]:
    return FeedbackStore(Database(f"sqlite:///{served.log.parent}/store.sqlite")).all()


def test_what_became_of_a_card_is_kept_with_everything_clients_leave_out_or_add(
    client: Client, served: Served
) -> None:
    (card,) = client.order(call(draft(), results=(genotype("CYP2C19", "*2/*2"),)))["cards"]
    accepted = {
        "card": card["uuid"],
        "outcome": "accepted",
        "outcomeTimestamp": TIME,
        "acceptedSuggestions": [{"id": card["suggestions"][0]["uuid"]}],
    }
    reason = {"code": card["overrideReasons"][0]["code"], "system": NON_ADHERENCE}
    overridden = {
        "card": card["uuid"],
        "outcome": "overridden",
        "outcomeTimestamp": "2026-11-21T10:00:01+01:00",
    }
    with_reason = {**overridden, "overrideReason": {"reason": reason, "userComment": "Mr Dunholm insists"}}
    epic = {
        "card": "unknown-card",
        "outcome": "overridden",
        "outcomeTimestamp": "2026-10-01T10:00:00Z",
        "overrideReasons": [{"reason": {**reason, "display": "x"}}],
        "extension": {"com.example": 1},
    }
    answer = client.post(FEEDBACK, {"feedback": [accepted, {"card": 7}, with_reason, epic, accepted]})
    assert (answer.status_code, answer.content) == (200, b"")
    assert client.post(FEEDBACK, {"feedback": [accepted]}).status_code == 200
    kept = [entry for entry in stored(served) if entry.card in (card["uuid"], "unknown-card")]
    assert {(entry.card, entry.outcome, entry.reason, entry.suggestions) for entry in kept} == {
        ("unknown-card", "overridden", reason["code"], ""),
        (card["uuid"], "overridden", reason["code"], ""),
        (card["uuid"], "accepted", "", card["suggestions"][0]["uuid"]),
    }
    assert len(kept) == 3
    assert {entry.caller for entry in kept} == {ISSUER}
    assert "Dunholm" not in repr(stored(served)) + served.log.read_text("utf8")


# -- CORS --


@pytest.mark.parametrize("path", ["/cds-services", SELECT, FEEDBACK])
@pytest.mark.parametrize("asked", ["authorization", "authorization,content-type"])
def test_a_browser_may_ask_before_it_calls_without_a_token(served: Served, path: str, asked: str) -> None:
    method = "GET" if path == "/cds-services" else "POST"
    headers = {
        "Origin": ORIGIN,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": asked,
    }
    answer = requests.options(served.base + path, headers=headers, timeout=60)
    assert answer.status_code in (200, 204)
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert method in answer.headers["Access-Control-Allow-Methods"]
    assert set(asked.split(",")) <= set(answer.headers["Access-Control-Allow-Headers"].split(", "))
    assert "Access-Control-Allow-Credentials" not in answer.headers


def test_a_browser_can_read_answers_and_errors_alike(client: Client) -> None:
    for body, status in ((BODY, 200), (b"{", 400)):
        answer = client.post(SELECT, body, headers={"Origin": ORIGIN})
        assert answer.status_code == status
        assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
        assert "Origin" in answer.headers["Vary"]
    refused = client.post(SELECT, BODY, headers={"Origin": ORIGIN, "Authorization": "Bearer x"})
    assert (refused.status_code, refused.headers["Access-Control-Allow-Origin"]) == (401, ORIGIN)


@pytest.mark.parametrize("origin", ["https://evil.example", "null", f"{ORIGIN}.evil.example", ORIGIN.upper()])
def test_other_pages_are_not_let_in(client: Client, origin: str) -> None:
    answer = client.post(SELECT, BODY, headers={"Origin": origin})
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_answers_are_json_to_the_letter(client: Client) -> None:
    for text in (client.get("/cds-services").text, client.post(SELECT, BODY).text):
        json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
