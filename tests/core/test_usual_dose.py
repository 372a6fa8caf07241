"""Shares of the usual dose in mg: the guidelines' own examples, and every way in which there are none."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from cds_service.core.actions import QUIET, Action, DoseAdvice, DoseLimit
from cds_service.core.calculator import Calculation, Shares, UsualDose
from cds_service.core.conditions import All, Facts
from cds_service.core.evidence import ReportedResult
from cds_service.core.finding import Finding
from cds_service.core.model import Ingredient, Order, Patient
from cds_service.core.phenotype import GeneState
from cds_service.core.usual_dose import ShareOfUsual, UsualFor
from tests.builders import ALL, genotype, judge, order, person

KIDNEY, HEART, COLITIS = "70536003", "32413006", "64766004"
MYCOPHENOLATE = Ingredient("mycophenolate mofetil", "68149")
AZATHIOPRINE, ALLOPURINOL = Ingredient("azathioprine", "1256"), Ingredient("allopurinol", "519")
FLUCONAZOLE, RIFAMPIN = Ingredient("fluconazole", "4450"), Ingredient("rifampin", "9384")
# Sick people of 100 kg and of 1 m2 show the guideline's numbers as they are printed.
HEAVY: dict[str, Any] = {"weight_kg": Decimal(100), "height_cm": Decimal(180)}
ONE_M2: dict[str, Any] = {"weight_kg": Decimal(30), "height_cm": Decimal(120)}


def thiopurine(tpmt: str, nudt15: str) -> tuple[ReportedResult, ReportedResult]:
    return genotype("TPMT", tpmt), genotype("NUDT15", nudt15)


def calculated(draft: Order, *results: ReportedResult, who: Patient) -> Calculation:
    (found,) = judge(draft, *results, who=who).calculations
    return found


# CPIC's examples: 0.45-1.2 mg/kg (30-80 % of 1.5), 0.3-0.75 mg/kg (20-50 %), 0.6-1.6 mg/kg (of 2),
# 22.5-60 mg/m2, 15-37.5 mg/m2 (of 75), and a tenth on three days a week.
@pytest.mark.parametrize(
    ("drug", "reason", "who", "tpmt", "nudt15", "low", "high", "days"),
    [
        ("mercaptopurine", COLITIS, person(**HEAVY), "*1/*3A", "*1/*1", "45", "120", None),
        ("mercaptopurine", COLITIS, person(**HEAVY), "*1/*1", "*1/*3", "45", "120", None),
        ("mercaptopurine", COLITIS, person(**HEAVY), "*1/*3A", "*1/*3", "30", "75", None),
        ("azathioprine", COLITIS, person(**HEAVY), "*1/*3C", "*1/*1", "60", "160", None),
        ("azathioprine", COLITIS, person(**HEAVY), "*1/*3C", "*1/*3", "40", "100", None),
        ("mercaptopurine", ALL, person(9, **ONE_M2), "*1/*3A", "*1/*1", "22.5", "60", None),
        ("mercaptopurine", ALL, person(9, **ONE_M2), "*1/*3A", "*1/*3", "15", "37.5", None),
        ("mercaptopurine", ALL, person(9, **ONE_M2), "*3A/*3A", "*1/*1", "7.5", "7.5", 3),
        ("mercaptopurine", ALL, person(9, **ONE_M2), "*1/*1", "*3/*3", "7.5", "7.5", 3),
        ("thioguanine", ALL, person(9, **ONE_M2), "*1/*3A", "*1/*1", "12", "32", None),
        ("thioguanine", ALL, person(9, **ONE_M2), "*1/*3A", "*1/*3", "8", "20", None),
        ("thioguanine", ALL, person(9, **ONE_M2), "*3A/*3A", "*1/*1", "4", "4", 3),
    ],
)
def test_thiopurines_as_the_guideline_prints_them(
    drug: str, reason: str, who: Patient, tpmt: str, nudt15: str, low: str, high: str, days: int | None
) -> None:
    found = calculated(order(drug, reason=reason), *thiopurine(tpmt, nudt15), who=who)
    assert (found.low, found.high, found.days_a_week) == (Decimal(low), Decimal(high), days)


def test_each_of_two_genes_is_told_what_it_takes_off() -> None:
    found = calculated(
        order("azathioprine", reason=COLITIS), *thiopurine("*1/*3A", "*1/*3"), who=person(**HEAVY)
    )
    told = {item.name: (item.value, item.effect, item.effect_to) for item in found.inputs}
    assert told["weight"] == ("100", None, None)
    # With one of the two alone it were 60 to 160 mg.
    assert told["TPMT"] == ("*1/*3A", Decimal(-20), Decimal(-60))
    assert told["NUDT15"] == ("*1/*3", Decimal(-20), Decimal(-60))


@pytest.mark.parametrize(
    ("reason", "beside", "cyp3a5", "low", "high"),
    [
        (KIDNEY, MYCOPHENOLATE, "*1/*3", "15", "20"),
        (KIDNEY, MYCOPHENOLATE, "*1/*1", "15", "20"),
        (KIDNEY, AZATHIOPRINE, "*1/*3", "30", "30"),
        (HEART, MYCOPHENOLATE, "*1/*6", "11.3", "15"),
    ],
)
def test_tacrolimus_starts_at_one_and_a_half_to_two_times_the_label_and_never_above_the_limit(
    reason: str, beside: Ingredient, cyp3a5: str, low: str, high: str
) -> None:
    who = person(medications=(beside,), **HEAVY)
    found = calculated(order("tacrolimus", reason=reason), genotype("CYP3A5", cyp3a5), who=who)
    assert (found.low, found.high, found.doses) == (Decimal(low), Decimal(high), 2)


def test_a_limit_that_holds_the_dose_back_is_among_the_inputs() -> None:
    who = person(medications=(AZATHIOPRINE,), **HEAVY)
    found = calculated(order("tacrolimus", reason=KIDNEY), genotype("CYP3A5", "*1/*1"), who=who)
    (limit,) = [item for item in found.inputs if item.name == "limit"]
    assert (limit.value, limit.effect) == ("0.3 mg/kg", Decimal(-10))


def test_what_a_gene_changes_is_told_of_each_end_where_a_limit_holds_one_of_them_back() -> None:
    usual = UsualDose("anybody", Decimal(40), Decimal(90), "mg")
    table = ShareOfUsual("x", "X", {"G": "usual"}, (UsualFor(All(()), usual),), {})
    advice = DoseAdvice(Decimal(2), Decimal(2), limit=DoseLimit(Decimal(100), "mg", "day", "start"))
    facts = Facts(person(), order("tacrolimus"), {}, {})
    found = table.calculate(facts, {"G": GeneState("changed")}, Shares(advice, lambda *_: DoseAdvice()))
    (told,) = [item for item in found.inputs if item.name == "G"]
    assert (found.low, found.high) == (80, 100)
    # Without the gene 40 to 90.
    assert (told.effect, told.effect_to) == (40, 10)


def tacrolimus(
    *beside: Ingredient, reason: str | None = KIDNEY, more: dict[str, Any] | None = None, **who: Any
) -> Finding:
    draft = order("tacrolimus", reason=reason, **(more or {}))
    return judge(draft, genotype("CYP3A5", "*1/*3"), who=person(medications=beside, **who))


@pytest.mark.parametrize(
    ("finding", "missing", "beyond", "against"),
    [
        (tacrolimus(MYCOPHENOLATE), {"weight"}, set(), set()),
        (tacrolimus(**HEAVY), {"kidney-partner"}, set(), set()),
        (tacrolimus(MYCOPHENOLATE, reason=None, **HEAVY), {"use"}, set(), set()),
        (tacrolimus(MYCOPHENOLATE, reason=COLITIS, **HEAVY), set(), set(), {"use-without-dose"}),
        (tacrolimus(MYCOPHENOLATE, years=9, **ONE_M2), set(), {"age"}, set()),
        (tacrolimus(MYCOPHENOLATE, FLUCONAZOLE, **HEAVY), set(), set(), {"cyp3a-inhibitor"}),
        (tacrolimus(MYCOPHENOLATE, RIFAMPIN, **HEAVY), set(), set(), {"cyp3a-inducer"}),
        (
            tacrolimus(MYCOPHENOLATE, more={"routes": frozenset({"parenteral"})}, **HEAVY),
            set(),
            set(),
            {"infusion"},
        ),
        (tacrolimus(MYCOPHENOLATE, more={"taken_days": 40}, **HEAVY), set(), set(), {"already-taken"}),
    ],
)
def test_without_an_input_or_where_the_label_dose_does_not_hold_there_are_no_mg(
    finding: Finding, missing: set[str], beyond: set[str], against: set[str]
) -> None:
    (found,) = finding.calculations
    assert finding.action is Action.INCREASE_DOSE
    assert (found.low, found.high) == (None, None)
    assert (set(found.missing), set(found.beyond), set(found.against)) == (missing, beyond, against)


def test_allopurinol_changes_a_thiopurine_more_than_the_genes_so_there_are_no_mg() -> None:
    who = person(medications=(ALLOPURINOL,), **HEAVY)
    found = calculated(order("azathioprine", reason=COLITIS), *thiopurine("*1/*3A", "*1/*1"), who=who)
    assert (found.low, found.against) == (None, ("allopurinol",))


def test_a_reason_nobody_knows_is_not_taken_for_another_disease() -> None:
    """A leukaemia under a code of its own must not get the dose of a bowel disease."""
    found = calculated(
        order("mercaptopurine", reason="999000"), *thiopurine("*1/*3A", "*1/*1"), who=person(**HEAVY)
    )
    assert (found.low, found.against) == (None, ("use-without-dose",))


def test_a_weight_that_cannot_be_is_no_ground_for_a_dose() -> None:
    who = person(weight_kg=Decimal(700), height_cm=Decimal(180))
    found = calculated(order("azathioprine", reason=COLITIS), *thiopurine("*1/*3A", "*1/*1"), who=who)
    assert (found.low, found.beyond) == (None, ("weight",))


def test_who_does_not_express_the_enzyme_gets_the_standard_dose_and_no_card() -> None:
    who = person(medications=(MYCOPHENOLATE,), **HEAVY)
    found = judge(order("tacrolimus", reason=KIDNEY), genotype("CYP3A5", "*3/*3"), who=who)
    assert found.action in QUIET
    assert found.calculations == ()


def test_more_lost_function_never_gives_more_of_a_thiopurine() -> None:
    steps = [("*1/*3A", "*1/*1"), ("*1/*3A", "*1/*3"), ("*3A/*3A", "*1/*3")]
    for drug in ("mercaptopurine", "thioguanine"):
        found = [
            calculated(order(drug, reason=ALL), *thiopurine(*pair), who=person(9, **ONE_M2)) for pair in steps
        ]
        weekly = [(item.high or Decimal(0)) * (item.days_a_week or 7) for item in found]
        assert weekly == sorted(weekly, reverse=True)
        assert all(weekly)
