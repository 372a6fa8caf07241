"""`patient-view` and what cannot be read: a failure never looks like "nothing to change", and stays quiet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests import fakes
from tests.fakes import TOKEN, Asked, FakeFhirServer
from tests.requests_made import PATIENT, RXNORM, Json, patient
from tests.web.test_patient_view import CLOPIDOGREL, STENTED, cards, opened, taken, variant

NOT_READ = "Not fully checked when the chart was opened: {} could not be read"
OTHER_DRUG = taken("161", "m9")  # nothing is known about it
LOCAL = {
    "resourceType": "Observation",
    "id": "own",
    "status": "final",
    "category": [{"coding": [{"code": "laboratory"}]}],
    "code": {"text": "CYP2C19 genotype"},
    "subject": {"reference": f"Patient/{PATIENT}"},
    "effectiveDateTime": "2024-05-14",
    "valueString": "*2/*2",
}


@pytest.fixture
def server() -> Iterator[FakeFhirServer]:
    with FakeFhirServer([patient(), STENTED]) as found:
        yield found


def asking(server: str) -> Json:
    """A call that brings nothing along."""
    authorization = {"access_token": TOKEN, "token_type": "Bearer"}
    body = opened(STENTED)
    return {**body, "prefetch": {}, "fhirServer": server, "fhirAuthorization": authorization}


def without(body: Json, *keys: str) -> Json:
    return {**body, "prefetch": {key: value for key, value in body["prefetch"].items() if key not in keys}}


def unread(card: Json) -> list[tuple[str, str]]:
    return [(item["what"], item["why"]) for item in card["extension"]["pgx-cds.overview"]["unread"]]


def test_results_that_could_not_be_read_are_one_quiet_line(client: FlaskClient) -> None:
    body = {**asking("http://127.0.0.1:9/fhir"), "prefetch": without(opened(STENTED), "results")["prefetch"]}
    (card,) = cards(client, body)
    assert card["summary"] == NOT_READ.format("genetic results")
    assert card["indicator"] == "info"
    line = "**Not read:** genetic results (the server could not be reached)."
    assert card["detail"].startswith(f'{line} This is not the same as "nothing found".')
    assert "suggestions" not in card
    assert unread(card) == [("results", "unreachable")]


@pytest.mark.parametrize("listed", [(), (OTHER_DRUG,)], ids=["nothing is taken", "nothing that matters"])
def test_nobody_is_told_of_results_that_would_change_nothing(
    client: FlaskClient, listed: tuple[Json, ...]
) -> None:
    body = {**asking("http://127.0.0.1:9/fhir"), "prefetch": without(opened(*listed), "results")["prefetch"]}
    assert cards(client, body) == []


def test_a_list_of_drugs_that_was_not_read_may_hide_some(client: FlaskClient) -> None:
    (card,) = cards(client, without(opened(), "medications"))
    assert card["summary"] == NOT_READ.format("list of drugs")
    assert unread(card) == [("medications", "no-server")]
    assert cards(client, without(opened(results=()), "medications")) == []


def test_a_drug_whose_name_could_not_be_read_is_not_no_drug(client: FlaskClient) -> None:
    named = {**taken(CLOPIDOGREL), "medicationReference": {"reference": "Medication/7"}}
    del named["medicationCodeableConcept"]
    (card,) = cards(client, opened(named))
    assert unread(card) == [("medications", "no-server")]


def test_what_was_read_and_what_was_not_share_the_card(client: FlaskClient) -> None:
    body = opened(STENTED)
    body["prefetch"]["results"]["link"] = [{"relation": "next", "url": "https://ehr.example.org/next"}]
    (card,) = cards(client, body)
    assert card["summary"].endswith("clopidogrel")
    assert "**Not read:** genetic results (only the first page was sent)." in card["detail"]
    assert unread(card) == [("results", "paged")]


def test_an_inherited_finding_waits_for_the_problem_list(client: FlaskClient) -> None:
    body = opened(results=(variant("LDLR", "Pathogenic"),))
    (card,) = cards(client, without(body, "conditions"))
    assert card["summary"] == NOT_READ.format("problem list")
    assert "LDLR" not in card["detail"]


def test_a_laboratory_s_own_codes_are_looked_for(client: FlaskClient, server: FakeFhirServer) -> None:
    server.resources.append(LOCAL)
    (card,) = cards(client, asking(server.base))
    assert card["summary"].endswith("clopidogrel")


def test_they_are_not_looked_for_where_nothing_is_taken(client: FlaskClient, server: FakeFhirServer) -> None:
    server.resources[:] = [patient(), LOCAL]
    assert cards(client, asking(server.base)) == []
    searches = [dict(asked.parameters) for asked in server.asked("Observation")]
    assert searches
    assert [search for search in searches if "category" in search] == []


def test_drugs_and_results_that_are_only_referred_to_are_read(
    client: FlaskClient, server: FakeFhirServer
) -> None:
    named = {**taken(CLOPIDOGREL), "medicationReference": {"reference": "Medication/7"}}
    del named["medicationCodeableConcept"]
    drug = {"coding": [{"system": RXNORM, "code": CLOPIDOGREL}]}
    report = {
        "resourceType": "DiagnosticReport",
        "id": "r1",
        "status": "final",
        "code": {"text": "Pharmacogenetics"},
        "subject": {"reference": f"Patient/{PATIENT}"},
        "result": [{"reference": "Observation/own"}],
    }
    server.resources[:] = [patient(), named, {"resourceType": "Medication", "id": "7", "code": drug}, report]
    server.resources.append(LOCAL)
    server.behave("Observation", only_reads)
    (card,) = cards(client, asking(server.base))
    assert card["summary"].endswith("clopidogrel")


def only_reads(handler: Any, asked: Asked) -> None:
    """Searches find nothing."""
    if asked.parameters:
        handler.send(200, fakes.bundle())
    else:
        fakes.answer_well(handler, asked)


def only_by_code(handler: Any, asked: Asked) -> None:
    """The search without codes fails."""
    (fakes.answer_well if "code" in dict(asked.parameters) else fakes.status(500))(handler, asked)


def test_a_search_for_local_codes_that_fails_is_said(client: FlaskClient, server: FakeFhirServer) -> None:
    server.behave("Observation", only_by_code)
    (card,) = cards(client, asking(server.base))
    assert unread(card) == [("laboratory", "server-error")]
