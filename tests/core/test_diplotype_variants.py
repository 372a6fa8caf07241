"""Genotypes told by variant names and HGVS changes."""

from __future__ import annotations

import pytest

from cds_service.core.diplotype import GenotypeKind, parse_genotype
from cds_service.core.model import Notice
from tests.core.gene_samples import (
    CFTR,
    DPYD,
    G6PD,
    HAPB3,
    MEDITERRANEAN,
    MT_RNR1,
    RYR1,
    STAR_2A,
    TPMT,
    diplotypes,
    refused,
)

_TRANS = Notice.of("assumed-in-trans")


@pytest.mark.parametrize(
    "text",
    [
        "c.1905+1G>A heterozygous",
        "c.1905+1G>A (*2A)/Reference",
        "*2A/Reference",
        "*1/*2A",
        "DPYD*2A/DPYD*1",
        "c.[1905+1G>A];[=]",
        "c.[1905+1G>A];[1905+1=]",
        "DPYD:c.[1905+1G>A];[=]",
        "c.1905+1G>A/=",
        "c.1905+1G>A/wt",
        "wild type/*2A",
        "NM_000110.4:c.1905+1G>A heterozygous",
        "NM_000110.4(DPYD):c.1905+1G>A heterozygous",
        "1905+1G>A het",
        "c.1905 +1G>A heterozygous",
        "c.1905+1G&gt;A heterozygous",
        "c.1905+1G→A heterozygous",
        "c.1905+1G->A heterozygous",
        "c.1905+1G>A: G/A",
        "c.1905+1G>A GA",
        "heterozygous for c.1905+1G>A",
        "c.1905+1G>A/*2A heterozygous",
        "c.1905+1G>A/*2A heterozygous; c.2846A>T not detected",
        "rs3918290 heterozygous",
        "c.1905+1G>A (rs3918290) heterozygous",
        "*2A (c.1905+1G>A) heterozygous",
        "*1/*2A (c.1905+1G>A heterozygous)",
        "c.1905+1G>A heterozygous; c.2846A>T not detected; HapB3 negative",
        "c.1905+1G>A: G/A; c.2846A>T: A/A",
        "c.1905+1G>A heterozygous, c.2846A>T wild type",
        "c.1905+1G>A heterozygous, c.2846A>T homozygous wild-type",
    ],
)
def test_one_carrier_has_many_spellings(text: str) -> None:
    assert diplotypes(text, DPYD) == [f"Reference/{STAR_2A}"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Reference/Reference", "Reference/Reference"),
        ("*1/*1", "Reference/Reference"),
        ("No pathogenic variant detected", "Reference/Reference"),
        ("No DPYD variants were identified.", "Reference/Reference"),
        ("Wild type", "Reference/Reference"),
        ("c.[=];[=]", "Reference/Reference"),
        ("HapB3 homozygous", f"{HAPB3}/{HAPB3}"),
        ("HapB3/HapB3", f"{HAPB3}/{HAPB3}"),
        ("c.[1905+1G>A];[1905+1G>A]", f"{STAR_2A}/{STAR_2A}"),
        ("c.2846A>T: T/T", "c.2846A>T/c.2846A>T"),
        ("c.[1129-5923C>G];[=]", "Reference/c.1129-5923C>G"),
        ("c.[1129-5923C>G;1236G>A];[=]", f"Reference/{HAPB3}"),
        ("HapB3 (c.1129-5923C>G, c.1236G>A) heterozygous", f"Reference/{HAPB3}"),
        ("HapB3 (c.1236G>A; c.1129-5923C>G) heterozygous", f"Reference/{HAPB3}"),
        ("c.1129-5923C>G (HapB3) heterozygous", f"Reference/{HAPB3}"),
        ("c.1129-5923C>G/HapB3 heterozygous", f"Reference/{HAPB3}"),
        ("c.1236G>A/HapB3 homozygous", f"{HAPB3}/{HAPB3}"),
        (f"c.1129-5923C>G/{HAPB3}", f"c.1129-5923C>G/{HAPB3}"),
        ("HapB3 heterozygous (c.1236G>A)", f"Reference/{HAPB3}"),
        ("c.[1905+1G>A];[2846A>T]", f"{STAR_2A}/c.2846A>T"),
        ("compound heterozygous c.1905+1G>A and c.2846A>T", f"{STAR_2A}/c.2846A>T"),
        (f"{HAPB3}/{STAR_2A}", f"{HAPB3}/{STAR_2A}"),
    ],
)
def test_known_phase_needs_no_assumption(text: str, expected: str) -> None:
    parsed = parse_genotype(text, DPYD)
    assert ([str(diplotype) for diplotype in parsed.diplotypes], parsed.notices) == ([expected], ())


