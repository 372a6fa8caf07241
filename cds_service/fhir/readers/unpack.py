"""Takes resources out of what a server or a prefetch answers: Bundles, operation results, resources."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from cds_service.fhir.readers.operation import has_bare_answers
from cds_service.fhir.values import Json, mapping, mappings, resource_type, text

_DEEPEST = 8
_DEEPEST_JSON = 60
_UUID = ("urn:uuid:", "urn:oid:")


def unpack(value: object) -> list[Json]:
    """
    All resources in a value, in order.

    Args:
        value: A resource, a Bundle (also of Bundles), Parameters with resources in its parts, an
            OperationOutcome, None, or anything else.

    Returns:
        The resources; an OperationOutcome among them stays, and so do Parameters with an answer of their own.
        An entry that is no object comes out as an empty resource, so that its reader can say that something
        was there. Nothing for None and junk. References of a Bundle to its own `urn:` addresses are turned
        into `Type/id`, with the address as the id where a resource has none.
    """
    return list(_resources(value, 0))


def _resources(value: object, depth: int) -> Iterator[Json]:
    resource = mapping(value)
    kind = resource.get("resourceType")
    if depth > _DEEPEST or not resource:
        return
    if kind == "Bundle":
        for entry in _with_plain_references(_entries(resource)):
            yield from _resources(entry, depth + 1) if entry else ({},)
    elif kind == "Parameters":
        for part in _parts(resource.get("parameter"), depth):
            yield from _resources(part, depth + 1)
        if has_bare_answers(resource):
            yield resource
    else:
        yield resource


def _entries(bundle: Json) -> Iterator[tuple[str, Json]]:
    """Address and resource of each entry; one without a resource, such as a bare response, is left out."""
    listed = bundle.get("entry") or []
    for entry in listed if isinstance(listed, list) else [listed]:
        if not isinstance(entry, dict):
            yield "", {}
        elif "resource" in entry:
            yield text(entry.get("fullUrl")), mapping(entry["resource"])


def _parts(parameters: object, depth: int) -> Iterator[object]:
    """The resources of parameters and their parts, however deep."""
    for parameter in mappings(parameters):
        if "resource" in parameter:
            yield parameter["resource"]
        if depth < _DEEPEST:
            yield from _parts(parameter.get("part"), depth + 1)


def _with_plain_references(entries: Iterable[tuple[str, Json]]) -> Iterator[Json]:
    """The resources of a Bundle, references to its `urn:` addresses replaced if there are any."""
    addressed = list(entries)
    names = {
        address: _name_of(address, resource)
        for address, resource in addressed
        if address.startswith(_UUID) and resource_type(resource)
    }
    for address, resource in addressed:
        if not names:
            yield resource
        elif address in names:
            yield {**_replaced(resource, names, 0), "id": names[address].partition("/")[2]}
        else:
            yield _replaced(resource, names, 0)


def _name_of(address: str, resource: Json) -> str:
    return f"{resource_type(resource)}/{text(resource.get('id')) or address.rpartition(':')[2]}"


def _replaced(value: Any, names: Mapping[str, str], depth: int) -> Any:
    """A copy of a JSON value in which each `reference` to one of the names is a plain one."""
    if depth > _DEEPEST_JSON:
        return value
    if isinstance(value, dict):
        return {
            key: names.get(item.strip(), item)
            if key == "reference" and isinstance(item, str)
            else _replaced(item, names, depth + 1)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_replaced(item, names, depth + 1) for item in value]
    return value
