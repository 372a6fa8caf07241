"""Reading frequencies strictly, and the command that shows them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from cds_service.cli import main
from cds_service.core.errors import KnowledgeError
from cds_service.curation.checks import frequencies as check
from cds_service.curation.context import Context
from cds_service.curation.frequencies import ALLELES, RESULTS, STUDIES, faults_in, load_frequencies
from cds_service.resources import knowledge_folder
from tests.builders import knowledge

GROUP, SOURCE = "East Asian", "Table of 2024"
STUDY = "CYP2C19\t*2\tSouth\t0.3\t100\tPeople\t\t\tAuthor\t2020\tPMID 1"
HEADS = {
    ALLELES: "gene\tallele\tgroup\tfrequency\tsource",
    RESULTS: "gene\tresult\tgroup\tfrequency\tsource",
    STUDIES: "gene\tallele\tgroup\tfrequency\tpeople\tpopulation\tdetail\tsubjects\tauthor\tyear\tsource",
}


def row(
    gene: str = "CYP2C19", name: str = "*2", share: str = "0.3", group: str = GROUP, source: str = SOURCE
) -> str:
    return "\t".join((gene, name, group, share, source))


def said(file: str, *rows: str) -> list[tuple[int, str]]:
    return list(faults_in(file, "\n".join((HEADS[file], *rows, "")), knowledge().genes))


@pytest.mark.parametrize(
    ("file", "good"),
    [
        (ALLELES, row()),
        (ALLELES, row(share="0")),
        (ALLELES, row(share="1")),
        (RESULTS, row(name="Poor Metabolizer")),
        (RESULTS, row("CYP2D6", "≥3.25")),
        (RESULTS, row("CYP2D6", "n/a")),
        (STUDIES, STUDY),
    ],
)
def test_a_good_row_is_taken(file: str, good: str) -> None:
    assert said(file, good) == []


@pytest.mark.parametrize(
    ("file", "bad", "words"),
    [
        pytest.param(ALLELES, row(share="1.0001"), "no share between 0 and 1", id="more than all"),
        pytest.param(ALLELES, row(share="-0.1"), "no share between 0 and 1", id="less than none"),
        pytest.param(ALLELES, row(share="NaN"), "no share between 0 and 1", id="no number"),
        pytest.param(ALLELES, row(share="30 %"), "'30 %' is no number", id="percent"),
        pytest.param(ALLELES, row(source=""), "a number without a source is not shown", id="no source"),
        pytest.param(ALLELES, row(group=""), "'group' is empty", id="no group"),
        pytest.param(ALLELES, row("CYP9Z9"), "there is no gene 'CYP9Z9'", id="unknown gene"),
        pytest.param(ALLELES, row(name="*999"), "'*999' is no allele of CYP2C19", id="unknown allele"),
        pytest.param(ALLELES, row() + "\tmore", "another number of cells", id="too many cells"),
        pytest.param(RESULTS, row(name="Slow"), "neither a class nor a score", id="unknown class"),
        pytest.param(
            RESULTS, row("CYP2C19", "2.0"), "neither a class nor a score", id="score of a gene without"
        ),
        pytest.param(STUDIES, STUDY.replace("\t100\t", "\t0\t"), "a number above 0", id="nobody"),
        pytest.param(STUDIES, STUDY.replace("PMID 1", ""), "without a source", id="study without source"),
    ],
)
def test_a_bad_row_is_said(file: str, bad: str, words: str) -> None:
    ((line, what),) = said(file, bad)
    assert line == 2 and words in what


def test_a_row_may_not_stand_there_twice() -> None:
    assert said(ALLELES, row(), row(share="0.4")) == [(3, "the row stands there twice")]


def test_another_header_is_said() -> None:
    assert list(faults_in(ALLELES, "gene\tallele\n", knowledge().genes))[0][0] == 1


def test_the_check_names_file_and_line() -> None:
    tables = {ALLELES: f"{HEADS[ALLELES]}\n{row(share='2')}\n"}
    (fault,) = check.run(Context(tables=tables, knowledge=knowledge()))
    assert str(fault) == f"{ALLELES}: line 2: 2 is no share between 0 and 1; correct the row"
    assert list(check.run(Context(tables={}, knowledge=knowledge()))) == []


def test_loading_refuses_a_bad_or_missing_file(tmp_path: Path) -> None:
    shutil.copytree(knowledge_folder() / "frequencies", tmp_path / "frequencies")
    with (tmp_path / ALLELES).open("a", encoding="utf8") as file:
        file.write(row(share="7") + "\n")
    with pytest.raises(KnowledgeError, match="alleles.tsv line 1192: 7 is no share"):
        load_frequencies(tmp_path, knowledge().genes)
    (tmp_path / STUDIES).unlink()
    with pytest.raises(KnowledgeError, match="studies.tsv: No such file"):
        load_frequencies(tmp_path, knowledge().genes)


# -- command -------------------------------------------------------------------------------------


def show(capsys: pytest.CaptureFixture[str], *names: str) -> tuple[int, str, str]:
    code = main(["knowledge", "frequency", *names])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def test_a_gene_is_shown_as_tables(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = show(capsys, "cyp2c19")
    lines = out.splitlines()
    assert code == 0
    assert lines[:2] == ["CYP2C19 alleles, % of chromosomes", "  [1] African American/Afro-Caribbean"]
    assert "  *2   18.15  12.14  26.99  28.35  14.69  10.42  11.98  60.95  15.68" in lines
    assert "CYP2C19 results, % of people" in lines
    assert "- = not tested, 0 = tested and not seen" in lines
    assert "source: CPIC CYP2C19 frequency table (change log 2022-03-11)" in lines


@pytest.mark.parametrize("name", ["*2", "*2A", "* 2a"])
def test_an_allele_is_shown_with_its_studies(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = show(capsys, "CYP2C19", name)
    assert code == 0
    assert out.startswith("CYP2C19 *2, % of chromosomes\n  Oceanian ")
    assert "Central/South Asian: 28 studies, 7100 people, 9.00 to 44.96 %" in out
    assert "PMID 22955794" in out


def test_classes_of_a_gene_with_scores_are_sums(capsys: pytest.CaptureFixture[str]) -> None:
    _, poor, _ = show(capsys, "CYP2D6", "poor metabolizer")
    assert poor.startswith("CYP2D6 Poor Metabolizer, % of people, sum of its scores\n")
    _, zero, _ = show(capsys, "CYP2D6", "0")
    assert poor.splitlines()[1:] == zero.splitlines()[1:]
    _, fast, _ = show(capsys, "CYP2D6", "Ultrarapid Metabolizer")
    european = next(line for line in fast.splitlines() if line.startswith("  European "))
    # 2.5, 2.75, 3.0, >=3.0, >=3.25, >=3.5, >=3.75, 4.0, >=4.0, >=5.0 and >=6.0
    parts = (320, 0, 19383, 861, 468, 31, 0, 300, 1887, 58, 3)
    assert european.split()[1] == f"{sum(parts) / 10_000:.2f}"


def test_no_number_is_an_answer_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, said_so = show(capsys, "TPMT", "*3A")
    assert (code, out) == (1, "")
    assert "no frequency of TPMT *3A is on file; that does not mean it is rare" in said_so


@pytest.mark.parametrize(
    ("names", "words"),
    [(("CYP9Z9",), "there is no gene"), (("CYP2C19", "Slow"), "neither an allele nor a result")],
)
def test_unknown_names_exit_2(names: tuple[str, ...], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, said_so = show(capsys, *names)
    assert code == 2 and words in said_so
