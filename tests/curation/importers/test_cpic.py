"""Tables of the CPIC database read into proposals and a list for review."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from cds_service.core.errors import InputError
from cds_service.curation.importers.cpic import import_cpic
from cds_service.curation.importers.report import Finding, Report
from cds_service.resources import knowledge_folder
from tests.builders import knowledge
from tests.curation.importers.releases import allele, recommendation, save

CLOPIDOGREL, CODEINE, NEVER_HEARD_OF = "RxNorm:32968", "RxNorm:2670", "RxNorm:999999999"


def read(path: Path, since: Path | None = None) -> Report:
    return import_cpic(path, knowledge_folder(), knowledge(), path / "proposals", since)


def reviewed(path: Path) -> list[dict[str, str]]:
    with (path / "proposals/review/recommendations.tsv").open(encoding="utf8") as lines:
        return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


def one(path: Path, row: dict[str, Any], since: Path | None = None) -> tuple[Report, dict[str, str]]:
    save(path, "recommendation.json", [row])
    report = read(path, since)
    (cells,) = reviewed(path)
    return report, cells


# -- recommendations -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("drug", "lookup", "grade", "rule"),
    [
        pytest.param(CODEINE, {"CYP2D6": "0.0"}, "Strong", "codeine-cpic-cyp2d6-0", id="a score"),
        pytest.param(
            CODEINE, {"CYP2D6": "≥6.0"}, "Strong", "codeine-cpic-cyp2d6-from-2-5", id="a lower bound"
        ),
        pytest.param(
            CODEINE, {"CYP2D6": "n/a"}, "No recommendation", "codeine-cpic-cyp2d6-inde", id="no score"
        ),
        pytest.param(
            "RxNorm:1256",
            {"NUDT15": "No Result", "TPMT": "Poor Metabolizer"},
            "Strong",
            "azathioprine-cpic-nudt15-indeterminate-tpmt-poor",
            id="two genes",
        ),
        pytest.param(
            "RxNorm:190521",
            {"HLA-B": "*57:01 positive"},
            "Strong",
            "abacavir-cpic-hla-b-57-01-positive",
            id="status",
        ),
    ],
)
def test_a_look_up_finds_its_rule(
    tmp_path: Path, drug: str, lookup: dict[str, str], grade: str, rule: str
) -> None:
    report, cells = one(tmp_path, recommendation(drug, lookup, grade))
    assert cells["finding"] == "same strength", cells
    assert cells["our_rules"].startswith(rule)
    assert report.of(Finding.TO_REVIEW) == []


def test_another_strength_is_for_a_person(tmp_path: Path) -> None:
    report, cells = one(tmp_path, recommendation(CODEINE, {"CYP2D6": "0.0"}, "Optional"))
    assert (cells["finding"], cells["our_strength"], cells["our_actions"]) == (
        "other strength",
        "Strong",
        "avoid",
    )
    (entry,) = report.of(Finding.TO_REVIEW)
    assert entry.what == "strength for CYP2D6 0.0, general: Strong in the knowledge, Optional in the release"


def test_a_look_up_without_a_rule_is_for_a_person(tmp_path: Path) -> None:
    report, cells = one(tmp_path, recommendation(CODEINE, {"CYP3A4": "Poor Metabolizer"}, "Strong"))
    assert cells["finding"] == "no rule"
    (entry,) = report.of(Finding.TO_REVIEW)
    assert entry.about == "codeine"
    assert entry.what.startswith("no rule for CYP3A4 Poor Metabolizer")


def test_rules_that_no_recommendation_leads_to_are_gone(tmp_path: Path) -> None:
    report, _ = one(tmp_path, recommendation(CLOPIDOGREL, {"CYP2C19": "Poor Metabolizer"}, "Strong"))
    gone = {
        entry.what.rpartition(" ")[2] for entry in report.of(Finding.GONE) if entry.about == "clopidogrel"
    }
    kept = set(reviewed(tmp_path)[0]["our_rules"].split(", "))
    ours = {rule.id for source in knowledge().drugs["clopidogrel"].rules_of("cpic") for rule in source.rules}
    assert kept and gone == ours - kept


def test_no_action_or_dose_is_ever_proposed(tmp_path: Path) -> None:
    row = recommendation(NEVER_HEARD_OF, {"CYP2D6": "0.0"}, "Strong", drugrecommendation="Reduce by 50%.")
    save(tmp_path, "drug.json", [{"drugid": NEVER_HEARD_OF, "name": "novum/acid", "atcid": ["N01AA01"]}])
    report, cells = one(tmp_path, row)
    assert cells["finding"] == "drug unknown"
    (entry,) = report.of(Finding.NEW)
    assert (entry.about, entry.place) == ("novum/acid", NEVER_HEARD_OF)
    written = {
        path.relative_to(tmp_path / "proposals").as_posix() for path in tmp_path.rglob("proposals/**/*.*")
    }
    assert written == {"drugs/novum-acid/drug.json", "review/recommendations.tsv"}
    assert json.loads((tmp_path / "proposals/drugs/novum-acid/drug.json").read_text("utf8")) == {
        "drug": "novum/acid",
        "rxcui": ["999999999"],
        "atc": ["N01AA01"],
    }


def test_an_earlier_export_shows_texts_that_changed(tmp_path: Path) -> None:
    poor = recommendation(CODEINE, {"CYP2D6": "0.0"}, "Strong")
    save(
        tmp_path / "old",
        "recommendation.json",
        [poor, recommendation(CODEINE, {"CYP2D6": "1.0"}, "Moderate")],
    )
    later = [
        {**poor, "comments": "Tramadol is no alternative"},
        recommendation(CODEINE, {"CYP2D6": "2.0"}, "Strong"),
    ]
    save(tmp_path, "recommendation.json", later)
    report = read(tmp_path, tmp_path / "old")
    (changed,) = report.of(Finding.CHANGED)
    assert changed.what.startswith(
        "general, CYP2D6 0.0: comments reads otherwise than before; look at codeine-cpic"
    )
    assert [entry.what for entry in report.of(Finding.NEW)] == [
        "recommendation general, CYP2D6 2.0 was not in the earlier export"
    ]
    assert "recommendation general, CYP2D6 1.0 was in the earlier export" in [
        entry.what for entry in report.of(Finding.GONE)
    ]


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        pytest.param({"lookupkey": {}}, "'lookupkey' must be an object", id="no look-up"),
        pytest.param(
            {"lookupkey": {"CYP2D6": 0}}, "lookupkey of CYP2D6 is no text", id="a number as look-up"
        ),
        pytest.param({"drugid": None}, "'drugid' must be a text, not nothing", id="no drug"),
        pytest.param(
            {"drugrecommendation": ""}, "'drugrecommendation' must be a text, not an empty", id="no words"
        ),
    ],
)
def test_a_broken_recommendation_never_hides_the_others(
    tmp_path: Path, edit: dict[str, Any], reason: str
) -> None:
    good = recommendation(CODEINE, {"CYP2D6": "0.0"}, "Strong")
    save(tmp_path, "recommendation.json", [{**good, **edit}, good])
    report = read(tmp_path)
    (fault,) = report.of(Finding.NOT_UNDERSTOOD)
    assert reason in fault.what and fault.place == "recommendation, row 1"
    assert [cells["drug"] for cells in reviewed(tmp_path)] == ["codeine"]


# -- alleles and classes -------------------------------------------------------------------------


def test_functions_and_classes_become_proposals(tmp_path: Path) -> None:
    known = knowledge().genes["CYP3A5"].alleles
    rows = [allele("CYP3A5", name, one.function) for name, one in known.items()]
    save(tmp_path, "allele.json", [*rows, allele("CYP3A5", "*10", "No function")])
    pair = {"genesymbol": "CYP3A5", "diplotype": "*1/*10", "generesult": "Poor Metabolizer"}
    save(tmp_path, "diplotype.json", [{**pair, "diplotypekey": {"CYP3A5": {"*1": 1, "*10": 1}}}])
    report = read(tmp_path)
    assert [entry.what for entry in report.of(Finding.NEW)] == ["allele *10: No function"]
    assert [entry.what for entry in report.of(Finding.CHANGED)] == [
        "No function + Normal function: Intermediate Metabolizer -> Poor Metabolizer"
    ]
    assert (tmp_path / "proposals/genes/CYP3A5/gene.json").exists()


def test_values_are_compared_as_numbers(tmp_path: Path) -> None:
    table = knowledge().genes["CYP2D6"].alleles
    rows = [
        allele("CYP2D6", name, one.function, f"≥{one.activity}" if one.at_least else _written(one.activity))
        for name, one in table.items()
    ]
    save(tmp_path, "allele.json", [row for row in rows if row["name"] != "*10"])
    report = read(tmp_path)
    assert [entry.what.partition(" (")[0] for entry in report.of(Finding.GONE)] == ["allele *10"]
    assert report.of(Finding.CHANGED) == report.of(Finding.NEW) == []


def _written(value: object) -> str | None:
    return None if value is None else f"{value}0" if "." in str(value) else f"{value}.0"


def test_a_value_that_is_no_number_is_left_out(tmp_path: Path) -> None:
    rows = [
        allele("CYP2D6", "*1", "Normal function", "one"),
        allele("CYP2D6", "*2", "Normal function", "1.0"),
    ]
    save(tmp_path, "allele.json", rows)
    (fault,) = read(tmp_path).of(Finding.NOT_UNDERSTOOD)
    assert fault.what == "CYP2D6 *1: the activity value 'one' is no number; the row was left out"


# -- pairs and codes -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        pytest.param({"genesymbol": "CYP2D6"}, "", id="known pair"),
        pytest.param({"genesymbol": "ABCB1"}, "CPIC has guidance with ABCB1 (level A)", id="new pair"),
        pytest.param({"genesymbol": "ABCB1", "cpiclevel": "D"}, "", id="without an action"),
        pytest.param({"genesymbol": "ABCB1", "usedforrecommendation": False}, "", id="no guideline yet"),
        pytest.param(
            {"genesymbol": "CYP2D6", "removed": True, "removedreason": "superseded"},
            "CPIC retired the pair with CYP2D6: superseded",
            id="retired",
        ),
        pytest.param({"genesymbol": "ABCB1", "removed": True}, "", id="retired and never known"),
    ],
)
def test_pairs_are_compared(tmp_path: Path, row: dict[str, Any], expected: str) -> None:
    basis = {"drugid": CODEINE, "cpiclevel": "A", "usedforrecommendation": True, "removed": False}
    save(tmp_path, "pair.json", [{**basis, **row}])
    found = [entry.what for entry in read(tmp_path).of(Finding.TO_REVIEW)]
    assert [what.startswith(expected) for what in found] == [True] * bool(expected)


@pytest.mark.parametrize(("rxcui", "differs"), [("2670", False), ("2672", False), ("161", True)])
def test_drug_codes_are_compared_by_base_ingredient(tmp_path: Path, rxcui: str, differs: bool) -> None:
    save(tmp_path, "drug.json", [{"drugid": f"RxNorm:{rxcui}", "name": "codeine", "rxnormid": rxcui}])
    assert bool(read(tmp_path).of(Finding.TO_REVIEW)) is differs


# -- files ---------------------------------------------------------------------------------------


def test_one_file_may_hold_all_tables(tmp_path: Path) -> None:
    rows = [recommendation(CODEINE, {"CYP2D6": "0.0"}, "Strong")]
    path = save(tmp_path, "dump.json", {"recommendation": rows, "file_artifact": [{"id": 1}]})
    report = import_cpic(path, knowledge_folder(), knowledge(), tmp_path / "out")
    assert (tmp_path / "out/review/recommendations.tsv").exists()
    assert ("file_artifact", "this table is not read") in [(e.about, e.what) for e in report.of(Finding.NOTE)]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param('[{"genesymbol": ', "line 1: not JSON", id="cut off"),
        pytest.param("{}", "must hold a list of rows, not an object", id="no list"),
        pytest.param("[]", "holds no row", id="empty"),
        pytest.param('[{"symbol": "CYP2D6"}]', "no row has the column genesymbol, name", id="another table"),
        pytest.param(
            '{"code": "42P01", "message": "no relation"}', "error answer of the server", id="an error"
        ),
    ],
)
def test_a_table_of_another_shape_is_refused_with_a_remedy(tmp_path: Path, content: str, words: str) -> None:
    (tmp_path / "allele.json").write_text(content, "utf8")
    with pytest.raises(InputError, match="allele") as fault:
        read(tmp_path)
    assert words in str(fault.value)
    assert "api.cpicpgx.org/v1/allele" in str(fault.value) or "Fetch it again" in str(fault.value)


def test_a_database_dump_is_refused_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "cpic_db_dump.sql").write_text("INSERT INTO cpic.allele VALUES (1);", "utf8")
    with pytest.raises(InputError, match="only JSON is read.*has to be loaded first"):
        import_cpic(tmp_path / "cpic_db_dump.sql", knowledge_folder(), knowledge(), tmp_path / "out")
    with pytest.raises(InputError, match="no table of the CPIC database"):
        read(tmp_path)
