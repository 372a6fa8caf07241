"""PharmCAT files read into proposals."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cds_service.core.errors import InputError
from cds_service.curation.genes import load_gene
from cds_service.curation.importers.pharmcat import import_pharmcat
from cds_service.curation.importers.report import Finding, Report
from cds_service.resources import knowledge_folder
from tests.builders import knowledge
from tests.curation.importers.releases import definition_file, diplotype, phenotype_file, save

NORMAL, NONE, DECREASED = "Normal function", "No function", "Decreased function"
CYP3A5 = {
    "*1": NORMAL,
    "*3": NONE,
    "*6": NONE,
    "*7": NONE,
    "*8": "Unknown function",
    "*9": "Unknown function",
}
CLASSES = {
    "*1/*1": "Normal Metabolizer",
    "*1/*3": "Intermediate Metabolizer",
    "*3/*3": "Poor Metabolizer",
    "*1/*8": "Possible Intermediate Metabolizer",
    "*3/*8": "Indeterminate",
    "*8/*8": "Indeterminate",
}


def read(path: Path, out: Path) -> Report:
    return import_pharmcat(path, knowledge_folder(), knowledge().genes, out)


def lines(report: Report, finding: Finding, about: str) -> list[str]:
    return [entry.what for entry in report.of(finding) if entry.about == about]


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "proposals"


def test_a_release_that_says_what_is_known_proposes_nothing(tmp_path: Path, out: Path) -> None:
    save(tmp_path, "phenotype/CYP3A5.json", phenotype_file("CYP3A5", CYP3A5, CLASSES))
    report = read(tmp_path, out)
    assert [entry for entry in report.entries if entry.finding is not Finding.NOTE] == []
    assert not out.exists()


def test_new_changed_and_gone_alleles_are_told_and_proposed(tmp_path: Path, out: Path) -> None:
    alleles = {**CYP3A5, "*6": DECREASED, "*99": NONE}
    del alleles["*9"]
    save(tmp_path, "CYP3A5.json", phenotype_file("CYP3A5", alleles, {}))
    report = read(tmp_path, out)
    assert lines(report, Finding.CHANGED, "CYP3A5") == ["allele *6: No function -> Decreased function"]
    assert lines(report, Finding.NEW, "CYP3A5") == ["allele *99: No function"]
    (gone,) = lines(report, Finding.GONE, "CYP3A5")
    assert gone.startswith("allele *9 ")
    rows = dict(
        line.split("\t")[:2] for line in (out / "genes/CYP3A5/alleles.tsv").read_text("utf8").splitlines()
    )
    assert (rows["*6"], rows["*99"], rows["*9"]) == (DECREASED, NONE, "Unknown function")


def test_a_proposal_is_read_like_the_knowledge(tmp_path: Path, out: Path) -> None:
    classes = {**CLASSES, "*1/*8": "Indeterminate"}
    save(tmp_path, "CYP3A5.json", phenotype_file("CYP3A5", {**CYP3A5, "*99": NONE}, classes))
    report = read(tmp_path, out)
    assert lines(report, Finding.CHANGED, "CYP3A5") == [
        "Normal function + Unknown function: Possible Intermediate Metabolizer -> Indeterminate"
    ]
    gene = load_gene(out / "genes/CYP3A5")
    assert gene.pairs["Normal function", "Unknown function"] == "Indeterminate"
    assert gene.alleles["*99"].function == NONE
    assert (gene.hgnc, gene.reference) == (knowledge().genes["CYP3A5"].hgnc, "*1")


def test_spellings_of_alleles_are_kept(tmp_path: Path, out: Path) -> None:
    known = knowledge().genes["CYP2C19"]
    alleles = {name: allele.function or "" for name, allele in known.alleles.items()}
    save(tmp_path, "a.json", phenotype_file("CYP2C19", {**alleles, "*2": DECREASED}, {}))
    read(tmp_path, out)
    text = (out / "genes/CYP2C19/alleles.tsv").read_text("utf8")
    assert (
        "*2\tDecreased function\t\t*2A | *2B | *2C | *2D\tPharmCAT phenotype file (2026-11-01-00-00)" in text
    )


def test_one_class_for_two_answers_is_not_guessed(tmp_path: Path, out: Path) -> None:
    classes = {**CLASSES, "*1/*6": "Poor Metabolizer"}
    save(tmp_path, "CYP3A5.json", phenotype_file("CYP3A5", CYP3A5, classes))
    report = read(tmp_path, out)
    (what,) = lines(report, Finding.TO_REVIEW, "CYP3A5")
    assert what.startswith("No function + Normal function has more than one class: *1/*3 Intermediate")
    assert not (out / "genes/CYP3A5/gene.json").exists()


def test_a_class_nobody_knows_is_marked(tmp_path: Path, out: Path) -> None:
    save(tmp_path, "CYP3A5.json", phenotype_file("CYP3A5", CYP3A5, {**CLASSES, "*1/*1": "Rapid Metabolizer"}))
    report = read(tmp_path, out)
    assert lines(report, Finding.TO_REVIEW, "CYP3A5") == [
        "the class 'Rapid Metabolizer' is new: no rule asks for it yet"
    ]
    assert "Rapid Metabolizer" in load_gene(out / "genes/CYP3A5").phenotypes


def test_scores_outside_the_bands_are_for_a_person(tmp_path: Path, out: Path) -> None:
    document = phenotype_file("CYP2C9", {}, {})
    document["namedAlleles"] = [
        {"name": "*1", "activityValue": "1.0", "functionValue": NORMAL},
        {"name": "*2", "activityValue": "0.5", "functionValue": DECREASED},
        {"name": "*3", "activityValue": "n/a", "functionValue": "Uncertain function"},
    ]
    document["diplotypes"] = [
        diplotype("*1/*1", "Normal Metabolizer", "2.0"),
        diplotype("*1/*2", "Normal Metabolizer", "1.5"),
        diplotype("*1/*3", "Indeterminate", "n/a"),
    ]
    save(tmp_path, "CYP2C9.json", document)
    report = read(tmp_path, out)
    assert lines(report, Finding.TO_REVIEW, "CYP2C9") == [
        "score 1.5 (*1/*2) is Normal Metabolizer in the release, and Intermediate Metabolizer by the bands"
    ]
    assert "allele *3: No function, activity value 0.0 -> Uncertain function" in lines(
        report, Finding.CHANGED, "CYP2C9"
    )
    assert load_gene(out / "genes/CYP2C9").bands == knowledge().genes["CYP2C9"].bands


def test_a_definition_never_takes_a_function_away(tmp_path: Path, out: Path) -> None:
    without = {name: function for name, function in CYP3A5.items() if name != "*7"}
    save(tmp_path, "phenotype/CYP3A5.json", phenotype_file("CYP3A5", without, {}))
    save(tmp_path, "definition/CYP3A5_translation.json", definition_file("CYP3A5", [*CYP3A5, "*98"]))
    report = read(tmp_path, out)
    assert lines(report, Finding.CHANGED, "CYP3A5") == lines(report, Finding.GONE, "CYP3A5") == []
    assert lines(report, Finding.NEW, "CYP3A5") == ["allele *98: no function assigned"]
    assert load_gene_alleles(out)["*7"] == NONE


def load_gene_alleles(out: Path) -> dict[str, str]:
    text = (out / "genes/CYP3A5/alleles.tsv").read_text("utf8")
    return {line.split("\t")[0]: line.split("\t")[1] for line in text.splitlines()}


def test_another_reference_sequence_is_for_a_person(tmp_path: Path, out: Path) -> None:
    known = {name: allele.function or "" for name, allele in knowledge().genes["CYP2C19"].alleles.items()}
    save(tmp_path, "CYP2C19.json", phenotype_file("CYP2C19", known, {}))
    save(tmp_path, "CYP2C19_translation.json", definition_file("CYP2C19", ["*38", "*1"]))
    (what,) = lines(read(tmp_path, out), Finding.TO_REVIEW, "CYP2C19")
    assert what.startswith("the release's reference sequence is *38; the knowledge takes *1")


def test_another_genome_build_is_refused(tmp_path: Path, out: Path) -> None:
    save(tmp_path, "CYP3A5.json", phenotype_file("CYP3A5", CYP3A5, CLASSES))
    save(tmp_path, "CYP3A5_translation.json", definition_file("CYP3A5", ["*1", "*97"], build="GRCh37.p13"))
    report = read(tmp_path, out)
    (what,) = lines(report, Finding.NOT_UNDERSTOOD, "CYP3A5")
    assert "GRCh37.p13" in what and "GRCh38" in what
    assert lines(report, Finding.NEW, "CYP3A5") == []


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        pytest.param(None, "a row must be an object, not nothing", id="no object"),
        pytest.param({"name": "*2"}, "'diplotypekey' must be an object", id="no alleles"),
        pytest.param(
            diplotype("*1/*77", "Poor Metabolizer"), "no allele row for *77", id="allele nobody lists"
        ),
        pytest.param(
            {**diplotype("*1/*3", "x"), "diplotypekey": {"*1": 3}}, "*1 stands 3 times", id="three copies"
        ),
        pytest.param(
            {**diplotype("*1/*3", ""), "generesult": 5}, "'generesult' must be a text", id="class missing"
        ),
    ],
)
def test_a_broken_row_never_hides_the_others(tmp_path: Path, out: Path, row: object, reason: str) -> None:
    document = phenotype_file("CYP3A5", CYP3A5, {"*1/*1": "Rapid Metabolizer"})
    document["diplotypes"].insert(0, row)
    save(tmp_path, "CYP3A5.json", document)
    report = read(tmp_path, out)
    (fault,) = report.of(Finding.NOT_UNDERSTOOD)
    assert reason in fault.what
    assert fault.place == "CYP3A5.json diplotypes, row 1"
    assert "Normal function + Normal function: Normal Metabolizer -> Rapid Metabolizer" in lines(
        report, Finding.CHANGED, "CYP3A5"
    )


def test_a_broken_file_never_hides_the_others(tmp_path: Path, out: Path) -> None:
    (tmp_path / "CYP2C9.json").write_text('{"gene": "CYP2C9", ', "utf8")
    save(tmp_path, "TPMT.json", {"gene": "TPMT", "somethingElse": []})
    save(tmp_path, "x.json", phenotype_file("../../etc", {}, {}))
    save(tmp_path, "CYP3A5.json", phenotype_file("CYP3A5", {**CYP3A5, "*99": NONE}, {}))
    report = read(tmp_path, out)
    faults = {entry.about: entry.what for entry in report.of(Finding.NOT_UNDERSTOOD)}
    assert faults["CYP2C9.json"].startswith("line 1: not JSON")
    assert faults["TPMT.json"].startswith("has neither 'diplotypes' nor 'variants'")
    assert faults["x.json"].startswith("'../../etc' is no gene symbol")
    assert lines(report, Finding.NEW, "CYP3A5") == ["allele *99: No function"]


def test_the_maps_of_older_versions_are_read(tmp_path: Path, out: Path) -> None:
    document = phenotype_file("CYP3A5", {**CYP3A5, "*99": NONE}, {})
    del document["namedAlleles"]
    save(tmp_path, "CYP3A5.json", document)
    assert lines(read(tmp_path, out), Finding.NEW, "CYP3A5") == ["allele *99: No function"]


def test_a_gene_nobody_knows_needs_a_person(tmp_path: Path, out: Path) -> None:
    save(tmp_path, "SCN5A.json", phenotype_file("SCN5A", {"Reference": NORMAL}, {}))
    (what,) = lines(read(tmp_path, out), Finding.TO_REVIEW, "SCN5A")
    assert "gene.json" in what
    assert "Reference\tNormal function" in (out / "genes/SCN5A/alleles.tsv").read_text("utf8")


def test_a_folder_without_such_files_is_refused(tmp_path: Path, out: Path) -> None:
    (tmp_path / "notes.json").write_text(json.dumps(["nothing"]), "utf8")
    with pytest.raises(InputError, match="no phenotype or definition file of PharmCAT"):
        read(tmp_path, out)
