"""`pgx-cds knowledge import`, run as a command."""

from __future__ import annotations

from pathlib import Path

import pytest

from cds_service.cli import main
from cds_service.resources import knowledge_folder
from tests.curation.importers.releases import phenotype_file, save


def run(*arguments: object) -> int:
    return main(["knowledge", "import", *map(str, arguments)])


def release(tmp_path: Path, **more: object) -> Path:
    document = phenotype_file("CYP3A5", {"*1": "Normal function", "*99": "No function"}, {}, **more)
    return save(tmp_path / "release", "CYP3A5.json", document).parent


def test_the_report_and_the_proposals_are_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "new" / "proposals"
    assert run("pharmcat", release(tmp_path), "--out", out) == 0
    page = (out / "REPORT.md").read_text("utf8")
    assert "- CYP3A5: allele *99: No function\n" in page
    assert (out / "report.tsv").read_text("utf8").startswith("finding\tabout\twhat\tplace\n")
    assert (out / "genes/CYP3A5/alleles.tsv").exists()
    said = capsys.readouterr().out
    assert "PharmCAT, release: 1 new, 0 changed, 5 gone" in said
    assert f"nothing in {knowledge_folder()} was touched" in said


def test_what_was_left_out_is_said_and_exits_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = release(tmp_path, diplotypes=[7])
    assert run("pharmcat", path, "--out", tmp_path / "out") == 1
    assert "left out: CYP3A5.json diplotypes: a row must be an object" in capsys.readouterr().out


def test_nothing_is_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = release(tmp_path)
    assert run("pharmcat", path, "--out", path) == 2
    assert "is not empty; name a new folder" in capsys.readouterr().err
    assert run("pharmcat", path, "--out", knowledge_folder() / "proposals") == 2
    assert "lies in the knowledge folder" in capsys.readouterr().err
    assert not (knowledge_folder() / "proposals").exists()


def test_unusable_arguments_exit_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("pharmcat", tmp_path / "nowhere", "--out", tmp_path / "out") == 2
    assert "there is no such file or folder" in capsys.readouterr().err
    assert run("pharmcat", release(tmp_path), "--out", tmp_path / "out", "--since", tmp_path) == 2
    assert "only the CPIC import compares two exports" in capsys.readouterr().err
    assert run("cpic", release(tmp_path), "--out", tmp_path / "out") == 2
    assert "no table of the CPIC database" in capsys.readouterr().err
