"""Formulas and tables that give doses: each is asked by an answer, and only about results that occur."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cds_service.core.dose_table import DoseTable
from cds_service.core.errors import KnowledgeError
from cds_service.core.usual_dose import ShareOfUsual
from cds_service.curation.canonical import dumps
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


TABLE: dict[str, Any] = {
    "id": "sample-formula",
    "drug": "scorol",
    "name": "Sample table",
    "cite": "A sample",
    "period": "day",
    "genes": ["GENB"],
    "facts": [{"name": "old", "when": {"age": {"from": "65"}}}],
    "rows": [
        {"GENB": ["*2/*2"], "refused": "avoid"},
        {"GENB": ["*1/*2"], "if": [["old"]], "low": "10", "high": "10", "doses": "1"},
        {"GENB": ["*1/*1", "*1/*2"], "low": "20", "high": "20", "doses": "1"},
    ],
}
SHARE: dict[str, Any] = {
    "id": "sample-formula",
    "drug": "scorol",
    "name": "Sample share",
    "cite": "A sample",
    "period": "day",
    "reference": {"GENB": "Normal Metabolizer"},
    "usual": [
        {"when": {"age": {"below": "18"}}, "ask": "size"},
        {
            "name": "adult",
            "when": {"age": {"from": "18"}},
            "low": "2",
            "high": "3",
            "unit": "mg/kg",
            "cite": "p. 3",
        },
    ],
}


def instead(folder: Path, document: dict[str, Any]) -> None:
    (folder / CALCULATOR).write_text(dumps(document), encoding="utf-8")


def test_a_table_with_facts_reads_its_rows_in_their_order(folder: Path) -> None:
    instead(folder, TABLE)
    table = compile_knowledge(folder).calculators["sample-formula"]
    assert isinstance(table, DoseTable)
    assert [table.row({"GENB": pair}, frozenset({"old"})) for pair in ("*2/*2", "*1/*2", "*1/*1")] == list(
        table.rows
    )
    assert faults(folder) == []


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda d: d["rows"][1].update({"if": [["young"]]}), "there is no fact young in this table"),
        (lambda d: d["rows"][0].update(low="1", high="1"), "a row has either 'low' and 'high', or 'refused'"),
        (lambda d: d["rows"][1].pop("high"), "a row has either 'low' and 'high', or 'refused'"),
        (lambda d: d["rows"][0].update(refused="maybe"), "'refused' is one of contraindicated, avoid"),
        (lambda d: d.update(genes=["GENX"]), "there is no gene GENX"),
        (lambda d: d.pop("facts") and d["rows"][1].pop("if"), "stands in another row, too"),
    ],
)
def test_a_table_that_cannot_be_read_ends_the_start(folder: Path, edit: Any, message: str) -> None:
    instead(folder, TABLE)
    change(folder, CALCULATOR, edit)
    with pytest.raises(KnowledgeError, match=message):
        compile_knowledge(folder)


def test_a_row_that_is_never_reached_is_named(folder: Path) -> None:
    instead(folder, TABLE)
    last = {"GENB": ["*1/*2"], "if": [["old"]], "low": "5", "high": "5"}
    change(folder, CALCULATOR, lambda d: d["rows"].append(last))
    assert faults(folder) == [
        f"{CALCULATOR}: row 4: an earlier row comes before it in every case; remove one"
    ]


def test_a_share_of_the_usual_dose_is_read_with_what_has_to_be_asked(folder: Path) -> None:
    instead(folder, SHARE)
    share = compile_knowledge(folder).calculators["sample-formula"]
    assert isinstance(share, ShareOfUsual)
    assert [one.ask or one.dose and one.dose.unit for one in share.usual] == ["size", "mg/kg"]
    assert faults(folder) == []


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda d: d["usual"][1].update(unit="g"), "'unit' is one of mg, mg/kg, mg/m2"),
        (lambda d: d["usual"][1].pop("cite"), "cite"),
        (lambda d: d.update(period="week"), "usual doses are those of a day"),
        (lambda d: d.update(reference={"GENX": "Normal Metabolizer"}), "there is no gene GENX"),
        (lambda d: d["usual"][0].update(low="1"), "low"),
    ],
)
def test_a_share_that_cannot_be_read_ends_the_start(folder: Path, edit: Any, message: str) -> None:
    instead(folder, SHARE)
    change(folder, CALCULATOR, edit)
    with pytest.raises(KnowledgeError, match=message):
        compile_knowledge(folder)


def test_an_answer_that_asks_an_unknown_calculator_ends_the_start(folder: Path) -> None:
    change(folder, SCORES, lambda d: d["rules"][1]["branches"][0].update(calculate=["other-formula"]))
    with pytest.raises(KnowledgeError, match="there is no calculator other-formula"):
        compile_knowledge(folder)
