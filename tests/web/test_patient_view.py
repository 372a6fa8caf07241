"""The hook `patient-view`: one quiet card about results that matter for what is taken, or none."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.requests_made import INSTANCE, PATIENT, RXNORM, SNOMED, Json, bundle, genotype, patient

VIEW = "/cds-services/pgx-patient-view"
LOINC = "http://loinc.org"
CLOPIDOGREL, SIMVASTATIN, CODEINE, ABACAVIR = "32968", "36567", "2670", "190521"
POOR = genotype("CYP2C19", "*2/*2")


def taken(rxcui: str, ident: str = "m1", since: str = "2026-11-01", reason: str = "", **more: Any) -> Json:
    """An active order."""
    found: Json = {
        "resourceType": "MedicationRequest",
        "id": ident,
        "status": "active",
        "intent": "order",
        "authoredOn": since,
        "subject": {"reference": f"Patient/{PATIENT}"},
        "medicationCodeableConcept": {"coding": [{"system": RXNORM, "code": rxcui}]},
        **more,
    }
    if reason:
        found["reasonCode"] = [{"coding": [{"system": SNOMED, "code": reason}]}]
    return found


STENTED = taken(CLOPIDOGREL, reason="36969009")


def positive(allele: str, ident: str = "h1") -> Json:
    """An HLA presence test."""
    found = genotype("HLA-B", f"HLA-B{allele} positive", ident)
    found["valueCodeableConcept"] = {"text": f"HLA-B{allele} positive"}
    return found


def variant(
    gene: str, significance: str, *, origin: str = "Germline", ident: str = "v1", change: str = "c.1A>G"
) -> Json:
    """A Genomics Reporting variant with its clinical significance."""

    def component(code: str, text: str) -> Json:
        return {"code": {"coding": [{"system": LOINC, "code": code}]}, "valueCodeableConcept": {"text": text}}

    parts = [("48018-6", gene), ("81252-9", change), ("53037-8", significance)]
    if origin:
        parts.append(("48002-0", origin))
    return {
        "resourceType": "Observation",
        "id": ident,
        "status": "final",
        "code": {"coding": [{"system": LOINC, "code": "69548-6"}]},
        "subject": {"reference": f"Patient/{PATIENT}"},
        "effectiveDateTime": "2024-05-14",
        "valueCodeableConcept": {"coding": [{"system": LOINC, "code": "LA9633-4"}], "text": "Present"},
        "component": [component(*part) for part in parts],
    }


def opened(
    *medications: Json,
    results: tuple[Json, ...] | None = (POOR,),
    conditions: tuple[Json, ...] = (),
    consents: tuple[Json, ...] = (),
    user: str = "Practitioner/1",
) -> Json:
    prefetch: Json = {
        "patient": patient(),
        "medications": bundle(*medications),
        "conditions": bundle(*conditions),
        "procedures": bundle(),
        "consents": bundle(*consents),
    }
    if results is not None:
        prefetch["results"] = bundle(*results)
    context = {"userId": user, "patientId": PATIENT}
    return {"hook": "patient-view", "hookInstance": INSTANCE, "context": context, "prefetch": prefetch}


def cards(client: FlaskClient, body: Json) -> list[Json]:
    answer = client.post(VIEW, json=body)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    found: list[Json] = answer.get_json()["cards"]
    return found


def test_discovery_asks_for_little(client: FlaskClient) -> None:
    services = {s["id"]: s for s in client.get("/cds-services").get_json()["services"]}
    view, select = services["pgx-patient-view"], services["pgx-order-select"]
    assert view["hook"] == "patient-view"
    assert set(view["prefetch"]) == {
        "patient",
        "results",
        "laboratory",
        "reports",
        "conditions",
        "procedures",
        "medications",
        "consents",
    }
    assert all(select["prefetch"][key] == template for key, template in view["prefetch"].items())


def test_a_result_that_matters_for_what_is_taken_makes_one_quiet_card(client: FlaskClient) -> None:
    (card,) = cards(client, opened(STENTED))
    assert card["indicator"] == "info"
    assert card["summary"] == "Results on file matter for drugs on the list: clopidogrel"
    assert "Replace clopidogrel with prasugrel or ticagrelor: CYP2C19 poor metabolizer" in card["detail"]
    assert "CPIC guideline for clopidogrel and CYP2C19, 2022" in card["detail"]
    assert "suggestions" not in card
    overview = card["extension"]["pgx-cds.overview"]
    assert [item["action"] for item in overview["findings"]] == ["avoid"]
    assert card["extension"]["davinci-crd.associated-resource"] == [{"reference": "MedicationRequest/m1"}]


@pytest.mark.parametrize(
    "body",
    [
        opened(),
        opened(STENTED, results=()),
        opened(STENTED, results=(genotype("CYP2C19", "*1/*1"),)),
        opened(taken(CLOPIDOGREL, reason="36969009", status="stopped")),
        opened(STENTED, user=f"Patient/{PATIENT}"),
        opened(STENTED, results=(genotype("CYP2C19", "*2/*2", status="preliminary"),)),
    ],
    ids=[
        "nothing is taken",
        "no result on file",
        "a normal result",
        "the drug was stopped",
        "people who open their own record",
        "a result that is not final",
    ],
)
def test_silent(client: FlaskClient, body: Json) -> None:
    assert cards(client, body) == []


def test_no_test_is_asked_for_on_opening_a_chart(client: FlaskClient) -> None:
    assert cards(client, opened(taken(ABACAVIR), results=())) == []


def test_gentle_advice_on_a_drug_taken_for_long_is_left_out(client: FlaskClient) -> None:
    result = (genotype("CYP2C9", "*1/*3"),)
    assert len(cards(client, opened(taken("140587", since="2026-11-01"), results=result))) == 1
    assert cards(client, opened(taken("140587", since="2024-01-01"), results=result)) == []


def test_several_drugs_share_one_card_with_the_most_urgent_first(client: FlaskClient) -> None:
    (card,) = cards(
        client,
        opened(
            STENTED,
            taken("4492", "m2"),
            results=(POOR, genotype("DPYD", "c.1905+1G>A/c.1905+1G>A", "g2")),
        ),
    )
    assert card["summary"] == "Results on file matter for drugs on the list: fluorouracil, clopidogrel"
    assert card["indicator"] == "warning"
    assert len(card["extension"]["pgx-cds.overview"]["findings"]) == 2


def test_a_consent_that_denies_leaves_no_word(client: FlaskClient) -> None:
    deny = {"resourceType": "Consent", "status": "active", "provision": {"type": "deny"}}
    results = (POOR, variant("LDLR", "Pathogenic"))
    assert cards(client, opened(STENTED, results=results, consents=(deny,))) == []


def test_who_denies_screening_hears_of_drugs_and_not_of_inherited_findings(client: FlaskClient) -> None:
    provision = {"type": "deny", "purpose": [{"code": "POPHLTH"}]}
    deny = {"resourceType": "Consent", "status": "active", "provision": provision}
    results = (POOR, variant("LDLR", "Pathogenic"))
    (card,) = cards(client, opened(STENTED, results=results, consents=(deny,)))
    assert "LDLR" not in json.dumps(card)
    assert "clopidogrel" in card["summary"]


def test_results_neither_sent_nor_reachable_are_refused(client: FlaskClient) -> None:
    assert client.post(VIEW, json=opened(STENTED, results=None)).status_code == 412


@pytest.mark.parametrize(
    ("gene", "significance", "origin"),
    [
        ("LDLR", "Pathogenic", "Germline"),
        ("LDLR", "Likely pathogenic", ""),
        ("BRCA1", "Pathogenic", "Germline"),
        ("BRCA2", "Likely pathogenic", "Germline"),
    ],
)
def test_an_inherited_finding_is_one_quiet_line(
    client: FlaskClient, gene: str, significance: str, origin: str
) -> None:
    (card,) = cards(client, opened(results=(variant(gene, significance, origin=origin),)))
    assert card["indicator"] == "info"
    assert card["summary"] == f"{gene}: an inherited change is on file that may not be known"
    assert card["detail"].count("\n- ") == 0
    assert card["extension"]["pgx-cds.overview"]["germline"][0]["gene"] == gene
    assert card["links"][0]["url"] == "https://pubmed.ncbi.nlm.nih.gov/37347242/"


@pytest.mark.parametrize(
    "results",
    [
        (variant("BRCA1", "Uncertain significance"),),
        (variant("BRCA1", "Benign"),),
        (variant("BRCA1", "Pathogenic", origin="Somatic"),),
        (variant("BRCA1", "Pathogenic", origin=""),),
        (variant("LDLR", "Pathogenic"), variant("LDLR", "Uncertain significance", ident="v2")),
        (variant("TTN", "Pathogenic"),),
    ],
    ids=[
        "of uncertain significance",
        "benign",
        "of a tumour",
        "of unknown origin",
        "laboratories disagree",
        "a gene that is not listed",
    ],
)
def test_other_changes_are_silent(client: FlaskClient, results: tuple[Json, ...]) -> None:
    assert cards(client, opened(results=results)) == []


@pytest.mark.parametrize(
    ("gene", "system", "code"),
    [
        ("LDLR", "http://hl7.org/fhir/sid/icd-10-cm", "E78.01"),
        ("LDLR", SNOMED, "398036000"),
        ("BRCA1", "http://hl7.org/fhir/sid/icd-10-cm", "Z15.01"),
        ("BRCA2", SNOMED, "718220008"),
    ],
)
def test_what_is_on_the_problem_list_is_known(client: FlaskClient, gene: str, system: str, code: str) -> None:
    known = {
        "resourceType": "Condition",
        "id": "c1",
        "subject": {"reference": f"Patient/{PATIENT}"},
        "code": {"coding": [{"system": system, "code": code}]},
    }
    results = (variant(gene, "Pathogenic"),)
    assert len(cards(client, opened(results=results))) == 1
    assert cards(client, opened(results=results, conditions=(known,))) == []


def test_what_blood_shows_after_a_transplant_of_stem_cells_is_not_inherited(client: FlaskClient) -> None:
    transplant = {
        "resourceType": "Condition",
        "id": "c1",
        "subject": {"reference": f"Patient/{PATIENT}"},
        "code": {"text": "Allogeneic stem cell transplant status"},
    }
    results = (variant("BRCA1", "Pathogenic"),)
    assert len(cards(client, opened(results=results))) == 1
    assert cards(client, opened(results=results, conditions=(transplant,))) == []


def test_drugs_and_an_inherited_finding_share_the_card(client: FlaskClient) -> None:
    (card,) = cards(client, opened(STENTED, results=(POOR, variant("LDLR", "Pathogenic"))))
    assert card["summary"].endswith("clopidogrel")
    assert "LDLR" in card["detail"]
