"""Formulas and tables that give doses: each is asked by an answer, and only about results that occur."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cds_service.core.errors import KnowledgeError
from cds_service.curation.checks import calculators
from cds_service.curation.compile import compile_knowledge
from tests.curation.checks.small import CALCULATOR, SCORES, change, read


def faults(folder: Path) -> list[str]:
    return [str(fault) for fault in calculators.run(read(folder, {}))]


def gene_term(document: Any) -> dict[str, Any]:
    term: dict[str, Any] = document["genes"][0]
    return term


def test_the_small_folder_has_a_formula_in_use(folder: Path) -> None:
    assert list(compile_knowledge(folder).calculators) == ["sample-formula"]
    assert faults(folder) == []


def test_a_formula_nobody_asks_is_named(folder: Path) -> None:
    change(folder, SCORES, lambda document: document["rules"][1]["branches"][0].pop("calculate"))
    assert faults(folder) == [
        f'{CALCULATOR}: drug: no answer of scorol uses it; remove it or "calculate" with it'
    ]


@pytest.mark.parametrize("result", ["*1/*9", "*2/*1", "Slow Metabolizer", "*1"])
def test_a_result_the_gene_cannot_have_is_named(folder: Path, result: str) -> None:
    change(folder, CALCULATOR, lambda document: gene_term(document)["add"].update({result: "-0.1"}))
    assert faults(folder) == [
        f"{CALCULATOR}: GENB: '{result}' is no pair of alleles and no class of the gene"
    ]


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda d: d.update(period="month"), "period must be one of day, week"),
        (lambda d: d.update(form="cube"), "form must be square or exp"),
        (lambda d: d["numbers"].update({"shoe-size": "1"}), "unknown quantity shoe-size"),
        (lambda d: d["genes"][0].update(gene="GENX"), "there is no gene GENX"),
        (lambda d: d.update(id="other"), "'id' must be the name of the file"),
        (lambda d: d["numbers"].update(age="much"), "'much' is not a number"),
    ],
)
def test_a_formula_that_cannot_be_read_ends_the_start(folder: Path, edit: Any, message: str) -> None:
    change(folder, CALCULATOR, edit)
    with pytest.raises(KnowledgeError, match=message):
        compile_knowledge(folder)


def test_an_answer_that_asks_an_unknown_calculator_ends_the_start(folder: Path) -> None:
    change(folder, SCORES, lambda d: d["rules"][1]["branches"][0].update(calculate=["other-formula"]))
    with pytest.raises(KnowledgeError, match="there is no calculator other-formula"):
        compile_knowledge(folder)
