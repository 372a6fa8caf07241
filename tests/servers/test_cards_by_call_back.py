"""The same patients on a FHIR server nobody here wrote: the same cards, byte for byte, in few requests."""

from __future__ import annotations

import json
from collections.abc import Iterator
from statistics import median
from typing import Any

import pytest
import requests

from tests.servers.patients import INDEX, Json, call, order
from tests.servers.recorder import Recorder

#: Each drug of the examples once, in the first example's words.
DRUGS = [
    {key: value for key, value in example.items() if key != "renews"}
    for example in {example["rxcui"]: example for patient in INDEX for example in patient["try"]}.values()
]

#: FHIR requests of one call.
MOST_REQUESTS = 11
#: The same where a batch counts as one: a round for the results, and few for what they make worth knowing.
MOST_BATCHES = 4


Answers = list[tuple[Json, str, str, int]]


def cards(service: str, body: Json) -> list[Any]:
    answer = requests.post(f"{service}/cds-services/pgx-order-select", json=body, timeout=60)
    assert answer.status_code == 200, answer.text[:2000]
    return list(answer.json()["cards"])


def by_base(service: str, base: str, patient: str, drafts: list[Json]) -> str:
    """The cards as text; the address of the server that was asked is the only thing that may differ."""
    found = cards(service, call(patient, drafts, base))
    return json.dumps(found, indent=1, ensure_ascii=False).replace(base, "[base]")


@pytest.fixture(scope="session")
def counts(say: list[str]) -> Iterator[list[int]]:
    """FHIR requests of each call by single searches; told at the end of the run."""
    found: list[int] = []
    yield found
    if found:
        span = f"{min(found)} to {max(found)}, median {median(found):g}"
        say.append(f"tests/servers: FHIR requests of a call by single searches: {span} (in {len(found)})")


@pytest.fixture(scope="session")
def batch_counts(say: list[str]) -> Iterator[list[int]]:
    """The same where batches are asked for."""
    found: list[int] = []
    yield found
    if found:
        span = f"{min(found)} to {max(found)}, median {median(found):g}"
        say.append(f"tests/servers: FHIR requests of a call in batches: {span} (in {len(found)})")


@pytest.fixture(scope="module")
def answers(plain_service: str, fhir_server: Recorder, patient: str, counts: list[int]) -> Answers:
    """For each example: itself, the cards by the fixtures' own endpoint and by the server, requests to it."""
    [examples] = [entry["try"] for entry in INDEX if entry["id"] == patient]
    found = []
    for example in examples:
        drafts = [order(patient, example)]
        before = len(fhir_server.asked)
        fetched = by_base(plain_service, fhir_server.base, patient, drafts)
        counts.append(len(fhir_server.asked) - before)
        fixtures = by_base(plain_service, f"{plain_service}/fhir", patient, drafts)
        found.append((example, fixtures, fetched, counts[-1]))
    return found


def test_examples_get_the_cards_of_the_fixtures(answers: Answers) -> None:
    for example, fixtures, fetched, _ in answers:
        assert fixtures == fetched
        assert bool(json.loads(fetched)) != example["expect"].startswith("No advice"), example["drug"]


def test_a_call_asks_few_things(answers: Answers) -> None:
    assert max(asked for *_, asked in answers) <= MOST_REQUESTS


def test_batches_bring_the_same_cards_in_fewer_requests(
    plain_service: str, service: str, fhir_server: Recorder, patient: str, batch_counts: list[int]
) -> None:
    [examples] = [entry["try"] for entry in INDEX if entry["id"] == patient]
    for example in examples:
        drafts = [order(patient, example)]
        before = len(fhir_server.asked)
        fetched = by_base(service, fhir_server.base, patient, drafts)
        batch_counts.append(len(fhir_server.asked) - before)
        assert batch_counts[-1] <= MOST_BATCHES
        assert fetched == by_base(plain_service, f"{plain_service}/fhir", patient, drafts)


def test_every_drug_gets_the_cards_of_the_fixtures(service: str, fhir_server: Recorder, patient: str) -> None:
    drafts = [order(patient, example, number) for number, example in enumerate(DRUGS, 1)]
    fetched = by_base(service, fhir_server.base, patient, drafts)
    assert by_base(service, f"{service}/fhir", patient, drafts) == fetched
    assert bool(json.loads(fetched)) != (patient == "pgx-consent")
