"""Stored calls under two versions of the knowledge: which cards change, and how it is said."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from cds_service.cli import main
from cds_service.core.errors import InputError, MissingDataError
from cds_service.hooks.impact import StoredCase, compare_answers, read_cases
from tests.curation.folders import copy_knowledge, edit_json, edit_text
from tests.requests_made import call, draft, genotype

Card = dict[str, Any]
CASE = StoredCase("poor", call(draft(), results=(genotype("CYP2C19", "*2/*2"),)))
ABOUT = "clopidogrel, MedicationRequest/rx1"


def card(**finding: Any) -> Card:
    return {
        "summary": "Replace clopidogrel",
        "indicator": "warning",
        "detail": "It is not activated. Take prasugrel.",
        "source": {"label": "CPIC 2022"},
        "extension": {
            "pgx-cds.finding": {
                "order": "MedicationRequest/rx1",
                "drug": {"name": "clopidogrel"},
                "action": "avoid",
                "alternatives": [{"name": "prasugrel", "status": "offered"}],
                "rules": ["r1"],
                **finding,
            }
        },
    }


def told(old: Any, new: Any) -> list[str]:
    """The changes between two answers; an exception stands for a call that is refused."""

    def answers(value: Any) -> Mapping[str, Any]:
        if isinstance(value, Exception):
            raise value
        return {"cards": value}

    (impact,) = compare_answers([CASE], lambda _: answers(old), lambda _: answers(new))
    return [str(change) for change in impact.changes]


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        pytest.param(card(), [], id="same"),
        pytest.param({**card(), "uuid": "other"}, [], id="identifier only"),
        pytest.param(
            {**card(), "summary": "Hm"}, [f"{ABOUT}: summary Replace clopidogrel -> Hm"], id="summary"
        ),
        pytest.param(
            {**card(), "indicator": "info"}, [f"{ABOUT}: indicator warning -> info"], id="indicator"
        ),
        pytest.param(card(action="monitor"), [f"{ABOUT}: action avoid -> monitor"], id="action"),
        pytest.param(
            card(doseFactor={"low": 0.2, "high": 0.5}), [f"{ABOUT}: dose factor none -> 0.2 0.5"], id="dose"
        ),
        pytest.param(
            card(doseLimit={"value": 20, "unit": "mg", "period": "day"}),
            [f"{ABOUT}: dose limit none -> 20 mg day"],
            id="limit",
        ),
        pytest.param(
            card(alternatives=[{"name": "prasugrel", "status": "excluded", "reason": "stroke"}]),
            [f"{ABOUT}: alternatives prasugrel (offered) -> prasugrel (excluded: stroke)"],
            id="alternatives",
        ),
        pytest.param(card(rules=["r2"]), [f"{ABOUT}: rules r1 -> r2"], id="rule"),
        pytest.param(
            {**card(), "detail": "It is not activated. Take ticagrelor."},
            [f"{ABOUT}: text Take prasugrel. -> Take ticagrelor."],
            id="text",
        ),
        pytest.param(
            {**card(), "suggestions": [{"label": "Order prasugrel"}]},
            [f"{ABOUT}: buttons none -> Order prasugrel"],
            id="button",
        ),
    ],
)
def test_a_change_of_a_card_is_told(new: Card, expected: list[str]) -> None:
    assert told([card()], [new]) == expected


def test_cards_that_come_and_go_are_told() -> None:
    line = f"{ABOUT}: card {{}}: [warning] Replace clopidogrel"
    assert told([], [card()]) == [line.format("added")]
    assert told([card()], []) == [line.format("gone")]


def test_two_cards_about_the_same_order_are_compared_one_by_one() -> None:
    second = {**card(), "summary": "Second"}
    assert told([card(), second], [card(), card()]) == [f"{ABOUT} (2): summary Second -> Replace clopidogrel"]


def test_a_refused_call_is_a_change() -> None:
    refusal = "call: refusal none -> results are missing"
    gone = f"{ABOUT}: card gone: [warning] Replace clopidogrel"
    assert told([card()], MissingDataError("results are missing")) == [refusal, gone]


def test_a_fault_of_the_new_knowledge_is_told_and_ends_nothing() -> None:
    assert told([], KeyError("implication.new")) == [
        "call: refusal none -> fault: KeyError: 'implication.new'"
    ]


def test_a_case_is_any_json_file_that_is_a_hook_request(tmp_path: Path) -> None:
    (tmp_path / "pgx-order-select" / "poor").mkdir(parents=True)
    place = tmp_path / "pgx-order-select" / "poor"
    (place / "request.json").write_text(json.dumps(CASE.body))
    (place / "expected.json").write_text('{"cards": []}')
    (tmp_path / "loose.json").write_text(json.dumps(CASE.body))
    (tmp_path / "other-hook.json").write_text('{"hook": "encounter-start", "context": {}}')
    assert [case.name for case in read_cases(tmp_path)] == ["loose", "pgx-order-select/poor"]


def test_a_folder_without_cases_is_an_error_and_not_no_change(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no hook request"):
        read_cases(tmp_path)


# -- the command, with the shipped knowledge -------------------------------------------------------


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The shipped knowledge, and a copy in which one rule and the date of the release are edited."""
    place = tmp_path_factory.mktemp("impact")
    old, new = copy_knowledge(place / "old"), copy_knowledge(place / "new")
    rule = '"id": "clopidogrel-cpic-acs-pci-cyp2c19-poor",'
    edit_text(new, "drugs/clopidogrel/cpic.json", rule, f'{rule} "unsuitable": ["ticagrelor"],')
    edit_json(new, "release.json", lambda value: value.update(released="2031-01-01"))
    return old, new


