"""What holds for every text, however strange."""

from __future__ import annotations

import sys

from hypothesis import example, given
from hypothesis import strategies as st

from cds_service.core.diplotype import GenotypeKind, ParsedGenotype, parse_genotype
from cds_service.core.genes import Gene, Method
from cds_service.core.genotype_text import key
from tests.core.gene_samples import CYP2C19, CYP2D6, HLA_B, SAMPLES, VKORC1

_VALID = (
    *("CYP2C19*1/CYP2C19*2", "*1*17", "(*1/*2)xN", "*1/*4, 3 copies", "[*1/*2]or[*4/*4]", "*36x2+*10/*1x≥3"),
    *("c.1905+1G>A (*2A)/Reference", "c.[1129-5923C>G;1236G>A];[=]", "c.2846A>T heterozygous; HapB3 het"),
    *(
        "c.1905+1G>A(;)2846A>T",
        "NM_000110.4(DPYD):c.1905+1G>A: G/A",
        "c.7300G>A (p.(Gly2434Arg)) heterozygous",
    ),
    *("A- 202A_376G hemizygous", "m.961T>del+Cn homoplasmic", "F508C,S1251N/711+3A->G", "(TA)6/(TA)7"),
    *("VKORC1 -1639G>A: GA", "rs9923231 C|T", "hla#3.31.0#HLA-B*57:01:01G+HLA-B*40:01|HLA-B*15:ABCD"),
    *("HLA-A*01:01~HLA-B*57:01+HLA-A*02:01~HLA-B*40:01/HLA-B*40:02", "57, 40 (low resolution)"),
    *(
        "Negative for HLA-B*15:02 and HLA-B*57:01; HLA-B*58:01: QNS",
        "No pathogenic variant detected",
        "No call",
    ),
)
_GENES = st.sampled_from(SAMPLES)
_PIECES = st.sampled_from(
    [
        *(
            "*",
            "1",
            "2",
            "17",
            "x",
            "N",
            "/",
            "|",
            "+",
            "~",
            "^",
            "-",
            ";",
            ",",
            ":",
            "(",
            ")",
            "[",
            "]",
            "=",
            ">",
        ),
        *(
            " ",
            ".",
            "c.",
            "G>A",
            "heterozygous",
            "homozygous",
            "or",
            "and",
            "not",
            "no",
            "copies",
            "dup",
            "≥",
            "G/A",
        ),
        *(
            "HLA-B",
            "B*57:01",
            "CYP2D6",
            "rs9923231",
            "-1639",
            "A-",
            "Reference",
            "HapB3",
            "²",
            "\u0660",
            "ß",
            "ı",
        ),
    ]
)


@st.composite
def _mutated(draw: st.DrawFn) -> str:
    """A valid text with up to four pieces put in, cut out or doubled."""
    text = draw(st.sampled_from(_VALID))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = draw(st.integers(start, min(len(text), start + 6)))
        text = text[:start] + draw(_PIECES | st.just(text[start:end] * 2)) + text[end:]
    return text[:300]


def _check(parsed: ParsedGenotype, gene: Gene) -> None:
    """What a caller may rely on."""
    names = {allele.allele for diplotype in parsed.diplotypes for allele in diplotype.alleles}
    unknown = names - set(gene.alleles)
    match parsed.kind:
        case GenotypeKind.DIPLOTYPES:
            assert parsed.diplotypes and not unknown and not parsed.presence and not parsed.unknown
        case GenotypeKind.PRESENCE:
            assert set(parsed.presence) <= set(gene.presence_alleles) and not parsed.diplotypes
        case GenotypeKind.NOT_TRANSLATABLE:
            assert parsed.unknown and all(parsed.unknown)
            assert not parsed.diplotypes or unknown
        case _:
            assert not parsed.diplotypes and not parsed.presence and not parsed.unknown
    assert len(set(parsed.diplotypes)) == len(parsed.diplotypes)
    assert {len(diplotype.alleles) for diplotype in parsed.diplotypes} <= _sizes(gene)


