"""Changes that a panel reports one by one, and the diplotype they allow together."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import pytest

from cds_service.core.evidence import Origin, ReportedResult, ResultKind, Use
from cds_service.core.panel_variants import diplotype_of_panel, panel_change
from cds_service.core.weigh import ResultState, weigh
from tests.builders import genotype, knowledge

GENE = knowledge().genes["CYP2C19"]
STAR_2, STAR_3, STAR_17 = "rs4244285", "rs4986893", "rs12248560"
GENES = Path(__file__).parents[2] / "knowledge" / "genes"
PANELS = [gene for gene in knowledge().genes.values() if gene.panel]


def change(name: str, present: bool | None = False, zygosity: str = "") -> ReportedResult:
    return ReportedResult(
        "CYP2C19",
        ResultKind.VARIANT,
        name,
        f"Observation/{name}",
        allele=name,
        present=present,
        zygosity=zygosity,
    )


def found(name: str, zygosity: str = "heterozygous") -> ReportedResult:
    return change(name, present=True, zygosity=zygosity)


def diplotype(*reports: ReportedResult) -> str | None:
    made = diplotype_of_panel(reports, GENE)
    return None if made is None else str(made)


@pytest.mark.parametrize(
    ("reports", "expected"),
    [
        ((found(STAR_2), change(STAR_3), change(STAR_17)), "*1/*2"),
        ((found(STAR_2, "homozygous"), change(STAR_3), change(STAR_17)), "*2/*2"),
        ((change(STAR_2), change(STAR_3), change(STAR_17)), "*1/*1"),
        ((found(STAR_2), change(STAR_3)), None),
        ((found(STAR_2, ""), change(STAR_3), change(STAR_17)), None),
        ((found(STAR_2), found(STAR_17), change(STAR_3)), None),
        ((found(STAR_2), change(STAR_3, None), change(STAR_17)), None),
        ((found(STAR_2), change(STAR_2), change(STAR_3), change(STAR_17)), None),
        ((found(STAR_2), change(STAR_3), change(STAR_17), found("rs6413438")), None),
        ((found("NC_000010.10:g.96541616G>A"), change(STAR_3), change(STAR_17)), "*1/*2"),
        ((found("NC_000010.11:g.94781859G>A"), change(STAR_3), change(STAR_17)), "*1/*2"),
        ((found("NC_000010.11:g.94781859G>T"), change(STAR_3), change(STAR_17)), None),
        ((change("NC_000010.11:g.94781859G="), change(STAR_3), change(STAR_17)), "*1/*1"),
    ],
    ids=[
        "one allele on one copy",
        "one allele on both copies",
        "nothing found",
        "one change was not looked for",
        "number of copies not stated",
        "two alleles, phase not known",
        "one change without an answer",
        "two answers to one change",
        "a change the panel does not know",
        "name in GRCh37",
        "name in GRCh38",
        "other letters at the place",
        "the place has its reference letter",
    ],
)
def test_a_diplotype_is_told_only_where_the_whole_panel_allows_no_other(
    reports: tuple[ReportedResult, ...], expected: str | None
) -> None:
    assert diplotype(*reports) == expected


@pytest.mark.parametrize("origin", [Origin.SOMATIC, Origin.UNKNOWN])
def test_only_inherited_changes_make_a_diplotype(origin: Origin) -> None:
    reports = [replace(report, origin=origin) for report in (found(STAR_2), change(STAR_3), change(STAR_17))]
    assert diplotype(*reports) is None


def test_the_result_says_what_was_looked_for() -> None:
    weighed = weigh(GENE, [found(STAR_2), change(STAR_3), change(STAR_17)])
    assert weighed.only is not None
    assert (weighed.state, weighed.only.phenotype) == (ResultState.TRANSLATED, "Intermediate Metabolizer")
    assert [(n.key, dict(n.slots)["absent"]) for n in weighed.notices] == [("single-alleles", "*3, *17")]


def test_part_of_a_panel_is_never_normal() -> None:
    weighed = weigh(GENE, [change(STAR_2), change(STAR_3)])
    assert (weighed.state, weighed.possible) == (ResultState.PARTIAL, ())


@pytest.mark.parametrize(
    ("named", "single", "contradicts"),
    [
        ("*2/*2", found(STAR_3, "homozygous"), True),
        ("*2/*2", change("NC_000010.10:g.96541616G>G"), True),
        ("*1/*2", found(STAR_2), False),
        ("*1/*2", change(STAR_3), False),
        ("*1/*35", found(STAR_2), False),
    ],
    ids=["found another", "its own change is not there", "fits", "not there, not named", "outside the panel"],
)
def test_changes_that_do_not_fit_their_genotype_are_told_and_the_genotype_counts(
    named: str, single: ReportedResult, *, contradicts: bool
) -> None:
    weighed = weigh(GENE, [genotype("CYP2C19", named), replace(single, use=Use.NO)])
    assert weighed.only is not None
    assert str(weighed.only.diplotype) == named
    assert ("changes-contradict" in [notice.key for notice in weighed.notices]) is contradicts


@pytest.mark.parametrize("gene", PANELS, ids=lambda gene: gene.symbol)
def test_panels_agree_with_the_definitions_of_the_alleles(gene) -> None:
    def rows(name: str) -> list[dict[str, str]]:
        with (GENES / gene.symbol / name).open(encoding="utf-8") as lines:
            return list(csv.DictReader(lines, delimiter="\t"))

    positions = {row["rsid"]: row for row in rows("positions.tsv")}
    bases = {(row["allele"], row["position"]): row["bases"] for row in rows("definitions.tsv")}
    for one in gene.panel:
        place = positions[one.rsid]
        assert bases[one.allele, place["position"]] != place["ref"]
        if len(place["ref"]) == 1:
            there = bases[one.allele, place["position"]]
            assert one.grch38.endswith(f"g.{place['position']}{place['ref']}>{there}")
            assert one.grch37.endswith(f"g.{place['grch37']}{place['ref']}>{there}")
        assert panel_change(replace(change(one.rsid), gene=gene.symbol), gene) == one
