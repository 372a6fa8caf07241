"""Genes with rules of their own: lists of variants, linked variants, fallbacks, priorities, copies."""

from __future__ import annotations

from pathlib import Path

import pytest

from cds_service.calling.caller import Settings
from cds_service.calling.results import GeneCall, Outcome
from cds_service.calling.run import CallOptions
from tests.calling.made_vcf import (
    call_person,
    call_text,
    definitions,
    gene_of,
    haplotype,
    keys,
    lines,
    named,
    person,
    record,
    text,
)

CAUSE, TAG, STAR2A, STAR13, C2846, STAR9A, STAR5 = (
    97579893, 97573863, 97450058, 97515787, 97082391, 97883329, 97515839,
)  # fmt: skip
_ALLELES = {
    CAUSE: "GC", TAG: "CT", STAR2A: "CT", STAR13: "AC", C2846: "TA", STAR9A: "AG", STAR5: "TC",
}  # fmt: skip
HAPB3 = "c.1129-5923C>G, c.1236G>A (HapB3)"


def dpyd(place: Path, **changes: str) -> GeneCall:
    """DPYD with some genotypes, by the names of the positions above; an empty one is left out."""
    places = {globals()[name]: genotype for name, genotype in changes.items()}
    changed = [record("chr1", p, *_ALLELES[p], genotype) for p, genotype in places.items() if genotype]
    return call_person(place, "DPYD", *changed, without=[p for p, genotype in places.items() if not genotype])


@pytest.mark.parametrize(
    ("changes", "diplotype", "score", "phenotype"),
    [
        ({}, "Reference/Reference", "2.0", "Normal Metabolizer"),
        ({"STAR2A": "0/1"}, "Reference/c.1905+1G>A (*2A)", "1.0", "Intermediate Metabolizer"),
        ({"STAR2A": "1/1"}, "c.1905+1G>A (*2A)/c.1905+1G>A (*2A)", "0.0", "Poor Metabolizer"),
        ({"STAR2A": "0/1", "C2846": "0/1"}, "c.1905+1G>A (*2A)/c.2846A>T", "0.5", "Poor Metabolizer"),
        ({"STAR2A": "0|1", "C2846": "0|1"}, "Reference/c.1905+1G>A (*2A)", "1.0", "Intermediate Metabolizer"),
        ({"STAR2A": "0|1", "C2846": "1|0"}, "c.1905+1G>A (*2A)/c.2846A>T", "0.5", "Poor Metabolizer"),
        ({"STAR9A": "0/1"}, "Reference/c.85T>C (*9A)", "2.0", "Normal Metabolizer"),
        ({"STAR9A": "1/1", "C2846": "0/1"}, "c.85T>C (*9A)/c.2846A>T", "1.5", "Intermediate Metabolizer"),
        ({"CAUSE": "0/1", "TAG": "0/1"}, f"Reference/{HAPB3}", "1.5", "Intermediate Metabolizer"),
        ({"CAUSE": "1/1", "TAG": "1/1"}, f"{HAPB3}/{HAPB3}", "1.0", "Intermediate Metabolizer"),
    ],
)
def test_the_worst_variant_of_each_copy_decides(
    tmp_path: Path, changes: dict[str, str], diplotype: str, score: str, phenotype: str
) -> None:
    call = dpyd(tmp_path, **changes)
    assert (named(call), call.activity_score, call.phenotype) == ([diplotype], score, phenotype)


def test_what_is_assumed_about_unphased_variants_is_said(tmp_path: Path) -> None:
    assert "assumed-in-trans" in keys(dpyd(tmp_path, STAR2A="0/1", C2846="0/1"))
    assert "assumed-in-trans" not in keys(dpyd(tmp_path, STAR2A="0|1", C2846="1|0"))


def test_all_variants_are_named_beside_the_deciding_ones(tmp_path: Path) -> None:
    call = dpyd(tmp_path, STAR2A="0/1", STAR9A="1/1", STAR5="0/1")
    (notice,) = [notice for notice in call.notices if notice.key == "all-variants"]
    assert dict(notice.slots) == {"variants": "c.1905+1G>A (*2A), c.85T>C (*9A) (x2), c.1627A>G (*5)"}


