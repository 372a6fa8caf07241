"""Route, regimen and dose of an order decide, through the hook: the drug alone does not say enough."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.requests_made import PATIENT, RXNORM, Json, bundle, call, draft, genotype

SELECT = "/cds-services/pgx-order-select"
SNOMED = "http://snomed.info/sct"
FLUOROURACIL, GENTAMICIN, PRIMAQUINE, PHENYTOIN, AMITRIPTYLINE = "4492", "1596450", "8687", "8183", "704"
MAFENIDE = "6572"
ATORVASTATIN_20, ATORVASTATIN_80 = "617318", "259255"
FALCIPARUM, VIVAX, NEUROPATHIC_PAIN, DEPRESSION = "62676009", "27052006", "247398009", "370143000"
ORAL, TOPICAL, VEIN, EYE = "26643006", "6064005", "47625008", "54485002"

NO_DPD = genotype("DPYD", "c.1905+1G>A (*2A)/c.1905+1G>A (*2A)")
DEAF = genotype("MT-RNR1", "m.1555A>G")
NO_G6PD = genotype("G6PD", "A- 202A_376G/A- 202A_376G")
CNSHA = genotype("G6PD", "Aachen/Aachen")
POOR_2C9 = genotype("CYP2C9", "*3/*3")
POOR_2D6 = genotype("CYP2D6", "*4/*4")
POOR_SLCO1B1 = genotype("SLCO1B1", "*5/*5")
ONCE: Json = {"repeat": {"count": 1}}
DAILY: Json = {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}}
FOR_14_DAYS: Json = {
    "repeat": {"frequency": 1, "period": 1, "periodUnit": "d", "boundsDuration": {"value": 14, "code": "d"}}
}


def instruction(mg: float | None, timing: Json = DAILY, route: str = "", **more: Any) -> Json:
    found: Json = {"timing": timing, **more}
    if mg is not None:
        found["doseAndRate"] = [{"doseQuantity": {"value": mg, "unit": "mg", "code": "mg"}}]
    if route:
        found["route"] = {"coding": [{"system": SNOMED, "code": route}]}
    return found


def weight(kg: float) -> Json:
    return {
        "resourceType": "Observation",
        "id": "weight",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}]},
        "subject": {"reference": f"Patient/{PATIENT}"},
        "effectiveDateTime": "2026-10-01",
        "valueQuantity": {"value": kg, "unit": "kg", "system": "http://unitsofmeasure.org", "code": "kg"},
    }


def action(
    client: FlaskClient, rxcui: str, *instructions: Json, results: tuple[Json, ...], reason: str | None = None
) -> str:
    """The action on the card, or that there is none."""
    concept = {"coding": [{"system": RXNORM, "code": rxcui}], "text": "as ordered"}
    order = draft(
        rxcui, reason=reason, medicationCodeableConcept=concept, dosageInstruction=list(instructions)
    )
    body = call(order, results=results)
    body["prefetch"]["weight"] = bundle(weight(70))
    answer = client.post(SELECT, json=body)
    assert answer.status_code == 200
    cards = answer.get_json()["cards"]
    assert len(cards) < 2
    found: str = cards[0]["extension"]["pgx-cds.finding"]["action"] if cards else "silent"
    return found


@pytest.mark.parametrize(
    ("rxcui", "route", "result", "expected"),
    [
        (FLUOROURACIL, TOPICAL, NO_DPD, "contraindicated"),
        (FLUOROURACIL, VEIN, NO_DPD, "avoid"),
        (FLUOROURACIL, "", NO_DPD, "avoid"),
        (GENTAMICIN, EYE, DEAF, "silent"),
        (GENTAMICIN, VEIN, DEAF, "avoid"),
        (GENTAMICIN, "", DEAF, "avoid"),
        (MAFENIDE, TOPICAL, CNSHA, "monitor"),
    ],
    ids=["cream without any activity", "infusion", "route unknown", "eye drops",
         "infusion of an aminoglycoside", "aminoglycoside without a route", "a cream that reaches the body"],
)  # fmt: skip
def test_a_local_route_is_silent_only_where_little_reaches_the_body(
    client: FlaskClient, rxcui: str, route: str, result: Json, expected: str
) -> None:
    assert action(client, rxcui, instruction(None, route=route), results=(result,)) == expected


@pytest.mark.parametrize(
    ("mg", "timing", "reason", "results", "expected"),
    [
        (15, FOR_14_DAYS, VIVAX, (NO_G6PD,), "avoid"),
        (15, ONCE, FALCIPARUM, (NO_G6PD,), "silent"),
        (45, ONCE, FALCIPARUM, (NO_G6PD,), "cap-dose"),
        (15, ONCE, VIVAX, (NO_G6PD,), "avoid"),
        (15, FOR_14_DAYS, VIVAX, (), "test-first"),
        (15, ONCE, FALCIPARUM, (), "silent"),
    ],
    ids=["14 days", "single low dose", "single high dose", "single dose for something else",
         "14 days without a result", "single dose without a result"],
)  # fmt: skip
def test_a_single_dose_of_primaquine_is_not_a_course(
    client: FlaskClient, mg: float, timing: Json, reason: str, results: tuple[Json, ...], expected: str
) -> None:
    assert action(client, PRIMAQUINE, instruction(mg, timing), results=results, reason=reason) == expected


def test_a_loading_dose_stays_as_usual_and_what_follows_does_not(client: FlaskClient) -> None:
    loading, daily = instruction(1000, ONCE, VEIN), instruction(300)
    results = (POOR_2C9, genotype("HLA-B", "*07:02/*08:01"))
    assert action(client, PHENYTOIN, loading, results=results) == "silent"
    assert action(client, PHENYTOIN, daily, results=results) == "reduce-dose"
    steps = ({**loading, "sequence": 1}, {**daily, "sequence": 2})
    assert action(client, PHENYTOIN, *steps, results=results) == "reduce-dose"


@pytest.mark.parametrize(
    ("mg", "reason", "expected"),
    [
        (25, NEUROPATHIC_PAIN, "silent"),
        (None, NEUROPATHIC_PAIN, "silent"),
        (100, NEUROPATHIC_PAIN, "avoid"),
        (25, DEPRESSION, "avoid"),
    ],
)
def test_a_low_dose_of_amitriptyline_for_pain_is_let_through(
    client: FlaskClient, mg: float | None, reason: str, expected: str
) -> None:
    results = (POOR_2D6, genotype("CYP2C19", "*1/*1", "g2"))
    assert action(client, AMITRIPTYLINE, instruction(mg), results=results, reason=reason) == expected


@pytest.mark.parametrize(
    ("rxcui", "mg", "expected"), [(ATORVASTATIN_20, 20, "silent"), (ATORVASTATIN_80, 80, "cap-dose")]
)
def test_a_dose_that_keeps_the_limit_is_silent(
    client: FlaskClient, rxcui: str, mg: float, expected: str
) -> None:
    assert action(client, rxcui, instruction(mg), results=(POOR_SLCO1B1,)) == expected