@pytest.fixture
def cases(tmp_path: Path) -> Path:
    normal = call(draft(), results=(genotype("CYP2C19", "*1/*1"),))
    for name, body in (("poor", CASE.body), ("normal", normal)):
        (tmp_path / f"{name}.json").write_text(json.dumps(body))
    return tmp_path


def test_only_the_case_the_edit_concerns_changes(
    folders: tuple[Path, Path], cases: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = map(str, folders)
    assert main(["knowledge", "impact", old, new, "--cases", str(cases)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "poor"
    assert (
        f"  {ABOUT}: alternatives prasugrel (offered); ticagrelor (offered) -> prasugrel (offered)" in lines
    )
    assert lines[-1] == "1 of 2 stored calls get other cards"
    assert "2031" not in "\n".join(lines)


def test_the_same_knowledge_changes_no_case(
    folders: tuple[Path, Path], cases: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = str(folders[0])
    assert main(["knowledge", "impact", old, old, "--cases", str(cases)]) == 0
    assert capsys.readouterr().out == "0 of 2 stored calls get other cards\n"


def test_diff_and_impact_speak_json(
    folders: tuple[Path, Path], cases: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = map(str, folders)
    assert main(["knowledge", "diff", old, new, "--json"]) == 1
    changes = json.loads(capsys.readouterr().out)
    assert [(change["subject"], change["fact"], change["new"]) for change in changes] == [
        ("clopidogrel", "warning against", "ticagrelor"),
        ("release.json", "released", "2031-01-01"),
    ]
    assert main(["knowledge", "impact", old, new, "--cases", str(cases), "--json"]) == 1
    assert [impact["name"] for impact in json.loads(capsys.readouterr().out)] == ["poor"]


def test_no_difference_is_said(folders: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["knowledge", "diff", str(folders[0]), str(folders[0])]) == 0
    assert capsys.readouterr().out == "no difference\n"


def test_a_folder_that_does_not_exist_is_a_wrong_argument(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["knowledge", "diff", "nowhere", "nowhere"])
    assert stopped.value.code == 2
    assert "there is no folder nowhere" in capsys.readouterr().err
