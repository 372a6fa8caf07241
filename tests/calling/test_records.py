"""What single records say: spellings of changes, blocks, half genotypes, quality, duplicates, phase."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cds_service.calling.caller import Settings
from cds_service.calling.results import GeneCall, Outcome
from cds_service.calling.run import CallOptions
from tests.calling.made_vcf import call_person, call_text, gene_of, keys, named, person, record, text

#: CYP2C19: rs12248560 makes *17, rs3758581 is G in nearly all alleles, rs28399504 makes *4.
STAR17, COMMON, STAR4 = 94761900, 94842866, 94762706
#: UGT1A1: the repeat of TA, and a position before it.
REPEAT, TAG = 233760233, 233759924


def c19(place: Path, *lines: str, **more: Any) -> GeneCall:
    common = record("chr10", COMMON, "A", "G", "1/1")
    return call_person(place, "CYP2C19", common, *lines, **more)


def star17(sample: str, fields: str = "GT", alt: str = "T", ref: str = "C") -> str:
    return record("chr10", STAR17, ref, alt, sample, fields=fields)


def test_a_plain_file_is_called(tmp_path: Path) -> None:
    call = c19(tmp_path, star17("0/1"))
    assert (named(call), call.phenotype, call.outcome) == (["*1/*17"], "Rapid Metabolizer", Outcome.CALLED)
    assert (call.missing, call.notices) == ((), ())


# spellings of the same change


@pytest.mark.parametrize(
    ("position", "ref", "alt"),
    [
        (REPEAT, "CAT", "CATAT"),
        (REPEAT, "C", "CAT"),
        (REPEAT + 1, "A", "ATA"),
        (REPEAT + 2, "T", "TAT"),
        (REPEAT + 10, "TATA", "TATATA"),
        (REPEAT + 15, "A", "ATA"),
        (REPEAT, "CATATATATATATATA", "CATATATATATATATATA"),
        (REPEAT, "cat", "catat"),
    ],
)
def test_an_insertion_is_known_in_every_spelling(tmp_path: Path, position: int, ref: str, alt: str) -> None:
    line = record("chr2", position, ref, alt, "0/1")
    call = call_person(tmp_path, "UGT1A1", line, without=[REPEAT])
    assert named(call) == ["*1/*28"]


@pytest.mark.parametrize(
    ("position", "ref", "alt"),
    [(REPEAT, "CAT", "C"), (REPEAT + 1, "ATA", "A"), (REPEAT + 11, "ATATA", "ATA")],
)
def test_a_deletion_is_known_in_every_spelling(tmp_path: Path, position: int, ref: str, alt: str) -> None:
    line = record("chr2", position, ref, alt, "1/1")
    assert named(call_person(tmp_path, "UGT1A1", line, without=[REPEAT])) == ["*36/*36"]


def test_an_insertion_of_other_bases_is_none_of_the_table(tmp_path: Path) -> None:
    line = record("chr2", REPEAT, "C", "CGG", "0/1")
    call = call_person(tmp_path, "UGT1A1", line)
    assert (named(call), call.outcome, keys(call)) == ([], Outcome.NO_CALL, {"undocumented"})


def test_several_alternatives_in_one_line(tmp_path: Path) -> None:
    line = record("chr2", REPEAT, "CAT", "C,CATAT,CATATAT", "2/3")
    assert named(call_person(tmp_path, "UGT1A1", line)) == ["*28/*37"]


def test_alternatives_split_over_lines_are_put_together(tmp_path: Path) -> None:
    lines = [record("chr2", REPEAT, "CAT", "C", "0/1"), record("chr2", REPEAT, "CAT", "CATAT", "1/0")]
    assert named(call_person(tmp_path, "UGT1A1", *lines)) == ["*28/*36"]


def test_two_bases_in_one_record(tmp_path: Path) -> None:
    # Two positions in a row: rs6413438 stays C, rs4244285 changes to A.
    lines = [record("chr10", 94781858, "CG", "CA", "1/1"), record("chr10", 94775367, "A", "G", "1/1")]
    assert named(c19(tmp_path, *lines, without=[94781859])) == ["*2/*2"]


def test_a_variant_beside_the_position_says_nothing_about_it(tmp_path: Path) -> None:
    line = record("chr10", STAR17 + 1, "G", "A", "0/1")
    assert [site.rsid for site in c19(tmp_path, line, without=[STAR17]).missing] == ["rs12248560"]


def test_a_base_record_does_not_show_that_nothing_is_inserted(tmp_path: Path) -> None:
    line = record("chr2", REPEAT, "C", "T", "0/0")
    call = call_person(tmp_path, "UGT1A1", line)
    assert [site.rsid for site in call.missing] == ["rs3064744"]
    assert call.untestable == ("*28", "*36", "*37", "*80+*28", "*80+*37")


def test_a_known_deletion_takes_the_positions_inside_with_it(tmp_path: Path) -> None:
    lines = [
        record("chrX", 154533012, "CGTGGGGTCGTCCAGGTACCCTTTG", "C", "0/1"),
        record("chrX", 154533025, "A", "G,*", "0/2"),
    ]
    assert named(call_person(tmp_path, "G6PD", *lines)) == ["B (reference)/Nara"]


def test_a_base_beside_a_known_deletion_is_on_the_other_copy(tmp_path: Path) -> None:
    lines = [
        record("chrX", 154533012, "CGTGGGGTCGTCCAGGTACCCTTTG", "C", "0/1"),
        record("chrX", 154533031, "C", "T,*", "1/2"),
    ]
    assert named(call_person(tmp_path, "G6PD", *lines)) == ["Manhattan/Nara"]


@pytest.mark.parametrize("alt", ["*", "<DEL>", "N"])
def test_what_is_deleted_or_not_a_base_is_never_reference(tmp_path: Path, alt: str) -> None:
    call = c19(tmp_path, star17("0/1", alt=alt))
    assert "*1/*1" not in named(call) or call.missing


def test_an_unknown_deletion_over_a_position_leaves_it_open(tmp_path: Path) -> None:
    line = record("chr10", STAR17 - 1, "GC", "G", "0/1")
    call = c19(tmp_path, line, without=[STAR17])
    assert [site.rsid for site in call.missing] == ["rs12248560"]
    assert "unseen-undecided" in keys(call)


def test_a_structural_deletion_that_is_there_stops_the_call(tmp_path: Path) -> None:
    line = record("chr10", STAR17 - 500, "G", "<DEL>", "0/1", more=f"END={STAR17 + 500}")
    call = c19(tmp_path, line)
    assert (named(call), keys(call)) == ([], {"structural-change"})


def test_a_structural_deletion_that_is_not_there_says_nothing(tmp_path: Path) -> None:
    line = record("chr10", STAR17 - 500, "G", "<DEL>", "0/0", more=f"END={STAR17 + 500}")
    assert named(c19(tmp_path, line)) == ["*1/*1"]


# reference blocks


def block(place: Path, sample: str) -> GeneCall:
    fields = "GT:GQ:MIN_DP"
    line = record("chr10", 94760000, "T", "<NON_REF>", sample, fields=fields, more="END=94852999")
    return gene_of(call_text(place, text([line], ["s"]))[0], "CYP2C19")


def test_a_block_shows_the_reference(tmp_path: Path) -> None:
    block = record(
        "chr10", 94760000, "T", "<NON_REF>", "0/0:40:30", fields="GT:GQ:MIN_DP", more="END=94852999"
    )
    call = gene_of(call_text(tmp_path, text([block], ["s"]))[0], "CYP2C19")
    assert (named(call), call.missing) == (["*38/*38"], ())


@pytest.mark.parametrize(("quality", "depth"), [("5", "30"), ("40", "1")])
def test_a_poor_block_shows_nothing(tmp_path: Path, quality: str, depth: str) -> None:
    call = block(tmp_path, f"0/0:{quality}:{depth}")
    assert (call.outcome, len(call.missing)) == (Outcome.NO_CALL, 35)


def test_a_block_that_calls_something_else_leaves_the_position_open(tmp_path: Path) -> None:
    call = c19(tmp_path, star17("0/1", alt="<NON_REF>"))
    assert [site.rsid for site in call.missing] == ["rs12248560"]


def test_a_variant_beside_a_block_counts(tmp_path: Path) -> None:
    around = record("chr10", 94760000, "T", "<NON_REF>", "0/0", more="END=94852999")
    lines = [around, star17("0/1", alt="T,<NON_REF>"), record("chr10", COMMON, "A", "G", "1/1")]
    assert named(gene_of(call_text(tmp_path, text(lines, ["s"]))[0], "CYP2C19")) == ["*1/*17"]


def test_a_record_without_alternative_shows_the_reference(tmp_path: Path) -> None:
    lines = ["\t".join((*line.split("\t")[:4], ".", *line.split("\t")[5:])) for line in person("CYP2C19")]
    assert gene_of(call_text(tmp_path, text(lines, ["s"]))[0], "CYP2C19").missing == ()


# genotypes


@pytest.mark.parametrize(
    ("sample", "notice"),
    [
        ("./.", "unseen-no-call"),
        (".", "unseen-no-call"),
        ("./1", "unseen-half-call"),
        ("0/.", "unseen-half-call"),
        ("0/1/1", "unseen-ploidy"),
        ("0/7", "unseen-broken"),
        # In 16 bits these would be 0 and 1.
        ("65536/65536", "unseen-broken"),
        ("0|65537", "unseen-broken"),
        ("0/1073741822", "unseen-broken"),
    ],
)
def test_a_genotype_that_is_none_is_missing(tmp_path: Path, sample: str, notice: str) -> None:
    call = c19(tmp_path, star17(sample))
    assert [site.rsid for site in call.missing] == ["rs12248560"]
    assert {notice, "not-testable"} <= keys(call)
    assert "*17" in call.untestable


@pytest.mark.parametrize(
    ("fields", "sample", "notice"),
    [
        ("GT:GQ", "0/1:19", "unseen-low-quality"),
        ("GT:DP", "0/1:4", "unseen-low-quality"),
        ("GT:FT", "0/1:LowGQ", "unseen-filtered"),
        ("GT:AD", "0/1:19,1", "unseen-imbalance"),
        ("GT:AD", "1/1:9,11", "unseen-imbalance"),
        ("GT:GQ:DP", "0/0:3:30", "unseen-low-quality"),
    ],
)
def test_a_doubtful_genotype_is_missing(tmp_path: Path, fields: str, sample: str, notice: str) -> None:
    call = c19(tmp_path, star17(sample, fields))
    assert notice in keys(call)
    assert [site.rsid for site in call.missing] == ["rs12248560"]


@pytest.mark.parametrize(
    ("fields", "sample"),
    [
        ("GT:GQ", "0/1:20"),
        ("GT:GQ", "0/1:."),
        ("GT:DP", "0/1:5"),
        ("GT:FT", "0/1:PASS"),
        ("GT:AD", "0/1:17,3"),
        ("GT:AD", "0/1:6,0"),
        ("GT:GQ:DP:AD", "0/1"),
    ],
)
def test_a_genotype_at_the_limit_counts(tmp_path: Path, fields: str, sample: str) -> None:
    assert named(c19(tmp_path, star17(sample, fields))) == ["*1/*17"]


@pytest.mark.parametrize(("filter_", "missing"), [("q10", 1), ("PASS", 0), (".", 0)])
def test_the_filter_of_a_record_counts(tmp_path: Path, filter_: str, missing: int) -> None:
    call = c19(tmp_path, star17("0/1").replace("PASS", filter_))
    assert len(call.missing) == missing


def test_one_copy_where_there_must_be_two_is_no_call(tmp_path: Path) -> None:
    call = c19(tmp_path, star17("1"))
    assert (named(call), keys(call)) == ([], {"one-copy-of-two"})


# the same position twice


def test_the_same_line_twice_counts_once(tmp_path: Path) -> None:
    assert named(c19(tmp_path, star17("0/1"), star17("1/0"))) == ["*1/*17"]


@pytest.mark.parametrize("other", ["0/0", "1/1"])
def test_two_lines_that_contradict_each_other_are_no_genotype(tmp_path: Path, other: str) -> None:
    call = c19(tmp_path, star17("0/1"), star17(other))
    assert [site.rsid for site in call.missing] == ["rs12248560"]
    assert "unseen-conflict" in keys(call)


# wrong reference


@pytest.mark.parametrize("sample", ["0/0", "0/1", "1/1", "./."])
@pytest.mark.parametrize("ref", ["A", "T", "N"])
def test_a_wrong_reference_base_is_never_a_call(tmp_path: Path, ref: str, sample: str) -> None:
    call = c19(tmp_path, star17(sample, ref=ref, alt="C"))
    assert (call.outcome, named(call), keys(call)) == (Outcome.NO_CALL, [], {"reference-differs"})


def test_swapped_reference_and_alternative_are_never_a_call(tmp_path: Path) -> None:
    assert c19(tmp_path, star17("0/0", ref="A", alt="G")).outcome is Outcome.NO_CALL


# absent positions


def test_an_absent_position_is_missing_and_its_alleles_are_named(tmp_path: Path) -> None:
    call = c19(tmp_path, without=[STAR17])
    assert [site.rsid for site in call.missing] == ["rs12248560"]
    assert call.untestable == ("*17",)
    assert "not-testable" in keys(call)


def test_absent_is_reference_only_if_asked_for_and_then_said(tmp_path: Path) -> None:
    options = CallOptions(settings=Settings(absent_is_reference=True))
    call = c19(tmp_path, without=[STAR17], options=options)
    assert (named(call), call.missing) == (["*1/*1"], ())
    assert "absent-is-reference" in keys(call)


def test_absent_is_reference_does_not_fill_what_the_file_leaves_open(tmp_path: Path) -> None:
    options = CallOptions(settings=Settings(absent_is_reference=True))
    assert len(c19(tmp_path, star17("./."), options=options).missing) == 1


def test_a_gene_without_any_position_is_not_covered(tmp_path: Path) -> None:
    calls = call_text(tmp_path, text(person("UGT1A1"), ["s"]))[0]
    assert gene_of(calls, "CYP2C19").outcome is Outcome.NOT_COVERED


# phase


def phased(place: Path, first: str, second: str, fields: str = "GT") -> list[str]:
    """rs12248560 and rs28399504: on one copy *4, on two copies *17 and *4."""
    return named(c19(place, star17(first, fields), record("chr10", STAR4, "A", "G", second, fields=fields)))


def test_phase_tells_cis_from_trans(tmp_path: Path) -> None:
    assert phased(tmp_path, "0|1", "1|0") == ["*4/*17"]
    assert phased(tmp_path, "0|1", "0|1") == ["*1/*4"]


def test_phase_holds_inside_a_phase_set_only(tmp_path: Path) -> None:
    assert phased(tmp_path, "0|1:10", "1|0:10", "GT:PS") == ["*4/*17"]
    apart = phased(tmp_path, "0|1:10", "1|0:20", "GT:PS")
    assert apart == phased(tmp_path, "0/1", "0/1") == ["*1/*4"]


def test_equal_bases_need_no_phase(tmp_path: Path) -> None:
    lines = [record("chr10", COMMON, "A", "G", "1/1"), star17("0|1")]
    assert named(call_person(tmp_path, "CYP2C19", *lines)) == ["*1/*17"]
