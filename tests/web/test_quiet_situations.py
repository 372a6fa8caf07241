"""Situations in which a card would come too late, through the hook: emergencies and renewals."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from tests.requests_made import PATIENT, RXNORM, Json, bundle, call, draft, genotype

SELECT = "/cds-services/pgx-order-select"
ABACAVIR, CODEINE = "190521", "2670"
POOR = genotype("CYP2D6", "*4/*4")


def cards(client: FlaskClient, body: Json) -> list[Json]:
    answer = client.post(SELECT, json=body)
    assert answer.status_code == 200
    found: list[Json] = answer.get_json()["cards"]
    return found


def in_encounter(kind: str, body: Json) -> Json:
    body["context"]["encounterId"] = "e1"
    body["prefetch"]["encounter"] = {
        "resourceType": "Encounter",
        "id": "e1",
        "status": "in-progress",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": kind},
        "subject": {"reference": f"Patient/{PATIENT}"},
    }
    return body


def renewal(rxcui: str, since: str, results: tuple[Json, ...]) -> Json:
    """The draft continues an order that runs since a day."""
    running: Json = {
        "resourceType": "MedicationRequest",
        "id": "old",
        "status": "active",
        "intent": "order",
        "authoredOn": since,
        "subject": {"reference": f"Patient/{PATIENT}"},
        "medicationCodeableConcept": {"coding": [{"system": RXNORM, "code": rxcui}]},
    }
    again = draft(rxcui, reason=None, priorPrescription={"reference": "MedicationRequest/old"})
    body = call(again, results=results)
    body["prefetch"]["medications"] = bundle(running)
    return body


@pytest.mark.parametrize(("kind", "count"), [("AMB", 1), ("IMP", 1), ("EMER", 0)])
def test_an_emergency_is_not_asked_to_wait_for_a_test(client: FlaskClient, kind: str, count: int) -> None:
    found = cards(client, in_encounter(kind, call(draft(ABACAVIR, reason=None), results=())))
    assert len(found) == count


def test_an_emergency_gets_the_advice_that_rests_on_results(client: FlaskClient) -> None:
    body = in_encounter("EMER", call(draft(CODEINE, reason=None), results=(POOR,)))
    assert len(cards(client, body)) == 1


def test_no_test_is_asked_for_when_a_drug_that_was_tolerated_is_renewed(client: FlaskClient) -> None:
    assert cards(client, renewal(ABACAVIR, "2024-01-01", ())) == []


def test_advice_on_a_tolerated_drug_is_said_quietly_at_the_renewal(client: FlaskClient) -> None:
    (first,) = cards(client, call(draft(CODEINE, reason=None), results=(POOR,)))
    (again,) = cards(client, renewal(CODEINE, "2024-01-01", (POOR,)))
    assert (first["indicator"], again["indicator"]) == ("warning", "info")
    assert again["summary"] == first["summary"]
    assert "Taken for long already" in again["detail"]