def _sizes(gene: Gene) -> set[int]:
    return {Method.HAPLOID: {1}, Method.SEX_LINKED: {1, 2}}.get(gene.method, {2})


@given(st.text(max_size=300), _GENES)
@example("\ud800*1/*2", CYP2C19)
@example("*\u0661/*\u0662", CYP2C19)
@example("*" + "9" * 300 + "/*1", CYP2C19)
@example("*1x99/*2, 99 copies", CYP2D6)
def test_no_text_is_too_strange(text: str, gene: Gene) -> None:
    _check(parse_genotype(text, gene), gene)


@given(st.lists(_PIECES, max_size=25).map("".join), _GENES)
def test_no_mixture_of_valid_pieces_is_too_strange(text: str, gene: Gene) -> None:
    _check(parse_genotype(text, gene), gene)


@given(_mutated(), _GENES)
def test_no_slip_in_a_valid_text_is_too_strange(text: str, gene: Gene) -> None:
    _check(parse_genotype(text, gene), gene)


@given(_mutated(), st.sampled_from([gene for gene in SAMPLES if not gene.positions]))
def test_no_allele_comes_out_that_was_not_written(text: str, gene: Gene) -> None:
    written = key(text)
    for diplotype in parse_genotype(text, gene).diplotypes:
        for name in {allele.allele for allele in diplotype.alleles} & set(gene.alleles) - {gene.reference}:
            spellings = [key(name), *(alias for alias, meant in gene.aliases.items() if meant == name)]
            parts = (
                key(name).partition("(")[0].replace("C.", "").replace("X2", "").replace(",", "+").split("+")
            )
            assert any(key(one) in written for one in spellings) or all(part in written for part in parts)


@given(
    st.sampled_from(["*1", "*2", "*17"]),
    st.sampled_from(["*3", "*4", "*10"]),
    st.text("abcdefgh?!#²", min_size=3),
)
def test_an_unknown_word_before_or_behind_is_never_ignored(first: str, second: str, word: str) -> None:
    for text in (f"{word} {first}/{second}", f"{first}/{second} {word}", f"{first}/{second} ({word})"):
        assert parse_genotype(text, CYP2C19).kind is GenotypeKind.NOT_TRANSLATABLE


@given(st.sampled_from(["not", "no", "donor", "mother:", "excluded", "except", "other than", "query"]))
def test_words_that_turn_the_meaning_around_stop_every_reading(word: str) -> None:
    for text in (f"{word} HLA-B*57:01+HLA-B*40:01", f"HLA-B*57:01 {word}"):
        assert parse_genotype(text, HLA_B).kind is not GenotypeKind.PRESENCE


def _steps(text: str, gene: Gene) -> int:
    """How many lines of Python run while a text is read: a clock would measure the machine."""
    count = 0

    def trace(*_: object) -> object:
        nonlocal count
        count += 1
        return trace

    before = sys.gettrace()
    sys.settrace(trace)  # type: ignore[arg-type]
    try:
        parse_genotype(text, gene)
    finally:
        sys.settrace(before)
    return count


_HEAVY = (
    *(
        "(",
        "[",
        "*1",
        "*1/",
        "*1/*2;",
        "*1+",
        "*1.",
        "*1 ",
        "(*1/*2)",
        "()",
        "C.[",
        "c.1905+1G>A;",
        "c.1(;)",
        ":",
    ),
    *("1+", "NM_1", "x", "A;", "het ", "B*57:01/", "B*57:01+", "B*57:01 neg;", "1 ", "-", "no call "),
)


def test_reading_takes_time_in_proportion_to_the_length() -> None:
    slow = []
    for piece in _HEAVY:
        for gene in (CYP2D6, VKORC1, HLA_B):
            short, long = (_steps((piece * size)[:size], gene) for size in (100, 400))
            if long > 5 * short + 2000:
                slow.append(f"{gene.symbol} {piece!r}: {short} steps for 100 characters, {long} for 400")
    assert slow == []
