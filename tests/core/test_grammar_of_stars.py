"""
The grammar of genotype values, over all genes of the knowledge: star alleles, copies, tandems, alternatives.

One test for each construct. Where it can be written of every allele, or every pair, of every gene, it is: all
of small genes, the same random ones of large ones. A construct without a sure meaning is refused.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from itertools import permutations

from cds_service.core.diplotype import AlleleCopies, Diplotype, GenotypeKind, parse_genotype
from cds_service.core.evidence import ReportedResult, ResultKind
from cds_service.core.genes import Gene
from cds_service.core.phenotype import states_of
from cds_service.core.weigh import GeneEvidence, ResultState, weigh
from tests.core.grammar import (
    Case,
    all_are_read,
    all_are_refused,
    genes,
    nothing_is,
    ordered,
    pairs,
    star_genes,
)

# star alleles


def test_two_star_alleles_with_every_sign_between_them() -> None:
    """`*1/*2`, `CYP2C19*1/*2`, `CYP2C19_*1/*2`, `TPMT: *1/*3A`, `*1*17`, `*2|*3`."""
    forms = (
        "{a}/{b}",
        "{g}{a}/{b}",
        "{g}{a}/{g}{b}",
        "{g}_{a}/{b}",
        "{g}: {a}/{b}",
        "{a}{b}",
        "{a} / {b}",
        "{a}|{b}",
    )
    all_are_read(
        (
            symbol,
            forms[number % len(forms)].format(g=symbol, a=first, b=second),
            [ordered(gene, first, second)],
        )
        for symbol, names in star_genes().items()
        for gene in [genes()[symbol]]
        for number, pair in enumerate(pairs(names))
        for first, second in (pair, pair[::-1])
    )


def test_a_suballele_is_its_core_allele_unless_the_table_has_it() -> None:
    """`*4.024`, `CYP2D6*7.001 / CYP2D6*1.001`: cut by the table of the gene."""

    def cases() -> Iterator[Case]:
        for symbol, names in star_genes().items():
            gene = genes()[symbol]
            for name in names:
                for number in ("001", "024"):
                    whole = f"{name}.{number}"
                    kept = whole if whole in gene.alleles else name
                    yield (
                        symbol,
                        f"{symbol}{whole} / {symbol}{names[0]}.001",
                        [ordered(gene, kept, _kept(gene, names[0]))],
                    )

    all_are_read(cases())


def _kept(gene: Gene, name: str) -> str:
    return f"{name}.001" if f"{name}.001" in gene.alleles else name


def test_a_letter_behind_the_number_is_cut_by_the_table_of_the_gene_alone() -> None:
    """`*2A` of CYP2C19 is `*2`, of DPYD a change of its own; `*3A` of TPMT stays; any other is refused."""
    old = re.compile(r"\*\d+[A-Z]")
    known = {
        symbol: {a: n for a, n in gene.aliases.items() if old.fullmatch(a)}
        for symbol, gene in genes().items()
    }
    assert {"*2A", "*2B"} <= known["CYP2C19"].keys() and {"*4A", "*4K"} <= known["CYP2D6"].keys()
    assert "*2A" in known["DPYD"] and "*2A" not in known["TPMT"]
    all_are_read(
        (
            symbol,
            f"{alias}/{genes()[symbol].reference}",
            [ordered(genes()[symbol], name, genes()[symbol].reference)],
        )
        for symbol, aliases in known.items()
        for alias, name in aliases.items()
    )
    all_are_refused(
        (symbol, f"{name}{letter}/{names[0]}")
        for symbol, names in star_genes().items()
        for name in names
        for letter in "FZ"
        if f"{name}{letter}" not in known[symbol] and f"{name}{letter}" not in genes()[symbol].alleles
    )


def test_numbers_that_no_table_has_are_named() -> None:
    wrong = []
    for symbol, names in star_genes().items():
        for number in ("*0", "*997", "*1000"):
            parsed = parse_genotype(f"{names[0]}/{number}", genes()[symbol])
            if (parsed.kind, parsed.unknown) != (GenotypeKind.NOT_TRANSLATABLE, (number,)):
                wrong.append((symbol, number, parsed.kind.value, parsed.unknown))
    nothing_is(map(str, wrong))


# copies, tandems, hybrids, deletion


def _copied() -> tuple[Gene, tuple[str, ...]]:
    gene = genes()["CYP2D6"]
    return gene, star_genes()["CYP2D6"]


def test_copies_belong_to_the_allele_they_are_written_at() -> None:
    """`x2`, `xN`, `x≥3` at every allele but the deletion; other signs at some."""
    gene, names = _copied()
    usual = {"x2": (2, False), "xN": (2, True), "x≥3": (3, True)}
    rare = {"(x4)": (4, False), "×2": (2, False), "DUP": (2, True), "x>=3": (3, True), "x>2": (3, True)}

    def cases() -> Iterator[Case]:
        for number, name in enumerate(name for name in names if name != "*5"):
            for sign, (copies, at_least) in (usual | rare if number % 10 == 0 else usual).items():
                many = AlleleCopies(name, copies, at_least)
                yield gene.symbol, f"{name}{sign}/*1", [ordered(gene, many, "*1")]
                # Behind the last allele a bracket or a word may be about both.
                if sign in usual:
                    yield gene.symbol, f"{gene.symbol} *4/{name}{sign}", [ordered(gene, "*4", many)]

    all_are_read(cases())


def test_copies_that_are_written_are_read_back() -> None:
    gene, names = _copied()
    chance = random.Random(5)
    texts = {
        ordered(gene, AlleleCopies(first, chance.randint(1, 4), chance.random() < 0.3), second)
        for first, second in pairs(set(names) - {"*5"}, 300)
    }
    all_are_read((gene.symbol, text, [text]) for text in texts if "x≥1" not in text)


def test_copies_of_a_silent_allele_add_nothing_and_others_add_up() -> None:
    gene, names = _copied()
    wrong = []
    for name in names:
        value = gene.alleles[name].activity
        if value is None or name == "*5":
            continue
        for copies in (2, 3):
            (state,) = states_of(
                Diplotype(gene.symbol, (AlleleCopies("*1"), AlleleCopies(name, copies))), gene
            )
            if state.score is None or state.score.value != 1 + copies * value:
                wrong.append(f"*1/{name}x{copies} is {state.score}")
    nothing_is(map(str, wrong))


def test_every_tandem_of_the_table_in_any_order() -> None:
    """`*36+*10`, `*10+*36`, `(*68+*4)`, hybrids such as `*13+*1x2` among them."""
    gene, _ = _copied()
    tandems = [name for name in gene.alleles if "+" in name]
    assert len(tandems) >= 10 and "*36+*10" in tandems
    all_are_read(
        (gene.symbol, form.format("+".join(parts)), [ordered(gene, name, "*2")])
        for name in tandems
        for parts in permutations(name.split("+"))
        for form in ("{}/*2", "*2/({})", "CYP2D6 *2 / {}")
    )


def test_a_tandem_no_table_has_is_refused() -> None:
    gene, names = _copied()
    known = {frozenset(name.split("+")) for name in gene.alleles if "+" in name}
    all_are_refused(
        (gene.symbol, f"*1/{first}+{second}")
        for first, second in pairs(names, 200)
        if first != second and frozenset({first, second}) not in known
    )


# several possible diplotypes


def test_alternatives_are_all_kept() -> None:
    """`A or B`, `[A]or[B]`, `A;B`, `(A) or (B)`; the class is told only if all agree."""
    forms = ("{} or {}", "[{}]or[{}]", "{};{}", "({}) or ({})", "{}, {}")

    def cases() -> Iterator[Case]:
        for symbol, names in star_genes().items():
            gene, chance = genes()[symbol], random.Random(6)
            for form in forms:
                written = [ordered(gene, *pair) for pair in chance.sample(pairs(names, 900), 2)]
                yield symbol, form.format(*written), written

    all_are_read(cases())


def test_a_class_is_told_only_if_all_alternatives_agree() -> None:
    wrong = []
    for symbol, names in star_genes().items():
        gene, chance = genes()[symbol], random.Random(8)
        for _ in range(10):
            couple = [chance.choices(names, k=2) for _ in range(2)]
            texts = [ordered(gene, *pair) for pair in couple]
            alone = [{state.phenotype for state in found(gene, text).possible} for text in texts]
            both = found(gene, " or ".join(texts))
            if {state.phenotype for state in both.possible} != alone[0] | alone[1]:
                wrong.append(f"{symbol} {texts}")
            if (both.state is ResultState.TRANSLATED) is not bool(alone[0] and alone[1]):
                wrong.append(f"{symbol} {texts}: {both.state}")
    nothing_is(map(str, wrong))


def found(gene: Gene, text: str) -> GeneEvidence:
    return weigh(gene, [ReportedResult(gene.symbol, ResultKind.DIPLOTYPE, text, "Observation/1")])


def test_copies_of_an_unnamed_allele_give_one_diplotype_for_each_allele() -> None:
    """`(A/B)xN` and `A/B, 3 copies`."""
    gene, names = _copied()

    def cases() -> Iterator[Case]:
        for first, second in pairs(set(names) - {"*5"}):
            if first == second:
                continue
            for text, copies, at_least in (
                (f"({first}/{second})xN", 2, True),
                (f"{first}/{second}, 3 copies", 2, False),
                (f"{first}/{second} CN=4", 0, False),
            ):
                if copies:
                    many = [AlleleCopies(name, copies, at_least) for name in (first, second)]
                    yield gene.symbol, text, [ordered(gene, many[0], second), ordered(gene, first, many[1])]
                    continue
                four = [(3, 1), (2, 2), (1, 3)]
                yield (
                    gene.symbol,
                    text,
                    [ordered(gene, AlleleCopies(first, a), AlleleCopies(second, b)) for a, b in four],
                )

    all_are_read(cases())
