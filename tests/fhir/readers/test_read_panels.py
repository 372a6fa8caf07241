from typing import Any

import pytest

from cds_service.core.evidence import Origin, ResultKind, Use
from tests.fhir.readers.payloads import (
    TBD,
    Json,
    component,
    concept,
    gene,
    genotype,
    lab,
    local,
    loinc,
    observation,
    only,
    read,
)


def part(name: str, **value: Any) -> Json:
    return {"code": {"text": name}, **value}


def test_each_component_of_a_panel_is_a_result() -> None:
    parts = [
        part("CYP2C19 Genotype", valueString="*1/*1"),
        part("CYP2C19 Phenotype", valueString="Normal Metabolizer"),
        part("CYP2D6 Activity Score", valueQuantity={"value": 1.25}),
        part("HLA-B*57:01", valueString="Negative"),
        part("DPYD Genotype", dataAbsentReason={"text": "amplification failed"}),
        part("Comment", valueString="CYP2C9 *2/*2 was not confirmed"),
    ]
    results = read(observation(local("PHARMACOGENOMICS PANEL"), component=parts)).results
    assert [(r.gene, r.kind, r.text) for r in results] == [
        ("CYP2C19", ResultKind.DIPLOTYPE, "*1/*1"),
        ("CYP2C19", ResultKind.PHENOTYPE, "Normal Metabolizer"),
        ("CYP2D6", ResultKind.ACTIVITY_SCORE, "1.25"),
        ("HLA-B", ResultKind.ALLELE_PRESENCE, "Negative"),
        ("DPYD", ResultKind.DIPLOTYPE, "No call"),
    ]
    assert {result.source for result in results} == {"Observation/o1"}


@pytest.mark.parametrize(
    ("value", "allele", "significance"),
    [
        ("c.664C>T (p.Arg222Ter), heterozygous, pathogenic", "c.664C>T", "pathogenic"),
        ("c.3067A>G (p.Ile1023Val), VUS", "c.3067A>G", "uncertain"),
        ("Pathogenic variant detected", "", "pathogenic"),
    ],
)
def test_a_component_named_by_its_gene_says_how_grave_the_change_is(
    value: str, allele: str, significance: str
) -> None:
    result = only(observation(local("EPILEPSY GENE PANEL"), component=[part("SCN1A", valueString=value)]))
    assert (result.gene, result.kind, result.allele) == ("SCN1A", ResultKind.VARIANT, allele)
    assert (result.present, result.significance) == (True, significance)


def test_coded_components_of_a_panel_are_not_by_name() -> None:
    parts = [component("79714-2", loinc("LA9657-3")), component("50956-2", loinc("LA6576-8"))]
    results = read(observation(loinc("93193-1"), component=parts)).results
    assert [(r.gene, r.by_name) for r in results] == [("CYP2C19", False), ("HLA-B", False)]


def test_in_a_list_of_groups_the_order_tells_the_gene() -> None:
    parts = [
        part("Gene", valueString="CYP2C19"),
        part("Result", valueString="*1/*2"),
        part("Interpretation", valueString="Intermediate metabolizer"),
        part("Gene", valueString="CYP2D6"),
        part("Interpretation", valueString="Poor metabolizer"),
        part("Gene", valueString="KIT"),
        part("Result", valueString="*1/*1"),
    ]
    results = read(observation(local("PGX PANEL"), component=parts)).results
    assert [(r.gene, r.text) for r in results] == [
        ("CYP2C19", "*1/*2"),
        ("CYP2C19", "Intermediate Metabolizer"),
        ("CYP2D6", "Poor Metabolizer"),
    ]


def test_repeated_gene_components_begin_groups_too() -> None:
    parts = [
        gene("TPMT"),
        part("Result", valueString="*1/*3A"),
        gene("NUDT15"),
        part("Result", valueString="*1/*1"),
    ]
    results = read(observation(local("THIOPURINE PANEL"), component=parts)).results
    assert [(r.gene, r.text) for r in results] == [("TPMT", "*1/*3A"), ("NUDT15", "*1/*1")]


def test_components_of_a_single_test_are_about_its_gene() -> None:
    parts = [part("Phenotype", valueString="Poor Metabolizer"), part("Activity score", valueString="0")]
    results = read(lab("CYP2D6 GENOTYPE", "*4/*4", component=parts)).results
    assert [(r.gene, r.kind) for r in results] == [
        ("CYP2D6", ResultKind.DIPLOTYPE),
        ("CYP2D6", ResultKind.PHENOTYPE),
        ("CYP2D6", ResultKind.ACTIVITY_SCORE),
    ]