@pytest.mark.parametrize(
    ("cause", "tag", "diplotype", "notices"),
    [
        ("0/1", "", f"Reference/{HAPB3}", {"not-testable"}),
        ("", "0/1", f"Reference/{HAPB3}", {"tag-only"}),
        ("0/1", "0/0", "Reference/c.1129-5923C>G", {"tag-differs"}),
        ("0/0", "0/1", "Reference/Reference", {"tag-differs"}),
    ],
)
def test_the_cause_goes_before_its_tag(
    tmp_path: Path, cause: str, tag: str, diplotype: str, notices: set[str]
) -> None:
    call = dpyd(tmp_path, CAUSE=cause, TAG=tag)
    assert named(call) == [diplotype]
    assert notices <= keys(call)


def test_a_preferred_variant_goes_before_others_of_the_same_function(tmp_path: Path) -> None:
    worse = [a for a in definitions()["DPYD"].alleles if a.name == "c.2933A>G"]
    (position,) = worse[0].bases
    site = next(s for s in definitions()["DPYD"].positions if s.position == position)
    other = record("chr1", position, site.ref, site.alts[0], "0|1")
    star2a = record("chr1", STAR2A, "C", "T", "0|1")
    assert named(call_person(tmp_path, "DPYD", other, star2a)) == ["Reference/c.1905+1G>A (*2A)"]


def ryr1(place: Path, **genotypes: str) -> GeneCall:
    chosen = {"c97": (38440796, "A", "G"), "c103": (38440802, "T", "C"), "c119": (38440818, "G", "C")}
    changed = [record("chr19", *chosen[name], genotype) for name, genotype in genotypes.items()]
    return call_person(place, "RYR1", *changed)


@pytest.mark.parametrize(
    ("genotypes", "diplotype"),
    [
        ({"c97": "0/1"}, "Reference/c.97A>G"),
        ({"c119": "0/1"}, "Reference/c.119G>C"),
        ({"c97": "0/1", "c119": "0/1", "c103": "0/1"}, "c.97A>G/c.103T>C"),
        ({"c97": "0|1", "c119": "1|0", "c103": "0|1"}, "c.97A>G/c.119G>C"),
    ],
)
def test_of_more_than_two_variants_the_worst_are_used(
    tmp_path: Path, genotypes: dict[str, str], diplotype: str
) -> None:
    call = ryr1(tmp_path, **genotypes)
    assert named(call) == [diplotype]
    expected = "Malignant Hyperthermia Susceptibility" if "c97" in genotypes else "Uncertain Susceptibility"
    assert call.phenotype == expected


def test_two_bases_that_only_together_make_an_allele_are_not_read_one_by_one(tmp_path: Path) -> None:
    both = record("chr19", 38580039, "TT", "AA", "0/1")
    assert named(call_person(tmp_path, "RYR1", both)) != ["Reference/Reference"]
    single = call_person(tmp_path, "RYR1", record("chr19", 38580039, "T", "A", "0/1"), without=[38580039])
    assert [site.position for site in single.missing] == [38580039]


# one position is enough


@pytest.mark.parametrize(("genotype", "diplotype"), [("0/0", "*1/*1"), ("0/1", "*1/*5"), ("1/1", "*5/*5")])
def test_one_position_decides_where_no_allele_fits(tmp_path: Path, genotype: str, diplotype: str) -> None:
    odd = record("chr12", 21200595, "T", "G", "0/1")
    site = next(s for s in definitions()["SLCO1B1"].positions if s.position == 21200595)
    odd = odd.replace("\tT\tG", f"\t{site.ref}\t{({*'ACGT'} - {site.ref, *site.alts}).pop()}")
    call = call_person(tmp_path, "SLCO1B1", odd, record("chr12", 21178615, "T", "C", genotype))
    assert named(call) == [diplotype]
    assert {"by-one-position", "undocumented"} <= keys(call)


def test_a_wrong_reference_base_stops_the_one_position_too(tmp_path: Path) -> None:
    call = call_person(tmp_path, "SLCO1B1", record("chr12", 21178615, "A", "C", "0/1"))
    assert (named(call), call.outcome) == ([], Outcome.NO_CALL)


