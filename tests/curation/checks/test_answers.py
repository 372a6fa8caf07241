"""Every combination of results has one answer, and answers are in step with activity."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cds_service.curation.checks import completeness, implication_sides, monotony
from tests.curation.checks.small import RULES, SCORES, append, change, found

Edit = Callable[[Any], object]
INTERMEDIATE, NORMAL, POOR, RAPID = range(4)


@pytest.mark.parametrize("check", [completeness, monotony, implication_sides])
def test_the_small_folder_has_no_such_fault(check: Any, folder: Path) -> None:
    assert found(check, folder) == []


# -- completeness ----------------------------------------------------------------------------------


def when(number: int, results: list[str], gene: str = "GENA") -> Edit:
    return lambda document: document["rules"][number].update(when=[{gene: results}])


def only(*numbers: int) -> Edit:
    return lambda document: document.update(rules=[document["rules"][n] for n in numbers])


@pytest.mark.parametrize(
    ("file", "edit", "said"),
    [
        pytest.param(
            RULES,
            only(INTERMEDIATE, NORMAL, POOR),
            "everyone: GENA Rapid Metabolizer meet no rule; add one",
            id="a class without a rule",
        ),
        pytest.param(
            RULES,
            when(INTERMEDIATE, ["Intermediate Metabolizer", "Poor Metabolizer"]),
            "everyone: GENA Poor Metabolizer meet slowol-cpic-intermediate, slowol-cpic-poor; leave one",
            id="a class with two rules",
        ),
        pytest.param(
            SCORES,
            when(0, ["0"], "GENB"),
            "adults: GENB 0.5 meet no rule; add one",
            id="a score between two rules, in one population only",
        ),
        pytest.param(
            SCORES,
            lambda d: d["rules"][0].pop("population"),
            "children: GENB 0.0 meet scorol-cpic-adults-0, scorol-cpic-children; leave one of them",
            id="a rule for everyone beside one of a population",
        ),
    ],
)
def test_a_combination_that_does_not_meet_one_rule_is_said(
    folder: Path, file: str, edit: Edit, said: str
) -> None:
    change(folder, file, edit)
    assert any(line.startswith(f"{file}: {said}") for line in found(completeness, folder))


def test_a_diplotype_of_two_rules_is_found_beside_the_classes(folder: Path) -> None:
    change(folder, RULES, when(INTERMEDIATE, ["Intermediate Metabolizer", "*2/*2"]))
    assert found(completeness, folder) == []  # a rule for the diplotype goes before the class
    change(folder, RULES, when(NORMAL, ["Normal Metabolizer", "*2/*2"]))
    (fault,) = found(completeness, folder)
    assert fault.startswith(
        f"{RULES}: everyone: GENA *2/*2 meet slowol-cpic-intermediate, slowol-cpic-normal"
    )


def test_every_gene_of_a_rule_is_combined_with_every_other(folder: Path) -> None:
    def edit(document: Any) -> None:
        document["genes"].append("GENB")
        document["rules"][POOR]["when"] = [{"GENA": ["Poor Metabolizer"], "GENB": ["0..1.5"]}]
        document["rules"][RAPID]["when"] = [{"GENA": ["Rapid Metabolizer", "No Result"]}]

    change(folder, RULES, edit)
    (fault,) = found(completeness, folder)
    assert fault == (
        f"{RULES}: everyone: GENA Poor Metabolizer + GENB 2.0 and 1 more combinations of results "
        "meet no rule; add one"
    )


def test_presence_of_an_allele_needs_both_answers(folder: Path) -> None:
    def edit(document: Any) -> None:
        document["genes"] = ["HLA-Z"]
        document["rules"] = document["rules"][POOR : POOR + 1]
        document["rules"][0]["when"] = [{"HLA-Z": ["*01:01 positive"]}]

    change(folder, RULES, edit)
    assert found(completeness, folder) == [f"{RULES}: everyone: HLA-Z *01:01 negative meet no rule; add one"]


# -- monotony --------------------------------------------------------------------------------------


def action(number: int, name: str) -> Edit:
    return lambda document: document["rules"][number]["branches"][0].update(action=name)


def factor(number: int, value: str) -> Edit:
    factors = {"low": value, "high": value}
    return lambda document: document["rules"][number]["branches"][0]["dose"].update(factor=factors)


def limits(document: Any) -> None:
    for number, value in ((0, "30"), (1, "20")):
        limit = {"value": value, "unit": "mg", "period": "day", "kind": "maximum"}
        dose = {"limit": limit, "applies_to": "maximum"}
        document["rules"][number]["branches"] = [{"action": "cap-dose", "dose": dose}]


@pytest.mark.parametrize(
    ("file", "edit", "said"),
    [
        pytest.param(
            RULES,
            action(POOR, "monitor"),
            "slowol-cpic-poor: monitor is milder than reduce-dose in slowol-cpic-intermediate",
            id="less is asked for at less activity",
        ),
        pytest.param(
            RULES,
            action(POOR, "increase-dose"),
            "slowol-cpic-poor: increase-dose is milder than reduce-dose in slowol-cpic-intermediate",
            id="a higher dose does not protect at less activity",
        ),
        pytest.param(
            RULES,
            action(NORMAL, "monitor"),
            "slowol-cpic-rapid: no-recommendation is milder than monitor in slowol-cpic-normal",
            id="less is asked for at more activity",
        ),
        pytest.param(
            SCORES,
            factor(0, "0.8"),
            "scorol-cpic-adults-0: reduce-dose leaves a higher dose than scorol-cpic-adults-1",
            id="a dose is lowered less at a lower score",
        ),
        pytest.param(
            SCORES,
            limits,
            "scorol-cpic-adults-0: cap-dose leaves a higher dose than scorol-cpic-adults-1",
            id="a limit is higher at a lower score",
        ),
    ],
)
def test_an_answer_that_gets_milder_is_said(folder: Path, file: str, edit: Edit, said: str) -> None:
    change(folder, file, edit)
    (fault,) = found(monotony, folder)
    assert fault.startswith(f"{file}: {said}")


def test_answers_are_compared_situation_by_situation(folder: Path) -> None:
    def edit(document: Any) -> None:
        branch = {"when": {"age": {"from": "65"}}, "label": "older", "action": "standard"}
        document["rules"][POOR]["branches"].append(branch)

    change(folder, RULES, edit)
    (fault,) = found(monotony, folder)
    assert "slowol-cpic-poor: standard (older) is milder than reduce-dose in" in fault


def test_a_milder_answer_can_be_a_decision(folder: Path) -> None:
    change(folder, RULES, action(POOR, "monitor"))
    append(
        folder,
        monotony.FILE,
        "stricter|milder|reason",
        "slowol-cpic-intermediate|slowol-cpic-poor|as the source",
    )
    assert found(monotony, folder) == []


def test_a_decision_that_is_not_needed_is_said(folder: Path) -> None:
    append(
        folder,
        monotony.FILE,
        "stricter|milder|reason",
        "slowol-cpic-intermediate|slowol-cpic-poor|as the source",
    )
    (fault,) = found(monotony, folder)
    assert fault.startswith(f"{monotony.FILE}: line 2: ")


def test_an_implication_on_both_sides_of_normal_is_said(folder: Path) -> None:
    change(folder, RULES, lambda d: d["rules"][RAPID].update(implication="sample-slow"))
    (fault,) = found(implication_sides, folder)
    assert fault.startswith(
        f"{RULES}: slowol-cpic-rapid: sample-slow is what slowol-cpic-poor says of low activity"
    )


def test_one_implication_for_two_results_on_one_side_is_none_of_these(folder: Path) -> None:
    change(folder, RULES, lambda d: d["rules"][INTERMEDIATE].update(implication="sample-slow"))
    assert found(implication_sides, folder) == []
