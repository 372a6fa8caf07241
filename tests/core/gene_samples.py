"""Small genes of every kind, for tests that need a table but not the knowledge base."""

from __future__ import annotations

from collections.abc import Mapping

from cds_service.core.diplotype import GenotypeKind, parse_genotype
from cds_service.core.genes import Allele, Gene, Method, Position


def gene(
    symbol: str,
    method: Method,
    names: tuple[str, ...],
    aliases: Mapping[str, str] | None = None,
    reference: str = "",
    **more: tuple[str, ...] | tuple[Position, ...],
) -> Gene:
    """A gene whose alleles have names only; `aliases` are written as in a knowledge file."""
    spellings = {alias.replace(" ", "").upper(): name for alias, name in (aliases or {}).items()}
    alleles = {name: Allele(name) for name in names}
    return Gene(symbol, "", method, alleles, spellings, reference, **more)  # type: ignore[arg-type]


CYP2C19 = gene(
    "CYP2C19",
    Method.FUNCTION_PAIR,
    ("*38", "*1", "*2", "*3", "*4", "*10", "*17"),
    {"*1A": "*1", "*2A": "*2", "*2B": "*2"},
    "*1",
)

CYP2D6 = gene(
    "CYP2D6",
    Method.ACTIVITY_SCORE,
    (
        *(
            "*1",
            "*1x2",
            "*1x≥3",
            "*2",
            "*2x2",
            "*4",
            "*4x2",
            "*5",
            "*10",
            "*13",
            "*36",
            "*36x2",
            "*41x3",
            "*41",
        ),
        *("*36+*10", "*36x2+*10", "*36x2+*10x2", "*68", "*68+*4", "*13+*1x2", "*13+*68x2+*4"),
    ),
    {"*2A": "*2", "deletion": "*5"},
    "*1",
)

TPMT = gene("TPMT", Method.FUNCTION_PAIR, ("*1", "*2", "*3A", "*3B", "*3C"), {"*1S": "*1"}, "*1")

SLCO1B1 = gene(
    "SLCO1B1",
    Method.FUNCTION_PAIR,
    ("*1", "*5", "*15", "*45.001", "*45"),
    {"*1A": "*1"},
    "*1",
    positions=(
        Position("rs4149056", {"T": "*1", "C": "*5"}),
        Position("c.521", {"T": "*1", "C": "*5"}),
    ),
)

UGT1A1 = gene(
    "UGT1A1",
    Method.FUNCTION_PAIR,
    ("*1", "*28", "*37", "*80", "*80+*28", "*80+*37"),
    {"(TA)6": "*1", "6": "*1", "TA6": "*1", "(TA)7": "*28", "7": "*28", "TA7": "*28"},
    "*1",
)

HAPB3 = "c.1129-5923C>G, c.1236G>A (HapB3)"
STAR_2A = "c.1905+1G>A (*2A)"
DPYD = gene(
    "DPYD",
    Method.LOWEST_FUNCTION,
    ("Reference", "c.85T>C (*9A)", "c.1129-5923C>G", HAPB3, STAR_2A, "c.2846A>T", "c.496A>G"),
    {
        "*1": "Reference",
        "wild type": "Reference",
        "WT": "Reference",
        "*9A": "c.85T>C (*9A)",
        "c.85T>C": "c.85T>C (*9A)",
        "HapB3": HAPB3,
        "c.1236G>A": HAPB3,
        "c.1129-5923C>G, c.1236G>A": HAPB3,
        "*2A": STAR_2A,
        "c.1905+1G>A": STAR_2A,
        "rs3918290": STAR_2A,
    },
    "Reference",
)

RYR1 = gene(
    "RYR1", Method.FUNCTION_PAIR, ("Reference", "c.7300G>A", "c.51_53del"), {"WT": "Reference"}, "Reference"
)

MT_RNR1 = gene(
    "MT-RNR1",
    Method.HAPLOID,
    ("Reference", "m.1555A>G", "m.827A>G", "m.961T>del", "m.961T>del+Cn"),
    {"WT": "Reference"},
    "Reference",
)

MEDITERRANEAN = "Mediterranean, Dallas, Panama"
G6PD = gene(
    "G6PD",
    Method.SEX_LINKED,
    (
        "B (reference)",
        "A",
        "A- 202A_376G",
        MEDITERRANEAN,
        "Mediterranean Haplotype",
        "No name",
        "Mira d'Aire",
    ),
    {"B": "B (reference)", "Mediterranean": MEDITERRANEAN, "Dallas": MEDITERRANEAN},
    "B (reference)",
)

# Without a reference allele: what the other chromosome has when one variant was found is not known.
CFTR = gene(
    "CFTR",
    Method.FUNCTION_PAIR,
    ("no known variant", "711+3A->G", "G551D", "F508C", "S1251N", "F508C,S1251N", "G194R(G>A)", "G194R(G>C)"),
    {"F508del": "no known variant"},
)

VKORC1 = gene(
    "VKORC1",
    Method.SINGLE_POSITION,
    ("rs9923231 reference (C)", "rs9923231 variant (T)"),
    {},
    "rs9923231 reference (C)",
    positions=(
        Position("rs9923231", {"C": "rs9923231 reference (C)", "T": "rs9923231 variant (T)"}),
        Position("-1639", {"G": "rs9923231 reference (C)", "A": "rs9923231 variant (T)"}),
        Position("c.-1639", {"G": "rs9923231 reference (C)", "A": "rs9923231 variant (T)"}),
    ),
)

# A change to the complementary base: both strands write the same letters for different alleles.
PALINDROMIC = gene(
    "GENE1",
    Method.SINGLE_POSITION,
    ("reference", "variant"),
    {},
    "reference",
    positions=(
        Position("rs1", {"A": "reference", "T": "variant"}),
        Position("c.5", {"T": "reference", "A": "variant"}),
    ),
)

HLA_B = gene(
    "HLA-B",
    Method.ALLELE_PRESENCE,
    ("*15:02", "*57:01", "*58:01"),
    presence_alleles=("*15:02", "*57:01", "*58:01"),
)
HLA_A = gene("HLA-A", Method.ALLELE_PRESENCE, ("*31:01",), presence_alleles=("*31:01",))

SAMPLES = (
    *(CYP2C19, CYP2D6, TPMT, SLCO1B1, UGT1A1, DPYD, RYR1, MT_RNR1, G6PD, CFTR, VKORC1, PALINDROMIC),
    *(HLA_B, HLA_A),
)


def diplotypes(text: str, gene: Gene) -> list[str]:
    """The diplotypes of a text that has to be translatable."""
    parsed = parse_genotype(text, gene)
    assert (parsed.kind, parsed.unknown) == (GenotypeKind.DIPLOTYPES, ()), f"{text!r} is {parsed}"
    return [str(diplotype) for diplotype in parsed.diplotypes]


def refused(text: str, gene: Gene) -> tuple[str, ...]:
    """The parts that make a text not translatable."""
    parsed = parse_genotype(text, gene)
    assert parsed.kind is GenotypeKind.NOT_TRANSLATABLE, f"{text!r} is {parsed}"
    return parsed.unknown
