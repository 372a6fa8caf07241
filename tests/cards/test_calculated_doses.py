"""Calculated doses in words: the dose, what it was worked out from, what each input changes, or why not."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from cds_service.cards.detail import detail
from cds_service.cards.extension import KEY, extension
from cds_service.cards.summary import summary
from cds_service.cards.wording import load_wording
from cds_service.core.finding import Finding
from cds_service.core.model import CDC_RACE, Coding, Ingredient
from tests.builders import genotype, judge, knowledge, order, person

WORDS = load_wording()
KIDNEY, COLITIS = "70536003", "64766004"
BODY: dict[str, Any] = {"weight_kg": Decimal(70), "height_cm": Decimal(170)}
WHITE = frozenset({Coding(CDC_RACE, "2106-3")})
MYCOPHENOLATE, PAROXETINE = Ingredient("mycophenolate mofetil", "68149"), Ingredient("paroxetine", "32937")


def text(finding: Finding) -> str:
    return detail(finding, WORDS, "2026-11-21", dict(knowledge().source_labels))


def tacrolimus(**body: Any) -> Finding:
    who = person(medications=(MYCOPHENOLATE,), **body)
    return judge(order("tacrolimus", reason=KIDNEY), genotype("CYP3A5", "*1/*3"), who=who)


def warfarin(cyp2c9: str, cyp4f2: str, **body: Any) -> Finding:
    results = (
        genotype("CYP2C9", cyp2c9),
        genotype("VKORC1", "-1639 G/G"),
        genotype("CYP4F2", cyp4f2),
    )
    return judge(order("warfarin"), *results, who=person(65, ancestries=WHITE, **body))


def test_a_share_tells_the_usual_dose_the_body_and_what_it_would_be_without_the_gene() -> None:
    said = text(tacrolimus(**BODY))
    assert "**For this patient:** about 10.5 to 14 mg a day in 2 doses." in said
    assert "0.1 mg/kg a day (kidney transplant with mycophenolate, US label), and age 55, 70 kg." in said
    assert r"Without CYP3A5 \*1/\*3 it would be about 7 mg a day." in said
    assert "at no more than 0.3 mg/kg a day to start" in said


def test_a_share_without_a_weight_says_what_is_missing() -> None:
    said = text(tacrolimus())
    assert "No dose was calculated, because this is not known: weight." in said
    assert "For this patient" not in said


def test_a_table_tells_the_dose_as_it_is_given_and_what_was_taken_into_account() -> None:
    who = person(medications=(PAROXETINE,))
    found = judge(order("eliglustat"), genotype("CYP2D6", "*1/*1"), who=who)
    assert summary(found, WORDS).startswith("Keep eliglustat at no more than 84 mg a day: ")
    assert "84 mg once a day, by the dosing table of the US label." in text(found)
    assert "Taken into account: CYP2D6 normal metabolizer, a strong or moderate CYP2D6" in text(found)


def test_an_adjusted_dose_is_told_in_mg_and_with_its_share() -> None:
    found = warfarin("*1/*1", "*1/*3", **BODY)
    assert summary(found, WORDS).startswith("Start warfarin at about 6.2 to 6.5 mg a day")
    assert "**Dose:** about 6.2 to 6.5 mg a day." in text(found)
    assert r"CYP4F2 \*1/\*3 adds 5 to 10 %, that is 0.3 to 0.6 mg a day" in text(found)


@pytest.mark.parametrize("cyp2c9", ["*1/*1", "*1/*8"])
def test_an_adjustment_of_a_dose_that_could_not_be_calculated_is_not_told(cyp2c9: str) -> None:
    said = text(warfarin(cyp2c9, "*1/*3", weight_kg=Decimal(70)))
    assert "not known: height" in said
    assert "CYP4F2" not in said.split("CPIC guideline", maxsplit=1)[0]
    assert "**Dose:** ." not in said


def test_machines_get_each_input_with_its_share() -> None:
    found = judge(
        order("azathioprine", reason=COLITIS),
        genotype("TPMT", "*1/*3A"),
        genotype("NUDT15", "*1/*3"),
        who=person(**BODY),
    )
    (told,) = extension(found, WORDS, dict(knowledge().source_labels))[KEY]["calculations"]
    assert told["mgPerDay"] == {"low": 28.0, "high": 70.0}
    assert (told["usual"]["low"], told["usual"]["unit"]) == (2.0, "mg/kg/d")
    assert {"name": "TPMT", "value": "*1/*3A", "mgPerDay": -14.0, "mgPerDayUpTo": -42.0} in told["inputs"]
