"""The reasons a card offers for keeping the order fit what the card asks for."""

from __future__ import annotations

from typing import Any

from flask.testing import FlaskClient

from tests.requests_made import call, draft, genotype

SELECT = "/cds-services/pgx-order-select"
HL7 = "http://terminology.hl7.org/CodeSystem/non-adherence-reason-codes"
OURS = "urn:pgx-cds:override-reason"
ABACAVIR = "190521"


def card(client: FlaskClient, body: dict[str, Any]) -> dict[str, Any]:
    (found,) = client.post(SELECT, json=body).get_json()["cards"]
    return dict(found)


def reasons(found: dict[str, Any]) -> set[tuple[str, str]]:
    assert all(reason["display"] for reason in found["overrideReasons"])
    return {(reason["system"], reason["code"]) for reason in found["overrideReasons"]}


def test_a_replacement_can_be_contraindicated_and_a_result_doubted(client: FlaskClient) -> None:
    found = reasons(card(client, call(draft(), results=(genotype("CYP2C19", "*2/*2"),))))
    assert {(HL7, "patient-contraindication"), (OURS, "result-doubted")} <= found
    assert (OURS, "cannot-wait") not in found


def test_a_treatment_may_not_be_able_to_wait_for_a_test(client: FlaskClient) -> None:
    found = reasons(card(client, call(draft(ABACAVIR, reason=None), results=())))
    assert {(OURS, "cannot-wait"), (HL7, "action-completed"), (HL7, "patient-refuses")} <= found
    assert (HL7, "patient-contraindication") not in found


def test_what_we_propose_names_the_patient_also_where_the_draft_does_not(client: FlaskClient) -> None:
    orders = [draft(), draft(ABACAVIR, "rx2", None)]
    for order in orders:
        del order["subject"]
    answer = client.post(SELECT, json=call(*orders, results=(genotype("CYP2C19", "*2/*2"),))).get_json()
    created = [
        action["resource"]
        for found in answer["cards"]
        for suggestion in found["suggestions"]
        for action in suggestion["actions"]
        if action["type"] == "create"
    ]
    assert {resource["resourceType"] for resource in created} == {"MedicationRequest", "ServiceRequest"}
    assert all(resource["subject"] == {"reference": "Patient/p1"} for resource in created)
    assert "systemActions" not in answer
