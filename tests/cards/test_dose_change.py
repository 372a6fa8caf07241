"""A dose suggestion: the draft as it came, with another dose."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from cds_service.cards.card import CardMaker
from cds_service.cards.suggestions import Style
from cds_service.cards.wording import languages, load_wording
from cds_service.core.recommend import Case, Policy, recommend
from cds_service.fhir.medication import read_order
from tests.builders import evidence, genotype, knowledge, person
from tests.requests_made import draft

POOR = genotype("CYP2C19", "*2/*2")
TWENTY, FORTY, ATORVASTATIN_80, CAPECITABINE_500 = "200371", "309314", "259255", "200328"


def instruction(value: float, unit: str = "mg", **more: Any) -> dict[str, Any]:
    amount = {"value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit}
    timing = {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}}
    return {"timing": timing, "doseAndRate": [{"doseQuantity": amount}], **more}


def card(
    raw: dict[str, Any], *results: Any, style: Style = Style.REPLACE, language: str = "en"
) -> dict[str, Any]:
    read = read_order(raw, drug_codes=knowledge().drug_codes)
    assert read is not None
    case = Case(person(), evidence(*results), (read.order,))
    (finding,) = recommend(read.order, case, knowledge(), Policy())
    made = CardMaker(load_wording(language), style, "2026-01-01", {}).card(finding, raw, "call")
    assert made is not None
    return made


def dose_buttons(made: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        suggestion
        for suggestion in made.get("suggestions", ())
        if any("dosageInstruction" in action.get("resource", {}) for action in suggestion["actions"])
    ]


def test_the_draft_comes_back_with_another_dose_and_nothing_else_changed() -> None:
    raw = draft(
        TWENTY,
        dosageInstruction=[
            instruction(40, text="40 mg PO daily", additionalInstruction=[{"text": "with food"}])
        ],
        note=[{"text": "kept"}],
        dispenseRequest={"quantity": {"value": 60}},
    )
    before = copy.deepcopy(raw)
    (button,) = dose_buttons(card(raw, POOR))
    (action,) = button["actions"]
    assert raw == before
    expected = copy.deepcopy(before)
    expected["dosageInstruction"][0]["doseAndRate"][0]["doseQuantity"]["value"] = 20
    expected["dosageInstruction"][0]["text"] = "20 mg PO daily"
    assert (action["type"], action["resource"]) == ("update", expected)
    assert button["label"] == "Change the dose to 20 mg once daily"
    assert button["uuid"]


def test_tablets_stay_tablets() -> None:
    (button,) = dose_buttons(card(draft(FORTY, dosageInstruction=[instruction(1, "{tablet}")]), POOR))
    dose = button["actions"][0]["resource"]["dosageInstruction"][0]["doseAndRate"][0]["doseQuantity"]
    assert (dose["value"], dose["unit"]) == (0.5, "{tablet}")


def test_the_card_says_how_the_dose_was_found() -> None:
    made = card(draft(TWENTY, dosageInstruction=[instruction(40)]), POOR)
    assert (
        "**This order:** 40 mg once daily becomes 20 mg once daily (1 × 20 mg) by this limit."
        in made["detail"]
    )


def test_a_limit_is_recommended_and_a_share_of_what_may_not_be_the_usual_dose_is_not() -> None:
    capped = card(draft(TWENTY, dosageInstruction=[instruction(40)]), POOR)
    assert dose_buttons(capped)[0]["isRecommended"] is True
    halved = card(
        draft(CAPECITABINE_500, dosageInstruction=[instruction(2000)]),
        genotype("DPYD", "Reference/c.1905+1G>A (*2A)"),
    )
    (button,) = dose_buttons(halved)
    assert "isRecommended" not in button
    assert "if it was adapted already, leave it" in halved["detail"]


def test_what_the_product_cannot_deliver_is_told_without_a_button() -> None:
    raw = draft(ATORVASTATIN_80, dosageInstruction=[instruction(80)])
    made = card(raw, genotype("SLCO1B1", "*5/*5"))
    assert "cannot give that; another strength can: 1 × 20 mg." in made["detail"]
    assert not dose_buttons(made)


def test_an_order_that_is_not_plain_is_answered_in_words_as_before() -> None:
    made = card(draft(TWENTY, dosageInstruction=[{"text": "40 mg daily"}]), POOR)
    assert "This order" not in made["detail"]
    assert not dose_buttons(made)


def test_a_client_without_updates_gets_a_new_draft_and_a_deletion() -> None:
    made = card(draft(TWENTY, dosageInstruction=[instruction(40)]), POOR, style=Style.SEPARATE)
    (button,) = dose_buttons(made)
    (action,) = button["actions"]
    assert (action["type"], "id" in action["resource"]) == ("create", False)
    kinds = [action["type"] for suggestion in made["suggestions"] for action in suggestion["actions"]]
    assert kinds.count("delete") == 1
    assert len({suggestion["uuid"] for suggestion in made["suggestions"]}) == len(made["suggestions"])


@pytest.mark.parametrize("language", languages())
def test_the_words_exist_in_every_language(language: str) -> None:
    for rxcui, value in ((TWENTY, 40), (FORTY, 50)):
        made = card(draft(rxcui, dosageInstruction=[instruction(value)]), POOR, language=language)
        assert "20 mg" in made["detail"]
