"""An order that fails because of a drug beside it, through the hook."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from tests.requests_made import PATIENT, RXNORM, Json, bundle, call, draft, genotype

SELECT = "/cds-services/pgx-order-select"
TAMOXIFEN, CODEINE, PAROXETINE = "10324", "2670", "32937"


def beside_paroxetine(rxcui: str) -> Json:
    running: Json = {
        "resourceType": "MedicationRequest",
        "id": "running",
        "status": "active",
        "intent": "order",
        "subject": {"reference": f"Patient/{PATIENT}"},
        "medicationCodeableConcept": {"coding": [{"system": RXNORM, "code": PAROXETINE}]},
    }
    body = call(draft(rxcui, reason=None), results=(genotype("CYP2D6", "*1/*2"),))
    body["prefetch"]["medications"] = bundle(running)
    return body


@pytest.mark.parametrize(
    ("rxcui", "action", "first", "second"),
    [
        (TAMOXIFEN, "switch-comedication", "Instead of paroxetine:", "Or replace tamoxifen with:"),
        (CODEINE, "avoid", "Instead:", "Or keep codeine"),
    ],
)
def test_both_ways_are_on_the_card_in_the_order_of_the_guideline(
    client: FlaskClient, rxcui: str, action: str, first: str, second: str
) -> None:
    answer = client.post(SELECT, json=beside_paroxetine(rxcui))
    assert answer.status_code == 200
    (card,) = answer.get_json()["cards"]
    finding = card["extension"]["pgx-cds.finding"]
    assert finding["action"] == action
    assert 0 < card["detail"].index(first) < card["detail"].index(second)
    assert {one["status"] for one in finding["otherWay"]["alternatives"]} >= {"offered"}


def test_no_button_orders_a_drug_in_the_place_of_one_that_only_runs(client: FlaskClient) -> None:
    for rxcui in (TAMOXIFEN, CODEINE):
        (card,) = client.post(SELECT, json=beside_paroxetine(rxcui)).get_json()["cards"]
        made = [
            action["resource"]["medicationCodeableConcept"]["text"]
            for suggestion in card.get("suggestions", ())
            for action in suggestion["actions"]
            if action["type"] == "create" and "medicationCodeableConcept" in action["resource"]
        ]
        assert not {"venlafaxine", "gabapentin", "desvenlafaxine"} & set(made)
