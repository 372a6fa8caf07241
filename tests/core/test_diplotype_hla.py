"""HLA typings and statements."""

from __future__ import annotations

import pytest

from cds_service.core.diplotype import GenotypeKind, ParsedGenotype, parse_genotype
from cds_service.core.model import Notice
from tests.core.gene_samples import HLA_A, HLA_B, refused

_57_ONLY = {"*15:02": False, "*57:01": True, "*58:01": False}


def _presence(text: str) -> dict[str, bool | None]:
    return dict(_read(text).presence)


def _read(text: str) -> ParsedGenotype:
    parsed = parse_genotype(text, HLA_B)
    assert parsed.kind is GenotypeKind.PRESENCE, f"{text!r} is {parsed}"
    return parsed


@pytest.mark.parametrize(
    "text",
    [
        "hla#3.31.0#HLA-B*57:01+HLA-B*40:01",
        "HLA-B*57:01+HLA-B*40:01",
        "HLA-B*40:01:02+HLA-B*57:01:01",
        "HLA-B*57:01:01:01+B*7:2",
        "B*5701+B*4001",
        "B*570101, B*400102",
        "*57:01+*40:01",
        "*57:01, *40:01",
        "57:01, 40:01",
        "HLA-B*57:01 HLA-B*40:01",
        "HLA-B 57:01 and HLA-B 40:01",
        "hla#3.23.0#HLA-B:57:01+HLA-B*40:01",
        "HLA-A*01:01+HLA-A*02:01^HLA-B*57:01+HLA-B*40:01",
        "HLA-A*01:01~HLA-B*57:01+HLA-A*02:01~HLA-B*40:01",
        "HLA-A*02:01, HLA-A*31:01, HLA-B*57:01, HLA-B*40:01",
        "HLA-B*57:01+HLA-B*40:01|HLA-B*57:01+HLA-B*40:02",
        "HLA-B*57:01+HLA-B*40:01/HLA-B*40:02",
        "HLA-B*57:01 homozygous",
        "HLA-B*57:01+HLA-B*40:01 (high resolution typing)",
    ],
)
def test_two_typed_alleles_tell_about_every_presence_allele(text: str) -> None:
    assert _presence(text) == _57_ONLY


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("HLA-B*57:01", {"*57:01": True}),
        ("B*5801", {"*58:01": True}),
        ("HLA-B5801", {"*58:01": True}),
        ("15:02", {"*15:02": True}),
        ("HLA-B*40:01", {}),
        ("B*57:01, -", {"*57:01": True}),
        ("*15", {"*15:02": None}),
        ("*15:ABCD", {"*15:02": None}),
        ("B*57:XX", {"*57:01": None}),
        ("HLA-B*57:01 or HLA-B*57:03", {"*57:01": None}),
        ("HLA-B*57:01N", {"*57:01": None}),
    ],
)
def test_one_allele_alone_says_nothing_about_others(text: str, expected: dict[str, bool | None]) -> None:
    assert _presence(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("57, 40 (low resolution)", {"*15:02": False, "*57:01": None, "*58:01": False}),
        ("HLA-B*57+HLA-B*40", {"*15:02": False, "*57:01": None, "*58:01": False}),
        ("*15, 40", {"*15:02": None, "*57:01": False, "*58:01": False}),
        ("*15:ABCD+*40:01", {"*15:02": None, "*57:01": False, "*58:01": False}),
        ("HLA-B*57:01/HLA-B*57:03+HLA-B*40:01", {"*15:02": False, "*57:01": None, "*58:01": False}),
        (
            "HLA-B*57:01+HLA-B*40:01|HLA-B*58:01+HLA-B*40:02",
            {"*15:02": False, "*57:01": None, "*58:01": None},
        ),
        ("hla#3.31.0#HLA-B*57:01/HLA-B*40:01", {"*57:01": None}),
        ("B*57:01/03", {"*57:01": None}),
        ("B*57:01/57:03", {"*57:01": None}),
        ("B*15:02/B*57:01/B*40:01", {"*15:02": None, "*57:01": None}),
        ("HLA-B*57:01N+HLA-B*40:01", {"*15:02": False, "*57:01": None, "*58:01": False}),
    ],
)
def test_what_is_not_resolved_is_undecided(text: str, expected: dict[str, bool | None]) -> None:
    assert _presence(text) == expected


@pytest.mark.parametrize("text", ["B57, B40", "57, 40", "B57"])
def test_numbers_of_antigens_exclude_nothing(text: str) -> None:
    assert _presence(text) == {"*57:01": None}