def test_two_forms_of_an_allele_are_reported_as_one(tmp_path: Path) -> None:
    definition = definitions()["SLCO1B1"]
    copies = [haplotype(definition, "*1"), haplotype(definition, "*45.002")]
    (calls,) = call_text(tmp_path, text(lines(definition, [copies], phased=True), ["s"]))
    assert named(gene_of(calls, "SLCO1B1")) == ["*1/*45"]


# unphased priorities and required positions


def nat2(place: Path, first: str, second: str, *, phased: bool) -> GeneCall:
    definition = definitions()["NAT2"]
    copies = [haplotype(definition, name) for name in (first, second)]
    return gene_of(call_text(place, text(lines(definition, [copies], phased=phased), ["s"]))[0], "NAT2")


@pytest.mark.parametrize(("pair", "call"), [(("*4", "*34"), "*1/*6"), (("*30", "*46"), "*5/*15")])
def test_the_more_common_of_unphased_diplotypes_is_called(
    tmp_path: Path, pair: tuple[str, str], call: str
) -> None:
    unphased = nat2(tmp_path, *pair, phased=False)
    assert named(unphased) == [call]
    (notice,) = [notice for notice in unphased.notices if notice.key == "more-common"]
    assert "/".join(pair) in dict(notice.slots)["others"]
    assert named(nat2(tmp_path, *pair, phased=True)) == ["/".join(pair)]


@pytest.mark.parametrize("position", [18400194, 18400344, 18400593, 18400806, 18400860])
def test_without_a_required_position_there_is_no_call(tmp_path: Path, position: int) -> None:
    call = call_person(tmp_path, "NAT2", without=[position])
    assert (call.outcome, keys(call)) == (Outcome.NO_CALL, {"required-missing"})


# undocumented bases


@pytest.mark.parametrize(
    ("gene", "line", "diplotype"),
    [
        ("TPMT", record("chr6", 18138997, "C", "A", "0/1"), ["*1/*1"]),
        ("CYP2C9", record("chr10", 94942290, "C", "G", "0/1"), []),
    ],
)
def test_a_base_nobody_documented_is_read_as_the_gene_says(
    tmp_path: Path, gene: str, line: str, diplotype: list[str]
) -> None:
    call = call_person(tmp_path, gene, line)
    assert named(call) == diplotype
    assert "undocumented" in keys(call)


# copies


def g6pd(place: Path, genotype: str, sex: str = "", plain: str = "0/0") -> GeneCall:
    line = record("chrX", 154535277, "T", "C", genotype)
    options = CallOptions(settings=Settings(sex=sex))
    return call_person(place, "G6PD", line, options=options, plain=plain)


@pytest.mark.parametrize(
    ("genotype", "sex", "plain", "diplotype", "notice"),
    [
        ("1", "", "0", ["A"], ""),
        ("1", "male", "0", ["A"], ""),
        ("1/1", "male", "0/0", ["A"], ""),
        ("1/1", "", "0/0", ["A/A"], "one-or-two-copies"),
        ("1/1", "female", "0/0", ["A/A"], ""),
        ("0/1", "female", "0/0", ["B (reference)/A"], ""),
        ("0/1", "", "0/0", ["B (reference)/A"], ""),
        ("0/1", "male", "0/0", [], "sex-contradicts"),
        ("0/1", "", "0", [], "sex-contradicts"),
        ("1", "female", "0", [], "one-copy-of-two"),
    ],
)
def test_copies_of_x_follow_sex_and_genotype(
    tmp_path: Path, genotype: str, sex: str, plain: str, diplotype: list[str], notice: str
) -> None:
    allele = next(a.name for a in definitions()["G6PD"].alleles if set(a.bases) == {154535277})
    call = g6pd(tmp_path, genotype, sex, plain)
    assert named(call) == [
        name.replace("A", allele) if name == "A" else _with(name, allele) for name in diplotype
    ]
    assert (keys(call) - {"cannot-be-excluded"}) == ({notice} if notice else set())


def _with(name: str, allele: str) -> str:
    return "/".join(allele if part == "A" else part for part in name.split("/"))


def test_two_mitochondrial_bases_are_no_call(tmp_path: Path) -> None:
    line = record("chrM", 1555, "A", "G", "0/1")
    call = call_person(tmp_path, "MT-RNR1", line, plain="0")
    assert (named(call), keys(call)) == ([], {"heteroplasmic"})


