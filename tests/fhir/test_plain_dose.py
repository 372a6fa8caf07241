"""Which orders state a dose so plainly that a program may change it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from cds_service.core.delivery import Delivery
from cds_service.core.model import Administration, Order
from cds_service.fhir.medication import read_order
from cds_service.fhir.plain_dose import plain_administration
from tests.builders import knowledge
from tests.requests_made import draft

OPEN = {"repeat": {"frequency": 1, "frequencyMax": 2, "period": 1, "periodUnit": "d"}}
DAILY = {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}}
CITALOPRAM, CITALOPRAM_20 = "2556", "200371"


def quantity(value: float, unit: str = "mg") -> dict[str, Any]:
    return {"doseQuantity": {"value": value, "unit": unit, "code": unit}}


def instruction(**more: Any) -> dict[str, Any]:
    return {"timing": DAILY, "doseAndRate": [quantity(40)], **more}


def plain(*instructions: dict[str, Any], strength: str | None = None) -> Administration | None:
    order = draft(dosageInstruction=list(instructions))
    return plain_administration(order, Decimal(strength) if strength else None)


def test_one_amount_and_one_frequency_are_plain() -> None:
    assert plain(instruction()) == Administration(Decimal(40), "mg", 1)
    assert plain(instruction(doseAndRate=[quantity(2, "{tablet}")]), strength="20") == Administration(
        Decimal(40), "mg", 1
    )


def test_the_place_of_the_amount_in_the_text_is_known() -> None:
    found = plain(instruction(text="Take 40 mg by mouth daily"))
    assert found is not None
    assert found.words == (5, 7, 10)
    assert plain(instruction(text="with food")) == Administration(Decimal(40), "mg", 1)


@pytest.mark.parametrize(
    "found",
    [
        plain(instruction(), instruction(sequence=2)),
        plain(instruction(asNeededBoolean=True)),
        plain(instruction(asNeededCodeableConcept={"text": "pain"})),
        plain(instruction(maxDosePerPeriod={"numerator": {"value": 80}})),
        plain(instruction(doseAndRate=[{"doseRange": {"low": {"value": 1}, "high": {"value": 2}}}])),
        plain(instruction(doseAndRate=[quantity(40), quantity(20)])),
        plain(instruction(doseAndRate=[{**quantity(40), "rateQuantity": {"value": 1}}])),
        plain(instruction(doseAndRate=[{"doseQuantity": {"value": 40, "unit": "mg", "comparator": "<"}}])),
        plain(instruction(doseAndRate=[quantity(2, "{tablet}")])),
        plain(instruction(doseAndRate=[quantity(40, "mg/d")])),
        plain(instruction(timing=OPEN)),
        plain(instruction(timing={"repeat": {"frequency": 1, "period": 2, "periodUnit": "d"}})),
        plain(instruction(timing={"code": {"text": "once"}})),
        plain(instruction(timing={})),
        plain({"text": "40 mg daily"}),
        plain(instruction(text="40 mg daily, then 20 mg daily")),
        plain(instruction(text="20 mg daily")),
        plain(instruction(text="40 mg twice daily")),
        plain(instruction(text="Take one tablet daily"), strength="40"),
        plain(instruction(patientInstruction="Take 2 tablets")),
        plain(instruction(additionalInstruction=[{"text": "half on day 1"}])),
        plain({**instruction(), "modifierExtension": [{"url": "urn:x"}]}),
    ],
    ids=[
        "two instructions", "as needed", "as needed for", "maximum", "range", "two doses", "rate",
        "comparator",
        "pieces of unknown strength", "a day", "open frequency", "every other day", "once", "no frequency",
        "text only", "steps in the text", "another dose in the text", "another frequency in the text",
        "number in words", "numbers for the patient", "numbers besides", "modifier",
    ],
)  # fmt: skip
def test_what_leaves_room_for_doubt_is_not_plain(found: Administration | None) -> None:
    assert found is None


def read(rxcui: str, **more: Any) -> Order:
    found = read_order(draft(rxcui, **more), drug_codes=knowledge().drug_codes)
    assert found is not None
    return found.order


def test_a_scored_tablet_may_be_halved_and_others_not() -> None:
    scored, whole = read(CITALOPRAM_20).delivery, read("617318").delivery
    assert scored is not None
    assert whole is not None
    assert (scored.pieces, scored.parts, whole.pieces, whole.parts) == ((20,), 2, (20,), 1)


def test_other_strengths_are_those_of_the_same_form() -> None:
    at_once, extended = read("866924").delivery, read("866427").delivery
    assert at_once is not None
    assert extended is not None
    assert Decimal("37.5") in at_once.others
    assert set(extended.others) == {50, 100, 200}


def test_an_ingredient_comes_in_all_its_pieces_and_by_injection_in_any_amount() -> None:
    text = {"coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": CITALOPRAM}]}
    tablets = read(CITALOPRAM, medicationCodeableConcept={**text, "text": "citalopram"}).delivery
    assert tablets is not None
    assert not tablets.chosen
    assert Decimal(20) in tablets.pieces
    vein = {"coding": [{"system": "http://snomed.info/sct", "code": "47625008"}]}
    assert read(CITALOPRAM, dosageInstruction=[{"route": vein}]).delivery == Delivery()


def test_a_strength_in_the_words_of_an_order_is_a_product_nobody_knows() -> None:
    text = {"coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": CITALOPRAM}]}
    assert read(CITALOPRAM, medicationCodeableConcept={**text, "text": "citalopram 40 MG"}).delivery is None
