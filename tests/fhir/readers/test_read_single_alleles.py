"""Tests of one star allele: found or not, and never a genotype."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.core.evidence import ResultKind, Use
from cds_service.core.model import Notice
from cds_service.core.weigh import GeneEvidence, ResultState, weigh
from tests.builders import knowledge
from tests.fhir.readers.payloads import concept, genotype, haplotype, lab, local, observation, only, read

PRESENCE = ResultKind.ALLELE_PRESENCE


def evidence(gene: str, *resources: Any) -> GeneEvidence:
    return weigh(knowledge().genes[gene], read(*resources).results)


@pytest.mark.parametrize(
    "name", ["CYP2C19*2", "CYP2C19 *2 allele", "CYP2C19 *2 genotype", "CYP2C19*2 (rs4244285)"]
)
@pytest.mark.parametrize(
    ("value", "present", "zygosity"),
    [
        ("Detected", True, ""),
        ("Positive", True, ""),
        ("Heterozygous", True, "heterozygous"),
        ("Homozygous", True, "homozygous"),
        ("Not Detected", False, ""),
        ("Negative", False, ""),
        ("Indeterminate", None, ""),
        ("No call", None, ""),
    ],
)
def test_a_test_of_one_star_allele_says_whether_it_is_there(
    name: str, value: str, present: bool | None, zygosity: str
) -> None:
    result = only(lab(name, value))
    assert (result.gene, result.kind, result.allele) == ("CYP2C19", PRESENCE, "*2")
    assert (result.present, result.zygosity, result.use) == (present, zygosity, Use.YES)


def test_a_failed_test_of_one_allele_is_no_absence() -> None:
    reason = concept(("http://x", "error", "Assay failed"))
    result = only(observation(local("CYP2C19*2"), dataAbsentReason=reason))
    assert (result.kind, result.present, result.text) == (PRESENCE, None, "Assay failed")
    assert evidence("CYP2C19", lab("CYP2C19*2", "No call")).state is ResultState.NO_CALL


def test_a_test_of_one_allele_that_was_not_done_is_not_used() -> None:
    assert only(lab("CYP2C19*2", "Not performed")).use is Use.NO


@pytest.mark.parametrize("name", ["CYP2C19 *2/*3", "CYP2C19 *2 *3 *17 panel", "HLA-B*57:01"])
def test_a_name_with_several_alleles_or_an_hla_allele_is_no_test_of_one_star_allele(name: str) -> None:
    for result in read(lab(name, "Detected")).results:
        assert (result.kind, result.allele) != (PRESENCE, "*2")


def test_a_genotype_under_the_name_of_one_allele_stays_a_genotype() -> None:
    assert only(lab("CYP2C19 *2 genotype", "*1/*2")).kind is ResultKind.DIPLOTYPE


def test_alleles_that_were_not_found_are_no_normal_result() -> None:
    found = evidence("CYP2C19", lab("CYP2C19*2", "Not detected", "a"), lab("CYP2C19*3", "Not detected", "b"))
    assert (found.state, found.possible) == (ResultState.PARTIAL, ())
    assert found.notices == (Notice.of("single-alleles", gene="CYP2C19", found="-", absent="*2, *3"),)


def test_an_allele_that_was_found_leaves_the_other_copy_open() -> None:
    found = evidence("CYP2C19", lab("CYP2C19*2", "Heterozygous", "a"), lab("CYP2C19*17", "Negative", "b"))
    assert (found.state, found.possible) == (ResultState.PARTIAL, ())
    assert found.notices == (Notice.of("single-alleles", gene="CYP2C19", found="*2", absent="*17"),)


def test_an_allele_on_both_copies_is_a_genotype() -> None:
    found = evidence("CYP2C19", lab("CYP2C19*2", "Homozygous"))
    assert found.only is not None
    assert (str(found.only.diplotype), found.only.phenotype) == ("*2/*2", "Poor Metabolizer")


def test_an_allele_that_no_table_knows_is_not_translatable() -> None:
    assert evidence("CYP2C19", lab("CYP2C19*99", "Detected")).state is ResultState.NOT_TRANSLATABLE


@pytest.mark.parametrize(
    ("alleles", "single", "value", "classes"),
    [
        ("*1/*1", "CYP2C19*2", "Detected", {"Normal Metabolizer", "Intermediate Metabolizer"}),
        ("*1/*2", "CYP2C19*2", "Not detected", {"Normal Metabolizer", "Intermediate Metabolizer"}),
        ("*2/*2", "CYP2C19*2", "Not detected", {"Poor Metabolizer", "Intermediate Metabolizer"}),
    ],
)
def test_a_genotype_that_a_test_of_one_allele_contradicts_is_a_conflict(
    alleles: str, single: str, value: str, classes: set[str]
) -> None:
    found = evidence("CYP2C19", lab("CYP2C19 GENOTYPE", alleles, "a"), lab(single, value, "b"))
    assert found.state is ResultState.CONFLICT
    assert {state.phenotype for state in found.possible} == classes


def test_the_single_alleles_of_a_reference_genotype_do_not_contradict_it() -> None:
    found = evidence("CYP2C19", genotype("CYP2C19", "*1/*1", "g"), haplotype("CYP2C19", "*1", "h"))
    assert found.only is not None
    assert found.only.phenotype == "Normal Metabolizer"


@pytest.mark.parametrize(("single", "value"), [("CYP2C19*2", "Detected"), ("CYP2C19*3", "Not detected")])
def test_a_genotype_that_a_test_of_one_allele_agrees_with_stands(single: str, value: str) -> None:
    found = evidence("CYP2C19", lab("CYP2C19 GENOTYPE", "*1/*2", "a"), lab(single, value, "b"))
    assert found.only is not None
    assert found.only.phenotype == "Intermediate Metabolizer"


@pytest.mark.parametrize(
    ("value", "state", "phenotype"),
    [
        ("Heterozygous", ResultState.TRANSLATED, "Intermediate Metabolizer"),
        ("Homozygous", ResultState.TRANSLATED, "Poor Metabolizer"),
        ("Detected", ResultState.PARTIAL, ""),
        ("Not detected", ResultState.PARTIAL, ""),
    ],
)
def test_where_every_allele_is_a_variant_an_old_star_name_is_read_as_one(
    value: str, state: ResultState, phenotype: str
) -> None:
    found = evidence("DPYD", lab("DPYD*2A", value))
    assert found.state is state
    assert {each.phenotype for each in found.possible} == ({phenotype} if phenotype else set())


def test_a_variant_without_a_call_is_no_call_and_not_untested() -> None:
    assert evidence("DPYD", lab("DPYD*2A", "Indeterminate")).state is ResultState.NO_CALL