@pytest.mark.parametrize("genotype", ["1", "1/1"])
def test_the_worst_mitochondrial_variant_decides(tmp_path: Path, genotype: str) -> None:
    changed = [record("chrM", 1555, "A", "G", genotype), record("chrM", 827, "A", "G", genotype)]
    call = call_person(tmp_path, "MT-RNR1", *changed, plain="0")
    assert named(call) == ["m.1555A>G"]
    assert call.phenotype == "increased risk of aminoglycoside-induced hearing loss"


@pytest.mark.parametrize(
    ("ref", "alt", "position", "allele"),
    [
        ("T", "G", 961, ["m.961T>G"]),
        ("T", "CC", 961, ["m.961T>del+Cn"]),
        ("CT", "C", 960, ["m.961T>del"]),
        ("AC", "A", 955, ["m.960C>del"]),
        ("T", "C", 961, []),
    ],
)
def test_changes_of_the_mitochondrial_c_stretch(
    tmp_path: Path, ref: str, alt: str, position: int, allele: list[str]
) -> None:
    line = record("chrM", position, ref, alt, "1")
    without = [955] if position == 955 else [960]
    call = call_person(tmp_path, "MT-RNR1", line, plain="0", without=without)
    assert named(call) == allele


# single positions and what goes beside


def _one(name: str, ref: str, alt: str) -> str:
    return f"{name} reference ({ref})/{name} variant ({alt})"


@pytest.mark.parametrize(
    ("gene", "line", "diplotype", "phenotype"),
    [
        ("VKORC1", ("chr16", 31096368, "C", "T"), _one("rs9923231", "C", "T"), "-1639 AG"),
        (
            "IFNL3",
            ("chr19", 39248147, "C", "T"),
            _one("rs12979860", "C", "T"),
            "Unfavorable response genotype",
        ),
        ("ABCG2", ("chr4", 88131171, "G", "T"), _one("rs2231142", "G", "T"), "Decreased Function"),
        ("CYP4F2", ("chr19", 15879621, "C", "T"), "*1/*3", ""),
    ],
)  # fmt: skip
def test_genes_of_one_position(
    tmp_path: Path, gene: str, line: tuple[str, int, str, str], diplotype: str, phenotype: str
) -> None:
    call = call_person(tmp_path, gene, record(*line, "0/1"))
    assert (named(call), call.phenotype) == ([diplotype], phenotype)


def test_an_extra_position_is_told_and_never_missed(tmp_path: Path) -> None:
    plain = call_person(tmp_path, "CYP2C9")
    seen = call_person(tmp_path, "CYP2C9", record("chr10", 94645745, "G", "A", "0/1"))
    assert (named(plain), named(seen), plain.missing) == (["*1/*1"], ["*1/*1"], ())
    assert [dict(n.slots)["bases"] for n in seen.notices if n.key == "extra-position"] == ["G/A"]


def test_a_gene_of_copies_is_called_for_research_only_and_marked(tmp_path: Path) -> None:
    assert call_person(tmp_path, "CYP2D6").outcome is Outcome.NOT_COVERED
    call = call_person(tmp_path, "CYP2D6", options=CallOptions(research=frozenset({"CYP2D6"})))
    assert named(call) == ["*1/*1"]
    assert "research-only" in keys(call)


def test_sexes_of_several_samples_are_kept_apart(tmp_path: Path) -> None:
    line = record("chrX", 154535277, "T", "C", "0/1", "0/1", "1/1", "1/1")
    others = [other + "\t0/0" * 3 for other in person("G6PD", without=[154535277])]
    content = text(sorted([*others, line], key=lambda one: int(one.split("\t")[1])), ["a", "b", "c", "d"])
    sexes = {"a": "female", "b": "male", "c": "male"}
    calls = [gene_of(one, "G6PD") for one in call_text(tmp_path, content, CallOptions(sexes=sexes))]
    assert [len(call.diplotypes[0].alleles) if call.diplotypes else 0 for call in calls] == [2, 0, 1, 2]
    assert ["one-or-two-copies" in keys(call) for call in calls] == [False, False, False, True]
