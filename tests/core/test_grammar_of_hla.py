"""
The grammar of genotype values, over all genes of the knowledge: HLA typings, and what is no genotype.

One test for each construct. Where it can be written of every allele, or every pair, of every gene, it is: all
of small genes, the same random ones of large ones. A construct without a sure meaning is refused.
"""

from __future__ import annotations

from collections.abc import Callable

from cds_service.core.diplotype import GenotypeKind, parse_genotype
from cds_service.core.genes import Gene, Method
from tests.core.grammar import (
    all_are_refused,
    genes,
    nothing_is,
    star_genes,
)


def presence_genes() -> dict[str, Gene]:
    return {symbol: gene for symbol, gene in genes().items() if gene.method is Method.ALLELE_PRESENCE}


def hla() -> list[tuple[str, str, Gene]]:
    """Gene, allele without star, gene."""
    return [(s, a.lstrip("*"), g) for s, g in presence_genes().items() for a in g.presence_alleles]


def told(gene: Gene, text: str) -> dict[str, bool | None] | str:
    parsed = parse_genotype(text, gene)
    return dict(parsed.presence) if parsed.kind is GenotypeKind.PRESENCE else parsed.kind.value


def all_tell(expected: Callable[[Gene, str], dict[str, bool | None]], *forms: str) -> None:
    """Typings in all forms tell what is expected; `a` is an allele with a result of its own, `o` another."""
    wrong = []
    for symbol, allele, gene in hla():
        first, second = allele.split(":")
        slots = {"g": symbol, "a": allele, "n": first + second, "f": first, "x": f"{first}:99", "o": "99:01"}
        for form in forms:
            text = form.format(**slots, b=symbol.removeprefix("HLA-"))
            read = told(gene, text)
            if read != expected(gene, f"*{allele}"):
                wrong.append(f"{symbol} {text!r}: {read}")
    nothing_is(wrong)


def _whole(gene: Gene, allele: str) -> dict[str, bool | None]:
    return {other: other == allele for other in gene.presence_alleles}


def test_a_whole_hla_typing_in_every_notation() -> None:
    """GL strings with and without prefix, two to four fields, groups G and P, old numbers, lists."""
    all_tell(
        _whole,
        "hla#3.31.0#{g}*{a}+{g}*{o}", "{g}*{o}+{g}*{a}", "{g}*{a}:01+{g}*{o}:02", "{g}*{a}:01:01+{g}*{o}",
        "{g}*{a}:01G+{g}*{o}", "{g}*{a}P+{g}*{o}", "{b}*{n}+{b}*9901", "*{a}, *{o}", "{a}, {o}",
        "{g}:{a}+{g}*{o}",
        "{g}*{a}+{g}*{o}^HLA-C*01:02+HLA-C*03:04", "{g}*{a}+{g}*{o}|{g}*{a}+{g}*99:02",
        "{g}*{a}+{g}*{o}/{g}*99:02", "HLA-C*01:02~{g}*{a}+HLA-C*03:04~{g}*{o}", "{g}*{a} homozygous",
    )  # fmt: skip


def test_an_open_hla_typing_leaves_its_allele_undecided_and_excludes_the_others() -> None:
    """`A/B` within a copy, `|` between genotypes, codes of many alleles (`*15:ABCD`), first fields, `N`."""

    def of_field(gene: Gene, allele: str) -> dict[str, bool | None]:
        field = allele.partition(":")[0]
        return {other: None if other.partition(":")[0] == field else False for other in gene.presence_alleles}

    all_tell(of_field, "{g}*{f}:ABCD+{g}*{o}", "{g}*{f}+{g}*{o}", "{g}*{f}:XX+{g}*{o}")

    def one(gene: Gene, allele: str) -> dict[str, bool | None]:
        return {other: None if other == allele else False for other in gene.presence_alleles}

    all_tell(
        one,
        "{g}*{a}/{g}*{x}+{g}*{o}",
        "{g}*{a}+{g}*{o}|{g}*{x}+{g}*{o}",
        "{g}*{a}N+{g}*{o}",
        "{g}*{x}/{g}*{a}+{g}*{o}",
    )


def test_one_hla_allele_alone_tells_nothing_of_others() -> None:
    alone = (
        "{g}*{a}",
        "{b}*{n}",
        "{a}",
        "*{a}:01",
        "{g}*{a}:01:01G",
        "{g}*{a} positive",
        "{g}*{a}: Detected",
    )
    all_tell(lambda _, allele: {allele: True}, *alone)
    absent = ("{g}*{a} negative", "Negative for {g}*{a}", "{b}*{n}: not detected", "No {g}*{a} detected")
    all_tell(lambda _, allele: {allele: False}, *absent)


def test_an_hla_typing_is_read_by_its_own_gene_alone() -> None:
    wrong = []
    for symbol, allele, _ in hla():
        for other, gene in presence_genes().items():
            if other != symbol:
                read = told(gene, f"{symbol}*{allele}+{symbol}*99:01")
                if read != GenotypeKind.NO_GENOTYPE.value:
                    wrong.append((symbol, allele, other, read))
    nothing_is(map(str, wrong))


# no genotype


def test_what_is_no_genotype_is_one_for_no_gene() -> None:
    """Words of laboratories that stand where a genotype is expected."""
    words = (
        "", "See report", "See scanned report", "QNS", "No call", "UM", "PM", "Poor Metabolizer", "Pending",
        "N/A", "TNP", "Indeterminate", "Indeterminate genotype", "Not performed", "Specimen rejected",
        "*", "/", "*/*", "?/?", "+", "1.5",
    )  # fmt: skip
    all_are_refused((symbol, text) for symbol in genes() for text in words)


def test_the_genotype_of_another_gene_is_refused() -> None:
    symbols = sorted(star_genes())
    all_are_refused((symbol, f"{other} *1/*2") for symbol in symbols for other in symbols if other != symbol)
