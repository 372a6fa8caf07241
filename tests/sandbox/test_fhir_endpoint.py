"""The FHIR endpoint over HTTP: what a CDS client, the public CDS Hooks sandbox and a careless caller get."""

from __future__ import annotations

from typing import Any

import pytest
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.capabilitystatement import CapabilityStatement
from fhir.resources.R4B.operationoutcome import OperationOutcome
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from cds_service.resources import fixtures_folder
from cds_service.sandbox import register
from cds_service.sandbox.fhir_endpoint import fhir_blueprint
from cds_service.sandbox.parameters import PARAMETERS
from cds_service.sandbox.store import Store

LOCAL = "urn:oid:2.16.840.1.113883.3.9999.1"
GENETICS = "http://terminology.hl7.org/CodeSystem/v2-0074|GE"
SANDBOX = "https://sandbox.cds-hooks.org"
PANEL = "Observation?patient=pgx-normal&code=http://loinc.org|84413-4"


@pytest.fixture(scope="module")
def client() -> FlaskClient:
    app = Flask("test")
    register(app, fixtures=fixtures_folder())
    return app.test_client()


def found(response: TestResponse) -> list[dict[str, Any]]:
    assert response.status_code == 200, response.text
    return [entry["resource"] for entry in body(response).get("entry", [])]


def body(response: TestResponse) -> dict[str, Any]:
    content = response.get_json(force=True)
    assert isinstance(content, dict)
    return content


def ids(response: TestResponse) -> list[str]:
    return [resource["id"] for resource in found(response)]


def refused(response: TestResponse, status: int) -> str:
    """The sentence of an OperationOutcome, after the checks every refusal must pass."""
    assert response.status_code == status
    assert response.content_type == "application/fhir+json; charset=utf-8"
    assert OperationOutcome.model_validate(body(response))
    return str(body(response)["issue"][0]["diagnostics"])


# -- metadata and read


def test_metadata_is_a_valid_capability_statement_of_r4(client: FlaskClient) -> None:
    statement = body(client.get("/fhir/metadata"))
    assert CapabilityStatement.model_validate(statement).fhirVersion == "4.0.1"
    assert {resource["type"] for resource in statement["rest"][0]["resource"]} == set(PARAMETERS)


def test_read_gives_the_resource_as_fhir_json(client: FlaskClient) -> None:
    response = client.get("/fhir/Patient/pgx-stent")
    assert body(response)["id"] == "pgx-stent"
    assert response.content_type == "application/fhir+json; charset=utf-8"


def test_the_shared_practitioner_is_served(client: FlaskClient) -> None:
    assert body(client.get("/fhir/Practitioner/pgx-prescriber"))["resourceType"] == "Practitioner"


@pytest.mark.parametrize("path", ["Patient/nobody", "Patient/pgx-stent/_history", "Unicorn/1", "", "Unicorn"])
def test_what_is_not_there_is_404(client: FlaskClient, path: str) -> None:
    refused(client.get(f"/fhir/{path}"), 404)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_writing_is_405(client: FlaskClient, method: str) -> None:
    assert "read-only" in refused(client.open("/fhir/Patient/pgx-stent", method=method), 405)
    assert "read-only" in refused(client.open("/fhir/Patient", method=method), 405)


# -- search


def test_searchset_is_a_valid_bundle_with_total_and_self_link(client: FlaskClient) -> None:
    bundle = body(client.get(f"/fhir/{PANEL}"))
    assert Bundle.model_validate(bundle).type == "searchset"
    assert (bundle["total"], len(bundle["entry"])) == (14, 14)
    assert [link["relation"] for link in bundle["link"]] == ["self"]
    assert bundle["entry"][0]["search"] == {"mode": "match"}


def test_post_search_answers_as_get_does(client: FlaskClient) -> None:
    form = {"patient": "pgx-normal", "code": "http://loinc.org|84413-4"}
    by_post = client.post("/fhir/Observation/_search", data=form)
    assert ids(by_post) == ids(client.get(f"/fhir/{PANEL}"))


def test_post_search_reads_the_parameters_of_the_url_too(client: FlaskClient) -> None:
    both = client.post("/fhir/Observation/_search?patient=pgx-stent", data={"category": "laboratory"})
    assert ids(both) == ["pgx-stent-cyp2c19"]


def test_post_search_takes_forms_only(client: FlaskClient) -> None:
    refused(client.post("/fhir/Observation/_search", json={"patient": "pgx-stent"}), 415)


def test_search_without_a_match_is_an_empty_searchset(client: FlaskClient) -> None:
    empty = body(client.get("/fhir/Observation?patient=nobody"))
    assert (empty["total"], "entry" in empty) == (0, False)


@pytest.mark.parametrize(
    "patient", ["pgx-stent", "Patient/pgx-stent", "https://ehr.example.org/fhir/Patient/pgx-stent"]
)
@pytest.mark.parametrize("name", ["patient", "subject", "subject:Patient"])
def test_a_patient_may_be_named_in_every_way(client: FlaskClient, name: str, patient: str) -> None:
    assert ids(client.get("/fhir/Observation", query_string={name: patient, "category": "laboratory"})) == [
        "pgx-stent-cyp2c19"
    ]


