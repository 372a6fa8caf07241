"""
The class of every pair of alleles of every gene, derived a second time.

The tables are read here as plain text, and the class is worked out by counting or adding what the guidelines
count or add: not by the table of pairs or the bands of the gene's file, which the core goes by.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from itertools import combinations_with_replacement

import pytest

from cds_service.core.activity import activity_score
from cds_service.core.diplotype import AlleleCopies, Diplotype
from cds_service.core.phenotype import phenotype_of_score, presence_of, state_of
from cds_service.resources import knowledge_folder
from tests.builders import knowledge

NO, LESS, NORMAL, MORE = "No function", "Decreased function", "Normal function", "Increased function"
OPEN = frozenset({"Uncertain function", "Unknown function", ""})
INDETERMINATE = "Indeterminate"
Functions = Counter[str]


def is_open(functions: Functions) -> bool:
    return any(function in OPEN for function in functions)


# -- one rule a gene, as its guideline puts it ---------------------------------------------------------


def cyp2c19(found: Functions) -> str:
    if is_open(found):
        return INDETERMINATE
    if found[LESS]:
        return "Likely Poor Metabolizer" if found[NO] else "Likely Intermediate Metabolizer"
    return metabolizer(found, lost=found[NO])


def cyp2b6(found: Functions) -> str:
    return INDETERMINATE if is_open(found) else metabolizer(found, lost=found[NO] + found[LESS])


def metabolizer(found: Functions, lost: int) -> str:
    """Two lost alleles are poor, one is intermediate whatever stands beside it; else gains count."""
    if lost:
        return "Poor Metabolizer" if lost == 2 else "Intermediate Metabolizer"
    return ("Normal Metabolizer", "Rapid Metabolizer", "Ultrarapid Metabolizer")[found[MORE]]


def cyp3a5(found: Functions) -> str:
    if is_open(found):
        return "Possible Intermediate Metabolizer" if found[NORMAL] else INDETERMINATE
    return metabolizer(found, lost=found[NO])


def nat2(found: Functions) -> str:
    names = ("Rapid Metabolizer", "Intermediate Metabolizer", "Poor Metabolizer")
    return INDETERMINATE if is_open(found) else names[found[LESS]]


def ugt1a1(found: Functions) -> str:
    names = ("Normal Metabolizer", "Intermediate Metabolizer", "Poor Metabolizer")
    return INDETERMINATE if is_open(found) else names[found[LESS]]


def thiopurine(found: Functions, decreased_beside_none: str) -> str:
    if is_open(found):
        return "Possible Intermediate Metabolizer" if found[NO] else INDETERMINATE
    if found[NO] and found[LESS]:
        return decreased_beside_none
    if found[NO]:
        return "Poor Metabolizer" if found[NO] == 2 else "Intermediate Metabolizer"
    return "Intermediate Metabolizer" if found[LESS] == 2 else "Normal Metabolizer"


def slco1b1(found: Functions) -> str:
    if is_open(found):
        return "Possible Decreased Function" if found[NO] else INDETERMINATE
    if found[NO]:
        return "Poor Function" if found[NO] == 2 else "Decreased Function"
    return "Increased Function" if found[MORE] == 2 else "Normal Function"


def abcg2(found: Functions) -> str:
    return ("Normal Function", "Decreased Function", "Poor Function")[found[LESS]]


def malignant_hyperthermia(found: Functions) -> str:
    risk = found["Malignant Hyperthermia associated"]
    return "Malignant Hyperthermia Susceptibility" if risk else "Uncertain Susceptibility"


def cftr(found: Functions) -> str:
    return f"ivacaftor {'' if found['ivacaftor responsive'] else 'non-'}responsive in CF patients"


def g6pd(found: Functions) -> str:
    """WHO classes: I with chronic haemolysis, II and III deficient, IV normal."""
    if is_open(found):
        return INDETERMINATE
    classes = {function.partition("/")[0] for function in found}
    if "IV" in classes:
        return "Normal" if classes == {"IV"} else "Variable"
    return "Deficient with CNSHA" if classes == {"I"} else "Deficient"


def mt_rnr1(found: Functions) -> str:
    (function,) = found
    return function[0].lower() + function[1:]


def vkorc1(found: Functions) -> str:
    return "-1639 " + ("GG", "AG", "AA")[found["Higher coumarin sensitivity"]]


def rs12777823(found: Functions) -> str:
    return "rs12777823 " + ("GG", "AG", "AA")[found["Lower warfarin dose"]]


def ifnl3(found: Functions) -> str:
    return f"{'Unfavorable' if found['Unfavorable response allele'] else 'Favorable'} response genotype"


def apoe(found: Functions) -> str:
    return ("No e4 allele", "One e4 allele", "Two e4 alleles")[found["e4"]]


def f5(found: Functions) -> str:
    if found.total() == 1 and found["Factor V Leiden"]:
        return "Factor V Leiden, copies not stated"
    return ("No factor V Leiden", "Factor V Leiden heterozygous", "Factor V Leiden homozygous")[
        found["Factor V Leiden"]
    ]


def polg(found: Functions) -> str:
    if found.total() == 1 and found["Pathogenic"]:
        return "Pathogenic variant, copies not stated"
    return ("No pathogenic variant", "One pathogenic variant", "Two pathogenic variants")[found["Pathogenic"]]


def scn1a(found: Functions) -> str:
    if found["Pathogenic"]:
        return "Pathogenic variant"
    return "Gain-of-function variant" if found["Gain of function"] else "No pathogenic variant"


BY_FUNCTIONS: Mapping[str, Callable[[Functions], str]] = {
    "ABCG2": abcg2,
    "APOE": apoe,
    "CACNA1S": malignant_hyperthermia,
    "CFTR": cftr,
    "CYP2B6": cyp2b6,
    "CYP2C19": cyp2c19,
    "CYP3A4": cyp2b6,
    "CYP3A5": cyp3a5,
    "F5": f5,
    "G6PD": g6pd,
    "IFNL3": ifnl3,
    "MT-RNR1": mt_rnr1,
    "NAT2": nat2,
    "NUDT15": lambda found: thiopurine(found, "Poor Metabolizer"),
    "POLG": polg,
    "RYR1": malignant_hyperthermia,
    "SCN1A": scn1a,
    "SLCO1B1": slco1b1,
    "TPMT": lambda found: thiopurine(found, "Intermediate Metabolizer"),
    "UGT1A1": ugt1a1,
    "VKORC1": vkorc1,
    "rs12777823": rs12777823,
}
#: Genes that rules look up by genotype alone.
NO_CLASSES = frozenset({"CYP4F2"})
#: How many alleles a person has of a gene, where it is not two.
PLOIDY = {"MT-RNR1": (1,), "G6PD": (1, 2)}
#: Genes of which a report may name one variant and leave open whether it was found once or twice.
STATED_ONCE = frozenset({"F5", "POLG", "SCN1A"})


def by_score(gene: str, values: tuple[str, ...]) -> str:
    """Classes by the sum of activity values, in quarters; above the last limit is ultrarapid."""
    if "" in values:
        return INDETERMINATE
    quarters = 4 * sum(Fraction(value.lstrip("≥")) for value in values)
    limits = {"CYP2D6": (0, 4, 9), "CYP2C9": (2, 6, 8), "DPYD": (2, 6, 8)}[gene]
    poor, intermediate, normal = limits
    if quarters > normal:
        return "Ultrarapid Metabolizer"
    if quarters > intermediate:
        return "Normal Metabolizer"
    return "Intermediate Metabolizer" if quarters > poor else "Poor Metabolizer"


# -- every pair ------------------------------------------------------------------------------------------


def table(gene: str) -> dict[str, tuple[str, str]]:
    """Allele -> function and activity value, as the text of the file has them."""
    path = knowledge_folder() / "genes" / gene / "alleles.tsv"
    with path.open(encoding="utf8", newline="") as lines:
        rows = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        return {row["allele"]: (row["function"], row["activity"]) for row in rows}


def persons(gene: str) -> Iterator[tuple[str, ...]]:
    for number in PLOIDY.get(gene, (2,)):
        yield from combinations_with_replacement(table(gene), number)
    if gene in STATED_ONCE:
        yield from ((name,) for name in table(gene) if name != "Reference")


def answers(gene: str) -> Iterator[tuple[tuple[str, ...], str, str]]:
    """Alleles, the class derived here, the class of the core."""
    rows, known = table(gene), knowledge().genes[gene]
    for alleles in persons(gene):
        functions = Counter(rows[name][0] for name in alleles)
        if gene in NO_CLASSES:
            expected = ""
        elif gene in BY_FUNCTIONS:
            # A function that nobody assigned is less than an uncertain one: it never gives a possible class.
            expected = INDETERMINATE if functions[""] else BY_FUNCTIONS[gene](functions)
        else:
            expected = by_score(gene, tuple(rows[name][1] for name in alleles))
        state = state_of(Diplotype(gene, tuple(AlleleCopies(name) for name in alleles)), known)
        yield alleles, expected, state.phenotype if state else "not translated"


#: Pairs of each class. They change with every allele: look at what changed before they are changed here.
COUNTS: Mapping[str, Mapping[str, int]] = {
    "ABCG2": {"Decreased Function": 1, "Normal Function": 1, "Poor Function": 1},
    "APOE": {"No e4 allele": 3, "One e4 allele": 2, "Two e4 alleles": 1},
    "CACNA1S": {"Malignant Hyperthermia Susceptibility": 5, "Uncertain Susceptibility": 1},
    "CFTR": {"ivacaftor non-responsive in CF patients": 1, "ivacaftor responsive in CF patients": 5459},
    "CYP2B6": {
        "Indeterminate": 790,
        "Intermediate Metabolizer": 154,
        "Normal Metabolizer": 21,
        "Poor Metabolizer": 253,
        "Rapid Metabolizer": 6,
        "Ultrarapid Metabolizer": 1,
    },
    "CYP2C19": {
        "Indeterminate": 390,
        "Intermediate Metabolizer": 96,
        "Likely Intermediate Metabolizer": 69,
        "Likely Poor Metabolizer": 72,
        "Normal Metabolizer": 28,
        "Poor Metabolizer": 78,
        "Rapid Metabolizer": 7,
        "Ultrarapid Metabolizer": 1,
    },
    "CYP2C9": {
        "Indeterminate": 3250,
        "Intermediate Metabolizer": 299,
        "Normal Metabolizer": 3,
        "Poor Metabolizer": 364,
    },
    "CYP2D6": {
        "Indeterminate": 16885,
        "Intermediate Metabolizer": 2320,
        "Normal Metabolizer": 910,
        "Poor Metabolizer": 1225,
        "Ultrarapid Metabolizer": 396,
    },
    "CYP3A4": {
        "Indeterminate": 957,
        "Intermediate Metabolizer": 11,
        "Normal Metabolizer": 1,
        "Poor Metabolizer": 66,
    },
    "CYP3A5": {
        "Indeterminate": 9,
        "Intermediate Metabolizer": 3,
        "Normal Metabolizer": 1,
        "Poor Metabolizer": 6,
        "Possible Intermediate Metabolizer": 2,
    },
    "CYP4F2": {"": 253},
    "DPYD": {"Intermediate Metabolizer": 1596, "Normal Metabolizer": 1596, "Poor Metabolizer": 378},
    "F5": {
        "Factor V Leiden heterozygous": 1,
        "Factor V Leiden homozygous": 1,
        "Factor V Leiden, copies not stated": 1,
        "No factor V Leiden": 1,
    },
    "G6PD": {
        "Deficient": 11925,
        "Deficient with CNSHA": 3827,
        "Indeterminate": 1113,
        "Normal": 20,
        "Variable": 880,
    },
    "IFNL3": {"Favorable response genotype": 1, "Unfavorable response genotype": 2},
    "MT-RNR1": {
        "increased risk of aminoglycoside-induced hearing loss": 3,
        "normal risk of aminoglycoside-induced hearing loss": 2,
        "uncertain risk of aminoglycoside-induced hearing loss": 20,
    },
    "NAT2": {
        "Indeterminate": 1029,
        "Intermediate Metabolizer": 72,
        "Poor Metabolizer": 666,
        "Rapid Metabolizer": 3,
    },
    "NUDT15": {
        "Indeterminate": 39,
        "Intermediate Metabolizer": 15,
        "Normal Metabolizer": 3,
        "Poor Metabolizer": 102,
        "Possible Intermediate Metabolizer": 72,
    },
    "POLG": {
        "No pathogenic variant": 1,
        "One pathogenic variant": 2,
        "Pathogenic variant, copies not stated": 2,
        "Two pathogenic variants": 3,
    },
    "RYR1": {"Malignant Hyperthermia Susceptibility": 26255, "Uncertain Susceptibility": 31375},
    "SCN1A": {"No pathogenic variant": 1},
    "SLCO1B1": {
        "Decreased Function": 52,
        "Increased Function": 3,
        "Indeterminate": 773,
        "Normal Function": 7,
        "Poor Function": 91,
        "Possible Decreased Function": 299,
    },
    "TPMT": {
        "Indeterminate": 63,
        "Intermediate Metabolizer": 77,
        "Normal Metabolizer": 2,
        "Poor Metabolizer": 741,
        "Possible Intermediate Metabolizer": 342,
    },
    "UGT1A1": {
        "Indeterminate": 9,
        "Intermediate Metabolizer": 12,
        "Normal Metabolizer": 3,
        "Poor Metabolizer": 21,
    },
    "VKORC1": {"-1639 AA": 1, "-1639 AG": 1, "-1639 GG": 1},
    "rs12777823": {"rs12777823 AA": 1, "rs12777823 AG": 1, "rs12777823 GG": 1},
}


@pytest.mark.parametrize("gene", COUNTS)
def test_every_pair_of_alleles_has_the_class_that_is_derived_here(gene: str) -> None:
    seen: Counter[str] = Counter()
    wrong = []
    for alleles, expected, found in answers(gene):
        seen[found] += 1
        if found != expected:
            wrong.append(f"{'/'.join(alleles)}: {found} instead of {expected}")
    assert wrong[:20] == []
    assert dict(seen) == COUNTS[gene]


def test_no_gene_is_left_out() -> None:
    by_presence = {"HLA-A", "HLA-B"}
    assert set(COUNTS) | by_presence == set(knowledge().genes)


@pytest.mark.parametrize("gene", ["HLA-A", "HLA-B"])
def test_alleles_that_are_results_of_their_own_are_present_or_not(gene: str) -> None:
    known = knowledge().genes[gene]
    for first, second in persons(gene):
        pair = Diplotype(gene, (AlleleCopies(first), AlleleCopies(second)))
        assert presence_of(pair, known) == {name: name in (first, second) for name in table(gene)}
        assert state_of(pair, known).phenotype == ""  # type: ignore[union-attr]


def test_dpwg_draws_the_line_of_ultrarapid_elsewhere_than_cpic() -> None:
    gene, rows = knowledge().genes["CYP2D6"], table("CYP2D6")
    differ: Counter[tuple[str, str, str]] = Counter()
    for first, second in persons("CYP2D6"):
        score = activity_score(Diplotype("CYP2D6", (AlleleCopies(first), AlleleCopies(second))), gene.alleles)
        if score is None:
            assert "" in (rows[first][1], rows[second][1])
            continue
        assert score.value == sum(Fraction(rows[name][1].lstrip("≥")) for name in (first, second))
        cpic, dpwg = phenotype_of_score(score, gene), phenotype_of_score(score, gene, "dpwg")
        if cpic != dpwg:
            differ[str(score), cpic, dpwg] += 1
    assert set(differ) == {("2.5", "Ultrarapid Metabolizer", "Normal Metabolizer")}


@pytest.mark.parametrize("copies", [2, 3])
def test_a_duplicated_allele_counts_once_per_copy(copies: int) -> None:
    gene, rows = knowledge().genes["CYP2D6"], table("CYP2D6")
    for name, (_, value) in rows.items():
        state = state_of(Diplotype("CYP2D6", (AlleleCopies("*1"), AlleleCopies(name, copies))), gene)
        assert state is not None
        expected = by_score("CYP2D6", (rows["*1"][1], *[value] * copies))
        assert state.phenotype == expected, name
