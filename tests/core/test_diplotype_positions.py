"""Genotypes told as bases at one position."""

from __future__ import annotations

import pytest

from cds_service.core.diplotype import GenotypeKind, parse_genotype
from cds_service.core.model import Notice
from tests.core.gene_samples import CYP2C19, PALINDROMIC, SLCO1B1, VKORC1, diplotypes, refused

_REFERENCE, _VARIANT = "rs9923231 reference (C)", "rs9923231 variant (T)"
_BOTH = [f"{_REFERENCE}/{_VARIANT}"]


@pytest.mark.parametrize(
    "text",
    [
        *(
            "VKORC1 -1639 G/A",
            "-1639 A/G",
            "-1639 AG",
            "-1639:GA",
            "–1639G/A",
            "VKORC1-1639 GA",
            "c.-1639 G/A",
        ),
        *("-1639G>A heterozygous", "-1639G>A: GA", "c.-1639G>A het", "NM_024006.6:c.-1639G>A heterozygous"),
        *("rs9923231 C/T", "rs9923231:C|T", "VKORC1 RS9923231 TC", "rs9923231 C>T heterozygous"),
        *("rs9923231 (-1639G>A) A/G", "rs9923231 heterozygous", "-1639 G/A (heterozygous)"),
        *("G/A", "C/T", "TC", "genotype: A/G", f"{_VARIANT}/{_REFERENCE}"),
    ],
)
def test_one_genotype_has_many_notations(text: str) -> None:
    assert diplotypes(text, VKORC1) == _BOTH


@pytest.mark.parametrize(
    ("text", "allele"),
    [
        *(("-1639:GG", _REFERENCE), ("-1639 AA", _VARIANT), ("rs9923231 T/T", _VARIANT), ("A/A", _VARIANT)),
        *(("C/C", _REFERENCE), ("GG", _REFERENCE), ("-1639G>A homozygous", _VARIANT)),
        *(("-1639G>A not detected", _REFERENCE), ("-1639G>A homozygous wild type", _REFERENCE)),
        ("-1639G>A wild type", _REFERENCE),
    ],
)
def test_two_equal_bases(text: str, allele: str) -> None:
    assert diplotypes(text, VKORC1) == [f"{allele}/{allele}"]


def test_bases_of_the_other_strand_are_read_with_a_notice() -> None:
    parsed = parse_genotype("rs9923231 G/A", VKORC1)
    assert [str(diplotype) for diplotype in parsed.diplotypes] == _BOTH
    assert parsed.notices == (Notice.of("position-strand", bases="G/A", position="-1639"),)


@pytest.mark.parametrize(
    "text",
    [
        *("A/T", "C/A", "rs9923231 C/A", "rs1 C/T", "-1639G>A", "VKORC1-1639G>A", "rs9923231 homozygous"),
        *("-1639A>G heterozygous", "-1639G>T heterozygous", "rs9923231 C/C heterozygous"),
        *("-1639G>A A/A wild type", "-1639 G/G; rs9923231 C/T", "1639G>A heterozygous", "rs9923231 C"),
        *("rs99232 31 C/T", "-16390 G/A", "rs99232311 C/T", "-1639 G/A not detected", "*1/*2"),
    ],
)
def test_bases_that_fit_no_single_reading_are_refused(text: str) -> None:
    assert refused(text, VKORC1) != ()


def test_bases_alone_are_refused_where_both_strands_could_have_written_them() -> None:
    assert refused("A/A", PALINDROMIC) == ("A/A",)
    assert diplotypes("rs1 A/A", PALINDROMIC) == ["reference/reference"]
    assert diplotypes("c.5 A/A", PALINDROMIC) == ["variant/variant"]


def test_heterozygous_bases_are_the_same_on_both_strands() -> None:
    assert diplotypes("A/T", PALINDROMIC) == ["reference/variant"]


@pytest.mark.parametrize(
    "text",
    ["rs4149056 T/C", "TC", "c.521T>C heterozygous", "521T>C: T/C", "c.521 TC", "rs4149056 T/C (*1/*5)"],
)
def test_a_position_of_a_star_allele_gene(text: str) -> None:
    assert diplotypes(text, SLCO1B1) == ["*1/*5"]


def test_bases_that_contradict_the_star_alleles_beside_them_are_refused() -> None:
    assert refused("*1/*15 (rs4149056 T/C)", SLCO1B1) != ()


def test_a_gene_without_positions_has_no_bases() -> None:
    assert refused("G/A", CYP2C19) == ("G/A",)
    assert refused("rs4244285 G/A", CYP2C19) != ()


@pytest.mark.parametrize("text", ["rs9923231: no call", "-1639G>A no call", "VKORC1 QNS"])
def test_no_call_at_a_position(text: str) -> None:
    assert parse_genotype(text, VKORC1).kind is GenotypeKind.NO_CALL
