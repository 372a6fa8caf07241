"""Star allele texts of one gene."""

from __future__ import annotations

import pytest

from cds_service.core.diplotype import AlleleCopies, Diplotype, GenotypeKind, parse_genotype
from cds_service.core.model import Notice
from tests.core.gene_samples import CYP2C19, CYP2D6, RYR1, SLCO1B1, TPMT, UGT1A1, diplotypes, refused


@pytest.mark.parametrize(
    "text",
    [
        "*1/*2",
        "*2/*1",
        "CYP2C19*1/*2",
        "CYP2C19 *1 / *2",
        "CYP2C19_*1/*2",
        "CYP2C19: *1/*2",
        "cyp2c19 *1/*2",
        "CYP2C19*1/CYP2C19*2",
        "CYP2C19*1+CYP2C19*2",
        "* 1 / * 2",
        "*1*2",
        "*1 *2",
        "*1|*2",
        "*1-*2",
        "*1_*2",
        "(*1)/(*2)",
        "[*1/*2]",
        "*1/*2.",
        '"*1/*2"',
        "*1A/*2B",
        "*1/*2 or *2/*1",
        "\t*1/*2\n",
    ],
)
def test_one_diplotype_has_many_spellings(text: str) -> None:
    assert diplotypes(text, CYP2C19) == ["*1/*2"]


@pytest.mark.parametrize(
    "text",
    ["∗1⁄∗2", "＊１／＊２", "*1∕*2", "*1\\*2", "*1\\/*2", "*1 – *2", "*1—*2", "*1\u00a0/\u200b*2", "*1¦*2"],
)
def test_typographic_signs_mean_the_plain_ones(text: str) -> None:
    assert diplotypes(text, CYP2C19) == ["*1/*2"]


def test_a_footnote_mark_is_not_part_of_the_number() -> None:
    assert refused("*1/*1²", CYP2C19) == ("*1²",)


def test_equal_genotypes_are_equal_values_in_a_fixed_order() -> None:
    expected = (Diplotype("CYP2C19", (AlleleCopies("*2"), AlleleCopies("*10"))),)
    assert parse_genotype("*10/*2", CYP2C19).diplotypes == expected
    assert parse_genotype("*2/*10", CYP2C19).diplotypes == expected


def test_the_reference_comes_before_smaller_numbers() -> None:
    assert diplotypes("*38/*1", CYP2C19) == ["*1/*38"]
    assert diplotypes("*3A/*2", TPMT) == ["*2/*3A"]


@pytest.mark.parametrize(
    "text",
    [
        "*1/*2 (heterozygous)",
        "Heterozygous *1/*2",
        "*1/*2 het",
        "CYP2C19 genotype: *1/*2",
        "Genotype = *1/*2",
        "*1/*2 (Intermediate Metabolizer)",
        "Intermediate metaboliser (*1/*2)",
        "*1/*2 - IM",
        "*1/*2; likely intermediate metabolizer",
        "*1/*2, activity score: 1.0",
        "*1/*2 (rs4244285)",
        "*1/*2 [detected]",
        "*1/*2 (*2/*1)",
    ],
)
def test_words_that_agree_or_say_nothing_do_not_matter(text: str) -> None:
    assert diplotypes(text, CYP2C19) == ["*1/*2"]


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("*1/*2 homozygous", "homozygous"),
        ("*2/*2 (heterozygous)", "heterozygous"),
        ("*1/*2 hemizygous", "hemizygous"),
        ("*1/*2 (wild type)", "wild type"),
        ("*1/*2 (*1/*17)", "*1/*2 (*1/*17)"),
        ("*1/*2 not detected", "not detected"),
        ("donor *1/*2", "donor"),
        ("not *1/*2", "not"),
        ("*1/*2 excluded", "excluded"),
        ("no *2 or *3 detected", "no"),
        ("*1/*2?", "?"),
        ("CYP2D6 *1/*2", "CYP2D6"),
    ],
)
def test_a_word_that_contradicts_or_is_unknown_stops_the_reading(text: str, part: str) -> None:
    assert refused(text, CYP2C19) == (part,)


@pytest.mark.parametrize(
    "text",
    [
        "*2",
        "*1/",
        "/*1",
        "*1/*2/*3",
        "*1*2*3",
        "*1/*2*3",
        "*2, *3",
        "*2 and *3",
        "*2 detected *3 detected",
        "*2(*17)",
        "*1/(*2",
        "*1/*2)",
        "((((((*1/*2))))))",
        "*2|*3|*4|*17",
        "*1/*2 or *17",
        "*2 not detected",
        "*2 heterozygous; *17 heterozygous",
        "1/2",
        "wt/*2",
    ],
)
def test_half_said_genotypes_are_named_whole(text: str) -> None:
    assert refused(text, CYP2C19) == (text,)


def test_a_blank_does_not_join_two_numbers() -> None:
    assert refused("*1/*1 7", CYP2C19) == ("7",)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("*2 heterozygous", ["*1/*2"]),
        ("heterozygous for *2", ["*1/*2"]),
        ("*2 homozygous", ["*2/*2"]),
        ("*2 (rs4244285) heterozygous", ["*1/*2"]),
        ("*1/*1 (wild type)", ["*1/*1"]),
    ],
)
def test_zygosity_completes_a_single_allele(text: str, expected: list[str]) -> None:
    assert diplotypes(text, CYP2C19) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("*1/*2 or *1/*17", ["*1/*2", "*1/*17"]),
        ("*1/*2;*1/*17", ["*1/*2", "*1/*17"]),
        ("*1/*2, *1/*17", ["*1/*2", "*1/*17"]),
        ("*1/*2 | *1/*17", ["*1/*2", "*1/*17"]),
        ("[*1/*2]or[*4/*4]", ["*1/*2", "*4/*4"]),
        ("(*1/*2) or (*1/*17) or (*3/*4)", ["*1/*2", "*1/*17", "*3/*4"]),
        ("([*1/*2] or [*1/*17])", ["*1/*2", "*1/*17"]),
        ("*4/*3|*2/*3", ["*2/*3", "*3/*4"]),
        ("*1|*2;*1|*3", ["*1/*2", "*1/*3"]),
        ("*1/*2 or *1/*17 (heterozygous)", ["*1/*2", "*1/*17"]),
    ],
)
def test_an_ambiguous_text_gives_every_diplotype(text: str, expected: list[str]) -> None:
    assert diplotypes(text, CYP2C19) == expected


