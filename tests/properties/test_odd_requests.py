"""Malformed and odd requests: never a 5xx, never an empty answer where an order could not be read."""

from __future__ import annotations

import json
from typing import Any

from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzzing.strategies import JUNK, mutated, paths
from tests.requests_made import bundle, call, draft, genotype, patient

SELECT = "/cds-services/pgx-order-select"

BASE = call(
    draft(dosageInstruction=[{"text": "75 mg once daily"}]),
    draft(rxcui="993781", ident="rx2", reason="274663001"),
    results=(
        genotype("CYP2C19", "*2/*2"),
        genotype("CYP2D6", "*1/*2x2", "g2"),
        {
            **genotype("CYP2D6", "", "g3"),
            "code": {"text": "CYP2D6 PHENOTYPE"},
            "valueString": "Poor Metabolizer",
        },
    ),
)

ODD = mutated(BASE, paths(BASE))


def unreadable_orders(body: Any) -> bool:
    """True if an entry of the drafts is no resource at all."""
    entries = body["context"]["draftOrders"].get("entry") or []
    resources = [e.get("resource") if isinstance(e, dict) else None for e in entries]
    return any(not isinstance(r, dict) or not isinstance(r.get("resourceType"), str) for r in resources)


def check(client: FlaskClient, body: Any, data: bytes) -> None:
    answer = client.post(SELECT, data=data, content_type="application/json")
    assert answer.status_code in (200, 400, 412), answer.status_code
    value = answer.get_json()
    if answer.status_code != 200:
        assert value["resourceType"] == "OperationOutcome"
        return
    assert isinstance(value["cards"], list)
    for card in value["cards"]:
        assert 0 < len(card["summary"]) < 140
    uuids = [card["uuid"] for card in value["cards"]]
    assert len(set(uuids)) == len(uuids)
    if unreadable_orders(body):
        assert value["cards"], "an order that could not be read was passed over in silence"


# `make fuzz` tries many more.
@settings(max_examples=250, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=ODD)
def test_odd_requests(client: FlaskClient, body: Any) -> None:
    check(client, body, json.dumps(body).encode())


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=JUNK)
def test_requests_that_are_anything(client: FlaskClient, body: Any) -> None:
    data = json.dumps(body).encode()
    assert client.post(SELECT, data=data, content_type="application/json").status_code == 400


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=200))
def test_requests_that_are_no_json(client: FlaskClient, data: bytes) -> None:
    assert client.post(SELECT, data=data, content_type="application/json").status_code == 400


def test_an_order_whose_drug_cannot_be_told_is_never_passed_over(client: FlaskClient) -> None:
    for medication in (
        {"coding": [{"system": "x", "code": "y"}]},
        {"text": "???"},
        {"coding": [{"display": "foo"}]},
    ):
        body = call(draft(medicationCodeableConcept=medication))
        assert client.post(SELECT, json=body).get_json()["cards"]


def test_prefetch_of_any_kind_is_survived(client: FlaskClient) -> None:
    for value in (None, [], 7, "x", {"resourceType": "OperationOutcome"}, bundle(), patient()):
        body = call(draft())
        body["prefetch"] = dict.fromkeys(body["prefetch"], value)
        assert client.post(SELECT, json=body).status_code in (200, 400, 412)
