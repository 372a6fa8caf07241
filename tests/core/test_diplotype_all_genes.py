"""Every allele of every real gene can be written and read back."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import cache
from itertools import combinations_with_replacement
from pathlib import Path

import pytest

from cds_service.core.diplotype import GenotypeKind, parse_genotype
from cds_service.core.genes import Gene, Method
from cds_service.core.genotype_text import key
from cds_service.curation.genes import load_genes

_FOLDER = Path(__file__).resolve().parents[2] / "knowledge" / "genes"
_EXHAUSTED = 60
_SAMPLED_PAIRS = 400

_SPELLINGS = (
    "{a}/{b}",
    "{gene} {a} / {b}",
    "{gene}:{b}/{a}",
    "{gene} {a}/{gene} {b}",
    "  {b}|{a} ",
    "{gene} genotype: {a}⁄{b}",
    "[{b}/{a}]",
    "{a}/{b} or {b}/{a}",
)


@cache
def _genes() -> dict[str, Gene]:
    return load_genes(_FOLDER)


_PAIRED = sorted(
    symbol
    for symbol, gene in _genes().items()
    if gene.method not in (Method.ALLELE_PRESENCE, Method.HAPLOID) and gene.alleles
)


def _pairs(gene: Gene) -> Iterator[tuple[str, str]]:
    """All pairs of a small gene, the same random ones of a large gene."""
    names = sorted(gene.alleles)
    pairs = list(combinations_with_replacement(names, 2))
    if len(names) <= _EXHAUSTED:
        yield from pairs
    else:
        yield from random.Random(20).sample(pairs, _SAMPLED_PAIRS)
        yield from ((name, name) for name in names)


def _wrong(text: str, gene: Gene, pair: tuple[str, str]) -> str:
    parsed = parse_genotype(text, gene)
    read = [sorted(str(allele) for allele in diplotype.alleles) for diplotype in parsed.diplotypes]
    if parsed.kind is GenotypeKind.DIPLOTYPES and read == [sorted(pair)] and not parsed.notices:
        return ""
    return f"{text!r} is {parsed.kind.value} {read} {parsed.unknown}"


@pytest.mark.parametrize("symbol", _PAIRED)
def test_every_pair_of_alleles_comes_back_as_itself_in_any_spelling(symbol: str) -> None:
    gene = _genes()[symbol]
    wrong = []
    for number, pair in enumerate(_pairs(gene)):
        spelling = _SPELLINGS[number % len(_SPELLINGS)]
        # Each spelling in both orders, each pair in one: all spellings have both.
        a, b = pair[::-1] if number // len(_SPELLINGS) % 2 else pair
        wrong.append(_wrong(spelling.format(gene=symbol, a=a, b=b), gene, pair))
    assert [text for text in wrong if text] == []


@pytest.mark.parametrize("symbol", _PAIRED)
def test_every_allele_is_read_in_every_spelling(symbol: str) -> None:
    gene = _genes()[symbol]
    names = list(gene.alleles)
    wrong = []
    for name in random.Random(7).sample(names, min(len(names), 15)):
        for spelling in _SPELLINGS:
            text = spelling.format(gene=symbol, a=name, b=names[0])
            wrong += [
                _wrong(written, gene, (name, names[0])) for written in (text, text.lower(), text.upper())
            ]
    assert [text for text in wrong if text] == []


@pytest.mark.parametrize("symbol", _PAIRED)
def test_every_alias_means_its_allele(symbol: str) -> None:
    gene = _genes()[symbol]
    for alias, name in gene.aliases.items():
        assert _wrong(f"{alias}/{alias}", gene, (name, name)) == ""


def test_every_allele_of_a_haploid_gene_stands_alone() -> None:
    haploid = [gene for gene in _genes().values() if gene.method is Method.HAPLOID]
    read = [
        (name, [str(found) for found in parse_genotype(f"{gene.symbol} {name}{words}", gene).diplotypes])
        for gene in haploid
        for name in gene.alleles
        for words in ("", " homoplasmic")
    ]
    assert read == [(name, [name]) for name, _ in read]
    assert read


def test_no_two_alleles_of_a_gene_have_the_same_spelling() -> None:
    doubled = [
        (symbol, spelling)
        for symbol, gene in _genes().items()
        for spelling in {key(name) for name in gene.alleles}
        if sum(key(name) == spelling for name in gene.alleles) > 1
    ]
    assert doubled == []
