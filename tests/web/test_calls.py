"""Hook calls through the web application."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.requests_made import SNOMED, bundle, call, draft, genotype

SELECT, SIGN = "/cds-services/pgx-order-select", "/cds-services/pgx-order-sign"
POOR = genotype("CYP2C19", "*2/*2")


def cards(client: FlaskClient, body: dict[str, Any], path: str = SELECT) -> list[dict[str, Any]]:
    answer = client.post(path, json=body)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    found: list[dict[str, Any]] = answer.get_json()["cards"]
    return found


def test_discovery_lists_all_services_with_plain_templates(client: FlaskClient) -> None:
    services = client.get("/cds-services").get_json()["services"]
    assert [(s["id"], s["hook"]) for s in services] == [
        ("pgx-order-select", "order-select"),
        ("pgx-order-sign", "order-sign"),
        ("pgx-patient-view", "patient-view"),
    ]
    for service in services:
        assert service["title"]
        assert service["description"]
        for template in service["prefetch"].values():
            tokens = {part.split("}}")[0] for part in template.split("{{")[1:]}
            assert tokens <= {"context.patientId", "context.encounterId"}
            query = template.partition("?")[2]
            parameters = [item.partition("=")[0] for item in query.split("&") if item]
            assert len(parameters) == len(set(parameters))
            assert not any(name.startswith("_include") for name in parameters)


def test_discovery_takes_a_slash_at_the_end(client: FlaskClient) -> None:
    assert client.get("/cds-services/").status_code == 200


def test_the_main_job(client: FlaskClient) -> None:
    (card,) = cards(client, call(draft(), results=(POOR,)))
    assert card["summary"] == "Replace clopidogrel with prasugrel or ticagrelor: CYP2C19 poor metabolizer"
    assert card["indicator"] == "warning"
    assert card["source"]["label"] == "CPIC guideline for clopidogrel and CYP2C19, 2022"
    first = card["suggestions"][0]
    assert [action["type"] for action in first["actions"]] == ["delete", "create"]
    created = first["actions"][1]["resource"]
    assert created["medicationCodeableConcept"]["coding"][0]["code"] == "613391"
    assert created["subject"] == {"reference": "Patient/p1"}
    assert created["reasonCode"][0]["coding"][0]["system"] == SNOMED
    assert "dosageInstruction" not in created
    finding = card["extension"]["pgx-cds.finding"]
    assert finding["order"] == "MedicationRequest/rx1"
    assert finding["genes"] == [{"gene": "CYP2C19", "diplotype": "*2/*2", "phenotype": "Poor Metabolizer"}]


def test_the_same_request_gives_the_same_bytes(client: FlaskClient) -> None:
    body = call(draft(), results=(POOR,))
    assert client.post(SELECT, json=body).data == client.post(SELECT, json=body).data


def test_a_normal_result_gives_no_card(client: FlaskClient) -> None:
    assert cards(client, call(draft(), results=(genotype("CYP2C19", "*1/*1"),))) == []


def test_no_result_on_file_is_an_answer(client: FlaskClient) -> None:
    assert cards(client, call(draft(), results=())) == []


def test_results_neither_sent_nor_reachable_are_refused(client: FlaskClient) -> None:
    answer = client.post(SELECT, json=call(draft(), results=None))
    assert answer.status_code == 412
    assert answer.get_json()["resourceType"] == "OperationOutcome"


def test_a_server_that_does_not_answer_is_told_on_a_card(client: FlaskClient) -> None:
    body = call(draft(), results=None)
    body["fhirServer"] = "http://127.0.0.1:9/fhir"
    body["fhirAuthorization"] = {
        "access_token": "x", "token_type": "Bearer", "expires_in": 300,
        "scope": "patient/*.rs", "subject": "s",
    }  # fmt: skip
    (card,) = cards(client, body)
    assert (card["indicator"], card["summary"]) == (
        "info",
        "Clopidogrel was not checked: the genetic results could not be read",
    )


def test_an_order_without_a_drug_gives_no_card(client: FlaskClient) -> None:
    empty = draft()
    del empty["medicationCodeableConcept"]
    assert cards(client, call(empty, results=(POOR,))) == []


def test_only_selected_orders_get_cards(client: FlaskClient) -> None:
    body = call(draft(), draft(rxcui="2670", ident="rx2"), results=(POOR, genotype("CYP2D6", "*4/*4", "g2")))
    body["context"]["selections"] = ["MedicationRequest/rx2"]
    assert [card["extension"]["pgx-cds.finding"]["order"] for card in cards(client, body)] == [
        "MedicationRequest/rx2"
    ]


def test_order_sign_judges_every_draft(client: FlaskClient) -> None:
    body = call(
        draft(),
        draft(rxcui="2670", ident="rx2"),
        results=(POOR, genotype("CYP2D6", "*4/*4", "g2")),
        hook="order-sign",
    )
    assert len(cards(client, body, SIGN)) == 2


def test_selections_that_name_nothing_do_not_hide_the_order(client: FlaskClient) -> None:
    body = call(draft(), results=(POOR,))
    body["context"]["selections"] = ["MedicationRequest/other"]
    assert len(cards(client, body)) == 1


def test_a_combination_is_taken_apart(client: FlaskClient) -> None:
    found = cards(client, call(draft(rxcui="993781"), results=(genotype("CYP2D6", "*4/*5"),)))
    assert [card["extension"]["pgx-cds.finding"]["drug"]["name"] for card in found] == ["codeine"]


def test_an_unreadable_entry_is_said_and_does_not_hide_the_rest(client: FlaskClient) -> None:
    body = call(draft(), results=(POOR,))
    body["context"]["draftOrders"]["entry"].append({"resource": 7})
    found = cards(client, body)
    assert [card["summary"][:9] for card in found] == ["One order", "Replace c"]


def test_an_unknown_drug_is_said(client: FlaskClient) -> None:
    (card,) = cards(client, call(draft(rxcui="999999999", medicationCodeableConcept={"text": "zzz forte"})))
    assert card["summary"] == "This order was not checked: the drug was not recognised"


def test_a_result_of_somebody_else_counts_for_nothing(client: FlaskClient) -> None:
    stranger = genotype("CYP2C19", "*2/*2", subject={"reference": "Patient/other"})
    assert cards(client, call(draft(), results=(stranger,))) == []


def test_a_consent_that_denies_keeps_genetics_out_of_every_word(client: FlaskClient) -> None:
    body = call(draft(), results=(POOR,))
    deny = {"resourceType": "Consent", "status": "active", "provision": {"type": "deny"}}
    body["prefetch"]["consents"] = bundle(deny)
    assert cards(client, body) == []


@pytest.mark.parametrize("path", [SELECT, SIGN])
@pytest.mark.parametrize(
    ("status", "data", "kind"),
    [(400, b"{", "application/json"), (400, b"[]", "application/json"), (415, b"{}", "text/plain")],
    ids=["not JSON", "not an object", "not sent as JSON"],
)
def test_unusable_bodies_are_refused(
    client: FlaskClient, path: str, status: int, data: bytes, kind: str
) -> None:
    answer = client.post(path, data=data, content_type=kind)
    assert answer.status_code == status
    assert answer.get_json()["resourceType"] == "OperationOutcome"


def test_unknown_services_and_methods(client: FlaskClient) -> None:
    assert client.post("/cds-services/other", json={}).status_code == 404
    assert client.get(SELECT).status_code == 405
    assert (
        client.post(SELECT, data=b"x" * (11 * 1024 * 1024), content_type="application/json").status_code
        == 413
    )


def test_the_wrong_hook_is_refused(client: FlaskClient) -> None:
    assert client.post(SIGN, json=call(draft())).status_code == 400


def test_errors_never_echo_what_was_sent(client: FlaskClient) -> None:
    body = call(draft(subject={"reference": "Patient/SECRET-NAME"}))
    answer = client.post(SELECT, json=body)
    assert answer.status_code == 400
    assert "SECRET" not in answer.get_data(as_text=True)


def test_browsers_may_call_from_anywhere_and_read_errors(client: FlaskClient) -> None:
    asked = {"Origin": "https://sandbox.example", "Access-Control-Request-Method": "POST"}
    preflight = client.options(SELECT, headers=asked)
    assert preflight.status_code == 204
    assert preflight.headers["Access-Control-Allow-Origin"] == "*"
    assert "authorization" in preflight.headers["Access-Control-Allow-Headers"]
    refused = client.post(
        SELECT, data=b"{", content_type="application/json", headers={"Origin": "https://x.example"}
    )
    assert refused.headers["Access-Control-Allow-Origin"] == "*"


def test_health(client: FlaskClient) -> None:
    assert client.get("/health/live").get_json() == {"status": "alive"}
    assert client.get("/health/ready").get_json()["status"] == "ready"


def test_feedback_is_stored_and_one_bad_entry_does_not_reject_the_rest(client: FlaskClient) -> None:
    entry = {
        "card": "c0ffee00-0000-4000-8000-000000000000",
        "outcome": "overridden",
        "outcomeTimestamp": "2026-11-21T10:00:00Z",
        "overrideReason": {"reason": {"code": "patient-contraindication"}, "userComment": "private"},
    }
    answer = client.post(f"{SELECT}/feedback", json={"feedback": [7, entry]})
    assert (answer.status_code, answer.data) == (200, b"")
    assert client.post(f"{SELECT}/feedback", json={"feedback": [{}]}).status_code == 400
    for odd in ({}, ["accepted"]):  # fuzzing found a 500
        refused = client.post(f"{SELECT}/feedback", json={"feedback": [{**entry, "outcome": odd}]})
        assert refused.status_code == 400


@pytest.mark.parametrize("status", [[], {}, 7])
def test_a_status_that_is_no_word_fails_no_call(client: FlaskClient, status: Any) -> None:
    """Found by fuzzing: a list as status made a chart fail."""
    body = call(
        hook="patient-view", results=(genotype("CYP2C19", "*2/*2"), genotype("CYP2C19", "*1/*1", "g2"))
    )
    del body["context"]["draftOrders"]
    body["prefetch"]["medications"] = bundle(
        draft(ident="m1", status=status), draft(ident="m2", status="active")
    )
    body["prefetch"]["results"]["entry"][0]["resource"]["status"] = status
    answer = client.post("/cds-services/pgx-patient-view", json=body)
    assert answer.status_code == 200
