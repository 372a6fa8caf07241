"""Only what a judgement looks at is asked for, and what is not asked for never changes an answer."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import fields, replace
from datetime import date
from functools import cache
from typing import Any

import pytest

from cds_service.core.model import Patient
from cds_service.fhir.readers import unpack
from cds_service.hooks.call_data import OfflineData
from cds_service.hooks.data_needs import FIRST, FOR_ORDERS, GENETIC, DataNeed, DataPlan, needs_behind
from cds_service.hooks.evaluate import Evaluator
from cds_service.hooks.gathered import Gathered
from cds_service.hooks.request import parse_request
from cds_service.hooks.site import SiteProfile
from cds_service.resources import fixtures_folder
from cds_service.wsgi import build_evaluator
from tests.builders import knowledge
from tests.servers.patients import INDEX, call, order

DAY = date(2026, 11, 20)
EVERYTHING = frozenset(FOR_ORDERS)


@cache
def plan() -> DataPlan:
    return DataPlan.of(knowledge().codes, SiteProfile(), knowledge().measures.used_codes)


@cache
def record(patient: str) -> tuple[Any, ...]:
    """All resources of a fixture patient."""
    text = (fixtures_folder() / "patients" / f"{patient}.json").read_text("utf8")
    return tuple(unpack(json.loads(text)))


class OnlyAsked:
    """A server that gives what is asked for, and takes down what that was."""

    def __init__(self, resources: tuple[Any, ...]) -> None:
        self.resources = resources
        self.asked: set[DataNeed] = set()
        self.rounds = 0

    def gather(self, needs: Collection[DataNeed], references: Collection[str] = ()) -> Gathered:
        self.rounds += bool(needs)
        self.asked |= set(needs)
        given = [r for r in self.resources if any(plan().answers(need, r) for need in self.asked)]
        found = OfflineData.of(given).gather(plan().planned(self.asked))
        named = OfflineData.of(self.resources).gather((), references)
        return Gathered(found.outcomes, found.resources, named.referenced)


def evaluator(data: Any) -> Evaluator:
    return build_evaluator(knowledge(), SiteProfile(), lambda _: data, lambda: DAY)


def answer(patient: str, example: Any, data: Any) -> Any:
    body = json.dumps(call(patient, [order(patient, example)], "https://ehr.example.org/fhir")).encode()
    return evaluator(data).evaluate(parse_request(body, "order-select"))


EXAMPLES = [
    pytest.param(entry["id"], example, id=f"{entry['id']} {example['drug']}")
    for entry in INDEX
    for example in entry["try"]
]


@pytest.mark.parametrize(("patient", "example"), EXAMPLES)
def test_what_was_not_asked_for_does_not_change_the_answer(patient: str, example: Any) -> None:
    data = OnlyAsked(record(patient))
    assert answer(patient, example, data) == answer(patient, example, OfflineData.of(record(patient)))


def test_silence_by_the_results_asks_for_little_else() -> None:
    [(name, examples)] = [(e["id"], e["try"]) for e in INDEX if e["id"] == "pgx-normal"]
    for example in examples:
        data = OnlyAsked(record(name))
        assert answer(name, example, data) == {"cards": []}
        # Which population is meant, and what is taken besides, may have to be known.
        assert len(data.asked) < len(FOR_ORDERS) - 1


def test_a_drug_without_knowledge_asks_for_nothing() -> None:
    data = OnlyAsked(())
    example = {"rxcui": "161", "text": "acetaminophen", "reason": {"text": "pain"}, "dose": "", "route": ""}
    assert answer("pgx-normal", example, data) == {"cards": []}
    assert data.asked == set()


class AllAtOnce:
    """A call that brought everything along; counts how often it is looked into."""

    def __init__(self, resources: tuple[Any, ...]) -> None:
        self.resources = resources
        self.looks = 0

    def gather(self, needs: Collection[DataNeed], references: Collection[str] = ()) -> Gathered:
        self.looks += 1
        return OfflineData.of(self.resources).gather({*FOR_ORDERS, *needs}, references)


def test_a_call_that_brought_everything_is_judged_once() -> None:
    [example, *_] = [e for entry in INDEX for e in entry["try"] if entry["id"] == "pgx-stent"]
    data = AllAtOnce(record("pgx-stent"))
    assert answer("pgx-stent", example, data)["cards"]
    assert data.looks == 1


def test_nothing_genetic_is_asked_for_before_the_consents_are_known() -> None:
    [example, *_] = [e for entry in INDEX for e in entry["try"] if entry["id"] == "pgx-consent"]
    data = OnlyAsked(record("pgx-consent"))
    assert answer("pgx-consent", example, data) == {"cards": []}
    assert data.rounds == 1
    assert DataNeed.CONSENTS in data.asked
    assert not data.asked & GENETIC


def test_a_drug_beside_the_order_is_exchanged_in_thought_for_a_person_of_whom_the_facts_are_noted() -> None:
    [example, *_] = [e for entry in INDEX for e in entry["try"] if entry["id"] == "pgx-inhibitor"]
    assert answer("pgx-inhibitor", example, OnlyAsked(record("pgx-inhibitor")))["cards"]


def test_every_fact_of_a_person_has_a_source() -> None:
    behind = needs_behind([field.name for field in fields(Patient)])
    assert behind | FIRST | GENETIC == EVERYTHING


class Elsewhere(OnlyAsked):
    """The same, where reading a reference brings what it names."""

    def __init__(self, resources: tuple[Any, ...], named: tuple[Any, ...]) -> None:
        super().__init__(resources)
        self.named = {f"{each['resourceType']}/{each['id']}": each for each in named}

    def gather(self, needs: Collection[DataNeed], references: Collection[str] = ()) -> Gathered:
        gathered = super().gather(needs)
        came = {reference: self.named[reference] for reference in references if reference in self.named}
        return replace(gathered, resources=(*gathered.resources, *came.values()), referenced=came)


def test_results_that_only_a_report_names_are_read() -> None:
    [example, *_] = [e for entry in INDEX for e in entry["try"] if entry["id"] == "pgx-stent"]
    resources = record("pgx-stent")
    results = tuple(r for r in resources if r["resourceType"] == "Observation" and "CYP2C19" in json.dumps(r))
    rest = tuple(r for r in resources if r not in results and r["resourceType"] != "DiagnosticReport")
    report = {
        "resourceType": "DiagnosticReport",
        "id": "r",
        "status": "final",
        "code": {"text": "Report"},
        "category": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0074", "code": "GE"}]}],
        "subject": {"reference": "Patient/pgx-stent"},
        "result": [{"reference": f"Observation/{each['id']}"} for each in results],
    }
    expected = [card["summary"] for card in answer("pgx-stent", example, OfflineData.of(resources))["cards"]]
    found = answer("pgx-stent", example, Elsewhere((*rest, report), results))
    assert [card["summary"] for card in found["cards"]] == expected
    assert expected