def implication(
    *parts: Json, behind: tuple[str, ...] = ("g",), code: str = "therapeutic-implication"
) -> Json:
    return observation(
        concept((TBD, code, "")),
        "i",
        component=[component("51963-7", {"text": "clopidogrel"}), *parts],
        derivedFrom=[{"reference": f"Observation/{ident}"} for ident in behind],
    )


@pytest.mark.parametrize("code", ["therapeutic-implication", "predicted-therapeutic-implication"])
def test_an_implication_states_the_class_of_the_gene_behind_it(code: str) -> None:
    stated = {"code": concept((TBD, code, "")), "valueCodeableConcept": loinc("LA9657-3", "Poor metabolizer")}
    results = {r.source: r for r in read(genotype("CYP2C19", "*2/*2", "g"), implication(stated)).results}
    found = results["Observation/i"]
    assert (found.gene, found.kind, found.text) == ("CYP2C19", ResultKind.PHENOTYPE, "Poor Metabolizer")
    assert (found.implied, found.use) == (True, Use.YES)


def test_an_implication_of_the_first_edition_holds_the_class_as_its_value() -> None:
    first = observation(
        loinc("53040-2"),
        "i",
        valueCodeableConcept={"text": "Extensive metabolizer"},
        derivedFrom=[{"reference": "Observation/g"}],
    )
    results = {r.source: r for r in read(genotype("CYP2C9", "*1/*1", "g"), first).results}
    found = results["Observation/i"]
    assert (found.gene, found.text, found.implied) == ("CYP2C9", "Normal Metabolizer", True)
    assert [notice.key for notice in found.notices] == ["old-term"]


def stated_as(answer: str) -> Json:
    return {"code": concept((TBD, "therapeutic-implication", "")), "valueCodeableConcept": loinc(answer)}


CLASS = stated_as("LA25391-6")


def test_an_implication_of_two_genes_belongs_to_the_only_one_that_can_have_the_class() -> None:
    both = [genotype("CYP2C9", "*1/*1", "g"), genotype("VKORC1", "-1639 G/A", "k")]
    results = read(*both, implication(CLASS, behind=("g", "k"))).results
    assert [(r.gene, r.source) for r in results if r.implied] == [("CYP2C9", "Observation/i")]


def test_an_implication_of_two_genes_with_such_a_class_is_written_to_neither() -> None:
    both = [genotype("CYP2C9", "*1/*1", "g"), genotype("CYP2C19", "*1/*1", "k")]
    results = read(*both, implication(CLASS, behind=("g", "k"))).results
    assert [result.source for result in results] == ["Observation/g", "Observation/k"]


def test_the_genotype_behind_an_implication_names_its_gene_by_its_value() -> None:
    genes = [gene("CYP2C9"), gene("VKORC1")]
    results = read(genotype("", "CYP2C9 *2/*5", "g", component=genes), implication(CLASS)).results
    assert [(r.gene, r.implied) for r in results] == [("CYP2C9", False), ("CYP2C9", True)]


def test_an_implication_that_names_no_class_is_not_used() -> None:
    said = implication(stated_as("LA6676-6"))
    results = {r.source: r for r in read(genotype("CYP2C9", "*1/*2", "g"), said).results}
    assert (results["Observation/i"].implied, results["Observation/i"].use) == (False, Use.NO)


def test_an_implication_without_anything_behind_it_says_nothing() -> None:
    stated = {
        "code": concept((TBD, "therapeutic-implication", "")),
        "valueCodeableConcept": loinc("LA25390-8"),
    }
    assert read(implication(stated, behind=("gone",))).results == ()


def test_an_implication_of_a_somatic_change_is_somatic() -> None:
    change = observation(
        loinc("69548-6"),
        "g",
        valueCodeableConcept=loinc("LA9633-4"),
        component=[gene("EGFR"), component("48002-0", loinc("LA6684-0"))],
    )
    stated = {
        "code": concept((TBD, "therapeutic-implication", "")),
        "valueCodeableConcept": loinc("LA6677-4"),
    }
    results = {r.source: r for r in read(change, implication(stated)).results}
    assert (results["Observation/i"].origin, results["Observation/i"].use) == (Origin.SOMATIC, Use.YES)


@pytest.mark.parametrize("code", ["51968-6", "81247-9", "53041-0", "82120-7", "53037-8"])
def test_reports_regions_phases_and_summaries_are_no_results(code: str) -> None:
    found = observation(loinc(code), valueCodeableConcept=loinc("LA6577-6"), component=[gene("CYP2C19")])
    readings = read(found)
    assert (readings.results, readings.notices) == ((), ())


def test_a_single_result_is_not_doubled_by_its_own_components() -> None:
    only(genotype("CYP2C19", "*1/*2"))
