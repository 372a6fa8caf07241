"""Results that are remembered for a minute: what that must not change."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from tests import fakes
from tests.fakes import FakeFhirServer, bundle
from tests.faults.conftest import NOT_CHECKED, RIGHT, ROOMY_MS, NewService, order_select
from tests.requests_made import genotype, patient

DENIAL = {
    "resourceType": "Consent",
    "id": "no",
    "status": "active",
    "patient": {"reference": "Patient/p1"},
    "provision": {"type": "deny"},
}


@pytest.fixture(scope="module")
def remembering(new_service: NewService) -> FlaskClient:
    return new_service(cache_seconds=60, deadline_fetch_ms=ROOMY_MS)


def searches_by_code(server: FakeFhirServer) -> int:
    return sum("84413-4" in str(asked.parameters) for asked in server.requests)


def test_the_results_are_searched_once_for_two_orders(
    remembering: FlaskClient, server: FakeFhirServer
) -> None:
    first, second = order_select(remembering, server.base), order_select(remembering, server.base)
    assert first.text == second.text
    assert first.summaries == [RIGHT]
    assert searches_by_code(server) == 1


def test_without_the_setting_every_call_searches(service: FlaskClient, server: FakeFhirServer) -> None:
    order_select(service, server.base)
    order_select(service, server.base)
    assert searches_by_code(server) == 2


def test_a_consent_that_came_in_between_holds(remembering: FlaskClient, server: FakeFhirServer) -> None:
    assert order_select(remembering, server.base).summaries == [RIGHT]
    server.resources.append(DENIAL)
    assert order_select(remembering, server.base).cards == []


@pytest.mark.parametrize("behaviour", [fakes.hang, fakes.hang_up, fakes.status(500)])
def test_remembered_results_are_not_used_if_nobody_knows_the_consents(
    remembering: FlaskClient, server: FakeFhirServer, behaviour: fakes.Behaviour
) -> None:
    assert order_select(remembering, server.base).summaries == [RIGHT]
    server.behave("Consent", behaviour)
    answer = order_select(remembering, server.base)
    assert answer.summaries == [NOT_CHECKED]
    assert "CYP2C19" not in answer.text


def test_another_user_does_not_see_what_the_first_one_read(
    remembering: FlaskClient, server: FakeFhirServer
) -> None:
    assert order_select(remembering, server.base).summaries == [RIGHT]
    assert order_select(remembering, server.base, token="of-another-user").summaries == [NOT_CHECKED]


def test_another_patient_does_not_get_the_results(remembering: FlaskClient, server: FakeFhirServer) -> None:
    assert order_select(remembering, server.base).summaries == [RIGHT]
    server.resources.append({**patient(), "id": "p2"})
    context: dict[str, Any] = {
        "patientId": "p2",
        "userId": "Practitioner/1",
        "selections": ["MedicationRequest/rx2"],
        "draftOrders": bundle(
            [
                {
                    "resourceType": "MedicationRequest",
                    "id": "rx2",
                    "medicationCodeableConcept": {"text": "clopidogrel"},
                }
            ]
        ),
    }
    assert order_select(remembering, server.base, context=context).cards == []


@pytest.mark.parametrize("failing", [fakes.status(500), fakes.say(bundle([fakes.outcome("exception")]))])
def test_a_failure_is_not_remembered(
    remembering: FlaskClient, server: FakeFhirServer, failing: fakes.Behaviour
) -> None:
    server.behave("Observation", failing)
    assert order_select(remembering, server.base).summaries == [NOT_CHECKED]
    server.behave("Observation", fakes.answer_well)
    assert order_select(remembering, server.base).summaries == [RIGHT]


def test_a_result_that_arrives_while_somebody_waits_is_seen_at_once(
    remembering: FlaskClient, server: FakeFhirServer
) -> None:
    server.resources = [patient()]
    assert order_select(remembering, server.base).cards == []
    server.resources = [patient(), genotype("CYP2C19", "*2/*2")]
    assert order_select(remembering, server.base).summaries == [RIGHT]
