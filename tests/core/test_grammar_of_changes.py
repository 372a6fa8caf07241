"""
The grammar of genotype values, over all genes of the knowledge: bases, repeats, changes, names.

One test for each construct. Where it can be written of every allele, or every pair, of every gene, it is: all
of small genes, the same random ones of large ones. A construct without a sure meaning is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations_with_replacement, permutations

from cds_service.core.genes import Gene, Method
from tests.core.grammar import (
    Case,
    all_are_read,
    all_are_refused,
    genes,
    ordered,
    pairs,
)

# bases and repeats


def test_bases_at_every_notation_of_a_position_and_on_one_strand_only() -> None:
    """`rs9923231 C/T` is `-1639 G/A`; bases of both strands in one text are refused."""
    wrong: list[tuple[str, str]] = []

    def cases() -> Iterator[Case]:
        for symbol, gene in genes().items():
            for position in gene.positions:
                for first, second in combinations_with_replacement(position.letters, 2):
                    expected = [ordered(gene, position.letters[first], position.letters[second])]
                    for form in ("{p} {a}/{b}", "{g} {p} {a}{b}", "{p}: {b}|{a}", "{g}:{p} {b}/{a}"):
                        yield symbol, form.format(g=symbol, p=position.name, a=first, b=second), expected
                known = set(position.letters)
                wrong.extend(
                    (symbol, f"{position.name} {base}/{next(iter(known))}") for base in set("ACGT") - known
                )

    all_are_read(cases())
    all_are_refused(wrong)


def test_bases_alone_are_read_where_no_two_notations_mean_different_alleles() -> None:
    def meant(gene: Gene, bases: tuple[str, str]) -> set[str]:
        fitting = [p.letters for p in gene.positions if set(bases) <= p.letters.keys()]
        return {ordered(gene, *(letters[base] for base in bases)) for letters in fitting}

    several = [gene for gene in genes().values() if gene.positions]
    every = [(gene, pair) for gene in several for pair in combinations_with_replacement("ACGT", 2)]
    sure = [(gene, pair, meant(gene, pair)) for gene, pair in every]
    all_are_read((g.symbol, f"{a}/{b}", [*one]) for g, (a, b), one in sure if len(one) == 1)
    all_are_refused((g.symbol, f"{a}/{b}") for g, (a, b), one in sure if len(one) != 1)


def test_repeats_are_alleles_where_the_table_counts_them() -> None:
    """`6/7`, `TA6/TA7`, `(TA)6/(TA)7`, `A(TA)6TAA/A(TA)7TAA` of UGT1A1; a count no allele has is refused."""
    gene = genes()["UGT1A1"]
    alleles = {5: "*36", 6: "*1", 7: "*28", 8: "*37"}
    forms = ("{}/{}", "TA{}/TA{}", "(TA){}/(TA){}", "A(TA){}TAA/A(TA){}TAA")
    both = [*permutations(alleles, 2), *((n, n) for n in alleles)]
    all_are_read(
        (gene.symbol, form.format(a, b), [ordered(gene, alleles[a], alleles[b])])
        for form in forms
        for a, b in both
    )
    all_are_refused((gene.symbol, form.format(a, n)) for form in forms for a in alleles for n in (4, 9))


# changes by name


def _change_genes() -> list[tuple[Gene, list[str]]]:
    """Genes of two copies whose alleles are changes of the coding sequence, with those of one change."""
    single = re.compile(r"c\.[^\s,;]+")
    found = (
        (g, [n for n in g.alleles if single.fullmatch(n)])
        for g in genes().values()
        if g.reference == "Reference"
    )
    return [(gene, names) for gene, names in found if names and gene.method is not Method.HAPLOID]


def test_every_change_in_every_way_of_writing() -> None:
    """`c.X heterozygous`, `homozygous`, `c.[X];[=]`, `c.[X];[X]`, `Reference/c.X`, a transcript before it."""
    forms = {
        "{x} heterozygous": "het", "{x} het": "het", "heterozygous for {x}": "het", "c.[{b}];[=]": "het",
        "{g}:c.[{b}];[=]": "het", "NM_000000.1:{x} heterozygous": "het", "{x}/wt": "het",
        "{x}/Reference": "het",
        "{x} homozygous": "hom", "c.[{b}];[{b}]": "hom", "{g} {x}/{x}": "hom", "hom {x}": "hom",
    }  # fmt: skip

    def cases() -> Iterator[Case]:
        for gene, names in _change_genes():
            for number, name in enumerate(names):
                for place, (form, zygosity) in enumerate(forms.items()):
                    if len(names) > 50 and (number + place) % 4:
                        continue
                    text = form.format(g=gene.symbol, x=name, b=name.removeprefix("c."))
                    other = name if zygosity == "hom" else gene.reference
                    yield gene.symbol, text, [ordered(gene, name, other)]

    all_are_read(cases())


def test_two_changes_on_different_copies() -> None:
    """`c.[X];[Y]` and a compound heterozygote; of unknown phase they are taken apart with a notice."""

    def cases() -> Iterator[Case]:
        for gene, names in _change_genes():
            for number, (first, second) in enumerate(pairs(names)):
                if first == second:
                    continue
                bare = [name.removeprefix("c.") for name in (first, second)]
                forms = (
                    f"c.[{bare[0]}];[{bare[1]}]",
                    f"compound heterozygous {first} and {second}",
                    f"{first} heterozygous; {second} heterozygous",
                    f"c.[{bare[0]}(;){bare[1]}]",
                    f"{second}/{first}",
                )
                yield gene.symbol, forms[number % len(forms)], [ordered(gene, first, second)]

    all_are_read(cases())


def test_a_change_that_is_not_there_or_whose_copies_are_not_told_is_no_genotype() -> None:
    all_are_refused(
        (gene.symbol, form.format(name))
        for gene, names in _change_genes()
        if gene.method is not Method.VARIANT_STATUS
        for name in names
        for form in ("{}", "{} not detected", "{} absent")
    )


def test_dpyd_names_of_all_three_kinds_mean_one_allele() -> None:
    """`*2A`, `c.1905+1G>A`, `rs3918290`, alone or beside each other."""
    gene = genes()["DPYD"]

    def cases() -> Iterator[Case]:
        for alias, name in gene.aliases.items():
            if name != gene.reference:
                expected = [ordered(gene, gene.reference, name)]
                for form in ("*1/{}", "{} heterozygous", "DPYD {}/Reference"):
                    yield gene.symbol, form.format(alias), expected
                if "(" not in alias:
                    yield gene.symbol, f"*1/{alias} ({name.partition(' (')[0]} heterozygous)", expected

    all_are_read(cases())


def test_g6pd_names_with_commas_and_slashes_whole_and_in_part() -> None:
    """`Telti/Kobe` is one allele, `Mediterranean, Dallas, Panama` one with three names."""
    gene = genes()["G6PD"]
    names = [name for name in gene.alleles if "," in name or "/" in name]
    assert len(names) > 15

    def cases() -> Iterator[Case]:
        for name in names:
            for part in (name, *(re.split(r"\s*[,‚]\s*", name) if "/" not in name else ())):
                meant = gene.aliases.get(re.sub(r"\s", "", part).upper(), "")
                if meant != name:
                    continue
                yield gene.symbol, f"{part} hemizygous", [name]
                yield gene.symbol, f"{part}/B", [ordered(gene, gene.reference, name)]
                yield gene.symbol, f"{part} heterozygous", [ordered(gene, gene.reference, name)]
                yield gene.symbol, f"G6PD {part} homozygous", [ordered(gene, name, name)]

    read = [*cases()]
    assert len(read) > 200
    all_are_read(read)
