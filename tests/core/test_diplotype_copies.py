"""Duplications, tandems and deletions."""

from __future__ import annotations

import pytest

from cds_service.core.diplotype import AlleleCopies, GenotypeKind, parse_genotype
from tests.core.gene_samples import CYP2C19, CYP2D6, UGT1A1, diplotypes, refused


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("*1x2/*4", "*1x2/*4"),
        ("*4/*1x2", "*1x2/*4"),
        ("*1 x 2/*4", "*1x2/*4"),
        ("*1×2/*4", "*1x2/*4"),
        ("*1(x2)/*4", "*1x2/*4"),
        ("*1xN/*4", "*1xN/*4"),
        ("*1XN / *4", "*1xN/*4"),
        ("*1/*2xN", "*1/*2xN"),
        ("*1x≥2/*4", "*1xN/*4"),
        ("*1DUP/*4", "*1xN/*4"),
        ("*1 duplication/*4", "*1xN/*4"),
        ("*1/*4x≥3", "*1/*4x≥3"),
        ("*1/*4x>=3", "*1/*4x≥3"),
        ("*1/*4x&gt;=3", "*1/*4x≥3"),
        ("*1/*4x>2", "*1/*4x≥3"),
        ("*36x2/*1", "*1/*36x2"),
        ("*41x3/*1", "*1/*41x3"),
        ("*1x1/*4", "*1/*4"),
        ("*1+*1/*4", "*1x2/*4"),
    ],
)
def test_copies_belong_to_the_allele_they_are_written_at(text: str, expected: str) -> None:
    assert diplotypes(text, CYP2D6) == [expected]