@pytest.mark.parametrize(
    "text",
    [
        "c.1905+1G>A heterozygous; c.2846A>T heterozygous",
        "c.2846A>T heterozygous, *2A heterozygous",
        "c.1905+1G>A(;)2846A>T",
        "c.[1905+1G>A(;)2846A>T]",
    ],
)
def test_two_variants_of_unknown_phase_are_taken_in_trans_with_a_notice(text: str) -> None:
    parsed = parse_genotype(text, DPYD)
    assert [str(diplotype) for diplotype in parsed.diplotypes] == [f"{STAR_2A}/c.2846A>T"]
    assert parsed.notices == (_TRANS,)


def test_the_parts_of_one_haplotype_are_not_two_chromosomes() -> None:
    text = "c.1129-5923C>G heterozygous; c.1236G>A heterozygous"
    assert diplotypes(text, DPYD) == [f"Reference/{HAPB3}"]


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ("c.[1898delC];[=]", "c.1898delC"),
        ("c.[1905+1G>A;85T>C];[=]", "c.[1905+1G>A;85T>C]"),
        ("c.[1905+1G>A];[?]", "c.?"),
    ],
)
def test_a_phased_pair_the_table_lacks_is_named_as_written(text: str, unknown: str) -> None:
    assert refused(text, DPYD) == (unknown,)


@pytest.mark.parametrize(
    "text", ["c.1236G>A/HapB3", "c.1129-5923C>G/HapB3", "*2A/c.1905+1G>A", "*2A|c.1905+1G>A"]
)
def test_two_names_of_one_allele_may_be_one_chromosome_or_two(text: str) -> None:
    assert refused(text, DPYD) == (text,)


def test_two_star_alleles_are_not_put_together() -> None:
    assert refused("*3B heterozygous; *3C heterozygous", TPMT) != ()


@pytest.mark.parametrize(
    "text",
    [
        "c.2846A>T",
        "c.2846A>T not detected",
        "c.2846A>T negative; c.1905+1G>A negative",
        "c.2846A>T homozygous; HapB3 heterozygous",
        "compound heterozygous c.2846A>T; HapB3 homozygous",
        "c.2846A>T and HapB3",
        "c.2846A>T heterozygous; c.1905+1G>A heterozygous; c.496A>G heterozygous",
        "c.2846A>T heterozygous; c.1905+1G>A",
    ],
)
def test_lists_that_leave_a_chromosome_open_are_named_whole(text: str) -> None:
    assert refused(text, DPYD) == (text,)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("c.2846A>T hemizygous", "c.2846A>T"),
        ("Reference heterozygous", "Reference"),
        ("c.2846A>T: A/C", "A/C"),
        ("c.2846A>T A/A heterozygous", "heterozygous"),
        ("c.2846A>T heterozygous carrier", "carrier"),
        ("c.1905+1G>A no call; c.2846A>T heterozygous", "no"),
    ],
)
def test_contradictions_are_refused(text: str, part: str) -> None:
    assert refused(text, DPYD) == (part,)


def test_a_change_of_another_gene_is_not_ours() -> None:
    assert refused("NM_000110.4(CYP2C19):c.1905+1G>A heterozygous", DPYD) != ()
    assert refused("NM_022787.3(NMNAT1):c.[1905+1G>A];[2846A>T]", DPYD) != ()


@pytest.mark.parametrize("text", ["c.9999A>G heterozygous", "c.[9999A>G];[=]", "Reference/c.9999A>G"])
def test_a_change_the_table_lacks_is_named_and_kept_as_written(text: str) -> None:
    parsed = parse_genotype(text, DPYD)
    assert (parsed.kind, parsed.unknown) == (GenotypeKind.NOT_TRANSLATABLE, ("c.9999A>G",))
    assert [str(diplotype) for diplotype in parsed.diplotypes] == ["Reference/c.9999A>G"]


