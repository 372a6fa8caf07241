"""Every example order of every fixture patient, over HTTP, through what CDS Hooks asks of an answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from cds_service.resources import fixtures_folder
from cds_service.sandbox.patients import read_examples
from tests.conformance.checks import faults_of_answer
from tests.conformance.conftest import Client
from tests.ehr import BODY
from tests.requests_made import INSTANCE, RXNORM, bundle, call, draft, genotype

pytestmark = pytest.mark.slow

PATIENTS = {patient["id"]: patient for patient in read_examples(fixtures_folder())}
STYLES = [("order-select", "replace"), ("order-sign", "update"), ("order-sign", "separate")]


@cache
def resources(patient: str) -> tuple[dict[str, Any], ...]:
    document = json.loads((fixtures_folder() / "patients" / f"{patient}.json").read_text("utf8"))
    return tuple(entry["resource"] for entry in document["entry"])


def request(patient: str, example: dict[str, Any], hook: str) -> dict[str, Any]:
    """As an EHR sends it: everything under the keys of the templates, by the type of resource."""
    order = draft(example["rxcui"], subject={"reference": f"Patient/{patient}"}, reason=None)
    order["medicationCodeableConcept"]["text"] = example["text"]
    if example.get("reason"):
        order["reasonCode"] = [example["reason"]]
    body = call(order, hook=hook)
    body["context"]["patientId"] = patient
    record = resources(patient)
    body["prefetch"] = {
        "patient": next(item for item in record if item["resourceType"] == "Patient"),
        "results": bundle(*(item for item in record if item["resourceType"] == "Observation")),
        **{
            key: bundle(*(item for item in record if item["resourceType"] == kind))
            for key, kind in (
                ("reports", "DiagnosticReport"),
                ("conditions", "Condition"),
                ("procedures", "Procedure"),
                ("medications", "MedicationRequest"),
                ("allergies", "AllergyIntolerance"),
                ("consents", "Consent"),
            )
        },
    }
    return body


def answers(client: Client, patient: str) -> Iterator[tuple[dict[str, Any], dict[str, Any], str]]:
    """Request, answer and style for each example of a patient."""
    for example in PATIENTS[patient]["try"]:
        for hook, style in STYLES:
            body = request(patient, example, hook)
            yield body, client.order(body, style), style


@pytest.mark.parametrize("patient", sorted(PATIENTS))
def test_every_answer_is_as_the_specification_has_it(client: Client, patient: str) -> None:
    for body, answer, style in answers(client, patient):
        assert faults_of_answer(answer, body) == [], (patient, style)


def test_every_chart_that_is_opened_is_answered_as_the_specification_has_it(client: Client) -> None:
    """As if the first example were taken already."""
    cards = 0
    for patient in sorted(PATIENTS):
        body = request(patient, PATIENTS[patient]["try"][0], "patient-view")
        order = body["context"].pop("draftOrders")["entry"][0]["resource"]
        body["prefetch"]["medications"].setdefault("entry", []).append(
            {"resource": {**order, "status": "active"}}
        )
        for tenant in ("replace", "german"):
            answer = client.order(body, tenant)
            assert faults_of_answer(answer, body) == [], (patient, tenant)
            cards += len(answer["cards"])
    assert cards >= 10


@pytest.mark.parametrize("patient", sorted(PATIENTS))
def test_every_card_can_be_read_without_its_buttons_and_names_drug_and_release(
    client: Client, patient: str
) -> None:
    for _, answer, _ in answers(client, patient):
        for card in answer["cards"]:
            text = f"{card['summary']} {card['detail']}".lower()
            finding = card.get("extension", {}).get("pgx-cds.finding")
            if finding is not None:
                assert finding["drug"]["name"].lower() in card["summary"].lower()
                assert "knowledge release" in text
            for suggestion in card.get("suggestions", ()):
                for action in suggestion["actions"]:
                    concept = action.get("resource", {}).get("medicationCodeableConcept")
                    assert concept is None or concept["text"].lower() in text


@pytest.mark.parametrize("patient", sorted(PATIENTS))
def test_no_card_names_the_person(client: Client, patient: str) -> None:
    """In everything a client may log or send on; the replacement order itself has to say who it is for."""
    person = next(item for item in resources(patient) if item["resourceType"] == "Patient")
    names = [part for name in person.get("name", ()) for part in (name["family"], *name["given"])]
    numbers = [identifier["value"] for identifier in person.get("identifier", ())]
    private = [*names, *numbers, person["birthDate"], patient]
    for _, answer, _ in answers(client, patient):
        for card in answer["cards"]:
            shown = json.dumps({name: value for name, value in card.items() if name != "suggestions"})
            assert [text for text in private if text in shown] == []


def test_there_are_cards_of_every_indicator_and_with_every_kind_of_action(client: Client) -> None:
    """Otherwise the tests above could look at nothing."""
    indicators, kinds = set(), set()
    for patient in sorted(PATIENTS):
        for _, answer, style in answers(client, patient):
            for card in answer["cards"]:
                indicators.add(card["indicator"])
                for suggestion in card.get("suggestions", ()):
                    kinds |= {(style, action["type"]) for action in suggestion["actions"]}
    assert indicators == {"info", "warning", "critical"}
    assert {
        *(("replace", "delete"), ("replace", "create")),
        *(("separate", "delete"), ("separate", "create"), ("update", "update")),
    } <= kinds


def test_an_ehr_that_takes_one_action_a_suggestion_gets_one(client: Client) -> None:
    for style in ("update", "separate"):
        (card,) = client.order(BODY, style)["cards"]
        assert card["selectionBehavior"] == ("any" if style == "separate" else "at-most-one")
        assert {len(suggestion["actions"]) for suggestion in card["suggestions"]} == {1}
    (card,) = client.order(BODY, "replace")["cards"]
    assert [action["type"] for action in card["suggestions"][0]["actions"]] == ["delete", "create"]


def test_each_tenant_of_one_process_gets_the_choices_of_its_own_site(client: Client) -> None:
    english, german = (client.order(BODY, tenant)["cards"][0]["summary"] for tenant in ("replace", "german"))
    assert english.startswith("Replace clopidogrel")
    assert german != english
    assert "Clopidogrel" in german


def test_at_order_select_and_order_sign_an_order_gets_the_same_card(client: Client) -> None:
    """Nothing is remembered in between. Topics do not change: a site may map what was overridden to them."""
    poor = genotype("CYP2C19", "*2/*2")
    (first,) = client.order(call(draft(), results=(poor,)))["cards"]
    (second,) = client.order(call(draft(), results=(poor,), hook="order-sign"))["cards"]
    assert first == second
    (other_call,) = client.order({**call(draft(), results=(poor,)), "hookInstance": INSTANCE[:-1] + "6"})[
        "cards"
    ]
    assert other_call["uuid"] != first["uuid"]
    assert other_call["source"]["topic"] == first["source"]["topic"]


def test_an_order_that_is_no_draft_any_more_is_judged_by_what_it_orders(client: Client) -> None:
    poor = genotype("CYP2C19", "*2/*2")
    for status in ("active", "on-hold", "draft"):
        cards = client.order(call(draft(status=status), results=(poor,), hook="order-sign"))["cards"]
        assert [card["summary"][:19] for card in cards] == ["Replace clopidogrel"]


def test_orders_of_other_kinds_are_passed_over(client: Client) -> None:
    others = [
        {"resourceType": kind, "id": f"o{number}", "status": "draft", "subject": {"reference": "Patient/p1"}}
        for number, kind in enumerate(
            (
                "ServiceRequest",
                "NutritionOrder",
                "DeviceRequest",
                "VisionPrescription",
                "Medication",
            )
        )
    ]
    assert client.order(call(*others)) == {"cards": []}
    mixed = call(*others, draft(), results=(genotype("CYP2C19", "*2/*2"),))
    assert len(client.order(mixed)["cards"]) == 1


@pytest.mark.parametrize("kind", ["MedicationOrder", "MedicationPrescription"])
def test_a_drug_order_of_an_older_fhir_is_told_as_not_checked(client: Client, kind: str) -> None:
    older = {**draft(), "resourceType": kind}
    (card,) = client.order(call(older, results=(genotype("CYP2C19", "*2/*2"),)))["cards"]
    assert card["summary"] == "One order could not be read and was not checked"


def test_null_for_the_results_is_an_answer_and_no_data(client: Client) -> None:
    body = call(draft())
    body["prefetch"]["results"] = None
    assert client.order(body) == {"cards": []}


def test_a_draft_without_subject_gets_a_replacement_with_one(client: Client) -> None:
    order = draft()
    del order["subject"]
    body = call(order, results=(genotype("CYP2C19", "*2/*2"),))
    answer = client.order(body)
    assert faults_of_answer(answer, body) == []
    created = answer["cards"][0]["suggestions"][0]["actions"][1]["resource"]
    assert created["subject"] == {"reference": "Patient/p1"}


@pytest.mark.parametrize(
    "scope",
    [
        "patient/Observation.read patient/*.read launch",
        "patient/Observation.rs?category=laboratory",
        "Observation.Read (Labs) (R4) MedicationRequest.Search (Unsigned Order) (R4)",
        "",
        None,
        7,
    ],
)
def test_scopes_of_any_writing_are_no_reason_to_fail(client: Client, scope: object) -> None:
    access = {"access_token": "x", "token_type": "Bearer", "expires_in": 300, "subject": "s", "scope": scope}
    body = {**BODY, "fhirServer": "https://ehr.example.org/fhir", "fhirAuthorization": access}
    assert len(client.order(body)["cards"]) == 1


def test_a_reference_may_be_absolute(client: Client) -> None:
    base = "https://ehr.example.org/fhir"
    order = draft(subject={"reference": f"{base}/Patient/p1"})
    poor = genotype("CYP2C19", "*2/*2", subject={"reference": f"{base}/Patient/p1"})
    body = {**call(order, results=(poor,)), "fhirServer": base}
    assert len(client.order(body)["cards"]) == 1


def test_rxnorm_is_read_under_both_of_its_names(client: Client) -> None:
    for system in (RXNORM, "urn:oid:2.16.840.1.113883.6.88"):
        order = draft()
        order["medicationCodeableConcept"]["coding"][0]["system"] = system
        assert len(client.order(call(order, results=(genotype("CYP2C19", "*2/*2"),)))["cards"]) == 1


def test_nothing_of_a_person_is_logged(client: Client, served: Any) -> None:
    order = draft(subject={"reference": "Patient/p1", "display": "Dunholm Marek"})
    order["medicationCodeableConcept"]["coding"][0]["code"] = "no-such-code-77"
    client.order(call(order))
    refused = call(draft(subject={"reference": "Patient/other-person-88"}))
    assert client.post("/cds-services/pgx-order-select", refused).status_code == 400
    log = served.log.read_text("utf8")
    assert not any(text in log for text in ("Dunholm", "no-such-code-77", "other-person-88", "eyJ"))
