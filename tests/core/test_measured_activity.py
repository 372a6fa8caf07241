"""A measured activity of an enzyme beside the genotype, and exclusions that may be coded or measured."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from cds_service.core.actions import QUIET, Action
from cds_service.core.conditions import Facts, Range
from cds_service.core.measured_activity import with_activity
from cds_service.core.measures import MeasuredValue, OnRecord
from cds_service.core.model import Measured, Order, Patient
from cds_service.core.weigh import GeneEvidence, ResultState
from tests.builders import evidence, genotype, judge, knowledge, order, person, phenotype

GENES = knowledge().genes
REDUCED = ["Intermediate Metabolizer", "Poor Metabolizer"]


def activity(gene: str, finding: str) -> Patient:
    what = f"activity {gene}"
    return person(measured={what: Measured(what, Decimal(2), "U/g{Hb}", finding, date(2026, 5, 1))})


def classes(gene: str, result: str | None, finding: str) -> tuple[list[str], list[str]]:
    """Classes and notices of a gene with a reported class and a measured activity."""
    known = evidence(phenotype(gene, result)) if result else {}
    found = with_activity(known, activity(gene, finding), GENES, [gene])[gene]
    return sorted({s.phenotype for s in found.possible}), [
        n.key for n in found.notices if "activity" in n.key
    ]


@pytest.mark.parametrize(
    ("gene", "result", "finding", "expected", "told"),
    [
        ("G6PD", "Normal", "low", ["Deficient"], ["activity-low"]),
        ("G6PD", "Variable", "low", ["Deficient"], ["activity-low"]),
        ("G6PD", None, "low", ["Deficient"], ["activity-low"]),
        ("G6PD", "Deficient with CNSHA", "low", ["Deficient with CNSHA"], []),
        ("G6PD", "Variable", "normal", ["Normal"], ["activity-normal"]),
        ("G6PD", None, "normal", ["Normal"], ["activity-normal"]),
        ("G6PD", "Deficient", "normal", ["Deficient"], ["activity-normal-low-genotype"]),
        ("G6PD", "Normal", "normal", ["Normal"], []),
        ("G6PD", "Normal", "", ["Normal"], []),
        ("G6PD", None, "", [], []),
        (
            "TPMT",
            "Normal Metabolizer",
            "low",
            ["Intermediate Metabolizer", "Poor Metabolizer"],
            ["activity-low"],
        ),
        ("TPMT", "Poor Metabolizer", "normal", ["Poor Metabolizer"], ["activity-normal-low-genotype"]),
        (
            "DPYD",
            "Normal Metabolizer",
            "low",
            ["Intermediate Metabolizer", "Poor Metabolizer"],
            ["activity-low"],
        ),
        ("DPYD", "Intermediate Metabolizer", "low", ["Intermediate Metabolizer"], []),
        ("DPYD", None, "normal", ["Normal Metabolizer"], ["activity-normal"]),
    ],
)
def test_low_activity_beats_a_genotype_and_normal_activity_only_an_open_one(
    gene: str, result: str | None, finding: str, expected: list[str], told: list[str]
) -> None:
    assert classes(gene, result, finding) == (expected, told)


def test_without_a_measurement_nothing_changes() -> None:
    known = evidence(genotype("G6PD", "B (reference)/B (reference)"))
    assert with_activity(known, person(), GENES, ["G6PD"]) == known
    assert with_activity({}, person(), GENES, ["G6PD"]) == {}


def test_a_measured_deficiency_stops_a_drug_that_the_genotype_allows() -> None:
    normal = genotype("G6PD", "B (reference)/B (reference)")
    assert judge(order("rasburicase"), normal).action in QUIET
    found = judge(order("rasburicase"), normal, who=activity("G6PD", "low"))
    assert found.action in (Action.CONTRAINDICATED, Action.AVOID)
    [notice] = [n for n in found.notices if n.key == "activity-low"]
    assert dict(notice.slots)["genotype"] == "Normal"


def facts(**measured: Measured) -> Facts:
    return Facts(Patient(measured=measured), Order("rx"), {}, {})


BELOW_30 = MeasuredValue("egfr", Range(below=Decimal(30)), "mL/min")


@pytest.mark.parametrize(
    ("found", "answer"),
    [
        ({}, None),
        ({"egfr": Measured("egfr", Decimal("29.9"), "mL/min")}, True),
        ({"egfr": Measured("egfr", Decimal(30), "mL/min")}, False),
        ({"egfr": Measured("egfr", Decimal(20), "mL/s")}, None),
        ({"egfr": Measured("egfr")}, None),
    ],
    ids=["not measured", "below", "at the bound", "another unit", "no number"],
)
def test_what_was_not_measured_is_not_known(found: dict[str, Measured], answer: bool | None) -> None:
    assert BELOW_30.holds(facts(**found)) is answer
    assert OnRecord(BELOW_30).holds(facts(**found)) is bool(answer)


def test_severe_renal_impairment_may_be_measured() -> None:
    alternatives = [a for drug in knowledge().drugs.values() for a in drug.alternatives]
    against = {e.name: e for a in alternatives for e in a.contraindications}["severe_renal_impairment"]
    egfr = Measured("egfr", Decimal(12), "mL/min/{1.73_m2}", "", date(2026, 11, 1))
    nothing, low = (
        Facts(Patient(measured=measured), Order("rx"), knowledge().value_sets, {})
        for measured in ({}, {"egfr": egfr})
    )
    assert (against.when.holds(nothing), against.when.holds(low)) == (False, True)


def test_a_gene_without_evidence_stays_not_tested() -> None:
    found = with_activity({}, activity("TPMT", "normal"), GENES, ["G6PD"])
    assert found == {}
    assert GeneEvidence("G6PD").state is ResultState.NOT_TESTED