def test_zygosity_must_fit_every_alternative() -> None:
    assert refused("*1/*2 or *2/*2 (heterozygous)", CYP2C19) == ("heterozygous",)


def test_more_alternatives_than_anybody_reports_are_refused() -> None:
    assert refused(" or ".join(["*1/*2"] * 41), CYP2C19) != ()


@pytest.mark.parametrize(
    ("text", "unknown", "written"),
    [
        ("*1/*999", ("*999",), ["*1/*999"]),
        ("*999/*998", ("*999", "*998"), ["*998/*999"]),
        ("*1/*35B", ("*35B",), ["*1/*35B"]),
        ("*1/*57:01", ("*57:01",), ["*1/*57:01"]),
        ("*1/*999.002", ("*999.002",), ["*1/*999.002"]),
        ("*1/*2 or *1/*999", ("*999",), ["*1/*2", "*1/*999"]),
        ("*999 heterozygous", ("*999",), ["*1/*999"]),
    ],
)
def test_an_allele_the_table_lacks_is_named_and_kept_as_written(
    text: str, unknown: tuple[str, ...], written: list[str]
) -> None:
    parsed = parse_genotype(text, CYP2C19)
    assert (parsed.kind, parsed.unknown) == (GenotypeKind.NOT_TRANSLATABLE, unknown)
    assert [str(diplotype) for diplotype in parsed.diplotypes] == written


def test_a_suballele_is_cut_to_its_core_with_a_notice() -> None:
    parsed = parse_genotype("CYP2C19*4.002 / CYP2C19*2", CYP2C19)
    assert [str(diplotype) for diplotype in parsed.diplotypes] == ["*2/*4"]
    assert parsed.notices == (Notice.of("suballele-cut", allele="*4", written="*4.002"),)


def test_a_suballele_the_table_has_stays_whole() -> None:
    parsed = parse_genotype("*1/*45.001", SLCO1B1)
    assert ([str(d) for d in parsed.diplotypes], parsed.notices) == (["*1/*45.001"], ())


def test_two_suballeles_side_by_side_are_two_chromosomes() -> None:
    assert diplotypes("*2A*2B", CYP2C19) == ["*2/*2"]


def test_letters_are_cut_by_the_table_and_never_by_pattern() -> None:
    assert diplotypes("*1/*2A", CYP2C19) == ["*1/*2"]
    assert diplotypes("*1/*3a", TPMT) == ["*1/*3A"]
    assert refused("*1/*3", TPMT) == ("*3",)
    assert refused("*1/*17C", CYP2C19) == ("*17C",)


@pytest.mark.parametrize(
    "text", ["6/7", "(TA)6/(TA)7", "TA7/TA6", "6/*28", "*1/*28 (6/7)", "(TA)6/(TA)7 (*1/*28)"]
)
def test_repeats_are_read_where_the_table_knows_them(text: str) -> None:
    assert diplotypes(text, UGT1A1) == ["*1/*28"]


def test_repeats_the_table_does_not_know_are_refused() -> None:
    assert refused("6/9", UGT1A1) == ("9",)
    assert refused("6/7", CYP2C19) == ("6/7",)


@pytest.mark.parametrize(
    "text",
    [
        *("No call", "CYP2C19: NO CALL", "no-call", "NC", "./.", "QNS", "TNP", "Failed", "Assay failed"),
        *(
            "Not performed",
            "Test not performed",
            "Quantity not sufficient",
            "Insufficient DNA",
            "Inconclusive",
        ),
        *("Indeterminate genotype", "Unable to determine genotype", "Not tested", "Could not be determined"),
    ],
)
def test_the_laboratory_has_no_result(text: str) -> None:
    assert parse_genotype(text, CYP2C19).kind is GenotypeKind.NO_CALL


@pytest.mark.parametrize(
    "text",
    [
        *("", "   ", "See report", "See scanned report", "NORMAL", "Poor metabolizer", "UM", "Indeterminate"),
        *(
            "Heterozygous",
            "N/A",
            "Positive",
            "CYP2C19",
            "Wild type",
            "No pathogenic variant detected",
            "Pending",
        ),
    ],
)
def test_other_texts_are_no_genotype(text: str) -> None:
    assert parse_genotype(text, CYP2C19).kind is GenotypeKind.NO_GENOTYPE


def test_no_call_beside_an_allele_is_not_a_missing_result() -> None:
    assert refused("*1/no call", CYP2C19) == ("no",)


def test_no_variant_found_is_the_reference_only_where_that_is_what_it_means() -> None:
    assert diplotypes("No pathogenic variant detected", RYR1) == ["Reference/Reference"]
    assert parse_genotype("No pathogenic variant detected", CYP2D6).kind is GenotypeKind.NO_GENOTYPE


def test_a_text_longer_than_any_genotype_is_refused() -> None:
    parsed = parse_genotype("*1/*2" + " " * 2000, CYP2C19)
    assert (parsed.kind, parsed.unknown) == (GenotypeKind.NOT_TRANSLATABLE, ("*1/*2",))
