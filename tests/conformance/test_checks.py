"""The checks find what is wrong: a good answer has no fault, and each change to it has the one it should."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from tests.conformance.checks import faults_of_answer, faults_of_discovery
from tests.requests_made import call, draft

REQUEST = call(draft())
UUIDS = [f"{number}0000000-0000-4000-8000-000000000000" for number in range(1, 4)]
MEDICATION = {
    "resourceType": "MedicationRequest",
    "status": "draft",
    "intent": "order",
    "subject": {"reference": "Patient/p1"},
    "medicationCodeableConcept": {"coding": [{"system": "http://x.example", "code": "1"}], "text": "a drug"},
}
GOOD: dict[str, Any] = {
    "cards": [
        {
            "uuid": UUIDS[0],
            "summary": "Take another drug",
            "indicator": "warning",
            "detail": "Because of <5 reasons.",
            "source": {"label": "x", "url": "https://x.example", "topic": {"system": "urn:x", "code": "ab1"}},
            "selectionBehavior": "at-most-one",
            "suggestions": [
                {
                    "label": "Order it",
                    "uuid": UUIDS[1],
                    "isRecommended": True,
                    "actions": [
                        {"type": "delete", "description": "d", "resourceId": "MedicationRequest/rx1"},
                        {"type": "create", "description": "c", "resource": MEDICATION},
                    ],
                }
            ],
            "overrideReasons": [{"code": "a", "system": "urn:a", "display": "A"}],
            "links": [{"label": "l", "url": "https://x.example/g", "type": "absolute"}],
            "extension": {"com.example.x": 1},
        }
    ]
}
SERVICE = {
    "hook": "order-select",
    "title": "t",
    "description": "d",
    "id": "a",
    "prefetch": {"p": "Patient/1"},
}


def card(answer: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = answer["cards"][0]
    return found


def suggestion(answer: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = card(answer)["suggestions"][0]
    return found


def created(answer: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = suggestion(answer)["actions"][1]["resource"]
    return found


Change = Callable[[dict[str, Any]], object]
BAD: dict[str, Change] = {
    "an array `cards`": lambda a: a.pop("cards"),
    "systemActions": lambda a: a.update(systemActions=[{"type": "create"}]),
    "is null or empty": lambda a: card(a).update(detail=""),
    "links: is null or empty": lambda a: card(a).update(links=[]),
    ".uuid: is no UUID": lambda a: card(a).update(uuid="1"),
    "stands twice": lambda a: suggestion(a).update(uuid=UUIDS[0]),
    "140 characters": lambda a: card(a).update(summary="x" * 140),
    "no plain line": lambda a: card(a).update(summary="a\nb"),
    ".summary: is no text": lambda a: card(a).pop("summary"),
    "holds HTML": lambda a: card(a).update(detail="<b>x</b>"),
    "none of the three": lambda a: card(a).update(indicator="hard-stop"),
    ".source: is missing": lambda a: card(a).pop("source"),
    ".source.label": lambda a: card(a)["source"].pop("label"),
    ".source.topic: is missing": lambda a: card(a)["source"].pop("topic"),
    ".source.topic.code": lambda a: card(a)["source"]["topic"].update(code="a b"),
    ".source.topic.system": lambda a: card(a)["source"]["topic"].pop("system"),
    ".source.url": lambda a: card(a)["source"].update(url="/x"),
    ".overrideReasons[0].display": lambda a: card(a)["overrideReasons"][0].pop("display"),
    ".links[0].label": lambda a: card(a)["links"][0].pop("label"),
    ".links[0].type": lambda a: card(a)["links"][0].update(type="relative"),
    ".links[0].url": lambda a: card(a)["links"][0].update(url="javascript:x"),
    ".links[0].appContext": lambda a: card(a)["links"][0].update(appContext="x"),
    ".links[0].autolaunchable": lambda a: card(a)["links"][0].update(autolaunchable=True),
    ".extension: is no object": lambda a: card(a).update(extension=[1]),
    ".selectionBehavior: is none": lambda a: card(a).pop("selectionBehavior"),
    "nothing to select": lambda a: card(a).pop("suggestions"),
    "more than one is recommended": lambda a: card(a)["suggestions"].append(
        {**suggestion(a), "uuid": UUIDS[2]}
    ),
    ".suggestions[0].label": lambda a: suggestion(a).pop("label"),
    ".suggestions[0].uuid": lambda a: suggestion(a).pop("uuid"),
    "actionSelectionBehavior": lambda a: suggestion(a).update(actionSelectionBehavior="all"),
    ".actions: is no array": lambda a: suggestion(a).pop("actions"),
    "another type is created": lambda a: suggestion(a)["actions"][1].update(
        resource={**MEDICATION, "resourceType": "ServiceRequest", "medicationCodeableConcept": None}
    ),
    ".actions[0].description": lambda a: suggestion(a)["actions"][0].pop("description"),
    ".actions[0].type": lambda a: suggestion(a)["actions"][0].update(type="remove"),
    "a delete names an id": lambda a: suggestion(a)["actions"][0].update(resource=MEDICATION),
    ".resourceId: is none of draftOrders": lambda a: suggestion(a)["actions"][0].update(resourceId="x/1"),
    ".resource: is missing": lambda a: suggestion(a)["actions"][1].pop("resource"),
    ".detail: is no str": lambda a: card(a).update(detail=7),
    ".source.topic: is no dict": lambda a: card(a)["source"].update(topic="x"),
    ".isRecommended: is no bool": lambda a: suggestion(a).update(isRecommended="true"),
    ".appContext: is no str": lambda a: card(a)["links"][0].update(appContext={"a": 1}),
    "no valid FHIR": lambda a: created(a).update(intent=[1]),
    ".status: is not draft": lambda a: created(a).update(status="active"),
    ".subject: is missing": lambda a: created(a).pop("subject"),
    "lacks text or code": lambda a: suggestion(a)["actions"][1]["resource"]["medicationCodeableConcept"].pop(
        "text"
    ),
    "a dose was invented": lambda a: created(a).update(dosageInstruction=[{"text": "one a day"}]),
    "the server gives one": lambda a: created(a).update(id="x"),
    ".resource.id: is none of draftOrders": lambda a: suggestion(a)["actions"][1].update(type="update"),
}


def test_a_good_answer_has_no_fault() -> None:
    assert faults_of_answer(GOOD, REQUEST) == []
    assert faults_of_answer({"cards": []}, REQUEST) == []


@pytest.mark.parametrize("fault", BAD)
def test_what_is_wrong_in_an_answer_is_found(fault: str) -> None:
    answer = copy.deepcopy(GOOD)
    BAD[fault](answer)
    assert any(fault in found for found in faults_of_answer(answer, REQUEST)), faults_of_answer(
        answer, REQUEST
    )


@pytest.mark.parametrize("answer", [None, [], "x", {"cards": {}}, {}])
def test_what_is_no_answer_is_found(answer: Any) -> None:
    assert faults_of_answer(answer, REQUEST)


@pytest.mark.parametrize(
    ("services", "fault"),
    [
        ([SERVICE, {**SERVICE, "hook": "order-sign"}], "the same id"),
        ([SERVICE, {**SERVICE, "id": "b"}], "the same hook"),
        ([{**SERVICE, "id": ""}], ".id: is no text"),
        ([{**SERVICE, "id": "a/b"}], "no plain part of a path"),
        ([{**SERVICE, "title": None}], ".title: is no text"),
        ([{**SERVICE, "description": "**d**"}], "no plain text"),
        ([{**SERVICE, "prefetch": {}}], "is null or empty"),
        ([{**SERVICE, "prefetch": {"p": 1}}], "an object of texts"),
        ([{**SERVICE, "hookVersion": "1.0"}], "hookVersion"),
        ([{**SERVICE, "version": "STU2"}], ".version"),
        ([7], "is no object"),
    ],
)
def test_what_is_wrong_in_a_discovery_document_is_found(services: list[Any], fault: str) -> None:
    if services != [7]:
        assert any(fault in found for found in faults_of_discovery({"services": services}))
    assert faults_of_discovery({"services": [SERVICE]}) == []
    assert faults_of_discovery({"services": []}) == []
