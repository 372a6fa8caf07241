"""`pgx-cds call` from the outside: what it prints, its exit codes, and its one line of error."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cds_service.cli import main
from cds_service.commands.call_output import progress
from tests.calling.made_vcf import definitions, haplotype, lines, person, record, text

Json = dict[str, Any]
KEYS = ["gene", "diplotypes", "phenotype", "activityScore", "outcome", "missingPositions", "notices"]


def vcf(place: Path, pairs: dict[str, list[tuple[str, str]]], samples: list[str]) -> str:
    """A file with the pairs of each gene, one a sample."""
    found = []
    for gene, of_samples in pairs.items():
        definition = definitions()[gene]
        people = [[haplotype(definition, name) for name in pair] for pair in of_samples]
        found += lines(definition, people, phased=False)
    file = place / "made.vcf"
    file.write_text(text(found, samples), "utf-8")
    return str(file)


@pytest.fixture
def one(tmp_path: Path) -> str:
    return vcf(tmp_path, {"CYP2C19": [("*1", "*2")], "CYP2C9": [("*1", "*3")]}, ["S1"])


@pytest.fixture
def two(tmp_path: Path) -> str:
    return vcf(tmp_path, {"CYP2C19": [("*1", "*2"), ("*2", "*2")]}, ["S1", "S2"])


def run(capfd: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(["call", *arguments])
    said = capfd.readouterr()
    return code, said.out, said.err


def gene(sample: Json, symbol: str) -> Json:
    return next(one for one in sample["genes"] if one["gene"] == symbol)


def test_json_of_one_sample(one: str, capfd: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capfd, one, "--json")
    sample = json.loads(out)
    assert (code, err, sample["sample"], sample["build"]) == (0, "", "S1", "GRCh38")
    assert list(gene(sample, "CYP2C9")) == KEYS
    assert gene(sample, "CYP2C9") == {
        "gene": "CYP2C9",
        "diplotypes": ["*1/*3"],
        "phenotype": "Intermediate Metabolizer",
        "activityScore": "1.0",
        "outcome": "called",
        "missingPositions": [],
        "notices": [],
    }
    assert gene(sample, "TPMT")["outcome"] == "not-covered"


def test_json_of_several_samples_is_a_line_each(two: str, capfd: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capfd, two, "--json")
    samples = [json.loads(line) for line in out.splitlines()]
    found = [(sample["sample"], gene(sample, "CYP2C19")["diplotypes"]) for sample in samples]
    assert found == [("S1", ["*1/*2"]), ("S2", ["*2/*2"])]


def test_one_sample_of_several(two: str, capfd: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capfd, two, "--json", "--sample", "S2")
    assert [json.loads(line)["sample"] for line in out.splitlines()] == ["S2"]


def test_a_table_for_people(one: str, capfd: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capfd, one)
    rows = out.splitlines()
    assert (code, rows[0]) == (0, "sample S1, GRCh38")
    row = next(row for row in rows if row.startswith("CYP2C9 "))
    assert row.split("  ")[0] == "CYP2C9"
    assert "*1/*3" in row and "Intermediate Metabolizer" in row and row.endswith("called")


def test_absent_is_reference_is_stamped_on_every_result(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "variants.vcf"
    file.write_text(text([record("chr10", 94781859, "G", "A", "0/1")], ["S1"]), "utf-8")
    _, out, _ = run(capfd, str(file), "--json", "--absent-is-reference")
    sample = json.loads(out)
    assert sample["absentIsReference"] is True
    read = [one for one in sample["genes"] if one["outcome"] in ("called", "ambiguous")]
    assert len(read) > 15
    assert all(any("--absent-is-reference" in notice for notice in one["notices"]) for one in read)


def test_what_is_missing_is_named_with_the_alleles_it_hides(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "made.vcf"
    file.write_text(text(person("CYP2C19", without=[94780653]), ["S1"]), "utf-8")
    _, out, _ = run(capfd, str(file), "--json")
    found = gene(json.loads(out), "CYP2C19")
    assert found["missingPositions"] == ["chr10:94780653 (rs4986893)"]
    assert "not testable without the missing positions: *3" in found["notices"]


def test_nothing_called_is_a_no(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "none.vcf"
    file.write_text(text([record("chr1", 5, "G", "A", "0/1")], ["S1"]), "utf-8")
    assert run(capfd, str(file))[0] == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [("", "the file is empty"), ("nothing\n", "not a readable VCF"), (None, "no such file")],
)
def test_an_unusable_file_is_one_clear_line(
    content: str | None, said: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "made.vcf"
    if content is not None:
        file.write_text(content, "utf-8")
    code, out, err = run(capfd, str(file))
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith(f"pgx-cds: {file}: ") and said in err


def test_no_file_at_all_is_refused(capfd: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capfd)
    assert (code, err) == (2, "pgx-cds: give a VCF, or the calls of another program with --outside\n")


# sexes


def test_sexes_by_name_and_by_pedigree(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    pair = ("A- 202A_376G", "A- 202A_376G")
    file = vcf(tmp_path, {"G6PD": [pair, pair, pair]}, ["S1", "S2", "S3"])
    ped = tmp_path / "family.ped"
    ped.write_text("F1 S1 0 0 2 0\nF1 S2 0 0 1 0\nF1 S3 0 0 0 0\n", "utf-8")
    for more in (["--ped", str(ped)], ["--sex", "S1=female", "--sex", "S2=male"]):
        _, out, _ = run(capfd, file, "--json", *more)
        found = [gene(json.loads(line), "G6PD") for line in out.splitlines()]
        copies = [one["diplotypes"][0].count("A- 202A_376G") for one in found]
        assert copies == [2, 1, 2]
        assert [bool(one["notices"]) for one in found] == [False, False, True]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--sex", "unknown"], "neither female nor male"),
        (["--sex", "female", "--sex", "male"], "name the samples"),
        (["--ped", "none.ped"], "none.ped: No such file"),
    ],
)
def test_sexes_that_are_not_understood(
    one: str, more: list[str], said: str, capfd: pytest.CaptureFixture[str]
) -> None:
    code, _, err = run(capfd, one, *more)
    assert code == 2
    assert said in err


# PharmCAT's outside calls


def test_outside_calls_for_pharmcat_are_understood_again(
    one: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    _, table, _ = run(capfd, one, "--pharmcat")
    assert table == "CYP2C19\t*1/*2\nCYP2C9\t*1/*3\n"
    file = tmp_path / "calls.tsv"
    file.write_text(table, "utf-8")
    _, before, _ = run(capfd, one, "--json")
    _, after, _ = run(capfd, "--outside", str(file), "--json")
    states = [
        {g["gene"]: (g["diplotypes"], g["phenotype"], g["activityScore"]) for g in json.loads(out)["genes"]}
        for out in (before, after)
    ]
    assert states[1] == {symbol: states[0][symbol] for symbol in ("CYP2C19", "CYP2C9")}


def test_what_is_ambiguous_is_no_outside_call(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    file = vcf(tmp_path, {"UGT1A1": [("*28", "*80+*37")]}, ["S1"])
    _, table, _ = run(capfd, file, "--pharmcat")
    assert table == "# UGT1A1\tambiguous\t*28/*80+*37 or *37/*80+*28\n"


def test_outside_calls_for_pharmcat_are_of_one_sample(two: str, capfd: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capfd, two, "--pharmcat")
    assert (code, out) == (2, "")
    assert "name it with --sample" in err


# progress


class Terminal:
    """A stream that remembers what was written."""

    def __init__(self, *, tty: bool) -> None:
        self.tty, self.written = tty, ""

    def isatty(self) -> bool:
        return self.tty

    def write(self, text: str) -> None:
        self.written += text

    def flush(self) -> None:
        """Nothing is held back."""


def told(*, tty: bool, seconds: float) -> str:
    terminal, now = Terminal(tty=tty), [0.0]
    tell = progress(terminal, lambda: now[0])  # type: ignore[arg-type]
    for done in (1, 2, 3):
        now[0] += seconds
        tell("samples", done, 3)
    return terminal.written


def test_short_work_says_nothing() -> None:
    assert told(tty=False, seconds=1) == ""
    assert told(tty=True, seconds=0.01) == "\r\033[K"


def test_long_work_is_told_in_lines() -> None:
    assert told(tty=False, seconds=11) == "1 of 3 samples\n2 of 3 samples\n3 of 3 samples\n"


def test_a_terminal_gets_a_bar_that_is_wiped_at_the_end() -> None:
    written = told(tty=True, seconds=1)
    assert "[##########....................] 1/3 samples" in written
    assert written.endswith("\r\033[K")
