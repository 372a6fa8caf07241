"""What was measured or asked of a person: newest value, unit, rating, and for how long it counts."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from cds_service.core.model import Measured
from cds_service.fhir.measures import read_measures
from tests.builders import knowledge
from tests.fhir.readers.payloads import Json, concept, local, loinc, observation

SNOMED = "http://snomed.info/sct"
TODAY = date(2026, 11, 20)
EGFR, ALT, PREGNANCY, G6PD = "98979-8", "1742-6", "82810-3", "32546-4"


def days_ago(days: int) -> str:
    return (TODAY - timedelta(days)).isoformat()


def quantity(value: float, unit: str = "mL/min/{1.73_m2}") -> Json:
    return {"value": value, "unit": unit, "code": unit}


def measured(code: str, value: Json | None = None, ident: str = "o1", days: int = 10, **more: Any) -> Json:
    return observation(loinc(code), ident, effectiveDateTime=days_ago(days), valueQuantity=value, **more)


def read(*observations: Json) -> dict[str, Measured]:
    return read_measures(observations, knowledge().measures, knowledge().codes, TODAY)


def rated(letter: str) -> Json:
    system = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
    return {"interpretation": [concept((system, letter, ""))]}


def test_the_newest_value_counts() -> None:
    found = read(measured(EGFR, quantity(80), "old", 30), measured(EGFR, quantity(25), "new", 2))
    assert (found["egfr"].amount, found["egfr"].unit) == (Decimal(25), "mL/min/{1.73_m2}")
    assert found["egfr"].measured_on == TODAY - timedelta(2)


@pytest.mark.parametrize(("days", "counts"), [(365, True), (366, False), (-1, False)])
def test_a_value_counts_for_its_time(days: int, *, counts: bool) -> None:
    assert ("egfr" in read(measured(EGFR, quantity(25), days=days))) is counts


def test_a_value_without_a_date_may_be_too_old() -> None:
    assert read(observation(loinc(EGFR), effectiveDateTime=None, valueQuantity=quantity(25))) == {}


@pytest.mark.parametrize(
    "status", ["preliminary", "registered", "entered-in-error", "cancelled", "unknown", None]
)
def test_only_finished_results_count(status: str | None) -> None:
    assert read(measured(EGFR, quantity(25), status=status)) == {}


@pytest.mark.parametrize("unit", ["mL/min/{1.73_m2}", "mL/min/1.73m2", "ml/min/1.73 m2", "mL/min"])
def test_spellings_of_a_unit_are_one(unit: str) -> None:
    assert read(measured(EGFR, quantity(25, unit)))["egfr"].unit == "mL/min/{1.73_m2}"


def test_units_are_converted_as_the_table_says() -> None:
    found = read(measured("14631-6", quantity(100, "umol/L")))["bilirubin"]
    assert (found.amount, found.unit) == (Decimal("5.848"), "mg/dL")


@pytest.mark.parametrize(
    "value", [quantity(25, "L"), {"value": 25}, None], ids=["another unit", "none", "no value"]
)
def test_a_number_without_a_known_unit_is_no_number(value: Json | None) -> None:
    assert read(measured(EGFR, value))["egfr"].amount is None


@pytest.mark.parametrize(
    ("letter", "finding"),
    [("L", "low"), ("LL", "low"), ("N", "normal"), ("H", "high"), ("HH", "high"), ("A", ""), ("POS", "")],
)
def test_the_laboratory_rates_the_value(letter: str, finding: str) -> None:
    assert read(measured(G6PD, quantity(2, "U/g{Hb}"), **rated(letter)))["activity G6PD"].finding == finding


@pytest.mark.parametrize(
    ("value", "ranges", "finding"),
    [
        (2, [{"low": {"value": 7}, "high": {"value": 20}}], "low"),
        (7, [{"low": {"value": 7}, "high": {"value": 20}}], "normal"),
        (21, [{"low": {"value": 7}, "high": {"value": 20}}], "high"),
        (2, [{"low": {"value": 7, "unit": "%"}}], ""),
        (2, [{"high": {"value": 20}}], ""),
        (2, [{"low": {"value": 1}}, {"low": {"value": 7}}], ""),
        (2, [], ""),
    ],
    ids=["below", "lower end", "above", "other unit", "no lower end", "two ranges", "no range"],
)
def test_without_a_rating_the_laboratorys_own_range_is_used(
    value: int, ranges: list[Json], finding: str
) -> None:
    found = read(measured(G6PD, quantity(value, "U/g{Hb}"), referenceRange=ranges))
    assert found["activity G6PD"].finding == finding


def test_ratings_that_contradict_each_other_are_none() -> None:
    both = {"interpretation": [*rated("L")["interpretation"], *rated("N")["interpretation"]]}
    assert read(measured(G6PD, quantity(2, "U/g{Hb}"), **both))["activity G6PD"].finding == ""


@pytest.mark.parametrize(
    ("answer", "finding"),
    [
        (("http://snomed.info/sct", "77386006", ""), "present"),
        (("http://snomed.info/sct", "60001007", ""), ""),
    ],
)
def test_a_question_is_answered_by_its_codes(answer: tuple[str, str, str], finding: str) -> None:
    found = read(measured(PREGNANCY, valueCodeableConcept=concept(answer)))
    assert found["pregnancy"].finding == finding


def test_the_newest_answer_is_not_replaced_by_an_older_one() -> None:
    pregnant = concept(("http://snomed.info/sct", "77386006", ""))
    unknown = concept(("http://snomed.info/sct", "261665006", ""))
    found = read(
        measured(PREGNANCY, ident="a", days=200, valueCodeableConcept=pregnant),
        measured(PREGNANCY, ident="b", days=5, valueCodeableConcept=unknown),
    )
    assert found["pregnancy"].finding == ""


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("DPD activity", {"activity DPYD"}),
        ("TPMT enzyme activity, red cells", {"activity TPMT"}),
        ("DPYD activity score", set()),
        ("CYP2D6 activity", set()),
        ("Physical activity", set()),
    ],
)
def test_enzymes_are_known_by_the_name_of_the_test(name: str, what: set[str]) -> None:
    test = observation(local(name), effectiveDateTime=days_ago(3), valueQuantity=quantity(20, "%"))
    assert set(read(test)) == what


@pytest.mark.parametrize(
    ("name", "value", "finding"),
    [
        ("G6PD enzyme activity", "Deficient", "low"),
        ("G6PD screen", "G6PD deficiency detected", "low"),
        ("G6PD, qualitative", "DECREASED (L)", "low"),
        ("G6PD enzyme activity", "Within normal limits", "normal"),
        ("G6PD enzyme activity", "not deficient", "normal"),
        ("G6PD enzyme activity", "Borderline low", ""),
        ("G6PD enzyme activity", "no deficiency", ""),
    ],
)
def test_an_activity_may_be_rated_in_words(name: str, value: str, finding: str) -> None:
    coded = observation(local(name), valueCodeableConcept={"text": value}, effectiveDateTime=days_ago(10))
    written = observation(local(name), valueString=value, effectiveDateTime=days_ago(10))
    assert [read(found)["activity G6PD"].finding for found in (coded, written)] == [finding, finding]


@pytest.mark.parametrize("name", ["DPYD screen", "DPYD gene screen", "TPMT DNA, qualitative"])
def test_a_normal_screen_may_be_of_the_gene_and_is_no_activity(name: str) -> None:
    assert read(observation(local(name), valueString="Normal", effectiveDateTime=days_ago(10))) == {}


def test_nothing_measured_is_nothing_known() -> None:
    assert read() == {}
    assert read(observation(loinc("2823-3"), valueQuantity=quantity(4, "mmol/L"))) == {}