def test_results_of_one_patient_never_hold_those_of_another(client: FlaskClient) -> None:
    for kind in PARAMETERS:
        if "patient" in PARAMETERS[kind]:
            answers = found(client.get(f"/fhir/{kind}?patient=pgx-stent&_count=200"))
            owners = {(answer.get("subject") or answer["patient"])["reference"] for answer in answers}
            assert owners <= {"Patient/pgx-stent"}, kind


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (f"Observation?patient=pgx-codeine-pm&code={LOCAL}|PGX2D6", ["pgx-codeine-pm-pgx2d6"]),
        ("Observation?patient=pgx-codeine-pm&code=http://loinc.org|PGX2D6", []),
        (
            "Observation?patient=pgx-codeine-pm&code=PGX2D6,PGX2D6AS",
            ["pgx-codeine-pm-pgx2d6", "pgx-codeine-pm-pgx2d6as"],
        ),
        ("Observation?patient=pgx-stent&code=http://loinc.org|48018-6", []),
        ("Observation?patient=pgx-stent&combo-code=http://loinc.org|48018-6", ["pgx-stent-cyp2c19"]),
        ("Observation?patient=pgx-stent&combo-code=http://loinc.org|84413-4", ["pgx-stent-cyp2c19"]),
        ("Observation?patient=pgx-stent&component-code=48018-6", ["pgx-stent-cyp2c19"]),
        ("Observation?patient=pgx-stent&category=vital-signs", ["pgx-stent-weight", "pgx-stent-height"]),
        ("Observation?patient=pgx-preliminary&status=preliminary", ["pgx-preliminary-cyp2c19"]),
        ("Observation?patient=pgx-preliminary&status=final&category=laboratory", []),
        (f"DiagnosticReport?patient=pgx-pdf&category={GENETICS}", ["pgx-pdf-report"]),
        ("DiagnosticReport?patient=pgx-pdf&code=http://loinc.org|51969-4", ["pgx-pdf-report"]),
        ("DiagnosticReport?result=Observation/pgx-stent-cyp2c19", ["pgx-stent-report"]),
        (
            "Condition?patient=pgx-stroke&clinical-status=active&_sort=onset-date",
            ["pgx-stroke-hypertension", "pgx-stroke-stroke"],
        ),
        ("Condition?patient=pgx-stroke&clinical-status=resolved", []),
        ("Condition?patient=pgx-stroke&recorded-date=ge2020-01-01", ["pgx-stroke-stroke"]),
        ("MedicationRequest?patient=pgx-inhibitor&status=active&intent=order", ["pgx-inhibitor-paroxetine"]),
        ("MedicationRequest?patient=pgx-inhibitor&authoredon=lt2025-02-03", []),
        ("AllergyIntolerance?patient=pgx-tramadol-pm", ["pgx-tramadol-pm-morphine"]),
        ("Consent?patient=pgx-consent&status=active", ["pgx-consent-genetic-data"]),
        ("Procedure?patient=pgx-stent&date=2026", ["pgx-stent-stent"]),
        ("Encounter?patient=pgx-stent&class=IMP&date=ge2026-11-20", ["pgx-stent-visit"]),
        ("Patient?_id=pgx-stent,pgx-stroke", ["pgx-stent", "pgx-stroke"]),
        ("Patient?name=valseth&gender=female&birthdate=1957", ["pgx-stroke"]),
        ("FamilyMemberHistory?patient=pgx-stent", []),
    ],
)
def test_search_finds_what_fhir_says(client: FlaskClient, query: str, expected: list[str]) -> None:
    assert ids(client.get(f"/fhir/{query}")) == expected


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("Observation?patient=pgx-stent&colour=red", "cannot be searched by 'colour'"),
        ("Observation?patient=pgx-stent&clinical-status=active", "cannot be searched by 'clinical-status'"),
        ("Observation?patient=pgx-stent&code:in=http://example.org/set", "modifier ':in' is not supported"),
        (
            "Observation?patient=pgx-stent&_include=Observation:derived-from",
            "cannot be searched by '_include'",
        ),
        ("Observation?patient:Group=1", "modifier ':Group'"),
        ("Observation?patient=", "'patient' has no value"),
        ("Observation?patient=pgx-stent&date=yesterday", "a date looks like"),
        ("Observation?patient=pgx-stent&date=2024-13", "a date must be"),
        ("Observation?patient=nobody&date=ap2024", "a date looks like"),
        ("Observation?patient=pgx-stent&_sort=-colour", "cannot be sorted by 'colour'"),
        ("Observation?patient=pgx-stent&_count=-1", "'_count' must be a whole number"),
    ],
)
def test_a_query_that_cannot_be_honoured_is_400_and_never_answered_unfiltered(
    client: FlaskClient, query: str, sentence: str
) -> None:
    assert sentence in refused(client.get(f"/fhir/{query}"), 400)


