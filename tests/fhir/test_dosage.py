"""How much a day, by which route, once or always: in every shape an EHR sends."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.core.model import DailyDose, Notice
from cds_service.fhir.dosage import read_dosage

NOT_COMPUTABLE = (Notice.of("dose-not-computable"),)
UCUM = "http://unitsofmeasure.org"
DAILY = {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}}


def dose(amount: str, unit: str = "mg", single: str | None = None) -> DailyDose:
    return DailyDose(Decimal(amount), unit, None if single is None else Decimal(single))


def quantity(value: object, unit: str = "mg") -> dict[str, Any]:
    return {"value": value, "unit": unit, "system": UCUM, "code": unit}


def ordered(value: object, unit: str = "mg", timing: object = None, **more: object) -> dict[str, Any]:
    instruction: dict[str, Any] = {"doseAndRate": [{"doseQuantity": quantity(value, unit)}], **more}
    return instruction if timing is None else {**instruction, "timing": timing}


def every(frequency: object = 1, period: object = 1, unit: object = "d", **more: object) -> dict[str, Any]:
    return {"repeat": {"frequency": frequency, "period": period, "periodUnit": unit, **more}}


# -- units -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (75, "mg", dose("75", single="75")),
        (7.5, "mg", dose("7.5", single="7.5")),
        (1.5, "g", dose("1500", single="1500")),
        (50, "ug", dose("0.05", single="0.05")),
        (50, "mcg", dose("0.05", single="0.05")),
        (50, "µg", dose("0.05", single="0.05")),
        (2, "mg/kg", dose("2", "mg/kg", "2")),
        (100, "ug/kg", dose("0.1", "mg/kg", "0.1")),
        (75, "mg/m2", dose("75", "mg/m2", "75")),
        (1, "g/m2", dose("1000", "mg/m2", "1000")),
        (2, "mg/kg/d", dose("2", "mg/kg", "2")),
        (2, "mg/(kg.d)", dose("2", "mg/kg", "2")),
        (75, "mg/m2/day", dose("75", "mg/m2", "75")),
        ("75", "MG", dose("75", single="75")),
        ("7,5", "mg", dose("7.5", single="7.5")),
        (2, "{tbl}", dose("2", "piece", "2")),
        (2, "{pill}", dose("2", "piece", "2")),
        (2, "tablet(s)", dose("2", "piece", "2")),
        (2, "Capsule", dose("2", "piece", "2")),
    ],
)
def test_a_daily_amount_in_each_unit(value: object, unit: str, expected: DailyDose) -> None:
    assert read_dosage([ordered(value, unit, DAILY)]).dose == expected


@pytest.mark.parametrize("unit", ["mL", "[iU]", "meq", "[drp]", "mg/mL", "kg", "%", "1", "", "mg/h"])
def test_other_units_are_not_guessed(unit: str) -> None:
    reading = read_dosage([ordered(5, unit, DAILY)])
    assert (reading.dose, reading.notices) == (None, NOT_COMPUTABLE)


@pytest.mark.parametrize(
    "value", [0, -5, None, True, "five", "1,000", 1e300, float("nan"), [75], {"value": 75}]
)
def test_what_is_no_amount_is_not_read(value: object) -> None:
    assert read_dosage([ordered(value, "mg", DAILY)]).dose is None


def test_code_and_word_of_the_unit_must_agree() -> None:
    agree = {"value": 1, "code": "{tbl}", "unit": "tablets"}
    differ = {"value": 1, "code": "{tbl}", "unit": "mg"}
    code_only = {"value": 1, "code": "mg"}
    word_only = {"value": 1, "code": "732936001-unknown", "unit": "mg"}
    found = [
        read_dosage({"doseQuantity": one, "timing": DAILY}).dose
        for one in (agree, differ, code_only, word_only)
    ]
    assert found == [dose("1", "piece", "1"), None, dose("1", single="1"), dose("1", single="1")]


@pytest.mark.parametrize(
    ("value", "unit", "strength", "expected"),
    [
        (2, "{pill}", "25", dose("50", single="50")),
        (0.5, "tablet", "40", dose("20", single="20")),
        (40, "mg", "20", dose("40", single="40")),
        (1, "{tbl}", None, dose("1", "piece", "1")),
    ],
)
def test_pieces_are_counted_by_the_strength(
    value: float, unit: str, strength: str | None, expected: DailyDose
) -> None:
    known = None if strength is None else Decimal(strength)
    assert read_dosage([ordered(value, unit, DAILY)], known).dose == expected


# -- places the amount may stand in ----------------------------------------------------------


@pytest.mark.parametrize(
    "part",
    [
        {"doseAndRate": [{"doseQuantity": quantity(20)}]},
        {"doseAndRate": {"doseQuantity": quantity(20)}},
        {"doseAndRate": [{"doseQuantity": [quantity(20)]}]},
        {"doseQuantity": quantity(20)},
        {"doseAndRate": [{"doseRange": {"low": quantity(10), "high": quantity(20)}}]},
        {"doseRange": {"low": quantity(10), "high": quantity(20)}},
        {"doseAndRate": [{"doseQuantity": quantity(20)}, {"doseQuantity": quantity(20)}]},
        {"doseAndRate": [{"doseQuantity": quantity(20)}, {"doseQuantity": quantity(1, "{tbl}")}]},
    ],
)
def test_the_amount_is_found_wherever_it_stands(part: dict[str, Any]) -> None:
    for instructions in ([{**part, "timing": DAILY}], {**part, "timing": DAILY}):
        assert read_dosage(instructions).dose == dose("20", single="20")


def test_a_calculated_amount_beside_the_ordered_one_does_not_hide_it() -> None:
    both = {"doseAndRate": [{"doseQuantity": quantity(112.5)}, {"doseQuantity": quantity(75, "mg/m2")}]}
    assert read_dosage({**both, "timing": DAILY}).dose == dose("75", "mg/m2", "75")


def test_two_different_amounts_are_no_amount() -> None:
    both = {
        "doseAndRate": [{"doseQuantity": quantity(10)}, {"doseQuantity": quantity(20)}],
        "text": "10 mg daily",
    }
    reading = read_dosage({**both, "timing": DAILY})
    assert (reading.dose, reading.notices) == (None, NOT_COMPUTABLE)


def test_tablets_that_do_not_make_the_stated_mg_are_a_contradiction() -> None:
    both = {"doseAndRate": [{"doseQuantity": quantity(50)}, {"doseQuantity": quantity(2, "{tbl}")}]}
    assert read_dosage({**both, "timing": DAILY}, Decimal(25)).dose == dose("50", single="50")
    assert read_dosage({**both, "timing": DAILY}, Decimal(40)).dose is None


# -- timing ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("timing", "expected"),
    [
        (every(1), "30"),
        (every(3), "90"),
        ({"repeat": {"period": 1, "periodUnit": "d"}}, "30"),
        (every(1, 6, "h"), "120"),
        (every("2", "1", "d"), "60"),
        (every(1, frequencyMax=3), "90"),
        (every(1, 4, "h", periodMax=6), "180"),
        (every(1, 2), "15"),
        (every(1, 1, "wk"), "4.285714285714285714285714286"),
        (every(7, 1, "wk"), "30"),
        (every(1, 1440, "min"), "30"),
        ({"repeat": {"when": ["HS"]}}, "30"),
        ({"repeat": {"when": ["MORN", "NOON", "EVE"]}}, "90"),
        ({"repeat": {"when": "HS"}}, "30"),
        (every(1, when=["MORN", "EVE"]), "60"),
        (every(2, when=["HS"]), "60"),
        (every(3, when=["AC"]), "90"),
        ({"repeat": {"timeOfDay": ["08:00:00", "20:00:00"]}}, "60"),
        (every(1, dayOfWeek=["mon"], unit="wk"), "4.285714285714285714285714286"),
        (every(1, dayOfWeek=["mon", "thu", "sat"], unit="wk"), "12.85714285714285714285714286"),
        ({"repeat": {"dayOfWeek": ["mon"]}}, "4.285714285714285714285714286"),
        (every(7, 1, "d", dayOfWeek=["mon"]), "30"),
        (every(2, boundsDuration={"value": 14, "code": "d"}), "60"),
        ({"repeat": [{"frequency": 2, "period": 1, "periodUnit": "d"}]}, "60"),
        ([every(2)], "60"),
        ({"repeat": {"frequency": 2, "period": 1, "periodUnits": "d"}}, "60"),
        ({"code": {"coding": [{"code": "BID"}]}}, "60"),
        ({"code": {"coding": {"code": "TID"}}}, "90"),
        ({"code": {"text": "QID"}}, "120"),
        ({"code": {"text": "qd"}}, "30"),
        ({"code": {"text": "QAM"}}, "30"),
        ({"code": {"text": "QHS"}}, "30"),
        ({"code": {"text": "QOD"}}, "15"),
        ({"code": {"text": "Q4H"}}, "180"),
        ({"code": {"text": "q6h"}}, "120"),
        ({"code": {"text": "Q8H"}}, "90"),
        ({"code": {"text": "Q12H"}}, "60"),
        ({"code": {"text": "Q24H"}}, "30"),
        ({"code": {"coding": [{"code": "BID"}], "text": "twice a day"}}, "60"),
        ({**every(2), "code": {"coding": [{"code": "BID"}]}}, "60"),
    ],
)
def test_how_much_a_day(timing: object, expected: str) -> None:
    assert read_dosage([ordered(30, timing=timing)]).dose == dose(expected, single="30")


@pytest.mark.parametrize(
    "timing",
    [
        every(2, None),
        {"repeat": {"frequency": 2}},
        every(1, 1, "mo"),
        every(1, 1, "a"),
        every(1, 0),
        every(0),
        every(-1),
        every(1, 1, None),
        every(1, 1, "moon"),
        every(10**9),
        {"repeat": {"when": ["AC"]}},
        {"repeat": {"count": 10}},
        {"repeat": {"dayOfWeek": ["mon", "tue"], "frequency": 3, "period": 1, "periodUnit": "wk"}},
        {"event": ["2026-01-01", "2026-01-05"]},
        {"code": {"text": "as directed"}},
        {**every(3), "code": {"coding": [{"code": "BID"}]}},
        {"code": {"coding": [{"code": "BID"}, {"code": "TID"}]}},
    ],
)
def test_a_timing_that_does_not_tell_gives_no_dose(timing: object) -> None:
    reading = read_dosage([ordered(30, timing=timing)])
    assert (reading.dose, reading.single_administration) == (None, False)
    assert reading.notices == NOT_COMPUTABLE


@pytest.mark.parametrize("timing", [None, {}, [], {"repeat": {}}, {"repeat": []}, "daily"])
def test_no_timing_is_a_half_filled_order_and_no_fault(timing: object) -> None:
    reading = read_dosage([ordered(30, timing=timing)])
    assert (reading.dose, reading.notices) == (None, ())


@pytest.mark.parametrize(
    "timing",
    [
        {"repeat": {"count": 1}},
        {"repeat": {"count": "1"}},
        {"repeat": {"count": 1, "frequency": 1, "period": 1, "periodUnit": "d"}},
        {"event": ["2026-01-01T08:00:00Z"]},
        {"code": {"text": "ONCE"}},
        {"code": {"coding": [{"code": "STAT"}]}},
        every(1, boundsDuration={"value": 1, "unit": "d"}),
        every(1, 1, "d", boundsDuration={"value": 24, "code": "h"}),
    ],
)
def test_one_administration_counts_as_its_days_dose(timing: object) -> None:
    reading = read_dosage([ordered("0.25", "mg/kg", timing)])
    assert reading.single_administration is True
    assert reading.dose == dose("0.25", "mg/kg", "0.25")


@pytest.mark.parametrize(
    "timing",
    [
        DAILY,
        {"repeat": {"count": 1, "countMax": 3}},
        every(2, boundsDuration={"value": 1, "unit": "d"}),
        every(1, boundsDuration={"value": 14, "unit": "d"}),
    ],
)
def test_more_than_one_administration_is_not_single(timing: object) -> None:
    assert read_dosage([ordered(30, timing=timing)]).single_administration is False


def test_a_daily_total_is_not_multiplied() -> None:
    assert read_dosage([ordered(2, "mg/kg/d", every(2))]).dose == dose("2", "mg/kg", "1")
    assert read_dosage([ordered(2, "mg/kg/d")]).dose == dose("2", "mg/kg")
    assert read_dosage([ordered(2, "mg/kg/d", every(1, 1, "wk"))]).dose is None


# -- as needed, maximum ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "flag",
    [{"asNeededBoolean": True}, {"asNeeded": True}, {"asNeededCodeableConcept": {"text": "pain"}}],
)
def test_as_needed_is_read_as_the_most(flag: dict[str, Any]) -> None:
    assert read_dosage([ordered(5, timing=every(1, 4, "h"), **flag)]).dose == dose("30", single="5")


@pytest.mark.parametrize(
    ("most", "expected"),
    [
        ({"numerator": quantity(20), "denominator": {"value": 1, "code": "d"}}, dose("20", single="5")),
        ({"numerator": quantity(20), "denominator": {"value": 24, "code": "h"}}, dose("20", single="5")),
        ({"numerator": quantity(40), "denominator": {"value": 1, "code": "d"}}, dose("30", single="5")),
        ({"numerator": quantity(10), "denominator": {"value": 12, "code": "h"}}, dose("20", single="5")),
        ({"numerator": quantity(20, "mL"), "denominator": {"value": 1, "code": "d"}}, dose("30", single="5")),
        ({"numerator": quantity(20), "denominator": {"value": 0, "code": "d"}}, dose("30", single="5")),
        ([{"numerator": quantity(20), "denominator": {"value": 1, "unit": "day"}}], dose("20", single="5")),
    ],
)
def test_a_stated_maximum_caps_the_dose(most: object, expected: DailyDose) -> None:
    assert read_dosage([ordered(5, timing=every(1, 4, "h"), maxDosePerPeriod=most)]).dose == expected


def test_a_stated_maximum_is_the_dose_where_no_timing_is_given() -> None:
    most = {"numerator": quantity(4, "g"), "denominator": quantity(1, "d")}
    assert read_dosage([ordered(500, maxDosePerPeriod=most, asNeededBoolean=True)]).dose == dose("4000")


# -- text ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("75 mg at night", dose("75", single="75")),
        ("75 mg PO daily", dose("75", single="75")),
        ("40 mg daily", dose("40", single="40")),
        ("30 mg every 6 hours", dose("120", single="30")),
        ("2 mg/kg/day", dose("2", "mg/kg")),
        ("75 mg/m2/day", dose("75", "mg/m2")),
        ("75 mg per m2 per day", dose("75", "mg/m2")),
        ("75 mg/day", dose("75")),
        ("100 mg three times daily", dose("300", single="100")),
        ("100 mg 3 times a day", dose("300", single="100")),
        ("100mg 3x/day", dose("300", single="100")),
        ("1 tablet twice daily", dose("2", "piece", "1")),
        ("Take one tablet by mouth twice a day with food.", dose("2", "piece", "1")),
        ("half a tablet daily", dose("0.5", "piece", "0.5")),
        ("1/2 tablet daily", dose("0.5", "piece", "0.5")),
        ("1-2 tablets every 4-6 hours as needed", dose("12", "piece", "2")),
        ("10 to 20 mg daily", dose("20", single="20")),
        ("0.5 mg/kg daily for 14 days", dose("0.5", "mg/kg", "0.5")),
        ("50 mcg daily", dose("0.05", single="0.05")),
        ("1.5 g q8h", dose("4500", single="1500")),
        ("20 mg b.i.d.", dose("40", single="20")),
        ("20 mg po bid prn", dose("40", single="20")),
        ("20 mg qhs", dose("20", single="20")),
        ("20 mg every other day", dose("10", single="20")),
        ("70 mg weekly", dose("10", single="70")),
        ("70 mg once a week", dose("10", single="70")),
        ("10 mg twice daily at night", dose("20", single="10")),
    ],
)
def test_a_plain_text_is_read(text: str, expected: DailyDose) -> None:
    assert read_dosage([{"text": text}]).dose == expected


@pytest.mark.parametrize("text", ["0.25 mg/kg single dose", "0.25 mg/kg once", "0.25 mg/kg IV stat"])
def test_a_text_may_order_one_administration(text: str) -> None:
    reading = read_dosage([{"text": text}])
    assert (reading.dose, reading.single_administration) == (dose("0.25", "mg/kg", "0.25"), True)


@pytest.mark.parametrize(
    "text",
    [
        "300 mg once, then 75 mg daily",
        "10 mg in the morning and 20 mg at night",
        "20 mg daily, increase to 40 mg",
        "20 mg or 40 mg daily",
        "20 mg daily except Sundays",
        "1,000 mg daily",
        "20 mg twice daily three times daily",
        "10 mg at night twice daily",
        "2 mg maintenance",
        "start, target INR 2-3",
        "5% cream, topical",
        "5 mL twice daily",
        "5 mg/kg IV",
        "20 mg",
        "0 mg daily",
        "20 mg every 0 hours",
        "daily",
        "renewal",
        "200 mg/5 mL daily",
        "20 mg daily" + " with food" * 40,
    ],
)
def test_a_text_that_is_not_entirely_understood_gives_no_dose(text: str) -> None:
    assert read_dosage([{"text": text}]).dose is None


def test_text_fills_what_the_structured_part_leaves_out() -> None:
    assert read_dosage([ordered(100, text="100 mg three times daily")]).dose == dose("300", single="100")
    assert read_dosage([ordered(100, text="three times daily")]).dose == dose("300", single="100")
    assert read_dosage([{"timing": every(3), "text": "100 mg"}]).dose == dose("300", single="100")
    assert read_dosage([ordered(5, "mL", DAILY, text="100 mg daily")]).dose == dose("100", single="100")


def test_the_structured_part_wins_where_it_is_complete() -> None:
    assert read_dosage([ordered(100, timing=DAILY, text="200 mg twice daily")]).dose == dose(
        "100", single="100"
    )


def test_text_that_contradicts_the_structured_part_gives_no_dose() -> None:
    assert read_dosage([ordered(100, text="200 mg daily")]).dose is None
    assert read_dosage([{"timing": DAILY, "text": "100 mg twice daily"}]).dose is None
    assert read_dosage([ordered(100, timing=every(1, 1, "mo"), text="100 mg daily")]).dose is None


# -- several instructions --------------------------------------------------------------------

MORNING = ordered(20, timing=every(when=["MORN"]))
EVENING = ordered(40, timing=every(when=["EVE"]))


def test_instructions_side_by_side_are_added() -> None:
    assert read_dosage([MORNING, EVENING]).dose == dose("60")
    assert read_dosage([{**MORNING, "sequence": 1}, {**EVENING, "sequence": 1}]).dose == dose("60")
    assert read_dosage([MORNING, {**EVENING, "asNeededBoolean": True}]).dose == dose("60")


def test_the_same_amount_each_time_stays_the_single_amount() -> None:
    assert read_dosage([MORNING, ordered(20, timing=every(when=["EVE"]))]).dose == dose("40", single="20")


def test_mg_and_tablets_are_added_where_the_strength_is_known() -> None:
    tablets = ordered(2, "{tbl}", every(when=["EVE"]))
    assert read_dosage([MORNING, tablets], Decimal(20)).dose == dose("60")
    assert read_dosage([MORNING, tablets]).dose is None


BOUND = {"boundsDuration": {"value": 7, "code": "d"}}


@pytest.mark.parametrize(
    "instructions",
    [
        [{**MORNING, "sequence": 1}, {**EVENING, "sequence": 2}],
        [{**MORNING, "sequence": 1}, EVENING],
        [ordered(300, timing={"repeat": {"count": 1}}), ordered(75, timing=DAILY)],
        [ordered(20, timing=every(**BOUND)), ordered(40, timing=every(2))],
        [MORNING, {**EVENING, "text": "then 40 mg in the evening"}],
        [MORNING, ordered(1, "mg/kg", every(when=["EVE"]))],
        [MORNING, ordered(5, "mL", DAILY)],
        [MORNING, ordered(40)],
        [MORNING, MORNING],
        [{**MORNING, "asNeededBoolean": True}, {**EVENING, "asNeededBoolean": True}],
        [ordered(1 + n, timing=every(when=["MORN"])) for n in range(20)],
    ],
    ids=[
        "sequence", "half a sequence", "once, then daily", "for a week, then", "then", "mg and mg/kg",
        "mg and mL", "one without timing", "said twice", "choice of as-needed doses", "twenty",
    ],
)  # fmt: skip
def test_instructions_that_may_follow_each_other_give_no_dose(instructions: list[dict[str, Any]]) -> None:
    reading = read_dosage(instructions)
    assert (reading.dose, reading.single_administration) == (None, False)
    assert reading.notices == NOT_COMPUTABLE


def test_the_same_end_does_not_make_a_sequence() -> None:
    parts = [
        ordered(20, timing=every(when=["MORN"], **BOUND)),
        ordered(40, timing=every(when=["EVE"], **BOUND)),
    ]
    assert read_dosage(parts).dose == dose("60")


def test_json_too_deep_to_compare_is_no_dose() -> None:
    deep: list[Any] = []
    twin: list[Any] = []
    for _ in range(3000):
        deep, twin = [deep], [twin]
    parts = [ordered(20, timing=every(boundsPeriod=deep)), ordered(40, timing=every(boundsPeriod=twin))]
    assert read_dosage(parts).dose is None


# -- routes ----------------------------------------------------------------------------------


def route(code: str = "", display: str = "", text: str = "") -> dict[str, Any]:
    return {"route": {"coding": [{"system": "any", "code": code, "display": display}], "text": text}}


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (route("26643006"), {"oral"}),
        (route("47625008"), {"parenteral"}),
        (route("78421000"), {"parenteral"}),
        (route("34206005"), {"parenteral"}),
        (route("447694001"), {"inhalation"}),
        (route("6064005"), {"topical"}),
        (route("54485002"), {"ophthalmic"}),
        (route("10547007"), {"otic"}),
        (route("46713006"), {"nasal"}),
        (route("37161004"), {"rectal"}),
        (route("16857009"), {"vaginal"}),
        (route("45890007"), {"transdermal"}),
        (route("37839007"), {"sublingual/buccal"}),
        (route("20053000"), {"oral"}),
        (route("C38276"), {"parenteral"}),
        (route("PO"), {"oral"}),
        (route("ivpush"), {"parenteral"}),
        (route("15", "Oral"), {"oral"}),
        (route("15", text="by mouth"), {"oral"}),
        (route("15", text="IV or PO"), {"parenteral", "oral"}),
        (route("15", "Ophthalmic ointment"), {"ophthalmic"}),
        ({"route": [{"coding": {"code": "26643006"}}]}, {"oral"}),
        ({"route": {"text": "Topical"}}, {"topical"}),
        ({"text": "5% cream, topical"}, {"topical"}),
        ({"text": "0.3% eye drops"}, {"ophthalmic"}),
        ({"text": "ear drops"}, {"otic"}),
        ({"text": "cream, rectally"}, {"rectal"}),
        ({"text": "5 mg/kg IV"}, {"parenteral"}),
        ({"text": "75 mg PO daily"}, {"oral"}),
        ({"text": "2 puffs twice daily"}, {"inhalation"}),
        ({"text": "75 mg daily"}, set()),
        ({"text": "important: report a pimple"}, set()),
        ({}, set()),
    ],
)
def test_routes_by_code_or_in_words(part: dict[str, Any], expected: set[str]) -> None:
    reading = read_dosage([part])
    assert (reading.routes, reading.notices) == (expected, ())


def test_a_coded_route_wins_over_the_text() -> None:
    assert read_dosage([{**route("47625008"), "text": "swallow"}]).routes == {"parenteral"}


def test_routes_of_several_instructions_are_all_kept() -> None:
    assert read_dosage([route("47625008"), route("26643006")]).routes == {"parenteral", "oral"}


def test_a_route_nobody_knows_is_a_notice() -> None:
    reading = read_dosage([route("15", "by carrier pigeon")])
    assert (reading.routes, reading.notices) == (frozenset(), (Notice.of("route-unknown"),))


# -- anything --------------------------------------------------------------------------------

WORDS = st.sampled_from(
    ["mg", "d", "h", "BID", "1", "75 mg daily", "26643006", "HS", "mon", "{tbl}", "", "text", "NaN", "9" * 40]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | WORDS | st.text(max_size=8)
KEYS = st.sampled_from(
    [
        "doseAndRate", "doseQuantity", "doseRange", "high", "low", "value", "unit", "code", "coding",
        "timing", "repeat", "frequency", "period", "periodUnit", "count", "when", "dayOfWeek", "timeOfDay",
        "boundsDuration", "text", "route", "display", "sequence", "asNeededBoolean", "maxDosePerPeriod",
        "numerator", "denominator", "event", "frequencyMax", "countMax",
    ]
)  # fmt: skip
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5)
)


@given(JSON)
def test_no_json_makes_the_reader_fail(instructions: object) -> None:
    reading = read_dosage(instructions, Decimal(10))
    assert reading.dose is None or (reading.dose.amount > 0 and reading.dose.amount.is_finite())


@given(st.text(alphabet="0123456789 mgtabledyonciwphr/-.,x²", max_size=40))
def test_no_text_makes_the_reader_fail(text: str) -> None:
    reading = read_dosage([{"text": text}])
    assert reading.dose is None or reading.dose.amount > 0