@pytest.mark.parametrize(
    "text", ["HLA-B*57:01/HLA-B*40:01", "*57:01/*40:01", "HLA-B*57:01/*40:01", "57:01/40:01"]
)
def test_a_bare_slash_between_two_whole_alleles_is_read_as_two_chromosomes(text: str) -> None:
    assert (_presence(text), [notice.key for notice in _read(text).notices]) == (_57_ONLY, ["hla-slash"])


def test_a_group_counts_as_the_allele_it_is_named_after() -> None:
    parsed = _read("HLA-B*15:01:01G+HLA-B*57:01:01G")
    assert dict(parsed.presence) == _57_ONLY
    assert parsed.notices == (Notice.of("hla-group", allele="*57:01", written="HLA-B*57:01:01G"),)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("HLA-B*57:01 negative", {"*57:01": False}),
        ("*57:01 positive", {"*57:01": True}),
        ("HLA-B*57:01: Not detected", {"*57:01": False}),
        ("HLA-B*57:01 - Positive", {"*57:01": True}),
        ("HLA-B*57:01 allele was not detected.", {"*57:01": False}),
        ("Negative for HLA-B*57:01", {"*57:01": False}),
        ("No HLA-B*57:01 detected", {"*57:01": False}),
        ("HLA-B*5701 NEGATIVE", {"*57:01": False}),
        ("HLA-B*5701: negative", {"*57:01": False}),
        ("HLA-B*57: negative", {"*57:01": False}),
        ("HLA-B*57:01 positive (heterozygous)", {"*57:01": True}),
        ("HLA-B*57:01 indeterminate", {"*57:01": None}),
        ("HLA-B*57 positive", {"*57:01": None}),
        ("HLA-B*57 negative", {"*57:01": False}),
        ("HLA-B*15:ABCD negative", {"*15:02": None}),
        ("HLA-B*40:01 positive", {}),
        ("Negative for HLA-B*15:02 and HLA-B*57:01", {"*15:02": False, "*57:01": False}),
        ("HLA-B*57:01 negative; HLA-B*15:02 positive", {"*15:02": True, "*57:01": False}),
        ("HLA-B*15:02: Negative, HLA-B*58:01: Positive", {"*15:02": False, "*58:01": True}),
        ("HLA-B*57:01 Detected\nHLA-B*15:02 Not Detected", {"*15:02": False, "*57:01": True}),
        ("Positive for HLA-B*57:01 and negative for HLA-B*15:02", {"*15:02": False, "*57:01": True}),
        ("HLA-A*31:01 positive; HLA-B*15:02 negative", {"*15:02": False}),
        ("HLA-B*57:01 QNS; HLA-B*15:02 negative", {"*15:02": False}),
    ],
)
def test_a_statement_is_about_its_alleles_only(text: str, expected: dict[str, bool | None]) -> None:
    assert _presence(text) == expected


@pytest.mark.parametrize("text", ["HLA-B*57:01 no call", "No call", "HLA-B*57:01 not tested", "QNS"])
def test_hla_without_a_result(text: str) -> None:
    assert parse_genotype(text, HLA_B).kind is GenotypeKind.NO_CALL


@pytest.mark.parametrize(
    "text", ["", "Positive", "Negative", "See report", "HLA-A*31:01 positive", "HLA-DRB1*13:AKBAR"]
)
def test_texts_without_an_allele_of_the_gene(text: str) -> None:
    assert parse_genotype(text, HLA_B).kind is GenotypeKind.NO_GENOTYPE


@pytest.mark.parametrize(
    "text",
    [
        "HLA-B*57:01+",
        "HLA-B*57:01+???",
        "HLA-B*57:01+HLA-B*40:01+HLA-B*15:02",
        "HLA-B*57:01, HLA-B*40:01, HLA-B*15:02",
        "HLA-B*57:01^HLA-B*40:01",
        "HLA-B*57:01/HLA-A*31:01+HLA-B*40:01",
        "HLA-B*5 7:01",
        "donor HLA-B*57:01",
        "not HLA-B*57:01",
        "has *57:01, *40:01",
        "HLA-B*57:01 positive, HLA-B*57:01 negative",
        "HLA-B*57:01 positive, HLA-B*15:02",
        "HLA-B*57:01 homozygous, HLA-B*40:01",
        "HLA-B*57:01+HLA-B*40:01 negative",
    ],
)
def test_typings_without_a_sure_meaning_are_refused(text: str) -> None:
    assert refused(text, HLA_B) != ()


def test_each_gene_reads_its_own_alleles() -> None:
    text = "HLA-A*31:01+HLA-A*02:01^HLA-B*57:01+HLA-B*40:01"
    assert dict(parse_genotype(text, HLA_A).presence) == {"*31:01": True}
    assert dict(parse_genotype("hla#3.23.0#HLA-A:01:01G+HLA-A*01:02", HLA_A).presence) == {"*31:01": False}
