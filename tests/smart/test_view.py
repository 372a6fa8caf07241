"""What the view says: nothing on file, one gene, many, nothing readable; and what it must not let through."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from tests.fakes import Resource
from tests.requests_made import RXNORM, genotype
from tests.smart.conftest import BASE, record
from tests.smart.ehr import PATIENT, Ehr
from tests.smart.test_sign_in import look, open_view

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>"


def mine(gene: str, text: str, ident: str) -> Resource:
    return genotype(gene, text, ident, subject={"reference": f"Patient/{PATIENT}"})


def page(browser: FlaskClient, ehr: Ehr) -> str:
    return look(browser, open_view(browser, ehr)).get_data(as_text=True)


def test_no_result_is_not_a_normal_one(browser: FlaskClient, ehr: Ehr) -> None:
    ehr.server.resources[:] = record()[:1]
    text = page(browser, ehr)
    assert "No pharmacogenomic result is on file." in text
    assert 'That does not mean "normal"' in text.replace("&#34;", '"')
    assert 'class="tile usual"' not in text


def test_one_gene_says_what_it_changes(browser: FlaskClient, ehr: Ehr) -> None:
    text = page(browser, ehr)
    assert "Replace clopidogrel with" in text
    assert "CYP2D6: no result on file" in text


@pytest.mark.parametrize("status", [500, 403])
def test_results_that_cannot_be_read_never_look_like_none(
    browser: FlaskClient, ehr: Ehr, status: int
) -> None:
    ehr.server.behave("Observation", lambda handler, _: handler.send(status, b"{}", "application/json"))
    answer = look(browser, open_view(browser, ehr))
    text = answer.get_data(as_text=True)
    assert answer.status_code == 502
    assert "The results could not be read" in text
    assert "No pharmacogenomic result" not in text
    assert "tile" not in text


def test_a_consent_that_denies_keeps_everything_back(browser: FlaskClient, ehr: Ehr) -> None:
    deny = {"resourceType": "Consent", "id": "c1", "status": "active", "provision": {"type": "deny"}}
    ehr.server.resources.append({**deny, "patient": {"reference": f"Patient/{PATIENT}"}})
    text = page(browser, ehr)
    assert "a consent on record denies" in text
    assert "CYP2C19" not in text


def test_hostile_names_and_texts_stay_texts(browser: FlaskClient, ehr: Ehr) -> None:
    ehr.server.resources[:] = record(name=[{"text": HOSTILE}], birthDate=HOSTILE, gender=HOSTILE)
    odd = mine("CYP2D6", HOSTILE, "g2")
    odd["performer"] = [{"display": HOSTILE}]
    odd["note"] = [{"text": HOSTILE}]
    ehr.server.resources.append(odd)
    drug = {"text": HOSTILE, "coding": [{"system": RXNORM, "code": "0", "display": HOSTILE}]}
    order = {"resourceType": "MedicationRequest", "id": "m1", "status": "active"}
    ehr.server.resources.append(
        {**order, "subject": {"reference": f"Patient/{PATIENT}"}, "medicationCodeableConcept": drug}
    )
    ehr.answer = {"appContext": f'{{"drug": "{HOSTILE}"}}', "encounter": HOSTILE, "scope": HOSTILE}
    text = page(browser, ehr)
    assert "<script>alert" not in text
    assert "<img" not in text
    assert "&lt;script&gt;alert(1)" in text


def test_a_card_is_traced_to_results_rules_and_sources(browser: FlaskClient, ehr: Ehr) -> None:
    ehr.answer = {"appContext": '{"drug":"32968","rules":["clopidogrel-cpic-acs-pci-cyp2c19-poor"]}'}
    text = page(browser, ehr)
    assert "Behind the card: clopidogrel" in text
    assert "clopidogrel-cpic-acs-pci-cyp2c19-poor" in text
    assert "Observation/g1" in text
    assert "https://cpicpgx.org/guidelines/" in text


def test_a_rule_says_in_plain_words_for_whom_it_is(browser: FlaskClient, ehr: Ehr) -> None:
    ehr.answer = {"appContext": '{"drug":"32968","rules":["clopidogrel-cpic-acs-pci-cyp2c19-poor"]}'}
    assert "<dd>people with an acute coronary syndrome or a coronary stent</dd>" in page(browser, ehr)


def test_alleles_that_were_looked_for_are_no_alternatives(browser: FlaskClient, ehr: Ehr) -> None:
    for number, allele in enumerate(("*15:02", "*57:01")):
        odd = mine("HLA-B", "", f"h{number}")
        odd["valueCodeableConcept"] = {"text": f"HLA-B{allele} negative"}
        ehr.server.resources.append(odd)
    text = page(browser, ehr)
    assert "<bdi>HLA-B*15:02 negative</bdi>, <bdi>HLA-B*57:01 negative</bdi>" in text
    assert "negative</bdi> or <bdi" not in text


def test_a_card_about_something_unknown_hides_nothing(browser: FlaskClient, ehr: Ehr) -> None:
    ehr.answer = {"appContext": '{"drug":"no such drug"}'}
    text = page(browser, ehr)
    assert "could not be recognised" in text
    assert "Replace clopidogrel with" in text


def test_the_sheet_is_in_plain_words(browser: FlaskClient, ehr: Ehr) -> None:
    address = open_view(browser, ehr).headers["Location"]
    text = browser.get(f"{address}/sheet", base_url=BASE).get_data(as_text=True)
    assert "Do not stop or change a medicine by yourself." in text
    assert "works much less than usual" in text
    assert "clopidogrel" in text
    for jargon in ("metabolizer", "diplotype", "phenotype", "contraindicated"):
        assert jargon not in text.lower()


def test_another_medicine_that_changes_a_result_is_said(browser: FlaskClient, ehr: Ehr) -> None:
    ehr.server.resources.append(mine("CYP2D6", "*1/*1", "g2"))
    paroxetine = {"coding": [{"system": RXNORM, "code": "32937"}], "text": "paroxetine"}
    order = {"resourceType": "MedicationRequest", "id": "m1", "status": "active", "intent": "order"}
    ehr.server.resources.append(
        {**order, "subject": {"reference": f"Patient/{PATIENT}"}, "medicationCodeableConcept": paroxetine}
    )
    text = page(browser, ehr)
    assert "while paroxetine is taken" in text
    assert 'paroxetine</span> <span class="tag">taken' in text
