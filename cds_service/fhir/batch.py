"""Several reads and searches in one request: the Bundle that asks, and what it is answered with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from cds_service.fhir.paging import Resource
from cds_service.fhir.search import Read, Search
from cds_service.fhir.values import mapping, mappings, text

_OFFERS = frozenset({"batch", "transaction"})


def batch_of(queries: Sequence[Read | Search]) -> bytes:
    """The batch Bundle, as JSON."""
    entries = [{"request": {"method": "GET", "url": query.path}} for query in queries]
    return orjson.dumps({"resourceType": "Bundle", "type": "batch", "entry": entries})


def answers_in(bundle: Mapping[str, Any], count: int) -> list[tuple[int, Resource | None]] | None:
    """
    Status and resource of each answer, in the order of the questions.

    Returns:
        None if it is no answer to a batch of so many questions: then nobody knows which is which.
    """
    entries = mappings(bundle.get("entry"))
    if bundle.get("resourceType") != "Bundle" or len(entries) != count:
        return None
    found: list[tuple[int, Resource | None]] = []
    for entry in entries:
        status = text(mapping(entry.get("response")).get("status"))[:3]
        resource = mapping(entry.get("resource"))
        if not status.isdecimal():
            return None
        found.append((int(status), resource if isinstance(resource.get("resourceType"), str) else None))
    return found


def takes_batches(statement: Mapping[str, Any]) -> bool:
    """
    Whether a CapabilityStatement says so, or names transactions: HAPI names these only, and takes both.

    A server that takes transactions and no batch refuses the first one, and is sent no other.
    """
    offered = (mappings(rest.get("interaction")) for rest in mappings(statement.get("rest")))
    return any(text(item.get("code")) in _OFFERS for items in offered for item in items)
