"""What four sources speak about: nothing is missing without a reason, and 'covered' is derived."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cds_service.cli import main
from cds_service.core.actions import Action
from cds_service.core.errors import KnowledgeError
from cds_service.core.knowledge_base import (
    Branch,
    Drug,
    Guideline,
    KnowledgeBase,
    PreTest,
    ResultKey,
    Rule,
    SourceRules,
)
from cds_service.curation.coverage import (
    SOURCES,
    Coverage,
    Statement,
    cover,
    load_statements,
    overtaken,
    uncounted,
    unexplained,
)
from cds_service.resources import knowledge_folder
from tests.builders import knowledge

STATEMENTS = load_statements(knowledge_folder())
COVERED = tuple(cover(STATEMENTS, knowledge()))


# -- the shipped table -----------------------------------------------------------------------------


def test_no_drug_is_missing_without_a_reason() -> None:
    assert unexplained(COVERED) == ()


def test_no_reason_is_left_for_what_a_rule_covers_by_now() -> None:
    """Whoever adds rules clears `status` and `reason` of the rows in `coverage.tsv`."""
    assert overtaken(COVERED) == ()


def test_every_source_has_its_statements() -> None:
    drugs = {source: {s.drug for s in STATEMENTS if s.source == source} for source in SOURCES}
    assert {source: len(found) for source, found in drugs.items()} == {
        "cpic": 113,
        "dpwg": 56,
        "fda-table": 114,
        "fda-label": 204,
    }
    assert len(set().union(*drugs.values())) == 258


def test_every_guideline_of_cpic_and_dpwg_is_covered() -> None:
    """What they recommend is transcribed; the rest has a rule that says so."""
    open_ends = [
        (item.statement.drug, item.statement.gene, item.reason)
        for item in COVERED
        if item.statement.source in ("cpic", "dpwg") and item.status is Coverage.MISSING
    ]
    assert open_ends == []


def test_a_missing_gene_is_named_only_while_it_is_missing() -> None:
    wrong = [
        item.statement
        for item in COVERED
        if item.reason.startswith("gene not in the gene list") and item.statement.gene in knowledge().genes
    ]
    assert wrong == []


def test_a_missing_drug_is_named_only_while_it_is_missing() -> None:
    wrong = [
        item.statement
        for item in COVERED
        if "drug not in the knowledge" in item.reason and item.statement.known_as in knowledge().drugs
    ]
    assert wrong == []


# -- how it is derived -----------------------------------------------------------------------------

RULE = Rule("r", ({"CYP2D6": ResultKey(frozenset({"Poor Metabolizer"}))},), (Branch(Action.AVOID),))
GUIDELINE = Guideline("fda", "label", "2021", "https://www.fda.gov")
ROW = Statement("drug a", "fda-label", "CYP2D6", "actionable", "drug a")
GIVEN = replace(ROW, status=Coverage.SILENT, reason="asks for nothing")


def having(*, body: str = "fda", gene: str = "CYP2D6", pretests: tuple[PreTest, ...] = ()) -> KnowledgeBase:
    """Knowledge of one drug with one rule."""
    rule = replace(RULE, when=({gene: ResultKey(frozenset({"Poor Metabolizer"}))},))
    rules = SourceRules(body, GUIDELINE, (gene,), (), (rule,))
    drug = Drug("drug a", (), (), {body: rules}, pretests=pretests)
    return replace(knowledge(), drugs={"drug a": drug})


def status(statement: Statement, base: KnowledgeBase) -> tuple[Coverage, str]:
    (found,) = cover([statement], base)
    return found.status, found.reason


def test_a_rule_of_the_body_on_the_gene_covers_whatever_the_file_says() -> None:
    assert status(ROW, having()) == (Coverage.COVERED, "")
    assert status(GIVEN, having()) == (Coverage.COVERED, "")


@pytest.mark.parametrize(
    "base",
    [
        pytest.param(having(body="cpic"), id="rule of another body"),
        pytest.param(having(gene="CYP2C19"), id="rule on another gene"),
        pytest.param(replace(knowledge(), drugs={}), id="no such drug"),
    ],
)
def test_without_such_a_rule_the_reason_of_the_file_holds(base: KnowledgeBase) -> None:
    assert status(GIVEN, base) == (Coverage.SILENT, "asks for nothing")
    assert status(ROW, base) == (Coverage.MISSING, "")
    assert unexplained(cover([ROW, GIVEN], base)) == (ROW,)


def test_a_test_before_the_first_dose_covers_the_label_that_asks_for_it() -> None:
    asked = PreTest("p", ("CYP2D6*4",), True, "FDA")
    assert status(ROW, having(body="cpic", pretests=(asked,)))[0] is Coverage.COVERED
    other = replace(asked, authority="EMA")
    assert status(ROW, having(body="cpic", pretests=(other,)))[0] is Coverage.MISSING


def test_a_rule_on_the_tumour_covers_the_gene_its_reports_come_under() -> None:
    marker = replace(ROW, drug="trastuzumab", known_as="trastuzumab", gene="ERBB2", says="testing-required")
    assert status(marker, knowledge())[0] is Coverage.COVERED
    assert status(replace(marker, gene="KRAS"), knowledge())[0] is Coverage.MISSING
    assert uncounted([s for s in STATEMENTS if s.drug != "vemurafenib"], knowledge()) == (
        "vemurafenib, fda, BRAF",
    )


def test_a_product_is_covered_by_its_ingredient() -> None:
    product = replace(ROW, drug="drug a extended release")
    assert status(product, having())[0] is Coverage.COVERED


def test_an_overtaken_reason_and_an_uncounted_rule_are_found() -> None:
    assert overtaken(cover([ROW, GIVEN], having())) == (GIVEN,)
    assert uncounted([ROW], having(gene="CYP2C19")) == ("drug a, fda, CYP2C19",)
    assert uncounted([ROW], having()) == ()


# -- the file --------------------------------------------------------------------------------------

HEADER = "drug\tsource\tgene\tsays\tknown_as\tstatus\treason\tstated_in"
GOOD = "drug a\tcpic\tCYP2D6\trecommendation\t\tmissing\tnot written yet\tCPIC 2024"


def test_a_good_row_is_read(tmp_path: Path) -> None:
    (tmp_path / "coverage.tsv").write_text(f"{HEADER}\n{GOOD}\n")
    assert load_statements(tmp_path) == (
        Statement(
            "drug a", "cpic", "CYP2D6", "recommendation", "drug a",
            Coverage.MISSING, "not written yet", "CPIC 2024",
        ),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        pytest.param(GOOD.replace("cpic", "ema"), "unknown source 'ema'", id="source"),
        pytest.param(
            GOOD.replace("recommendation", "actionable"), "cpic cannot say", id="word of another source"
        ),
        pytest.param(GOOD.replace("missing", "covered"), "'covered' is derived", id="covered by hand"),
        pytest.param(GOOD.replace("not written yet", ""), "a status needs a reason", id="no reason"),
        pytest.param(GOOD.replace("missing", ""), "a status needs a reason", id="reason without status"),
        pytest.param(f"{GOOD}\n{GOOD}", "stands twice", id="twice"),
    ],
)
def test_a_bad_row_is_refused_with_its_place(tmp_path: Path, row: str, fault: str) -> None:
    (tmp_path / "coverage.tsv").write_text(f"{HEADER}\n{row}\n")
    with pytest.raises(KnowledgeError, match=fault) as refused:
        load_statements(tmp_path)
    assert "coverage.tsv:" in str(refused.value)


# -- the commands ----------------------------------------------------------------------------------


def test_the_table_is_printed_with_reasons_and_counts(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["knowledge", "list", "--coverage"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["drug", "gene", "cpic", "dpwg", "fda-table", "fda-label", "reason"]
    (mivacurium,) = [line for line in lines if line.startswith("mivacurium ")]
    assert mivacurium.endswith("gene not in the gene list (BCHE)")
    assert lines[-1].startswith("all: 258 drugs")


@pytest.mark.parametrize(("option", "first"), [("--genes", "gene "), ("--drugs", "drug ")])
def test_genes_and_drugs_are_listed(option: str, first: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["knowledge", "list", option]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(first)
    count = len(knowledge().genes if option == "--genes" else knowledge().drugs)
    assert len(lines) == count + 1
