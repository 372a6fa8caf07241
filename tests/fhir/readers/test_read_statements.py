from datetime import date
from typing import Any

import pytest

from cds_service.core.evidence import ResultKind, Use
from cds_service.core.model import Notice
from tests.fhir.readers.payloads import Json, concept, only, read

SYSTEM = "http://terminology.hl7.org/CodeSystem/condition-ver-status"


def condition(words: str, **elements: Any) -> Json:
    return {
        "resourceType": "Condition",
        "id": "c1",
        "code": {"text": words},
        "subject": {"reference": "Patient/p1"},
        "recordedDate": "2020-01-01",
        **elements,
    }


@pytest.mark.parametrize(
    ("words", "gene", "term"),
    [
        ("CYP2C19 poor metabolizer", "CYP2C19", "Poor Metabolizer"),
        ("CYP2D6 ultra-rapid metabolizer (HCC)", "CYP2D6", "Ultrarapid Metabolizer"),
        ("Poor metabolizer due to cytochrome P450 2C19 variant", "CYP2C19", "Poor Metabolizer"),
        ("TPMT likely intermediate metaboliser", "TPMT", "Possible Intermediate Metabolizer"),
        ("SLCO1B1 decreased function", "SLCO1B1", "Decreased Function"),
        ("G6PD deficiency", "G6PD", "Deficient"),
        ("CYP2C19 PM", "CYP2C19", "Poor Metabolizer"),
        ("Poor drug metabolizer due to cytochrome p450 CYP2C19 variant", "CYP2C19", "Poor Metabolizer"),
        ("Poor CYP2C19 metabolizer (HCC)", "CYP2C19", "Poor Metabolizer"),
    ],
)
def test_a_problem_that_names_gene_and_class_is_a_statement(words: str, gene: str, term: str) -> None:
    result = only(condition(words))
    assert (result.gene, result.kind, result.text) == (gene, ResultKind.PHENOTYPE, term)
    assert (result.ehr_statement, result.use, result.measured_on) == (True, Use.YES, date(2020, 1, 1))


@pytest.mark.parametrize("words", ["CYP2C19 *2/*2", "CYP2C19*2/*2 genotype (HCC)"])
def test_a_problem_that_names_alleles_is_a_statement(words: str) -> None:
    result = only(condition(words))
    assert (result.gene, result.kind, result.text) == ("CYP2C19", ResultKind.DIPLOTYPE, words)
    assert (result.ehr_statement, result.use) == (True, Use.YES)


def test_a_problem_named_after_a_change_is_a_statement() -> None:
    result = only(condition("Heterozygous factor V Leiden mutation"))
    assert (result.gene, result.kind, result.present) == ("F5", ResultKind.VARIANT, True)
    assert (result.allele, result.zygosity) == ("Factor V Leiden", "heterozygous")


def test_a_problem_about_an_hla_allele_is_a_statement() -> None:
    result = only(condition("HLA-B*57:01 positive"))
    assert (result.gene, result.allele, result.present) == ("HLA-B", "*57:01", True)
    assert result.ehr_statement


@pytest.mark.parametrize(
    "words",
    [
        "Family history of malignant hyperthermia",
        "Mother is CYP2C19 poor metabolizer",
        "Suspected CYP2D6 poor metabolizer",
        "Rule out CYP2C19 poor metabolizer",
        "CYP2C19 poor metabolizer?",
        "Not a CYP2C19 poor metabolizer",
        "CYP2C19 and CYP2D6 poor metabolizer",
        "CYP2C19 normal metabolizer, formerly called poor metabolizer",
        "Poor metabolizer",
        "CYP2C19 gene test",
        "HLA-B*57:01",
        "Factor V Leiden excluded",
        "Test for factor V Leiden",
        "Factor V Leiden not detected",
        "CYP2C19 *2 not detected",
        "BRCA1 c.68_69del",
        "Diabetes mellitus",
    ],
)
def test_words_that_are_no_finding_of_this_person_are_passed_over(words: str) -> None:
    readings = read(condition(words))
    assert (readings.results, readings.notices) == ((), ())


@pytest.mark.parametrize("status", ["refuted", "entered-in-error"])
def test_a_refuted_problem_is_ignored(status: str) -> None:
    refuted = concept((SYSTEM, status, ""))
    assert read(condition("CYP2C19 poor metabolizer", verificationStatus=refuted)).results == ()


def test_a_provisional_problem_is_context() -> None:
    provisional = concept((SYSTEM, "provisional", ""))
    assert only(condition("CYP2C19 poor metabolizer", verificationStatus=provisional)).use is Use.CONTEXT


def test_an_inherited_trait_cannot_resolve() -> None:
    resolved = concept(("http://x", "resolved", ""))
    readings = read(condition("CYP2C19 poor metabolizer", clinicalStatus=resolved))
    assert readings.results == ()
    assert readings.notices == (Notice.of("trait-resolved", gene="CYP2C19"),)


def test_the_display_of_a_code_is_read_too() -> None:
    code = concept(("http://snomed.info/sct", "1", "CYP2D6 intermediate metabolizer"))
    assert only(condition("", code=code)).text == "Intermediate Metabolizer"


def test_a_flag_is_a_statement() -> None:
    flag = {
        "resourceType": "Flag",
        "id": "f1",
        "status": "active",
        "code": {"text": "DPYD intermediate metabolizer"},
        "subject": {"reference": "Patient/p1"},
        "period": {"start": "2023-02-02"},
    }
    result = only(flag)
    assert (result.gene, result.text, result.measured_on) == (
        "DPYD",
        "Intermediate Metabolizer",
        date(2023, 2, 2),
    )
    assert read({**flag, "status": "entered-in-error"}).results == ()


def test_a_note_beside_an_allergy_is_context() -> None:
    allergy = {
        "resourceType": "AllergyIntolerance",
        "id": "a1",
        "code": {"text": "carbamazepine"},
        "patient": {"reference": "Patient/p1"},
        "note": [{"text": "HLA-B*15:02 positive - genetic contraindication"}],
    }
    result = only(allergy)
    assert (result.gene, result.allele, result.present) == ("HLA-B", "*15:02", True)
    assert (result.use, result.ehr_statement) == (Use.CONTEXT, True)
