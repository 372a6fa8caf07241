from decimal import Decimal
from typing import Any

import pytest

from cds_service.core.evidence import Origin, ResultKind, Use
from tests.fhir.readers.payloads import (
    component,
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
    ("name", "value", "symbol", "present"),
    [
        ("HER2 IHC, TUMOR", "0 (negative)", "ERBB2", False),
        ("HER2 IHC, TUMOR", "3+ (positive)", "ERBB2", True),
        ("HER2 IHC, TUMOR", "2+ (equivocal)", "ERBB2", None),
        ("HER2 FISH, TUMOR", "Not amplified", "ERBB2", False),
        ("ESTROGEN RECEPTOR IHC", "Positive (90%)", "ESR1", True),
        ("EGFR MUTATION ANALYSIS, TUMOR", "No sensitizing mutation detected (exons 18 to 21)", "EGFR", False),
        ("EGFR MUTATION ANALYSIS, CTDNA", "L858R and T790M detected", "EGFR", True),
        ("EGFR MUTATION ANALYSIS", "Exon 19 deletion (p.E746_A750del)", "EGFR", True),
        ("KRAS MUTATION ANALYSIS", "p.G12C", "KRAS", True),
        ("BRAF V600 MUTATION ANALYSIS", "Not detected (wild type)", "BRAF", False),
        ("ALK REARRANGEMENT FISH", "Negative", "ALK", False),
        ("PD-L1 22C3 TPS", "80%", "CD274", None),
        ("HER2", "Negative", "ERBB2", False),
    ],
)
def test_a_marker_is_read_by_its_name(name: str, value: str, symbol: str, present: bool | None) -> None:
    result = only(lab(name, value))
    assert (result.gene, result.kind, result.text) == (symbol, ResultKind.BIOMARKER, value)
    assert (result.present, result.origin, result.use) == (present, Origin.SOMATIC, Use.YES)


def test_a_text_that_contrasts_two_changes_is_two_results() -> None:
    results = read(lab("EGFR MUTATION ANALYSIS", "L858R detected; T790M not detected")).results
    assert [(result.text, result.present) for result in results] == [
        ("L858R detected", True),
        ("T790M not detected", False),
    ]


@pytest.mark.parametrize(
    ("value", "present", "significance"),
    [
        ("No T790M", False, ""),
        ("No sensitizing mutations", False, ""),
        ("L858R detected. No other mutations detected.", True, ""),
        ("E746_A750del", True, ""),
        ("Ex19del", True, ""),
        ("Variant of uncertain significance p.V834L", True, "uncertain"),
    ],
)
def test_words_of_a_marker_say_what_was_found(value: str, present: bool, significance: str) -> None:
    result = only(lab("EGFR MUTATION ANALYSIS, TUMOR", value))
    assert (result.present, result.significance) == (present, significance)


@pytest.mark.parametrize(
    ("parts", "texts"),
    [
        ([gene("BCR"), gene("ABL1")], {"BCR": "BCR::ABL1", "ABL1": "BCR::ABL1"}),
        ([gene("MET"), gene("ALK")], {"MET": "MET::ALK", "ALK": "MET::ALK"}),
    ],
)
def test_one_change_in_two_genes_of_a_tumour_is_their_fusion(parts: list[Any], texts: dict[str, str]) -> None:
    somatic = component("48002-0", loinc("LA6684-0"))
    present = loinc("LA9633-4")
    result = read(observation(loinc("69548-6"), valueCodeableConcept=present, component=[*parts, somatic]))
    assert {found.gene: found.text for found in result.results} == texts
    absent = observation(
        loinc("69548-6"), valueCodeableConcept=loinc("LA9634-2"), component=[*parts, somatic]
    )
    assert {found.present for found in read(absent).results} == {False}


@pytest.mark.parametrize(
    ("name", "kind", "origin"),
    [
        ("EGFR MUTATION ANALYSIS, TUMOR", ResultKind.BIOMARKER, Origin.SOMATIC),
        ("HER2 IHC", ResultKind.BIOMARKER, Origin.SOMATIC),
        ("SCN1A SEQUENCING", ResultKind.VARIANT, Origin.GERMLINE),
    ],
)
def test_a_result_that_is_on_its_way_has_the_form_it_will_have(
    name: str, kind: ResultKind, origin: Origin
) -> None:
    result = only(observation(local(name), status="registered"))
    assert (result.kind, result.origin, result.use) == (kind, origin, Use.PENDING)


def test_one_negative_answer_for_two_genes_holds_for_both() -> None:
    results = read(lab("BRCA1/2 GERMLINE", "Negative")).results
    assert [(r.gene, r.present, r.origin) for r in results] == [
        ("BRCA1", False, Origin.GERMLINE),
        ("BRCA2", False, Origin.GERMLINE),
    ]


