"""
Reference materials: cell lines whose diplotypes several laboratories agreed on.

The consensus is that of the Genetic Testing Reference Materials Coordination Program (Pratt et al., J Mol
Diagn 2016;18:109-123, PMID 26621101), looked up in the table that the authors of Aldy publish with their
results (github.com/0xTCG/aldy, `paper/experiments.xlsx`, column GeT-RM); only rows that nobody has revised
since. Which variants an allele has is written down here a second time, after PharmVar, and not taken from the
definitions. Names are those of today: SLCO1B1 *1B is *37 now, and DPYD alleles are named by their change.

UGT1A1 is missing: that table does not have it, and a list found elsewhere contradicts this one in other genes
(NA18564, NA07029 and NA18526 of CYP2C19), so it was not believed.

The genotypes of NA18526, NA18565 and NA18861 are those that the 1000 Genomes Project sequenced (30x, as
PharmCAT's tutorial publishes them), not made from alleles.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from cds_service.calling.results import SampleCalls
from tests.calling.made_vcf import call_text, definitions, gene_of, named, record, text

#: Gene -> allele -> rs number and base on the plus strand; a deletion is `-`, an insertion `+`.
VARIANTS: Mapping[str, Mapping[str, str]] = {
    "CYP2C19": {
        "*1": "rs3758581 G",
        "*2": "rs3758581 G, rs4244285 A, rs12769205 G",
        "*3": "rs3758581 G, rs4986893 A",
        "*6": "rs3758581 G, rs72552267 A",
        "*8": "rs3758581 G, rs41291556 C",
        "*9": "rs3758581 G, rs17884712 A",
        "*10": "rs3758581 G, rs6413438 T",
        "*12": "rs3758581 G, rs55640102 C",
        "*13": "rs3758581 G, rs17879685 T",
        "*17": "rs3758581 G, rs12248560 T",
    },
    "CYP2C9": {
        "*1": "",
        "*2": "rs1799853 T",
        "*3": "rs1057910 C",
        "*5": "rs28371686 G",
        "*6": "rs9332131 -",
        "*8": "rs7900194 A",
        "*9": "rs2256871 G",
        "*11": "rs28371685 T",
    },
    "TPMT": {
        "*1": "",
        "*3A": "rs1800460 T, rs1142345 C",
        "*3C": "rs1142345 C",
        "*8": "rs56161402 T",
    },
    "SLCO1B1": {"*1": "", "*15": "rs2306283 G, rs4149056 C", "*37": "rs2306283 G"},
    "DPYD": {
        "Reference": "",
        "c.1905+1G>A (*2A)": "rs3918290 T",
        "c.1601G>A (*4)": "rs1801158 T",
        "c.1627A>G (*5)": "rs1801159 C",
        "c.2194G>A (*6)": "rs1801160 T",
        "c.85T>C (*9A)": "rs1801265 G",
        "c.2846A>T": "rs67376798 A",
    },
    "CYP3A5": {"*1": "", "*3": "rs776746 C", "*6": "rs10264272 T", "*7": "rs41303343 +"},
    "CYP3A4": {"*1": "", "*22": "rs35599367 A"},
    "CYP4F2": {"*1": "", "*2": "rs3093105 C", "*3": "rs2108622 T"},
    "CYP2B6": {
        "*1": "",
        "*2": "rs8192709 T",
        "*5": "rs3211371 T",
        "*6": "rs3745274 T, rs2279343 G",
        "*18": "rs28399499 C",
    },
}
#: Gene -> diplotype -> cell lines.
CONSENSUS: Mapping[str, Mapping[str, str]] = {
    "CYP2C19": {
        "*1/*1": "NA06991 NA06993 NA07056",
        "*1/*2": "NA10856 NA11832 NA12753",
        "*1/*6": "NA19178",
        "*1/*8": "NA23872 NA23873",
        "*1/*13": "NA17448",
        "*1/*17": "NA07000 NA07019 NA07048",
        "*2/*2": "NA12717 NA17061 NA18509",
        "*2/*3": "NA18564",
        "*2/*6": "NA23874",
        "*2/*9": "NA24009",
        "*2/*10": "NA07439",
        "*2/*17": "NA07348 NA07357 NA12145",
        "*3/*17": "NA23246",
        "*8/*17": "NA07029 NA10865 NA23348",
        "*9/*17": "NA24008",
        "*12/*17": "NA17074",
        "*13/*17": "NA19239",
        "*17/*17": "NA12336 NA19035 NA19109",
    },
    "CYP2C9": {
        "*1/*2": "NA06993 NA07029 NA10831",
        "*1/*3": "NA11832 NA12813 NA17204",
        "*1/*5": "NA18519 NA19908",
        "*1/*6": "NA19143 NA19213",
        "*1/*8": "NA12815 NA17454 NA18873",
        "*1/*9": "NA07439 NA12753 NA18484",
        "*1/*11": "NA19122",
        "*2/*2": "NA10854 NA23873",
        "*2/*3": "NA10855 NA11839",
        "*5/*5": "NA23275",
        "*5/*9": "NA19178",
    },
    "TPMT": {
        "*1/*3A": "NA12753 NA15245 NA17641",
        "*1/*3C": "NA17061 NA18855 NA18966",
        "*1/*8": "NA19176 NA23275 NA24009",
        "*3C/*3C": "NA19035",
    },
    "SLCO1B1": {
        "*1/*15": "NA06993 NA07000 NA07357",
        "*1/*37": "NA11839 NA17074 NA17660",
        "*37/*37": "NA17679 NA18519 NA18855",
    },
    "DPYD": {
        "Reference/c.85T>C (*9A)": "NA12145 NA17061 NA17244",
        "Reference/c.1601G>A (*4)": "NA12813",
        "Reference/c.1627A>G (*5)": "NA10855 NA11839 NA11881",
        "Reference/c.2194G>A (*6)": "NA17234",
        "Reference/c.2846A>T": "NA07048",
        "c.85T>C (*9A)/c.85T>C (*9A)": "NA12236 NA18519 NA19238",
        "c.85T>C (*9A)/c.1627A>G (*5)": "NA10847 NA17102 NA17288",
        "c.1601G>A (*4)/c.1627A>G (*5)": "NA06993 NA12878",
        "c.1601G>A (*4)/c.2846A>T": "NA06991",
        "c.1627A>G (*5)/c.1627A>G (*5)": "NA18952 NA23296",
        "c.1627A>G (*5)/c.2846A>T": "NA07055",
        "c.1905+1G>A (*2A)/c.2194G>A (*6)": "NA23873",
    },
    "CYP3A5": {
        "*1/*1": "NA07439 NA18563",
        "*1/*3": "NA07000 NA07029 NA10854",
        "*1/*6": "NA18518 NA18519 NA19174",
        "*1/*7": "NA18484 NA18509 NA19035",
        "*3/*3": "NA06991 NA06993 NA07019",
        "*3/*6": "NA18855 NA19819 NA24009",
        "*3/*7": "NA19207 NA19444",
        "*6/*7": "NA19143",
        "*7/*7": "NA19920",
    },
    "CYP3A4": {"*1/*22": "NA06993 NA07056 NA12892", "*22/*22": "NA24008"},
    "CYP4F2": {
        "*1/*2": "NA07439 NA18484 NA18518",
        "*1/*3": "NA07019 NA10846 NA10854",
        "*3/*3": "NA17290 NA17448 NA19785",
    },
    "CYP2B6": {
        "*1/*2": "NA12813 NA18942 NA20296",
        "*1/*5": "NA10855 NA12892",
        "*1/*6": "NA06991 NA07439 NA10847",
        "*1/*18": "NA18484 NA18873",
        "*6/*6": "NA10838 NA12003 NA17102",
        "*18/*18": "NA19095",
    },
}
#: Cell line -> rs number -> copies, and every gene with its consensus.
SEQUENCED: Mapping[str, tuple[Mapping[str, int], Mapping[str, str]]] = {
    "NA18526": (
        {"rs3758581": 2, "rs2306283": 1, "rs4149056": 1, "rs2108622": 1},
        {
            "CYP2C19": "*1/*1", "CYP2C9": "*1/*1", "CYP3A4": "*1/*1", "CYP3A5": "*1/*1", "CYP4F2": "*1/*3",
            "CYP2B6": "*1/*1", "DPYD": "Reference/Reference", "SLCO1B1": "*1/*15", "TPMT": "*1/*1",
        },
    ),
    "NA18565": (
        {"rs3758581": 2, "rs776746": 1},
        {
            "CYP2C19": "*1/*1", "CYP2C9": "*1/*1", "CYP3A4": "*1/*1", "CYP3A5": "*1/*3", "CYP4F2": "*1/*1",
            "CYP2B6": "*1/*1", "DPYD": "Reference/Reference", "SLCO1B1": "*1/*1", "TPMT": "*1/*1",
        },
    ),
    "NA18861": (
        {"rs3758581": 2, "rs1801265": 1, "rs28399499": 1},
        {
            "CYP2C19": "*1/*1", "CYP2C9": "*1/*1", "CYP3A5": "*1/*1", "CYP4F2": "*1/*1", "CYP2B6": "*1/*18",
            "DPYD": "Reference/c.85T>C (*9A)", "TPMT": "*1/*1",
        },
    ),
}  # fmt: skip
FACTS = [
    (gene, diplotype, line)
    for gene, found in CONSENSUS.items()
    for diplotype, lines in found.items()
    for line in lines.split()
]
LINES = sorted({line for *_, line in FACTS})


def has(gene: str, allele: str) -> dict[str, str]:
    """rs number -> base of one copy."""
    return dict(one.split(" ") for one in VARIANTS[gene][allele].split(", ") if one)


def _code(states: tuple[str, ...], base: str | None) -> int:
    if base is None:
        return 0
    if base in "-+":
        longer = [len(state) > len(states[0]) for state in states]
        return longer.index(base == "+", 1)
    return states.index(base)


@pytest.fixture(scope="module")
def called(tmp_path_factory: pytest.TempPathFactory) -> dict[str, SampleCalls]:
    """All cell lines in one unphased file; genes without a consensus have no genotype."""
    pairs = {(gene, line): diplotype.split("/") for gene, diplotype, line in FACTS}
    records = []
    for gene in VARIANTS:
        for site in definitions()[gene].positions:
            genotypes = []
            for line in LINES:
                pair = pairs.get((gene, line))
                codes = [_code(site.states, has(gene, name).get(site.rsid)) for name in pair or ()]
                genotypes.append("/".join(map(str, sorted(codes))) or "./.")
            records.append(record(site.chrom, site.position, site.ref, ",".join(site.alts), *genotypes))
    results = call_text(tmp_path_factory.mktemp("lines"), text(records, LINES))
    return {result.sample: result for result in results}


def test_every_variant_is_at_a_defined_position() -> None:
    for gene, alleles in VARIANTS.items():
        known = {site.rsid for site in definitions()[gene].positions}
        assert {rs for allele in alleles for rs in has(gene, allele)} <= known


@pytest.mark.parametrize("gene", CONSENSUS)
def test_the_consensus_is_called(called: Mapping[str, SampleCalls], gene: str) -> None:
    wrong = []
    for symbol, diplotype, line in FACTS:
        if symbol != gene:
            continue
        found = [sorted(one.split("/")) for one in named(gene_of(called[line], gene))]
        if found != [sorted(diplotype.split("/"))]:
            wrong.append(f"{line} is {diplotype}, called {found}")
    assert wrong == []


@pytest.mark.parametrize(("phase", "called"), [("/", "*1/*7"), ("|", "*5/*6")])
def test_two_cell_lines_need_phase(phase: str, called: str, tmp_path: Path) -> None:
    """NA12336 and NA12717: *5/*6 by consensus; without phase the bases are those of *1/*7 as well."""
    first, second = has("CYP2B6", "*5"), has("CYP2B6", "*6")
    records = []
    for site in definitions()["CYP2B6"].positions:
        codes = [_code(site.states, copy.get(site.rsid)) for copy in (first, second)]
        genotype = phase.join(map(str, codes))
        records.append(record(site.chrom, site.position, site.ref, ",".join(site.alts), genotype))
    (calls,) = call_text(tmp_path, text(records, ["s"]))
    assert named(gene_of(calls, "CYP2B6")) == [called]


@pytest.mark.parametrize("line", SEQUENCED)
def test_sequenced_genotypes_give_the_consensus(line: str, tmp_path: Path) -> None:
    copies, consensus = SEQUENCED[line]
    records = []
    for gene in consensus:
        for site in definitions()[gene].positions:
            genotype = ("0/0", "0/1", "1/1")[copies.get(site.rsid, 0)]
            records.append(record(site.chrom, site.position, site.ref, ",".join(site.alts), genotype))
    (calls,) = call_text(tmp_path, text(records, [line]))
    assert {gene: named(gene_of(calls, gene)) for gene in consensus} == {
        gene: [diplotype] for gene, diplotype in consensus.items()
    }
