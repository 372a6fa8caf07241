"""All genes of the knowledge, their alleles and pairs, and what texts of them have to be read as."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable
from functools import cache
from itertools import combinations_with_replacement
from pathlib import Path

from cds_service.core.diplotype import AlleleCopies, GenotypeKind, parse_genotype
from cds_service.core.genes import Gene
from cds_service.core.genotype_alleles import AlleleTable
from cds_service.curation.genes import load_genes

_FOLDER = Path(__file__).resolve().parents[2] / "knowledge" / "genes"
_MOST_PAIRS = 50

Case = tuple[str, str, list[str]]


@cache
def genes() -> dict[str, Gene]:
    return load_genes(_FOLDER)


@cache
def star_genes() -> dict[str, tuple[str, ...]]:
    """Genes whose alleles have star numbers, with those alleles, suballeles left out."""
    plain = re.compile(r"\*\d+[A-Z]?")
    found = {s: tuple(a for a in gene.alleles if plain.fullmatch(a)) for s, gene in genes().items()}
    return {s: names for s, names in found.items() if names}


def pairs(names: Iterable[str], most: int = _MOST_PAIRS) -> list[tuple[str, str]]:
    """All pairs of few alleles, the same random ones of many."""
    every = list(combinations_with_replacement(sorted(names), 2))
    return every if len(every) <= most else random.Random(4).sample(every, most)


def ordered(gene: Gene, *alleles: str | AlleleCopies) -> str:
    """The one way a diplotype is written."""
    copies = [AlleleCopies(one) if isinstance(one, str) else one for one in alleles]
    return str(AlleleTable.of(gene).diplotype(copies))


def all_are_read(cases: Iterable[Case]) -> None:
    """Each text of a gene has exactly the diplotypes that are expected."""
    wrong = []
    for symbol, text, expected in cases:
        parsed = parse_genotype(text, genes()[symbol])
        read = [str(one) for one in parsed.diplotypes]
        if parsed.kind is not GenotypeKind.DIPLOTYPES or sorted(read) != sorted(expected):
            wrong.append(f"{symbol} {text!r}: {parsed.kind.value} {read} {parsed.unknown}, not {expected}")
    nothing_is(wrong)


def all_are_refused(cases: Iterable[tuple[str, str]]) -> None:
    """No text of a gene comes out as a genotype."""
    read = ((symbol, text, parse_genotype(text, genes()[symbol])) for symbol, text in cases)
    nothing_is(
        f"{symbol} {text!r}: {[str(one) for one in parsed.diplotypes]}"
        for symbol, text, parsed in read
        if parsed.kind in (GenotypeKind.DIPLOTYPES, GenotypeKind.PRESENCE)
    )


def nothing_is(wrong: Iterable[str]) -> None:
    found = list(wrong)
    assert not found, f"{len(found)} wrong:\n" + "\n".join(found[:25])