def test_an_unstated_number_of_copies_is_two_or_more() -> None:
    (found,) = parse_genotype("*1/*2xN", CYP2D6).diplotypes
    assert found.alleles == (AlleleCopies("*1"), AlleleCopies("*2", 2, at_least=True))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(*1/*4)xN", ["*1/*4xN", "*1xN/*4"]),
        ("[*1/*4] xN", ["*1/*4xN", "*1xN/*4"]),
        ("*1/*4 DUP", ["*1/*4xN", "*1xN/*4"]),
        ("*1/*4, duplication detected", ["*1/*4xN", "*1xN/*4"]),
        ("*1/*4 with gene duplication", ["*1/*4xN", "*1xN/*4"]),
        ("*1/*4 xN", ["*1/*4xN", "*1xN/*4"]),
        ("(*1/*4)x2", ["*1/*4x2", "*1x2/*4"]),
        ("(*1/*4)x3", ["*1/*4x2", "*1/*4x3", "*1x2/*4", "*1x3/*4"]),
        ("*1/*4, 3 copies", ["*1/*4x2", "*1x2/*4"]),
        ("*1/*4 (3 copies)", ["*1/*4x2", "*1x2/*4"]),
        ("*1/*4 3 copies", ["*1/*4x2", "*1x2/*4"]),
        ("CYP2D6 *1/*4, copy number: 3", ["*1/*4x2", "*1x2/*4"]),
        ("*1/*4 CN=3", ["*1/*4x2", "*1x2/*4"]),
        ("(*1/*4)xN, 3 copies", ["*1/*4x2", "*1x2/*4"]),
        ("*1/*4, at least 3 copies", ["*1/*4xN", "*1xN/*4"]),
        ("*1/*4, 4 copies", ["*1/*4x3", "*1x2/*4x2", "*1x3/*4"]),
        ("*1/*1, 3 copies", ["*1/*1x2"]),
        ("(*1/*1)xN", ["*1/*1xN"]),
        ("*1/*4, 2 copies", ["*1/*4"]),
        ("*1x2/*4, 3 copies", ["*1x2/*4"]),
        ("*1xN/*4, 3 copies", ["*1x2/*4"]),
        ("*1xN/*4, 4 copies", ["*1x3/*4"]),
        ("*1/*36+*10, 3 copies", ["*1/*36+*10"]),
    ],
)
def test_copies_of_an_unnamed_allele_give_every_diplotype(text: str, expected: list[str]) -> None:
    assert diplotypes(text, CYP2D6) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(*1/*5)xN", ["*1xN/*5"]),
        ("*1/*5, 3 copies", ["*1x3/*5"]),
        ("*1/*5, 2 copies", ["*1x2/*5"]),
        ("*1/*5, 1 copies", ["*1/*5"]),
        ("*5/*5, 0 copies", ["*5/*5"]),
        ("*1/deletion", ["*1/*5"]),
        ("*4/*5 (hemizygous)", ["*4/*5"]),
    ],
)
def test_a_deletion_has_no_copies(text: str, expected: list[str]) -> None:
    assert diplotypes(text, CYP2D6) == expected


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("*1/*4, 1 copies", "1 copies"),
        ("*1x2/*4, 4 copies", "4 copies"),
        ("*1xN/*4xN, 5 copies", "5 copies"),
        ("*1xN/*4, 2 copies", "2 copies"),
        ("*1/*4, 99 copies", "99 copies"),
        ("*5/*5, 3 copies", "3 copies"),
        ("(*5/*5)xN", "xN"),
        ("(*1x2/*4)xN", "xN"),
        ("(*1/*36+*10)xN", "xN"),
        ("*1/*4 x2, 4 copies", "4 copies"),
        ("*1/*2 or *1/*4, 3 copies", "3 copies"),
        ("*1/*4, 3 copies, 4 copies", "4 copies"),
        ("*1/*4, no duplication", "no"),
    ],
)
def test_copies_that_do_not_fit_stop_the_reading(text: str, part: str) -> None:
    assert refused(text, CYP2D6) == (part,)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("*1/*36+*10", "*1/*36+*10"),
        ("*10+*36/*1", "*1/*36+*10"),
        ("*1/(*36+*10)", "*1/*36+*10"),
        ("*10/*36 + *10", "*10/*36+*10"),
        ("*36+*36+*10/*1", "*1/*36x2+*10"),
        ("(*36+*10)x2/*1", "*1/*36x2+*10x2"),
        ("*36.001+*10.002/*1", "*1/*36+*10"),
        ("*2/*68+*4", "*2/*68+*4"),
        ("*1x2+*13/*4", "*4/*13+*1x2"),
        ("*4+*68x2+*13/*1", "*1/*13+*68x2+*4"),
    ],
)
def test_a_tandem_is_one_allele_in_any_order(text: str, expected: str) -> None:
    assert diplotypes(text, CYP2D6) == [expected]


@pytest.mark.parametrize(
    ("text", "unknown", "written"),
    [
        ("*1/*36+*2", "*36+*2", "*1/*36+*2"),
        ("*1/*36+*999", "*999", "*1/*36+*999"),
        ("*1/*36xN+*10", "*36xN+*10", "*1/*36xN+*10"),
        ("(*36+*10)x3/*1", "(*36+*10)x3", "*1/(*36+*10)x3"),
    ],
)
def test_a_tandem_the_table_lacks_is_named(text: str, unknown: str, written: str) -> None:
    parsed = parse_genotype(text, CYP2D6)
    assert (parsed.kind, parsed.unknown) == (GenotypeKind.NOT_TRANSLATABLE, (unknown,))
    assert [str(diplotype) for diplotype in parsed.diplotypes] == [written]


def test_a_tandem_alone_is_one_chromosome() -> None:
    assert refused("*36+*10", CYP2D6) == ("*36+*10",)


def test_a_plus_is_never_a_separator_where_tandems_exist() -> None:
    assert refused("CYP2D6*1+CYP2D6*4", CYP2D6) != ()
    assert refused("UGT1A1*80+UGT1A1*28", UGT1A1) != ()
    assert refused("*36-*10", CYP2D6) != ()
    assert diplotypes("CYP2C19*1+CYP2C19*4", CYP2C19) == ["*1/*4"]


def test_a_slash_between_parts_of_a_tandem_is_two_chromosomes() -> None:
    assert diplotypes("*28/*80", UGT1A1) == ["*28/*80"]
    assert diplotypes("*28+*80/*80+*37", UGT1A1) == ["*80+*28/*80+*37"]
