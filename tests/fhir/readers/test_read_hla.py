from typing import Any

import pytest

from cds_service.core.evidence import ResultKind, Use
from tests.fhir.readers.payloads import (
    Json,
    concept,
    gene,
    genotype,
    haplotype,
    keys,
    lab,
    local,
    loinc,
    observation,
    only,
    read,
)

GL = "http://glstring.org"


@pytest.mark.parametrize(
    ("value", "present"),
    [
        ({"valueCodeableConcept": loinc("LA6577-6", "Negative")}, False),
        ({"valueCodeableConcept": loinc("LA6576-8")}, True),
        ({"valueCodeableConcept": loinc("LA9633-4", "Present")}, True),
        ({"valueCodeableConcept": concept(("http://snomed.info/sct", "10828004", "Positive"))}, True),
        ({"valueCodeableConcept": concept(("http://snomed.info/sct", "260415000", ""))}, False),
        ({"valueString": "Not Detected"}, False),
        ({"valueString": "DETECTED"}, True),
        ({"valueString": "Negative for HLA-B*57:01"}, False),
        ({"valueString": "HLA-B*57:01 positive (heterozygous)"}, True),
        ({"valueString": "No HLA-B*57:01 allele detected"}, False),
        ({"valueString": "Carrier"}, True),
        ({"valueBoolean": False}, False),
        ({"valueString": "Inconclusive"}, None),
        ({"valueString": "HLA-B*57:01 inconclusive"}, None),
        ({"valueCodeableConcept": loinc("LA18198-4", "No call")}, None),
        ({"dataAbsentReason": concept(("http://x", "error", "Error"))}, None),
    ],
)
def test_the_presence_of_an_allele_is_read(value: dict[str, Any], present: bool | None) -> None:
    result = only(observation(loinc("50956-2"), **value))
    assert (result.gene, result.kind, result.allele) == ("HLA-B", ResultKind.ALLELE_PRESENCE, "*57:01")
    assert (result.present, result.use) == (present, Use.YES)


@pytest.mark.parametrize(
    ("name", "symbol", "allele"),
    [
        ("HLA-B*58:01", "HLA-B", "*58:01"),
        ("HLA-A*31:01 [Presence] in Blood", "HLA-A", "*31:01"),
        ("HLA-B*5801 GENOTYPE", "HLA-B", "*58:01"),
        ("HLA B 5701", "HLA-B", "*57:01"),
        ("HLA-B*15:02 allele screen", "HLA-B", "*15:02"),
    ],
)
def test_the_allele_is_found_in_the_test_name(name: str, symbol: str, allele: str) -> None:
    result = only(lab(name, "Positive"))
    assert (result.gene, result.allele, result.present, result.by_name) == (symbol, allele, True, True)


def test_a_presence_test_that_was_not_done_drives_nothing() -> None:
    assert only(lab("HLA-B*57:01", "Not performed")).use is Use.NO


def test_a_typing_under_the_name_of_an_allele_is_a_typing() -> None:
    result = only(lab("HLA-B*57:01", "HLA-B*15:01, HLA-B*40:01"))
    assert (result.kind, result.text) == (ResultKind.DIPLOTYPE, "HLA-B*15:01, HLA-B*40:01")


def gl_string(text: str, *parts: Json, **elements: Any) -> Json:
    value = concept((GL, text, ""))
    return observation(loinc("84413-4"), valueCodeableConcept=value, component=[*parts], **elements)


def test_a_gl_string_is_a_typing_without_its_prefix() -> None:
    result = only(gl_string("hla#3.31.0#HLA-B*57:01+HLA-B*40:01", gene("HLA-B")))
    assert (result.gene, result.kind) == ("HLA-B", ResultKind.DIPLOTYPE)
    assert result.text == "HLA-B*57:01+HLA-B*40:01"


def test_ambiguity_of_a_gl_string_is_kept() -> None:
    text = "HLA-B*57:01/HLA-B*57:03+HLA-B*40:01|HLA-B*58:01+HLA-B*07:02"
    assert only(gl_string(f"hla#3.31.0#{text}", gene("HLA-B"))).text == text


def test_each_locus_of_a_gl_string_is_a_result_of_its_gene() -> None:
    both = "hla#3.31.0#HLA-A*31:01+HLA-A*02:01^HLA-B*57:01+HLA-B*40:01^HLA-C*01:02+HLA-C*03:04"
    results = read(gl_string(both)).results
    assert [(r.gene, r.text) for r in results] == [
        ("HLA-A", "HLA-A*31:01+HLA-A*02:01"),
        ("HLA-B", "HLA-B*57:01+HLA-B*40:01"),
    ]


def test_a_malformed_gl_string_gives_way_to_its_single_alleles() -> None:
    typing = gl_string(
        "hla#3.23.0#HLA-A:01:01G+HLA-A*01:02",
        gene("HLA-A"),
        ident="g",
        derivedFrom=[{"reference": "Observation/h1"}, {"reference": "Observation/h2"}],
    )
    alleles = [haplotype("HLA-A", "HLA-A*01:01:01G", "h1"), haplotype("HLA-A", "HLA-A*01:02", "h2")]
    result, *single = read(typing, *alleles).results
    assert [found.kind for found in single] == [ResultKind.ALLELE_PRESENCE] * 2
    assert result.text == "HLA-A*01:01:01G+HLA-A*01:02"
    assert [notice.key for notice in result.notices] == ["typing-malformed"]


def test_a_typing_as_plain_text_stays_as_written() -> None:
    assert only(genotype("HLA-B", "B*57:01, B*40:01")).text == "B*57:01, B*40:01"


def test_a_typing_code_tells_its_gene() -> None:
    result = only(observation(loinc("57291-7"), valueString="B*15:02, B*40:01"))
    assert (result.gene, result.by_name) == ("HLA-B", False)


def test_a_typing_of_several_loci_is_taken_apart_by_locus() -> None:
    results = read(lab("HLA TYPING", "A*02:01, A*24:02; B*57:01,07:02; C*06:02")).results
    assert [(r.gene, r.text) for r in results] == [
        ("HLA-A", "HLA-A*02:01, HLA-A*24:02"),
        ("HLA-B", "HLA-B*57:01, HLA-B*07:02"),
    ]


def test_an_ambiguous_typing_of_several_loci_is_not_taken_apart() -> None:
    assert read(lab("HLA TYPING", "A*02:01, A*24:02; B*57:01/57:03, B*07:02")).results == ()


def test_a_class_i_typing_needs_a_gene_in_its_value() -> None:
    readings = read(observation(loinc("13303-3"), valueString="57:01, 40:01"))
    assert (readings.results, keys(readings)) == ((), ["genes-ambiguous"])
    assert only(observation(loinc("13303-3"), valueString="HLA-B*57:01, *40:01")).gene == "HLA-B"


def test_an_antigen_test_of_a_donor_is_no_result_of_the_patient() -> None:
    found = observation(local("HLA-B TYPING, DONOR"), valueString="B*57:01, B*40:01")
    assert only(found).donor is True