@pytest.mark.parametrize(
    "text",
    [
        "c.7300G>A (p.G2434R) heterozygous",
        "RYR1 c.7300G>A (p.G2434R) heterozygous",
        "c.7300G>A (p.(Gly2434Arg)) heterozygous",
        "c.7300G>A p.Gly2434Arg heterozygous",
        "NM_000540.3:c.7300G>A heterozygous",
    ],
)
def test_the_effect_on_the_protein_only_explains(text: str) -> None:
    assert diplotypes(text, RYR1) == ["Reference/c.7300G>A"]


def test_a_protein_change_alone_names_no_allele() -> None:
    assert refused("p.Gly2434Arg heterozygous", RYR1) != ()


def test_uncertain_variants_are_not_no_variants() -> None:
    kind = parse_genotype("No variant of uncertain significance detected", RYR1).kind
    assert kind is GenotypeKind.NO_GENOTYPE


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("m.1555A>G", "m.1555A>G"),
        ("MT-RNR1 m.1555A>G homoplasmic", "m.1555A>G"),
        ("NC_012920.1:m.1555A>G", "m.1555A>G"),
        ("1555A>G", "m.1555A>G"),
        ("m.1555A>G detected", "m.1555A>G"),
        ("m.1555A>G/m.1555A>G", "m.1555A>G"),
        ("m.961T>del+Cn", "m.961T>del+Cn"),
        ("m.961T>del", "m.961T>del"),
        ("Reference", "Reference"),
        ("No pathogenic variant detected", "Reference"),
    ],
)
def test_a_haploid_gene_has_one_allele(text: str, expected: str) -> None:
    assert diplotypes(text, MT_RNR1) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "m.1555A>G heteroplasmic",
        "m.1555A>G heterozygous",
        "m.1555A>G not detected",
        "m.1555A>G normal",
        "m.1555A>G; m.827A>G",
        "m.1555A>G/m.827A>G",
        "m.[1555A>G];[=]",
    ],
)
def test_one_allele_must_be_sure(text: str) -> None:
    assert refused(text, MT_RNR1) != ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Mediterranean hemizygous", MEDITERRANEAN),
        ("G6PD A- 202A_376G hemizygous", "A- 202A_376G"),
        ("A hemizygous", "A"),
        ("B hemizygous", "B (reference)"),
        ("Mediterranean heterozygous", f"B (reference)/{MEDITERRANEAN}"),
        ("Dallas homozygous", f"{MEDITERRANEAN}/{MEDITERRANEAN}"),
        (f"{MEDITERRANEAN}/B (reference)", f"B (reference)/{MEDITERRANEAN}"),
        ("Mediterranean Haplotype/B", "B (reference)/Mediterranean Haplotype"),
        ("Mira d’Aire/No name", "Mira d'Aire/No name"),
    ],
)
def test_names_of_a_sex_linked_gene(text: str, expected: str) -> None:
    assert diplotypes(text, G6PD) == [expected]


@pytest.mark.parametrize("text", ["A- hemizygous", "A - hemizygous", "A-/B", "A+ hemizygous", "A−/A−"])
def test_a_name_is_not_cut_at_its_sign(text: str) -> None:
    assert refused(text, G6PD) != ()


def test_a_name_without_zygosity_says_nothing_of_the_other_chromosome() -> None:
    assert refused("Mediterranean", G6PD) == ("Mediterranean",)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("F508del/F508del", "no known variant/no known variant"),
        ("F508del homozygous", "no known variant/no known variant"),
        ("G551D/711+3A->G", "711+3A->G/G551D"),
        ("711+3A>G/G551D", "711+3A->G/G551D"),
        ("F508C,S1251N/G551D", "F508C,S1251N/G551D"),
        ("G194R(G>A)/G194R(G>C)", "G194R(G>A)/G194R(G>C)"),
    ],
)
def test_signs_inside_names(text: str, expected: str) -> None:
    assert diplotypes(text, CFTR) == [expected]


def test_heterozygous_needs_a_reference() -> None:
    assert refused("G551D heterozygous", CFTR) == ("G551D",)


def test_a_list_that_may_be_one_complex_allele_is_refused_without_a_reference() -> None:
    assert refused("F508C heterozygous; S1251N heterozygous", CFTR) != ()