def test_blood_that_was_tested_for_a_tumour_is_marked() -> None:
    results = [
        only(lab(f"EGFR MUTATION ANALYSIS, {specimen}", "Not detected"))
        for specimen in ("TUMOR", "CTDNA", "PLASMA", "LIQUID BIOPSY")
    ]
    assert [result.liquid for result in results] == [False, True, True, True]


def test_the_marker_keeps_the_name_of_its_test() -> None:
    protein = only(observation(loinc("39004-7", "EGFR Ag [Presence] in Tissue"), valueString="Positive"))
    change = only(lab("EGFR MUTATION ANALYSIS, TUMOR", "L858R detected"))
    assert (protein.gene, protein.allele) == ("EGFR", "EGFR Ag [Presence] in Tissue")
    assert (change.gene, change.allele) == ("EGFR", "EGFR MUTATION ANALYSIS, TUMOR")


def test_a_fusion_transcript_is_a_marker_of_both_genes() -> None:
    results = read(lab("BCR-ABL1 TRANSCRIPT", "Positive")).results
    assert [(r.gene, r.allele, r.present) for r in results] == [
        ("BCR", "BCR::ABL1", True),
        ("ABL1", "BCR::ABL1", True),
    ]


def test_the_kinase_domain_of_a_fusion_is_one_gene() -> None:
    result = only(lab("BCR-ABL1 KINASE DOMAIN MUTATION ANALYSIS", "No mutation detected"))
    assert (result.gene, result.kind, result.present) == ("ABL1", ResultKind.BIOMARKER, False)


@pytest.mark.parametrize(
    ("quantity", "text", "score"),
    [
        ({"value": 80, "unit": "%"}, "80 %", Decimal(80)),
        ({"value": 1, "comparator": "<", "unit": "%"}, "<1 %", None),
    ],
)
def test_a_share_of_cells_is_text_and_number(
    quantity: dict[str, Any], text: str, score: Decimal | None
) -> None:
    result = only(observation(loinc("85147-7"), valueQuantity=quantity, component=[gene("CD274")]))
    assert (result.gene, result.text, result.score, result.present) == ("CD274", text, score, None)


def test_a_coded_answer_decides_over_its_words() -> None:
    value = concept(("http://loinc.org", "LA6577-6", "Negative"), text="1+ (negative)")
    result = only(observation(loinc("18474-7"), valueCodeableConcept=value))
    assert (result.gene, result.present, result.text) == ("ERBB2", False, "1+ (negative)")


def test_the_gene_component_of_a_marker_counts() -> None:
    found = observation(local("MARKER IHC"), valueString="Positive", component=[gene("ERBB2", "HGNC:3430")])
    assert only(found).gene == "ERBB2"


def test_mutational_burden_is_a_marker_without_a_gene() -> None:
    result = only(observation(loinc("94076-7"), valueQuantity={"value": 25, "unit": "/Mb"}))
    assert (result.gene, result.score, result.origin) == ("TMB", Decimal(25), Origin.SOMATIC)


def test_a_marker_of_a_gene_for_medicines_is_no_germline_result() -> None:
    result = only(lab("DPYD MUTATION ANALYSIS, TUMOR", "c.1905+1G>A detected"))
    assert (result.kind, result.origin) == (ResultKind.BIOMARKER, Origin.SOMATIC)


@pytest.mark.parametrize(
    "words", ["Tumor tissue, FFPE", "Melanoma metastasis", "Plasma, cell-free DNA", "Leukemia cells"]
)
def test_a_genotype_from_a_tumour_is_somatic(words: str) -> None:
    found = observation(
        loinc("84413-4"),
        valueCodeableConcept={"text": "*2A/*2A"},
        component=[gene("DPYD")],
        specimen={"reference": "Specimen/s", "display": words},
    )
    assert only(found).origin is Origin.SOMATIC


def test_matched_normal_tissue_is_no_tumour() -> None:
    found = observation(
        loinc("84413-4"),
        valueCodeableConcept={"text": "*1/*1"},
        component=[gene("DPYD")],
        specimen={"display": "Normal tissue beside the tumor"},
    )
    assert only(found).origin is Origin.GERMLINE


def test_a_genotype_with_a_somatic_source_class_is_somatic() -> None:
    parts = [gene("CYP2C19"), component("48002-0", {"text": "Somatic"})]
    found = observation(loinc("84413-4"), valueCodeableConcept={"text": "*2/*2"}, component=parts)
    assert only(found).origin is Origin.SOMATIC


def test_a_marker_that_was_not_tested_drives_nothing() -> None:
    assert only(lab("HER2 IHC, TUMOR", "Not performed")).use is Use.NO
