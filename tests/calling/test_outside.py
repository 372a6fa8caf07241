"""Calls of other programs: formats, what is taken over, and where they differ from the file."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from cds_service.calling.outside import OutsideCall, add_outside, only_outside, read_outside
from cds_service.calling.results import GeneCall, Outcome, SampleCalls
from cds_service.core.errors import InputError
from tests.calling.made_vcf import call_person, gene_of, genes, keys, named

TYPING = "\tA1\tA2\tB1\tB2\tC1\tC2\tReads\tObjective\n"


def read(place: Path, content: str | bytes, gene: str = "") -> list[OutsideCall]:
    file = place / "calls.txt"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_outside(file, gene)


def one(place: Path, content: str | bytes, gene: str = "", sample: str = "S1") -> GeneCall:
    """The only call of a file, for a sample of which nothing else is known."""
    (call,) = read(place, content, gene)
    (sample_calls,) = add_outside([SampleCalls(sample, "GRCh38", ())], [call], genes())
    return sample_calls.genes[0]


@pytest.mark.parametrize(
    ("content", "gene", "diplotypes"),
    [
        ("CYP2D6\t*1/*3\n", "", ["*1/*3"]),
        ("# a remark\nCYP2D6\t*1/*4x2\n", "", ["*1/*4x2"]),
        ("Sample\tGenotype\tFilter\nS1\t*1/*4+*68\tPASS\n", "", ["*1/*68+*4"]),
        ("Sample\tGenotype\tFilter\nS1\t*1/*2;*1/*35\tMore_than_one_possible_genotype\n", "",
         ["*1/*2", "*1/*35"]),
        ("#Sample\tGene\tSolutionID\tMajor\tMinor\tCopy\nS1\tCYP2D6\t1\t*1/*4\t1.001/4.001\t0\n"
         "S1\tCYP2D6\t1\t*1/*4\t1.001/4.001\t1\n", "", ["*1/*4"]),
        ("\tGenotype\tPhenotype\tHaplotype1\tHaplotype2\nS1\t*1/*5\tIntermediate Metabolizer\t*1;\t*5;\n",
         "CYP2D6", ["*1/*5"]),
        ("--- \n\nCYP2D6 Star Allele Calling with StellarPGx\n\nInitially computed CN = 2\n\nResult:\n"
         "*1/*41\n\nActivity score:\n1.25\n", "", ["*1/*41"]),
    ],
    ids=["PharmCAT", "PharmCAT-copies", "Cyrius-tandem", "Cyrius-two", "Aldy", "pypgx", "StellarPGx"],
)  # fmt: skip
def test_formats_of_structural_callers(
    content: str, gene: str, diplotypes: list[str], tmp_path: Path
) -> None:
    call = one(tmp_path, content, gene)
    assert (call.gene, sorted(named(call))) == ("CYP2D6", sorted(diplotypes))
    assert call.outcome is (Outcome.CALLED if len(diplotypes) == 1 else Outcome.AMBIGUOUS)


def test_the_archive_of_pypgx_names_its_gene(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("x/metadata.txt", "Gene=CYP2D6\nSemanticType=SampleTable[Results]\n")
        table = "\tGenotype\tPhenotype\tHaplotype1\tHaplotype2\nS1\t*1/*4\tIntermediate Metabolizer\t*1\t*4\n"
        archive.writestr("x/data.tsv", table)
    assert named(one(tmp_path, packed.getvalue())) == ["*1/*4"]


def test_a_file_that_does_not_name_the_gene_is_refused_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="write --outside GENE="):
        read(tmp_path, "\tGenotype\tPhenotype\tHaplotype1\tHaplotype2\nS1\t*1/*4\t\t*1\t*4\n")


@pytest.mark.parametrize(
    "content",
    [
        TYPING + "0\tA*01:01\tA*31:01\tB*57:01\tB*08:01\tC*06:02\tC*07:01\t1000\t990.0\n",
        "A\tHLA-A*01:01:01\tHLA-A*31:01:02\nB\tHLA-B*57:01:01\tHLA-B*08:01:01\n",
        "HLA-A*01:01+HLA-A*31:01\nHLA-B*57:01+HLA-B*08:01\n",
    ],
    ids=["OptiType", "HLA-HD", "GL string"],
)
def test_formats_of_tissue_types(content: str, tmp_path: Path) -> None:
    outside = [call for call in read(tmp_path, content) if call.gene in genes()]
    (calls,) = add_outside([SampleCalls("S1", "GRCh38", ())], outside, genes())
    presence = {call.gene: dict(call.presence) for call in calls.genes}
    assert presence["HLA-A"]["*31:01"] is True
    assert presence["HLA-B"] == {"*15:02": False, "*15:11": False, "*57:01": True, "*58:01": False}


def test_a_homozygous_type_is_written_with_a_dash(tmp_path: Path) -> None:
    (call,) = read(tmp_path, "B\tHLA-B*57:01:01\t-\n")
    assert call.genotypes == ("HLA-B*57:01:01+HLA-B*57:01:01",)


def test_a_score_goes_before_a_class(tmp_path: Path) -> None:
    call = one(tmp_path, "CYP2C9\t\tNormal Metabolizer\t1.0\n")
    assert (call.activity_score, call.phenotype) == ("1.0", "Intermediate Metabolizer")


def test_what_has_no_sure_meaning_is_no_call(tmp_path: Path) -> None:
    call = one(tmp_path, "CYP2D6\t*1/*unheard\n")
    assert (call.outcome, keys(call)) == (Outcome.NO_CALL, {"outside", "outside-unknown"})


def test_a_class_that_does_not_follow_from_the_alleles_is_told(tmp_path: Path) -> None:
    call = one(tmp_path, "CYP2D6\t*1/*1\tPoor Metabolizer\n")
    assert (named(call), call.phenotype) == (["*1/*1"], "Normal Metabolizer")
    assert "outside-phenotype-differs" in keys(call)


def test_an_outside_call_goes_before_the_file_and_says_where_they_differ(tmp_path: Path) -> None:
    own = call_person(tmp_path, "CYP2C19")
    sample = SampleCalls("s", "GRCh38", (own,))
    outside = [OutsideCall("CYP2C19", "Aldy", ("*1/*2",))]
    (calls,) = add_outside([sample], outside, genes())
    call = gene_of(calls, "CYP2C19")
    assert (named(call), call.origin) == (["*1/*2"], "Aldy")
    assert "outside-differs" in keys(call)


def test_the_callers_own_doubt_is_told(tmp_path: Path) -> None:
    call = one(tmp_path, "Sample\tGenotype\tFilter\nS1\t*1/*4\tLowQ_high_CN\n")
    assert "outside-filtered" in keys(call)


def test_two_calls_of_a_gene_are_refused(tmp_path: Path) -> None:
    outside = [OutsideCall("CYP2D6", tool, ("*1/*4",)) for tool in ("Cyrius", "Aldy")]
    with pytest.raises(InputError, match="two outside calls of CYP2D6"):
        list(add_outside([SampleCalls("S1", "GRCh38", ())], outside, genes()))


def test_a_call_without_a_name_is_refused_for_several_samples() -> None:
    samples = [SampleCalls(name, "GRCh38", ()) for name in ("S1", "S2")]
    with pytest.raises(InputError, match="names no sample"):
        list(add_outside(samples, [OutsideCall("CYP2D6", "Aldy", ("*1/*4",))], genes()))


def test_calls_of_other_samples_are_left_alone() -> None:
    outside = [OutsideCall("CYP2D6", "Cyrius", ("*1/*4",), sample="S2")]
    first, second = add_outside([SampleCalls(n, "GRCh38", ()) for n in ("S1", "S2")], outside, genes())
    assert (first.genes, named(second.genes[0])) == ((), ["*1/*4"])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("This is a letter.\nNothing else.\n", "no format of outside calls"),
        (b"\xff\xfe\x00", "not a readable text"),
        (b"PK\x03\x04nonsense", "no format|not a readable"),
        ('{"resourceType": "Bundle"}', "no format of outside calls"),
        ("{broken", "no format of outside calls"),
    ],
)
def test_files_of_another_kind_are_refused(content: str | bytes, said: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=said):
        read(tmp_path, content)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        read_outside(tmp_path / "none.tsv")


# without a VCF


def test_results_of_outside_calls_alone() -> None:
    outside = [
        OutsideCall("CYP2D6", "Cyrius", ("*1/*4",), sample="S2"),
        OutsideCall("CYP2D6", "Cyrius", ("*1/*1",), sample="S1"),
        OutsideCall("CYP2C9", "Aldy", ("*1/*3",), sample="S1"),
    ]
    results = list(only_outside(outside, genes()))
    assert [(one.sample, [call.gene for call in one.genes]) for one in results] == [
        ("S2", ["CYP2D6"]),
        ("S1", ["CYP2C9", "CYP2D6"]),
    ]
    assert [one.sample for one in only_outside(outside, genes(), ["S1"])] == ["S1"]
    with pytest.raises(InputError, match="sample S3"):
        list(only_outside(outside, genes(), ["S3"]))


def test_named_and_nameless_calls_do_not_go_together() -> None:
    outside = [
        OutsideCall("CYP2D6", "Cyrius", ("*1/*4",), sample="S2"),
        OutsideCall("CYP2C9", "x", ("*1/*3",)),
    ]
    with pytest.raises(InputError, match="others do not"):
        list(only_outside(outside, genes()))


# PharmCAT's JSON


def pair(first: str, second: str | None, phenotype: str, score: str | None = None) -> dict[str, Any]:
    names = [None if name is None else {"name": name} for name in (first, second)]
    label = f"{first}/{second}" if second else first
    return {
        "allele1": names[0],
        "allele2": names[1],
        "phenotypes": [phenotype],
        "activityScore": score,
        "label": label,
    }


REPORTS = {
    "CYP2C9": {"sourceDiplotypes": [pair("*1", "*3", "Intermediate Metabolizer", "1.0")]},
    "CYP2C19": {"sourceDiplotypes": [pair("Unknown", "Unknown", "No Result")]},
    "DPYD": {
        "sourceDiplotypes": [
            pair("c.85T>C (*9A)", None, "n/a"),
            pair("c.1905+1G>A (*2A)", None, "n/a"),
        ],
        "recommendationDiplotypes": [
            pair("Reference", "c.1905+1G>A (*2A)", "Intermediate Metabolizer", "1.0")
        ],
    },
    "MT-RNR1": {"sourceDiplotypes": [pair("m.1555A>G", None, "increased risk")]},
    "HLA-B": {"sourceDiplotypes": [pair("*57:01", "*08:01", "*57:01 positive")]},
    "UGT1A1": {
        "sourceDiplotypes": [
            pair("*28", "*80+*37", "Poor Metabolizer"),
            pair("*37", "*80+*28", "Poor Metabolizer"),
        ]
    },
}
METADATA = {"sampleId": "S1"}
FORMS = {
    "report of version 3": {"pharmcatVersion": "3.1.1", "genes": REPORTS, "matcherMetadata": METADATA},
    "phenotypes of version 3": {"geneReports": REPORTS, "matcherMetadata": METADATA},
    "report of version 2": {"genes": {"CPIC": REPORTS, "DPWG": REPORTS}, "matcherMetadata": METADATA},
}


@pytest.mark.parametrize("form", FORMS)
def test_results_of_pharmcat_are_taken_over(form: str, tmp_path: Path) -> None:
    outside = read(tmp_path, json.dumps(FORMS[form]))
    (calls,) = only_outside(outside, genes())
    assert calls.sample == "S1"
    found = {call.gene: (named(call), call.phenotype) for call in calls.genes}
    assert found == {
        "CYP2C9": (["*1/*3"], "Intermediate Metabolizer"),
        "DPYD": (["Reference/c.1905+1G>A (*2A)"], "Intermediate Metabolizer"),
        "HLA-B": ([], "*15:02 negative, *15:11 negative, *57:01 positive, *58:01 negative"),
        "MT-RNR1": (["m.1555A>G"], "increased risk of aminoglycoside-induced hearing loss"),
        "UGT1A1": (["*28/*80+*37", "*37/*80+*28"], "Poor Metabolizer"),
    }


def test_what_pharmcat_could_not_see_is_told(tmp_path: Path) -> None:
    undocumented = {"hasUndocumentedVariations": True, "treatUndocumentedVariationsAsReference": True}
    report = {
        "sourceDiplotypes": [pair("*1", "*1", "Normal Metabolizer")],
        "uncalledHaplotypes": ["*2", "*3"],
    }
    match = {"gene": "TPMT", "diplotypes": [{"name": "*1/*1"}], "uncallableHaplotypes": ["*3A"]}
    for document, gene, alleles, marks in (
        ({"geneReports": {"NUDT15": {**report, **undocumented}}}, "NUDT15", ("*2", "*3"), True),
        ({"geneReports": {"NUDT15": report}}, "NUDT15", ("*2", "*3"), False),
        ({"results": [match]}, "TPMT", ("*3A",), False),
    ):
        (calls,) = only_outside(read(tmp_path, json.dumps(document)), genes())
        call = gene_of(calls, gene)
        assert (named(call), call.untestable) == (["*1/*1"], alleles)
        assert {"not-testable"} <= keys(call)
        assert ("outside-filtered" in keys(call)) is marks


def test_alleles_of_pharmcat_named_by_a_base_are_known(tmp_path: Path) -> None:
    report = {"sourceDiplotypes": [pair("rs6025 C", "rs6025 T", "Factor V Leiden heterozygous")]}
    (calls,) = only_outside(read(tmp_path, json.dumps({"geneReports": {"F5": report}})), genes())
    assert named(gene_of(calls, "F5")) == ["Reference/Factor V Leiden"]


def test_matches_of_pharmcat_are_taken_over(tmp_path: Path) -> None:
    document = {
        "metadata": METADATA,
        "results": [
            {"gene": "TPMT", "diplotypes": [{"name": "*1/*3A"}]},
            {"gene": "CYP2B6", "diplotypes": []},
        ],
    }
    (calls,) = only_outside(read(tmp_path, json.dumps(document)), genes())
    assert {call.gene: named(call) for call in calls.genes} == {"TPMT": ["*1/*3A"]}


@pytest.mark.parametrize(
    ("names", "found", "notice"),
    [
        (["c.1898delC (*3)", "c.1905+1G>A (*2A)"], ["c.1898delC (*3)/c.1905+1G>A (*2A)"], "outside-filtered"),
        (["c.1898delC (*3)", "c.1905+1G>A (*2A)", "c.2846A>T"], [], "outside-unknown"),
        (["c.1905+1G>A (*2A)"], [], "outside-unknown"),
    ],
)
def test_variants_pharmcat_could_not_pair_are_never_left_out(
    tmp_path: Path, names: list[str], found: list[str], notice: str
) -> None:
    listed = [{"name": name} for name in names]
    document = {"results": [{"gene": "DPYD", "diplotypes": [], "haplotypeMatches": listed}]}
    (calls,) = only_outside(read(tmp_path, json.dumps(document)), genes())
    call = gene_of(calls, "DPYD")
    assert sorted(named(call)) == found
    assert notice in keys(call)
