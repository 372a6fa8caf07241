"""Calculated doses: published worked examples, and every way in which there is no dose to give."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from cds_service.core.actions import Action
from cds_service.core.calculator import Calculation
from cds_service.core.case import Case, Policy
from cds_service.core.finding import Finding
from cds_service.core.model import CDC_RACE, Coding, Identification, Ingredient, Order, Patient
from cds_service.core.recommend import recommend
from tests.builders import evidence, genotype, judge, knowledge, order, person

WHITE, ASIAN, BLACK = (frozenset({Coding(CDC_RACE, code)}) for code in ("2106-3", "2028-9", "2054-5"))
AMIODARONE, RIFAMPIN = Ingredient("amiodarone", "703"), Ingredient("rifampin", "9384")


def who(age: int = 65, cm: str = "170", kg: str = "70", **more: Any) -> Patient:
    more.setdefault("ancestries", WHITE)
    return person(age, height_cm=Decimal(cm), weight_kg=Decimal(kg), **more)


def doses(patient: Patient, cyp2c9: str, vkorc1: str) -> dict[str, Calculation]:
    found = judge(
        order("warfarin"), genotype("CYP2C9", cyp2c9), genotype("VKORC1", f"-1639 {vkorc1}"), who=patient
    )
    return {item.calculator.id.removeprefix("warfarin-"): item for item in found.calculations}


# IWPC: the worked example of the issue and of the paper's appendix; Gage and label table by hand.
@pytest.mark.parametrize(
    ("patient", "cyp2c9", "vkorc1", "iwpc", "gage", "table"),
    [
        (who(), "*1/*3", "A/A", "2", "2.1", ("0.5", "2")),
        (who(), "*1/*1", "G/G", "5.9", "5.9", ("5", "7")),
        (who(58, "175", "82", medications=(AMIODARONE,)), "*1/*2", "A/G", "3.5", "3.1", ("3", "4")),
        (who(58, "175", "82", medications=(RIFAMPIN,)), "*1/*2", "A/G", "6.3", "4", ("3", "4")),
        (who(ancestries=ASIAN), "*1/*1", "A/A", "3.0", "3.1", ("3", "4")),
        (who(ancestries=frozenset()), "*1/*1", "G/G", "5.7", "5.9", ("5", "7")),
        (who(ancestries=WHITE | ASIAN), "*1/*1", "G/G", "5.7", "5.9", ("5", "7")),
        (who(ancestries=BLACK), "*1/*1", "G/G", "5.4", "5.4", ("5", "7")),
    ],
)
def test_known_doses(
    patient: Patient, cyp2c9: str, vkorc1: str, iwpc: str, gage: str, table: tuple[str, str]
) -> None:
    found = doses(patient, cyp2c9, vkorc1)
    assert (found["iwpc"].low, found["gage"].low) == (Decimal(iwpc), Decimal(gage))
    assert (found["label-table"].low, found["label-table"].high) == tuple(map(Decimal, table))


def test_what_is_ordered_in_the_same_session_counts_as_taken() -> None:
    patient, own = who(58, "175", "82"), order("warfarin")
    beside = Order("MedicationRequest/2", (AMIODARONE,), Identification.RXNORM, "amiodarone")
    ended = replace(beside, ends=True)
    on_the_skin = replace(beside, routes=frozenset(sorted(knowledge().local_routes)[:1]))
    known = evidence(genotype("CYP2C9", "*1/*2"), genotype("VKORC1", "-1639 A/G"))
    found = [
        recommend(own, Case(patient, known, (own, *others)), knowledge(), Policy())[0].calculations
        for others in ((), (beside,), (ended,), (on_the_skin,))
    ]
    assert [str(calculations[0].low) for calculations in found] == ["4.3", "3.5", "4.3", "4.3"]


def test_the_contribution_of_each_input_is_told() -> None:
    found = doses(who(58, "175", "82", medications=(AMIODARONE,)), "*1/*2", "A/G")["iwpc"]
    assert {item.name: (item.value, str(item.effect)) for item in found.inputs} == {
        "age": ("58", "None"),
        "height": ("175", "None"),
        "weight": ("82", "None"),
        "CYP2C9": ("*1/*2", "-0.8"),
        "VKORC1": ("-1639 AG", "-1.3"),
        "amiodarone": ("", "-0.8"),
    }


def test_african_alleles_are_counted_as_the_guideline_says_and_the_factor_stands_beside() -> None:
    found = judge(
        order("warfarin"),
        genotype("CYP2C9", "*1/*8"),
        genotype("VKORC1", "-1639 G/G"),
        who=who(ancestries=BLACK),
    )
    assert found.dose is not None and found.dose.limit is not None
    assert (found.dose.low, found.dose.high) == (Decimal("0.7"), Decimal("0.85"))
    assert found.dose.limit.value == doses(who(ancestries=BLACK), "*1/*1", "G/G")["iwpc"].low
    assert "african-alleles" not in found.calculations[0].notes  # the test has looked for one of them


def test_a_black_person_without_such_an_allele_is_told_what_the_test_must_have_looked_for() -> None:
    assert "african-alleles" in doses(who(ancestries=BLACK), "*1/*1", "G/G")["iwpc"].notes
    assert "african-alleles" not in doses(who(), "*1/*1", "G/G")["iwpc"].notes


def with_cyp4f2(text: str, cyp2c9: str = "*1/*1", **more: Any) -> Finding:
    results = (genotype("CYP2C9", cyp2c9), genotype("VKORC1", "-1639 G/G"), genotype("CYP4F2", text))
    return judge(order("warfarin"), *results, who=who(**more))


@pytest.mark.parametrize(
    ("bases", "ancestries", "told", "factor"),
    [
        ("G/A", BLACK, [True], ("0.75", "0.9")),
        ("A/A", BLACK, [True], ("0.75", "0.9")),
        ("G/G", BLACK, [], None),
        ("G/A", WHITE, [], None),
        ("G/A", frozenset(), [False], None),
    ],
)
def test_the_guideline_speaks_of_rs12777823_for_african_americans_only(
    bases: str, ancestries: frozenset[Coding], told: list[bool], factor: tuple[str, str] | None
) -> None:
    found = judge(
        order("warfarin"),
        genotype("CYP2C9", "*1/*1"),
        genotype("VKORC1", "-1639 G/G"),
        genotype("rs12777823", bases),
        who=who(ancestries=ancestries),
    )
    assert [one.counts for one in found.calculations[0].adjusted] == told
    assert found.dose is not None
    assert (found.dose.low, found.dose.high) == (tuple(map(Decimal, factor)) if factor else (None, None))


@pytest.mark.parametrize("text", ["*1/*3", "*3/*3", "*1/*4", "rs2108622 C/T"])
def test_cyp4f2_raises_the_calculated_dose_by_5_to_10_percent_as_the_guideline_says(text: str) -> None:
    found = with_cyp4f2(text)
    assert found.dose is not None and found.dose.limit is not None
    assert (found.dose.low, found.dose.high, found.dose.basis) == (
        Decimal("1.05"),
        Decimal("1.10"),
        "algorithm dose",
    )
    assert found.dose.limit.value == doses(who(), "*1/*1", "G/G")["iwpc"].low


def test_two_adjustments_are_made_one_after_the_other() -> None:
    found = with_cyp4f2("*1/*3", "*1/*8")
    assert found.dose is not None
    assert (found.dose.low, found.dose.high) == (Decimal("0.7") * Decimal("1.05"), Decimal("0.935"))


@pytest.mark.parametrize(
    ("text", "ancestries", "told"),
    [
        ("*1/*1", WHITE, []),
        ("*1/*2", WHITE, []),
        ("*1/*3", BLACK, []),
        ("*1/*3", frozenset(), [False]),
        ("*1/*3", WHITE, [True]),
    ],
)
def test_the_guideline_limits_cyp4f2_to_people_without_african_ancestry(
    text: str, ancestries: frozenset[Coding], told: list[bool]
) -> None:
    """Where nothing is on record the result is told and not counted."""
    found = with_cyp4f2(text, ancestries=ancestries)
    assert [one.counts for one in found.calculations[0].adjusted] == told
    assert found.dose is not None
    assert (found.dose.low is None) == (True not in told)


@pytest.mark.parametrize(
    ("patient", "missing", "beyond"),
    [
        (person(65, weight_kg=Decimal(70)), ("height",), ()),
        (person(65, height_cm=Decimal(170)), ("weight",), ()),
        (person(65), ("height", "weight"), ()),
        (who(kg="260"), (), ("weight",)),
        (who(cm="100"), (), ("height",)),
    ],
)
def test_without_an_input_or_out_of_range_there_is_no_dose(
    patient: Patient, missing: tuple[str, ...], beyond: tuple[str, ...]
) -> None:
    found = judge(
        order("warfarin"), genotype("CYP2C9", "*1/*2"), genotype("VKORC1", "-1639 A/G"), who=patient
    )
    assert found.action is Action.CALCULATE_DOSE
    assert found.dose is None
    first = found.calculations[0]
    assert (set(first.missing), first.beyond, first.low) == (set(missing), beyond, None)


def test_an_allele_no_formula_knows_is_not_guessed() -> None:
    found = doses(who(), "*1/*12", "G/G")
    assert [(item.low, item.missing) for item in found.values()][0] == (None, ("CYP2C9",))


def test_several_possible_genotypes_give_no_dose() -> None:
    found = judge(
        order("warfarin"), genotype("CYP2C9", "*1/*2 or *1/*3"), genotype("VKORC1", "-1639 G/G"), who=who()
    )
    assert found.dose is None or found.dose.limit is None


def test_who_should_get_another_drug_is_told_the_dose_only_for_the_case_that_it_stays() -> None:
    found = judge(order("warfarin"), genotype("CYP2C9", "*3/*3"), genotype("VKORC1", "-1639 G/G"), who=who())
    assert found.action is Action.CONSIDER_ALTERNATIVE
    assert found.dose is None
    assert found.calculations[0].low == Decimal("2.4")


def test_more_of_the_same_never_needs_a_higher_dose() -> None:
    """Each further variant allele lowers the dose, in both formulas."""
    steps = ["*1/*1", "*1/*2", "*1/*3", "*2/*3", "*3/*3"]
    for formula in ("iwpc", "gage"):
        for letters in ("G/G", "A/G", "A/A"):
            amounts = [doses(who(), step, letters)[formula].low for step in steps]
            assert None not in amounts
            assert amounts == sorted(amounts, reverse=True)
