"""What a record says about drugs that are taken or were stopped."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from cds_service.core.model import Ingredient, Order
from cds_service.fhir.drug_use import failed, read_uses, stopped, taken, used_locally
from cds_service.fhir.medication import read_order
from cds_service.fhir.therapy import taken_days
from tests.builders import knowledge

TODAY = date(2026, 11, 20)
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
PAROXETINE, TERBINAFINE = "32937", "37801"
CODES = knowledge().drug_codes


def request(rxcui: str = PAROXETINE, **more: Any) -> dict[str, Any]:
    concept = {"coding": [{"system": RXNORM, "code": rxcui}]}
    return {
        "resourceType": "MedicationRequest", "id": "m1", "status": "active", "intent": "order",
        "medicationCodeableConcept": concept, "authoredOn": "2026-10-01", **more,
    }  # fmt: skip


def bounds(end: str) -> list[dict[str, Any]]:
    return [{"timing": {"repeat": {"boundsPeriod": {"start": "2026-10-01", "end": end}}}}]


def days_since(*resources: dict[str, Any]) -> dict[str, int]:
    return {one.ingredient.name: one.days for one in stopped(read_uses(resources, CODES), TODAY)}


@pytest.mark.parametrize(
    ("adherence", "is_taken"),
    [(None, True), ("taking-as-directed", True), ("not-taking", False), ("stopped-as-directed", False)],
)
def test_a_statement_of_r5_says_apart_from_its_status_whether_the_drug_is_taken(
    adherence: str | None, *, is_taken: bool
) -> None:
    concept = {"coding": [{"system": RXNORM, "code": PAROXETINE}]}
    said = {"adherence": {"code": {"coding": [{"code": adherence}]}}} if adherence else {}
    statement = {
        "resourceType": "MedicationStatement", "id": "s1", "status": "recorded",
        "medication": {"concept": concept},
        **said,
    }  # fmt: skip
    assert bool(taken(read_uses([statement], CODES), TODAY)) is is_taken


@pytest.mark.parametrize(
    ("more", "days"),
    [
        ({"status": "stopped", "dosageInstruction": bounds("2026-11-15")}, 5),
        ({"status": "active", "dosageInstruction": bounds("2026-11-15")}, 5),
        ({"status": "stopped", "dispenseRequest": {"validityPeriod": {"end": "2026-11-10"}}}, 10),
        (
            {
                "status": "completed",
                "dispenseRequest": {
                    "expectedSupplyDuration": {"value": 20, "code": "d"},
                    "numberOfRepeatsAllowed": 1,
                },
            },
            10,
        ),
        ({"status": "stopped"}, None),
        ({"status": "stopped", "dosageInstruction": bounds("2026-12-15")}, None),
        ({"status": "active"}, None),
        ({"status": "entered-in-error", "dosageInstruction": bounds("2026-11-15")}, None),
    ],
)
def test_the_day_of_the_last_dose_is_read_where_the_record_has_it(
    more: dict[str, Any], days: int | None
) -> None:
    assert days_since(request(**more)).get("paroxetine") == days


def test_a_statement_that_ended_counts_as_stopped() -> None:
    statement = {
        "resourceType": "MedicationStatement", "id": "s1", "status": "completed",
        "medicationCodeableConcept": {"coding": [{"system": RXNORM, "code": PAROXETINE}]},
        "effectivePeriod": {"start": "2026-01-01", "end": "2026-11-18"},
    }  # fmt: skip
    assert days_since(statement) == {"paroxetine": 2}


def test_a_drug_that_another_order_goes_on_with_is_not_stopped() -> None:
    over = request(id="m0", status="stopped", dosageInstruction=bounds("2026-11-15"))
    assert days_since(over, request()) == {}
    assert taken(read_uses([over, request()], CODES), TODAY) == (Ingredient("paroxetine", PAROXETINE),)


@pytest.mark.parametrize(
    ("reason", "has_failed"),
    [
        ({"text": "Treatment failure"}, True),
        ({"text": "Lack of efficacy"}, True),
        ({"text": "Unverträglichkeit"}, True),
        ({"coding": [{"code": "sintol"}]}, True),
        ({"text": "Course finished"}, False),
        ({"text": "Renal failure"}, False),
        ({"text": "Course finished without side effects"}, False),
        ({"text": "No adverse effects, but no response"}, True),
        (None, False),
    ],
)
def test_a_drug_that_ended_without_success_has_failed(reason: object, has_failed: bool) -> None:
    over = request(id="m0", status="stopped", statusReason=reason)
    assert bool(failed(read_uses([over], CODES), TODAY)) is has_failed
    # Taken again, it did not fail for good; and what runs has not failed.
    assert failed(read_uses([over, request()], CODES), TODAY) == ()
    assert failed(read_uses([{**over, "status": "active"}], CODES), TODAY) == ()


def test_a_drug_is_local_only_if_every_use_of_it_is() -> None:
    cream = request(TERBINAFINE, dosageInstruction=[{"route": {"coding": [{"code": "6064005"}]}}])
    local = knowledge().local_routes
    assert used_locally(read_uses([cream], CODES), TODAY, local) == {"terbinafine"}
    assert used_locally(read_uses([cream, request(TERBINAFINE)], CODES), TODAY, local) == frozenset()


def test_a_completed_course_counts_as_taken_only_where_the_draft_continues_it() -> None:
    course = request(id="old", status="completed", authoredOn="2026-10-21")
    draft = Order("MedicationRequest/new", (Ingredient("paroxetine", PAROXETINE),))
    uses = read_uses([course], CODES)
    assert taken_days(draft, uses, TODAY) is None
    continued = Order(draft.reference, draft.ingredients, continues="MedicationRequest/old")
    assert taken_days(continued, uses, TODAY) == 30
    assert taken_days(draft, read_uses([request(id="old")], CODES), TODAY) == 50


@pytest.mark.parametrize(("status", "ends"), [("draft", False), ("stopped", True), ("cancelled", True)])
def test_a_draft_that_stops_a_drug_is_told_from_one_that_starts_it(status: str, ends: bool) -> None:
    reading = read_order(request(status=status), drug_codes=CODES)
    assert reading is not None and reading.order.ends is ends
