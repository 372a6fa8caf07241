"""Answers of genomics operations (Parameters)."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.core.evidence import ResultKind
from cds_service.core.model import Notice
from cds_service.fhir.readers import read_results, unpack
from tests.fhir.readers.payloads import PATIENT, Json, codes, genotype


def answer(*parts: Json) -> Json:
    return {"resourceType": "Parameters", "parameter": [{"name": "haplotypes", "part": list(parts)}]}


def asked(words: str) -> Json:
    return {"name": "haplotypeItem", "valueString": words}


ABSENT = {"name": "presence", "valueBoolean": False}


def results(value: Any) -> list[tuple[str, ResultKind, str, bool | None]]:
    found = read_results(unpack(value), codes=codes(), patient_id=PATIENT).results
    return [(result.gene, result.kind, result.allele, result.present) for result in found]


@pytest.mark.parametrize(
    ("words", "gene", "allele"), [("HLA-B*27", "HLA-B", "*27"), ("CYP2C19*2", "CYP2C19", "*2")]
)
def test_an_allele_that_was_not_found_is_absent_as_far_as_genotypes_are_stored(
    words: str, gene: str, allele: str
) -> None:
    value = answer(asked(words), ABSENT)
    assert results(value) == [(gene, ResultKind.ALLELE_PRESENCE, allele, False)]
    (result,) = read_results(unpack(value), codes=codes(), patient_id=PATIENT).results
    assert result.notices == (Notice.of("not-found-by-search", gene=gene),)


def test_an_allele_as_a_code_is_read_by_its_display() -> None:
    item = {"name": "haplotypeItem", "valueCoding": {"code": "PV00155", "display": "CYP2D6*7"}}
    assert results(answer(item, ABSENT)) == [("CYP2D6", ResultKind.ALLELE_PRESENCE, "*7", False)]


def test_what_was_found_comes_as_its_observation_only() -> None:
    found = {"name": "genotype", "resource": genotype("CYP2C19", "*1/*2")}
    present = {"name": "presence", "valueBoolean": True}
    assert results(answer(asked("CYP2C19*2"), present, found)) == [
        ("CYP2C19", ResultKind.DIPLOTYPE, "", None)
    ]


@pytest.mark.parametrize("words", ["", "CYP2C19", "*2", "CYP2C19*2 CYP2D6*4", "OTHER*1"])
def test_a_question_that_names_no_single_allele_of_one_gene_is_passed_over(words: str) -> None:
    assert results(answer(asked(words), ABSENT)) == []
