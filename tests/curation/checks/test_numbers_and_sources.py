"""Numbers can be meant, and everything says where it comes from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cds_service.curation.checks import citations, units
from tests.curation.checks.small import PRETEST, RULES, SCORES, append, change, found

Edit = Callable[[Any], object]
LIMIT = {"value": "20", "unit": "mg", "period": "day", "kind": "maximum"}


@pytest.mark.parametrize("check", [units, citations])
def test_the_small_folder_has_no_such_fault(check: Any, folder: Path) -> None:
    assert found(check, folder) == []


def answer(**branch: Any) -> list[str]:
    return list(units.answer_faults({"action": "reduce-dose", **branch}))


def factor(low: str, high: str) -> dict[str, Any]:
    return {"factor": {"low": low, "high": high}, "applies_to": "start"}


def limit(**changes: Any) -> dict[str, Any]:
    return {"limit": {**LIMIT, **changes}, "applies_to": "maximum"}


@pytest.mark.parametrize(
    ("action", "dose"),
    [
        ("reduce-dose", factor("0.05", "1")),
        ("increase-dose", factor("1", "5")),
        ("cap-dose", limit()),
        ("calculate-dose", limit(unit="mg/m2", period="week", value="0.001")),
    ],
)
def test_doses_at_the_edge_of_what_can_be_meant(action: str, dose: dict[str, Any]) -> None:
    assert answer(action=action, dose=dose) == []


@pytest.mark.parametrize(
    ("action", "dose", "said"),
    [
        ("reduce-dose", factor("0.04", "0.5"), "a factor of 0.04 to 0.5 is outside 0.05 to 5"),
        ("increase-dose", factor("1", "5.1"), "a factor of 1 to 5.1 is outside 0.05 to 5"),
        ("reduce-dose", factor("0.5", "0.3"), "the factor goes from 0.5 to 0.3; exchange them"),
        ("reduce-dose", factor("0.5", "1.5"), "reduce-dose with the factor 1.5, more than the usual dose"),
        ("increase-dose", factor("0.5", "2"), "increase-dose with the factor 0.5, less than the usual dose"),
        ("reduce-dose", factor("half", "half"), "a factor needs two numbers, low and high"),
        ("cap-dose", factor("0.5", "0.5"), "cap-dose without a limit; add the limit"),
        ("cap-dose", limit(value="0"), "the limit '0' is no positive number"),
        ("cap-dose", limit(value="-5"), "the limit '-5' is no positive number"),
        ("calculate-dose", limit(value="NaN"), "the limit 'NaN' is no positive number"),
        ("cap-dose", limit(unit="g"), "the limit needs a unit: mg, mg/kg, mg/m2"),
        ("cap-dose", limit(period=""), "the limit needs a period: day, week, dose"),
    ],
)
def test_a_dose_that_cannot_be_meant_is_said(action: str, dose: dict[str, Any], said: str) -> None:
    (fault,) = answer(action=action, dose=dose)
    assert fault.startswith(said)


def test_later_steps_have_doses_too(folder: Path) -> None:
    later = [{"step": "still-needed", "action": "increase-dose", "dose": factor("0.5", "0.5")}]
    change(folder, RULES, lambda d: d["rules"][2]["branches"][0].update(later=later))
    (fault,) = found(units, folder)
    assert fault.startswith(f"{RULES}: slowol-cpic-poor: increase-dose with the factor 0.5")


@pytest.mark.parametrize(
    ("key", "bounds", "said"),
    [
        ("age", {"from": "180"}, "a bound of age lies outside 0 to 120"),
        ("age", {"from": "18", "below": "12"}, "nothing lies between 18 and 12"),
        ("age", {"from": "18", "below": "18"}, "nothing lies between 18 and 18"),
        ("weight", {"above": "4000"}, "a bound of weight lies outside 0 to 300"),
    ],
)
def test_bounds_nobody_is_within_are_said(folder: Path, key: str, bounds: dict[str, str], said: str) -> None:
    change(folder, SCORES, lambda d: d["populations"][0].update(when={"not": {key: bounds}}))
    (fault,) = found(units, folder)
    assert fault.startswith(f"{SCORES}: populations[adults].when.not.{key}: {said}")


def test_one_value_can_be_meant() -> None:
    assert list(units.bound_faults("age", {"from": "18", "up_to": "18"})) == []


# -- sources ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "edit", "said"),
    [
        (RULES, lambda d: d["rules"][2].update(cite=" "), "slowol-cpic-poor: cite is missing"),
        (RULES, lambda d: d["rules"][2].update(text_as_of=""), "slowol-cpic-poor: text_as_of is missing"),
        (RULES, lambda d: d["guideline"].update(url=""), "guideline: url is missing"),
        (RULES, lambda d: d["guideline"].update(version=""), "guideline: version is missing"),
        (PRETEST, lambda d: d["pretests"][0].update(cite=""), "scorol-pretest-fda: cite is missing"),
        ("genes/GENA/gene.json", lambda d: d.update(cite=""), "cite is missing"),
        (
            RULES,
            lambda d: d["rules"][2].update(text_as_of="2026-02-01"),
            "slowol-cpic-poor: text_as_of 2026-02-01 lies after 2026-01-31",
        ),
        (
            RULES,
            lambda d: d["rules"][2].update(text_as_of="2027"),
            "slowol-cpic-poor: text_as_of 2027 lies after",
        ),
        (
            RULES,
            lambda d: d["guideline"].update(transcribed="2026-03-01"),
            "guideline: transcribed 2026-03-01 lies after 2026-02-28",
        ),
        (PRETEST, lambda d: d["pretests"][0].update(year="2027"), "scorol-pretest-fda: year 2027 lies after"),
    ],
)
def test_what_does_not_say_where_it_comes_from_is_said(
    folder: Path, file: str, edit: Edit, said: str
) -> None:
    change(folder, file, edit)
    (fault,) = found(citations, folder)
    assert fault.startswith(f"{file}: {said}")


@pytest.mark.parametrize("day", ["2026", "2026-01", "2026-01-31"])
def test_a_day_is_compared_as_far_as_it_is_known(folder: Path, day: str) -> None:
    change(folder, RULES, lambda d: d["rules"][2].update(text_as_of=day))
    assert found(citations, folder) == []


def test_rows_of_tables_have_sources(folder: Path) -> None:
    append(folder, "genes/GENA/alleles.tsv", "*3|No function|||")
    assert found(citations, folder) == ["genes/GENA/alleles.tsv: line 5: *3 has no source; add it"]