def test_newest_result_first(client: FlaskClient) -> None:
    query = "Observation?patient=pgx-two-labs&category=laboratory&_sort="
    assert ids(client.get(f"/fhir/{query}-date")) == [
        "pgx-two-labs-cyp2c19-2024",
        "pgx-two-labs-cyp2c19-2021",
    ]
    assert ids(client.get(f"/fhir/{query}date")) == ["pgx-two-labs-cyp2c19-2021", "pgx-two-labs-cyp2c19-2024"]


def test_pages_follow_the_next_link_and_hold_each_result_once(client: FlaskClient) -> None:
    pages, url = [], f"/fhir/{PANEL}&_count=5"
    while url:
        answer = body(client.get(url))
        pages.append([entry["resource"]["id"] for entry in answer["entry"]])
        links = {link["relation"]: link["url"] for link in answer["link"]}
        url = links.get("next", "")
    assert [len(page) for page in pages] == [5, 5, 4]
    assert len({ident for page in pages for ident in page}) == 14
    assert "_offset=5" in links["previous"]


def test_a_page_is_never_larger_than_200() -> None:
    app = Flask("large")
    app.register_blueprint(
        fhir_blueprint(Store({"resourceType": "Flag", "id": f"f{number}"} for number in range(250)))
    )
    answer = body(app.test_client().get("/fhir/Flag?_count=100000"))
    assert (answer["total"], len(answer["entry"])) == (250, 200)


@pytest.mark.parametrize("how", ["_count=0", "_summary=count"])
def test_counting_sends_no_entries(client: FlaskClient, how: str) -> None:
    answer = body(client.get(f"/fhir/{PANEL}&{how}"))
    assert (answer["total"], "entry" in answer) == (14, False)


@pytest.mark.parametrize(
    "shape",
    ["_format=json", "_format=application/fhir+json", "_pretty=true", "_summary=false", "_total=accurate"],
)
def test_parameters_about_the_form_filter_nothing(client: FlaskClient, shape: str) -> None:
    assert len(found(client.get(f"/fhir/{PANEL}&{shape}"))) == 14


# -- media types


@pytest.mark.parametrize(
    "accept",
    ["application/json+fhir", "application/fhir+json", "application/json", "*/*", "text/html,*/*;q=0.8", ""],
)
def test_json_in_all_its_names_is_accepted(client: FlaskClient, accept: str) -> None:
    assert client.get("/fhir/Patient/pgx-stent", headers={"Accept": accept}).status_code == 200


@pytest.mark.parametrize("query", ["", "?_format=xml"])
def test_xml_is_406(client: FlaskClient, query: str) -> None:
    headers = {} if query else {"Accept": "application/fhir+xml"}
    refused(client.get(f"/fhir/Patient/pgx-stent{query}", headers=headers), 406)


# -- browsers of other origins


@pytest.mark.parametrize("path", ["metadata", "Patient", "Patient/pgx-stent", "Observation/_search"])
def test_preflight_of_another_origin_is_allowed(client: FlaskClient, path: str) -> None:
    asked = {
        "Origin": SANDBOX,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
        "Access-Control-Request-Private-Network": "true",
    }
    response = client.options(f"/fhir/{path}", headers=asked)
    allowed = {name.strip() for name in response.headers["Access-Control-Allow-Headers"].split(",")}
    assert response.status_code == 204
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert {"authorization", "content-type", "accept"} <= allowed
    assert "POST" in response.headers["Access-Control-Allow-Methods"]
    assert response.headers["Access-Control-Allow-Private-Network"] == "true"


@pytest.mark.parametrize("path", ["Patient/pgx-stent", "Patient/nobody", "Observation?colour=red"])
def test_another_origin_may_read_answers_and_errors(client: FlaskClient, path: str) -> None:
    response = client.get(f"/fhir/{path}", headers={"Origin": SANDBOX})
    assert response.headers["Access-Control-Allow-Origin"] == "*"


def test_the_start_of_the_public_sandbox_works(client: FlaskClient) -> None:
    """The calls it makes before it shows anything, with its own media type."""
    headers = {"Accept": "application/json+fhir", "Origin": SANDBOX}
    assert body(client.get("/fhir/metadata", headers=headers))["fhirVersion"] == "4.0.1"
    assert found(client.get("/fhir/Patient", headers=headers))
    assert body(client.get("/fhir/Patient/pgx-stent", headers=headers))["resourceType"] == "Patient"
    assert body(client.get("/fhir/Condition?patient=pgx-stent", headers=headers))["total"] == 1
    form = {"patient": "pgx-stent", "code": "http://loinc.org|84413-4", "_count": "200"}
    assert found(client.post("/fhir/Observation/_search", data=form, headers=headers))


# -- other places and stores


def test_links_name_the_address_the_client_used() -> None:
    app = Flask("elsewhere")
    app.register_blueprint(fhir_blueprint(Store([{"resourceType": "Patient", "id": "p1"}]), prefix="/r4"))
    answer = body(app.test_client().get("/r4/Patient", base_url="https://ehr.example.org"))
    assert answer["entry"][0]["fullUrl"] == "https://ehr.example.org/r4/Patient/p1"
    assert answer["link"][0]["url"] == "https://ehr.example.org/r4/Patient"
