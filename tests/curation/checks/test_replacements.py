"""Who is told to avoid a drug is offered another one, and every candidate can be offered."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cds_service.curation.checks import alternatives, avoid_explains
from tests.curation.checks.small import ALTERNATIVES, RULES, append, change, found

Edit = Callable[[Any], object]
ALT = "slowol-alt-quickol"


def candidate(**changes: Any) -> Edit:
    return lambda document: document["alternatives"][0].update(changes)


@pytest.mark.parametrize("check", [alternatives, avoid_explains])
def test_the_small_folder_has_no_such_fault(check: Any, folder: Path) -> None:
    assert found(check, folder) == []


@pytest.mark.parametrize(
    ("file", "edit", "said"),
    [
        pytest.param(
            ALTERNATIVES,
            candidate(name="slowol"),
            "slowol is the drug it should replace",
            id="the drug itself",
        ),
        pytest.param(
            ALTERNATIVES, candidate(rxcui=["101"]), "quickol is the drug it should replace", id="its own code"
        ),
        pytest.param(
            ALTERNATIVES,
            candidate(genes=["GENB"]),
            "no rule of slowol on GENB asks for anything",
            id="a gene without rules",
        ),
        pytest.param(
            ALTERNATIVES, candidate(genes=[]), "no rule of slowol on no gene asks for anything", id="no gene"
        ),
        pytest.param(
            RULES,
            lambda d: [d["rules"][n].update(unsuitable=["quickol"]) for n in (0, 2)],
            "every rule that could offer quickol calls it unsuitable",
            id="warned against by every rule",
        ),
        pytest.param(
            ALTERNATIVES,
            lambda d: d["alternatives"].append({**d["alternatives"][0], "id": ALT, "rank": 2}),
            "quickol stands there twice for one use",
            id="twice",
        ),
    ],
)
def test_a_candidate_that_is_never_offered_is_said(folder: Path, file: str, edit: Edit, said: str) -> None:
    change(folder, file, edit)
    (fault,) = found(alternatives, folder)
    assert fault.startswith(f"{ALTERNATIVES}: {ALT}: {said}")


def test_one_rule_without_a_warning_is_enough(folder: Path) -> None:
    change(folder, RULES, lambda d: d["rules"][2].update(unsuitable=["quickol"]))
    assert found(alternatives, folder) == []


def test_a_later_step_can_lead_to_a_candidate(folder: Path) -> None:
    def edit(document: Any) -> None:
        later = [{"step": "still-needed", "action": "consider-alternative"}]
        for rule in document["rules"]:
            rule["branches"] = [{"action": "standard"}]
        document["rules"][2]["branches"][0]["later"] = later

    change(folder, RULES, edit)
    assert found(alternatives, folder) == []


def test_a_combination_may_hold_the_drug_it_replaces(folder: Path) -> None:
    change(folder, ALTERNATIVES, candidate(rxcui=["101", "103"]))
    assert found(alternatives, folder) == []


@pytest.mark.parametrize(
    "edit",
    [
        pytest.param(lambda f: (f / ALTERNATIVES).unlink(), id="no file"),
        pytest.param(lambda f: change(f, ALTERNATIVES, candidate(genes=["GENB"])), id="for another gene"),
        pytest.param(
            lambda f: change(f, RULES, lambda d: d["rules"][2].update(unsuitable=["quickol"])),
            id="warned against",
        ),
    ],
)
def test_avoid_without_a_candidate_is_said(folder: Path, edit: Callable[[Path], object]) -> None:
    edit(folder)
    (fault,) = found(avoid_explains, folder)
    assert fault.startswith(
        f"{RULES}: slowol-cpic-poor: forbids the drug, and no replacement answers to GENA"
    )


@pytest.mark.parametrize("action", ["avoid", "contraindicated"])
def test_a_decision_can_say_why_there_is_none(folder: Path, action: str) -> None:
    (folder / ALTERNATIVES).unlink()
    change(folder, RULES, lambda d: d["rules"][2]["branches"][0].update(action=action))
    assert len(found(avoid_explains, folder)) == 1
    append(folder, avoid_explains.FILE, "drug|genes|reason", "slowol|GENA|nothing else works")
    assert found(avoid_explains, folder) == []


def test_a_decision_that_is_not_needed_is_said(folder: Path) -> None:
    append(folder, avoid_explains.FILE, "drug|genes|reason", "slowol|GENA|nothing else works")
    (fault,) = found(avoid_explains, folder)
    assert fault == f"{avoid_explains.FILE}: line 2: slowol GENA is no exception any more; remove it"
