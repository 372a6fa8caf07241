"""All checks together, and the command that prints what they find."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cds_service.cards.wording import FOLDER
from cds_service.cli import main
from cds_service.curation import checks
from cds_service.curation.check import CONTENT, FORM, check, check_folder
from cds_service.resources import knowledge_folder
from tests.curation.checks.small import RULES, SCHEMAS, TUMOUR, change, phrases, read, write_small

_COUNTS = "3 genes, 4 drugs, 8 rules, 2 rules on tumours"
_KNOWN = ("slow-clearance", "tumour-no-target")

Printed = pytest.CaptureFixture[str]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small folder that the command is told to check. Phrases are the installed ones."""
    made = write_small(tmp_path / "knowledge")
    monkeypatch.setenv("PGX_CDS_KNOWLEDGE", str(made))
    # The installed phrases know no sample implication; the command must be able to find nothing wrong.
    change(made, "implications.json", lambda d: d.update(harm=dict.fromkeys(_KNOWN, "serious")))
    change(made, RULES, lambda d: d["rules"][2].update(implication=_KNOWN[0]))
    change(made, TUMOUR, lambda d: d["uses"][0]["rules"][1].update(implication=_KNOWN[1]))
    return made


def run(*arguments: str) -> int:
    return main(["knowledge", "check", *arguments])


def test_every_module_of_the_folder_is_run_once() -> None:
    modules = {path.stem for path in Path(str(checks.__path__[0])).glob("[a-z]*.py")}
    assert sorted(one.name.replace("-", "_") for one in (*FORM, *CONTENT)) == sorted(modules)


def test_the_small_folder_is_clean(tmp_path: Path) -> None:
    report = check(read(write_small(tmp_path / "small")))
    assert (report.lines(), report.clean) == ([], True)


def _of_the_folder(lines: list[str]) -> list[str]:
    """Without what is said of the installed phrases, which have tests of their own."""
    return [line for line in lines if not line.startswith("phrases/")]


def test_without_a_fault_the_command_says_so(folder: Path, capsys: Printed) -> None:
    assert run() == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"{_COUNTS}: no fault found"
    assert [line.split() for line in lines[2:]] == [[one.name, "0"] for one in (*FORM, *CONTENT)]


def test_faults_come_one_a_line_and_sorted(folder: Path, capsys: Printed) -> None:
    change(folder, RULES, lambda d: d["rules"][2].update(strength="Strong", unsuitable=["zol", "abol"]))
    change(folder, "release.json", lambda d: d.update(released="2026-02-29"))
    assert run() == 1
    lines = capsys.readouterr().out.splitlines()
    faults = _of_the_folder(lines[: lines.index(f"{_COUNTS}: the faults are above")])
    assert len(faults) == 3
    assert faults == sorted(faults)
    assert faults[-1].startswith("release.json: $.released: '2026-02-29' is not written as it should be")
    assert {"drug-names             2", "schema                 1"} <= set(lines)


def test_content_is_not_judged_where_the_form_is_broken(folder: Path, capsys: Printed) -> None:
    (folder / RULES).write_text("{", "utf8")
    assert run() == 1
    out = capsys.readouterr().out
    assert f"{RULES}: not readable as JSON" in out
    assert "completeness       not run: correct the form of the files first" in out


def test_content_is_judged_where_only_names_are_wrong(folder: Path, capsys: Printed) -> None:
    for number, implication in ((0, "a"), (2, "b")):
        change(folder, RULES, lambda d, n=number, i=implication: d["rules"][n].update(implication=i))
    assert run() == 1
    out = capsys.readouterr().out
    assert "there is no key in implications.json 'a'" in out
    assert "there is no key in implications.json 'b'" in out


def test_the_same_for_programs(folder: Path, capsys: Printed) -> None:
    change(folder, RULES, lambda d: d["rules"][2].update(unsuitable=["zol"]))
    assert run("--json") == 1
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert (answer["clean"], answer["released"], answer["skipped"]) == (False, "2026-02-28", [])
    assert list(answer["checks"]) == [one.name for one in (*FORM, *CONTENT)]
    assert answer["checks"]["drug-names"] == 1
    (fault,) = (fault for fault in answer["faults"] if fault["check"] == "drug-names")
    assert (fault["check"], fault["file"], fault["where"]) == ("drug-names", RULES, "slowol-cpic-poor")


def test_phrases_are_compared_with_texts_on_demand(folder: Path, capsys: Printed, tmp_path: Path) -> None:
    texts = json.loads((FOLDER / "en.json").read_text("utf8"))["phrases"]
    longest = max(texts["implication"].values(), key=len)
    own, other = tmp_path / "own.txt", tmp_path / "other.txt"
    own.write_text(longest.upper(), "utf8")
    other.write_text("nothing of the kind", "utf8")
    run("--against", str(other))
    assert "copied                 0" in capsys.readouterr().out
    assert run("--against", str(other), "--against", str(own)) == 1
    assert f"stands in {own} line 1, too" in capsys.readouterr().out


@pytest.mark.parametrize("named", ["missing.txt", "binary.txt"])
def test_it_says_when_it_cannot_run(folder: Path, capsys: Printed, tmp_path: Path, named: str) -> None:
    (tmp_path / "binary.txt").write_bytes(b"\xff\xfe\x00")
    assert run("--against", str(tmp_path / named)) == 2
    assert named in capsys.readouterr().err


def test_a_folder_of_something_else_cannot_be_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Printed
) -> None:
    monkeypatch.setenv("PGX_CDS_KNOWLEDGE", str(tmp_path))
    assert run() == 2
    assert "is no knowledge folder" in capsys.readouterr().err


@pytest.mark.slow
def test_the_shipped_knowledge_has_no_fault(capsys: Printed) -> None:
    assert run() == 0, capsys.readouterr().out


def test_a_checked_folder_says_what_it_counted(folder: Path) -> None:
    report = check_folder(folder, SCHEMAS, phrases())
    assert report.knowledge is not None
    assert len(report.knowledge.drugs) == 4
    assert SCHEMAS.parent == knowledge_folder()
