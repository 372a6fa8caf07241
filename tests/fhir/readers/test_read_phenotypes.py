from decimal import Decimal
from typing import Any

import pytest

from cds_service.core.evidence import ResultKind, Use
from cds_service.core.model import Notice
from tests.fhir.readers.payloads import (
    LOINC,
    Json,
    concept,
    gene,
    lab,
    local,
    loinc,
    observation,
    only,
    read,
)


@pytest.mark.parametrize(
    ("value", "term"),
    [
        (loinc("LA9657-3", "Poor metabolizer"), "Poor Metabolizer"),
        (loinc("LA9657-3"), "Poor Metabolizer"),
        ({"coding": [{"code": "LA9657-3"}]}, "Poor Metabolizer"),
        ({"text": "Poor metaboliser"}, "Poor Metabolizer"),
        ({"text": "CYP2C19 Ultra-rapid Metabolizer"}, "Ultrarapid Metabolizer"),
        ({"text": "Predicted phenotype: Intermediate Metabolizer"}, "Intermediate Metabolizer"),
        (concept(("http://snomed.info/sct", "1", "Rapid metabolizer (finding)")), "Rapid Metabolizer"),
        ({"text": "Poor"}, "Poor Metabolizer"),
        ({"text": "Indeterminate"}, "Indeterminate"),
        (loinc("LA11884-6", "Indeterminate"), "Indeterminate"),
        ({"text": "Some new class"}, "Some new class"),
    ],
)
def test_a_phenotype_becomes_the_term_or_stays_as_written(value: Json, term: str) -> None:
    result = only(observation(loinc("79714-2"), valueCodeableConcept=value))
    assert (result.gene, result.kind, result.text) == ("CYP2C19", ResultKind.PHENOTYPE, term)
    assert (result.use, result.by_name) == (Use.YES, False)


@pytest.mark.parametrize(
    ("code", "symbol", "value", "term"),
    [
        ("79722-5", "SLCO1B1", "Intermediate function", "Decreased Function"),
        ("79722-5", "SLCO1B1", "Possible decreased function", "Possible Decreased Function"),
        ("79713-4", "TPMT", "High activity", "Normal Metabolizer"),
        ("79713-4", "TPMT", "Likely intermediate metabolizer", "Possible Intermediate Metabolizer"),
    ],
)
def test_words_of_one_gene_become_its_terms(code: str, symbol: str, value: str, term: str) -> None:
    result = only(observation(loinc(code), valueString=value))
    assert (result.gene, result.text) == (symbol, term)


def test_the_word_extensive_is_normal_with_a_remark() -> None:
    result = only(observation(loinc("79715-9"), valueString="Extensive metabolizer"))
    assert result.text == "Normal Metabolizer"
    assert result.notices == (Notice.of("old-term", term="Normal Metabolizer"),)


def test_code_and_words_that_disagree_give_both() -> None:
    value = concept((LOINC, "LA9657-3", "Poor metabolizer"), text="Intermediate metabolizer")
    results = read(observation(loinc("79714-2"), valueCodeableConcept=value)).results
    assert {result.text for result in results} == {"Poor Metabolizer", "Intermediate Metabolizer"}
    assert {notice.key for result in results for notice in result.notices} == {"answers-disagree"}


def test_a_more_exact_word_beside_a_code_is_no_disagreement() -> None:
    exact = "Likely Intermediate Metabolizer"
    value = concept((LOINC, "LA10317-8", "Intermediate metabolizer"), text=exact)
    assert only(observation(loinc("79714-2"), valueCodeableConcept=value)).text == exact


def test_the_gene_component_beats_the_gene_of_the_code() -> None:
    found = observation(loinc("79713-4"), valueString="Poor metabolizer", component=[gene("CYP2C19")])
    assert only(found).gene == "CYP2C19"


def test_loinc_is_recognised_whatever_its_address_looks_like() -> None:
    for system in ("http://LOINC.org/", "urn:oid:2.16.840.1.113883.6.1", ""):
        found = observation(concept((system, "79714-2", "")), valueString="Poor Metabolizer")
        assert only(found).gene == "CYP2C19"


def test_an_unlisted_code_is_read_by_its_display() -> None:
    code = loinc("79717-5", "CYP3A5 gene product metabolic activity interpretation")
    result = only(observation(code, valueCodeableConcept=loinc("LA9657-3")))
    assert (result.gene, result.text, result.by_name) == ("CYP3A5", "Poor Metabolizer", True)


@pytest.mark.parametrize(
    ("value", "score", "text"),
    [
        ({"valueQuantity": {"value": 1.25, "unit": "score"}}, "1.25", "1.25 score"),
        ({"valueQuantity": {"value": 0.0, "unit": "score"}}, "0.0", "0.0 score"),
        ({"valueQuantity": {"value": 3, "comparator": ">=", "unit": "{score}"}}, "3", ">=3 {score}"),
        ({"valueInteger": 2}, "2", "2"),
        ({"valueString": "1.5"}, "1.5", "1.5"),
        ({"valueString": "AS 0.5 (Intermediate)"}, "0.5", "AS 0.5 (Intermediate)"),
        ({"valueString": "≥3.0"}, "3.0", "≥3.0"),
    ],
)
def test_an_activity_score_is_exact(value: dict[str, Any], score: str, text: str) -> None:
    result = only(observation(local("CYP2D6 ACTIVITY SCORE"), **value))
    assert (result.gene, result.kind, result.text) == ("CYP2D6", ResultKind.ACTIVITY_SCORE, text)
    assert result.score == Decimal(score)


def test_a_score_that_is_no_number_has_none() -> None:
    result = only(lab("CYP2D6 ACTIVITY SCORE", "1.25-2.25"))
    assert (result.text, result.score) == ("1.25-2.25", None)


@pytest.mark.parametrize(
    "resource",
    [
        observation(local("TPMT ENZYME ACTIVITY"), valueQuantity={"value": 25.1, "unit": "U/mL"}),
        observation(loinc("21563-2", "TPMT enzymatic activity"), valueString="Normal"),
        observation(local("ALK PHOS"), valueQuantity={"value": 80, "unit": "U/L"}),
        observation(loinc("718-7", "Hemoglobin"), valueQuantity={"value": 13.1, "unit": "g/dL"}),
        observation(local("APOB"), valueQuantity={"value": 90, "unit": "mg/dL"}),
        lab("HLA-B*57:01 ANTIBODY, DONOR SPECIFIC", "Positive"),
        lab("CYP2C19 COMMENT", "Reviewed by the director."),
        lab("CYP2C19 GENOTYPE INTERPRETATION", "Within expectations"),
    ],
    ids=["enzyme", "enzyme code", "chemistry", "blood count", "lipid", "antibody", "comment", "narrative"],
)
def test_other_tests_with_the_name_of_a_gene_are_no_results(resource: Json) -> None:
    readings = read(resource)
    assert (readings.results, readings.notices) == ((), ())
