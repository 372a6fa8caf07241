"""The entries of a transaction, each under a name that follows from what it says."""

from __future__ import annotations

from typing import NamedTuple
from uuid import NAMESPACE_URL, UUID, uuid5

import orjson

from cds_service.fhir.writing.ig import URIS, Built

#: Everything is named inside this space, so that the names collide with nobody else's.
_SPACE = uuid5(NAMESPACE_URL, "urn:pgx-cds:results")
#: When something was written down says nothing about what it is.
_PASSING = frozenset({"issued", "authoredOn", "recorded"})
#: Resources without an identifier carry the name as a tag.
_NAMELESS = frozenset({"Provenance"})


class Entry(NamedTuple):
    """
    One resource of a transaction.

    Args:
        address: `urn:uuid:...`, its `fullUrl` and its identifier.
        resource: As JSON.
        condition: The search that finds it on a server that has it already.
    """

    address: str
    resource: Built
    condition: str


class Ledger:
    """
    Collects entries; what says the same about the same sample is one entry.

    Args:
        owner: Patient and sample.
    """

    def __init__(self, *owner: str) -> None:
        self._owner = owner
        self._entries: dict[str, Entry] = {}

    def add(self, resource: Built, *, ordinal: int = 0, owned: bool = True) -> str:
        """
        Enter a resource.

        Args:
            resource: Without identifier.
            ordinal: Tells things apart that say the same and are still two, such as two equal alleles.
            owned: False for what does not belong to the sample.

        Returns:
            The address, for references of other entries.
        """
        name = _name(resource, self._owner if owned else (), ordinal)
        address = f"urn:uuid:{name}"
        if address not in self._entries:
            self._entries[address] = _entry(address, resource)
        return address

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All entries, in the order they were made: what is referred to comes first."""
        return tuple(self._entries.values())


def _name(resource: Built, owner: tuple[str, ...], ordinal: int) -> UUID:
    lasting = {key: value for key, value in resource.items() if key not in _PASSING}
    return uuid5(_SPACE, orjson.dumps([owner, ordinal, lasting], option=orjson.OPT_SORT_KEYS).decode())


def _entry(address: str, resource: Built) -> Entry:
    token = f"{URIS}|{address}"
    name = {"system": URIS, "value": address}
    if resource["resourceType"] in _NAMELESS:
        tag = {"system": URIS, "code": address}
        return Entry(address, {**resource, "meta": {"tag": [tag]}}, f"_tag={token}")
    return Entry(address, {**resource, "identifier": [name]}, f"identifier={token}")
