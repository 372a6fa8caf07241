"""
What CDS Hooks asks of a discovery document and of an answer, as checks that name each fault.

They are written from the specification (CDS Hooks 2.0.1, with what the 3.0 ballot adds) and look at the JSON
alone, as another party's validator would: nothing of the service's own code is used.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from fhir.resources.R4B import get_fhir_model_class
from pydantic import ValidationError

Json = Mapping[str, Any]
#: Where the specification has an empty array.
MAY_BE_EMPTY = frozenset({"$.cards", "$.services"})
_OF_CARD: Mapping[str, type] = {
    **{"detail": str, "selectionBehavior": str, "uuid": str},
    **{"suggestions": list, "overrideReasons": list, "links": list},
}
_OF_SOURCE: Mapping[str, type] = {"url": str, "icon": str, "topic": dict}
_OF_SUGGESTION: Mapping[str, type] = {"uuid": str, "isRecommended": bool, "actions": list}
_OF_LINK: Mapping[str, type] = {"appContext": str, "autolaunchable": bool}
_TAG = re.compile(r"<[A-Za-z/!?]")
_UNPLAIN = re.compile(r"[<>`*_#\[\]]")


def faults_of_discovery(document: Any) -> list[str]:
    """The faults of a discovery document."""
    if not isinstance(document, dict) or not isinstance(document.get("services"), list):
        return ["$: must be an object with an array `services`"]
    found = list(_empty(document, "$"))
    for number, service in enumerate(document["services"]):
        found += [f"$.services[{number}]{fault}" for fault in _service(service)]
    for name in ("id", "hook"):
        values = [service.get(name) for service in document["services"]]
        if len(set(values)) != len(values):
            found.append(f"$.services: two have the same {name}")
    return found


def faults_of_answer(answer: Any, request: Json) -> list[str]:
    """The faults of the answer to a hook call."""
    if not isinstance(answer, dict) or not isinstance(answer.get("cards"), list):
        return ["$: must be an object with an array `cards`"]
    found = list(_empty(answer, "$"))
    if "systemActions" in answer:
        found.append("$.systemActions: nobody asked for one")
    uuids: list[object] = []
    for number, card in enumerate(answer["cards"]):
        found += [f"$.cards[{number}]{fault}" for fault in _card(card, request)]
        uuids += [card.get("uuid"), *(item.get("uuid") for item in card.get("suggestions", ()))]
    if len(set(uuids)) != len(uuids):
        found.append("$.cards: an identifier stands twice")
    return found


def _empty(value: Any, where: str) -> Iterator[str]:
    """
    Nothing is null or empty, except where the specification has it so.

    What is inside an extension is up to whoever defines it; there, only null is a fault.
    """
    if value is None or (value in ("", [], {}) and where not in MAY_BE_EMPTY and ".extension." not in where):
        yield f"{where}: is null or empty"
    if isinstance(value, dict):
        for name, child in value.items():
            yield from _empty(child, f"{where}.{name}")
    elif isinstance(value, list):
        for number, child in enumerate(value):
            yield from _empty(child, f"{where}[{number}]")


def _service(service: Any) -> Iterator[str]:
    if not isinstance(service, dict):
        yield ": is no object"
        return
    for name in ("hook", "title", "description", "id"):
        yield from _text(service, name)
    if not re.fullmatch(r"[A-Za-z0-9._-]+", str(service.get("id"))):
        yield ".id: is no plain part of a path"
    if _UNPLAIN.search(str(service.get("description", ""))):
        yield ".description: is no plain text"
    if "hookVersion" in service:
        yield ".hookVersion: is published nowhere in one way"
    if not re.fullmatch(r"\d+\.\d+\.\d+", str(service.get("version", "2.0.1"))):
        yield ".version: is no version"
    prefetch = service.get("prefetch", {"x": "Patient"})
    if not isinstance(prefetch, dict) or not all(isinstance(text, str) for text in prefetch.values()):
        yield ".prefetch: must be an object of texts"


def _card(card: Any, request: Json) -> Iterator[str]:
    if not isinstance(card, dict):
        yield ": is no object"
        return
    for check in _CARD_CHECKS:
        yield from check(card, request)


def _types(card: Json, _: Json) -> Iterator[str]:
    """What may be left out is of its own kind where it is there."""
    yield from _typed(card, _OF_CARD)
    yield from _typed(card.get("source"), _OF_SOURCE, ".source")
    for name, kinds in (("suggestions", _OF_SUGGESTION), ("links", _OF_LINK)):
        listed = card.get(name, [])
        for number, item in enumerate(listed if isinstance(listed, list) else ()):
            yield from _typed(item, kinds, f".{name}[{number}]")


def _typed(value: Any, kinds: Mapping[str, type], where: str = "") -> Iterator[str]:
    for name, kind in kinds.items() if isinstance(value, dict) else ():
        if name in value and type(value[name]) is not kind:
            yield f"{where}.{name}: is no {kind.__name__}"


def _summary(card: Json, _: Json) -> Iterator[str]:
    yield from _text(card, "summary")
    if len(card.get("summary", "")) >= 140:
        yield ".summary: has 140 characters or more"
    if "\n" in card.get("summary", "") or _TAG.search(card.get("summary", "")):
        yield ".summary: is no plain line"


def _detail(card: Json, _: Json) -> Iterator[str]:
    if "detail" in card:
        yield from _text(card, "detail")
        if _TAG.search(str(card["detail"])):
            yield ".detail: holds HTML"


def _indicator(card: Json, _: Json) -> Iterator[str]:
    if card.get("indicator") not in ("info", "warning", "critical"):
        yield ".indicator: is none of the three"


def _source(card: Json, _: Json) -> Iterator[str]:
    source = card.get("source")
    if not isinstance(source, dict):
        yield ".source: is missing"
        return
    yield from _text(source, "label", ".source")
    topic = source.get("topic")
    if not isinstance(topic, dict):
        yield ".source.topic: is missing"
    else:
        yield from _text(topic, "system", ".source.topic")
        if not re.fullmatch(r"[A-Za-z0-9]{1,100}", str(topic.get("code", ""))):
            yield ".source.topic.code: has other signs than letters and digits, or too many"
    for name in ("url", "icon"):
        if name in source and not _is_absolute(source[name]):
            yield f".source.{name}: is no absolute address"


def _uuid(card: Json, _: Json) -> Iterator[str]:
    if not _is_uuid(card.get("uuid")):
        yield ".uuid: is no UUID"


def _override_reasons(card: Json, _: Json) -> Iterator[str]:
    for number, reason in enumerate(card.get("overrideReasons", ())):
        for name in ("code", "system", "display"):
            yield from _text(reason, name, f".overrideReasons[{number}]")


def _links(card: Json, _: Json) -> Iterator[str]:
    for number, link in enumerate(card.get("links", ())):
        where = f".links[{number}]"
        yield from _text(link, "label", where)
        if link.get("type") not in ("absolute", "smart"):
            yield f"{where}.type: is none of the two"
        if not _is_absolute(link.get("url")):
            yield f"{where}.url: is no absolute address"
        if "appContext" in link and link.get("type") != "smart":
            yield f"{where}.appContext: belongs to smart links alone"
        if "autolaunchable" in link:
            yield f"{where}.autolaunchable: the card might never be seen"


def _extension(card: Json, _: Json) -> Iterator[str]:
    if not isinstance(card.get("extension", {}), dict):
        yield ".extension: is no object"


def _suggestions(card: Json, request: Json) -> Iterator[str]:
    suggestions = card.get("suggestions", [])
    if suggestions and card.get("selectionBehavior") not in ("at-most-one", "any"):
        yield ".selectionBehavior: is none of the two"
    if not suggestions and "selectionBehavior" in card:
        yield ".selectionBehavior: there is nothing to select"
    recommended = sum(suggestion.get("isRecommended") is True for suggestion in suggestions)
    if card.get("selectionBehavior") == "at-most-one" and recommended > 1:
        yield ".suggestions: more than one is recommended"
    for number, suggestion in enumerate(suggestions):
        yield from (f".suggestions[{number}]{fault}" for fault in _suggestion(suggestion, request))


def _suggestion(suggestion: Any, request: Json) -> Iterator[str]:
    yield from _text(suggestion, "label")
    if not _is_uuid(suggestion.get("uuid")):
        yield ".uuid: is no UUID"
    if "actionSelectionBehavior" in suggestion:
        yield ".actionSelectionBehavior: no client said that it knows it"
    actions = suggestion.get("actions")
    if not isinstance(actions, list) or not actions:
        yield ".actions: is no array with something in it"
        return
    for number, action in enumerate(actions):
        yield from (f".actions[{number}]{fault}" for fault in _action(action, request))
    kinds = {str(action.get("type")): _kind(action) for action in actions}
    if "delete" in kinds and "create" in kinds and kinds["delete"] != kinds["create"]:
        yield ".actions: another type is created than was deleted"


def _action(action: Json, request: Json) -> Iterator[str]:
    yield from _text(action, "description")
    kind, resource = action.get("type"), action.get("resource")
    if kind not in ("create", "update", "delete"):
        yield ".type: is none of the three"
    if kind == "delete":
        if resource is not None:
            yield ".resource: a delete names an id instead"
        if action.get("resourceId") not in _drafts(request):
            yield ".resourceId: is none of draftOrders"
        return
    if not isinstance(resource, dict):
        yield ".resource: is missing"
        return
    yield from (f".resource{fault}" for fault in _resource(resource))
    if kind == "update" and f"{resource.get('resourceType')}/{resource.get('id')}" not in _drafts(request):
        yield ".resource.id: is none of draftOrders"
    if kind == "create" and "id" in resource:
        yield ".resource.id: the server gives one"


def _resource(resource: Json) -> Iterator[str]:
    try:
        get_fhir_model_class(str(resource.get("resourceType"))).model_validate(dict(resource))
    except (ValidationError, KeyError) as error:
        yield f": is no valid FHIR resource ({type(error).__name__})"
    if resource.get("status") != "draft":
        yield ".status: is not draft"
    if "reference" not in resource.get("subject", {}):
        yield ".subject: is missing"
    if resource.get("resourceType") == "MedicationRequest":
        drug = resource.get("medicationCodeableConcept", {})
        if not drug.get("text") or not drug.get("coding", [{}])[0].get("code"):
            yield ".medicationCodeableConcept: lacks text or code"
        if {"dosageInstruction", "dispenseRequest"} & set(resource):
            yield ".dosageInstruction: a dose was invented"


_CARD_CHECKS: tuple[Callable[[Json, Json], Iterator[str]], ...] = (
    *(
        _types,
        _summary,
        _detail,
        _indicator,
        _source,
        _uuid,
        _override_reasons,
        _links,
        _extension,
        _suggestions,
    ),
)


def _kind(action: Json) -> str:
    return str(action.get("resourceId", "")).partition("/")[0] or str(
        action.get("resource", {}).get("resourceType")
    )


def _drafts(request: Json) -> set[str]:
    entries = request["context"].get("draftOrders", {}).get("entry", [])
    return {f"{entry['resource']['resourceType']}/{entry['resource'].get('id')}" for entry in entries}


def _text(value: Any, name: str, where: str = "") -> Iterator[str]:
    if not isinstance(value, dict) or not isinstance(value.get(name), str) or not value[name].strip():
        yield f"{where}.{name}: is no text"


def _is_absolute(url: object) -> bool:
    parts = urlsplit(url) if isinstance(url, str) else None
    return parts is not None and parts.scheme in ("http", "https") and bool(parts.netloc)


def _is_uuid(value: object) -> bool:
    try:
        return isinstance(value, str) and str(UUID(value)) == value.lower()
    except ValueError:
        return False
