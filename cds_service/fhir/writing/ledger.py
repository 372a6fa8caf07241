"""The entries of a transaction, each under a name that follows from what it says."""

from __future__ import annotations

from typing import NamedTuple
from uuid import NAMESPACE_URL, UUID, uuid5

import orjson

from cds_service.fhir.writing.ig import Built

#: The system of the identifiers. They are not written like the addresses: servers put the place of an entry
#: wherever its address stands, in identifiers too, and the next search would not find it (seen with Medplum).
NAMES = "urn:pgx-cds:result"

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
        address: `urn:uuid:...`, its `fullUrl`; the identifier is the same UUID.
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
        name = str(_name(resource, self._owner if owned else (), ordinal))
        address = f"urn:uuid:{name}"
        if address not in self._entries:
            self._entries[address] = _entry(address, name, resource)
        return address

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All entries, in the order they were made: what is referred to comes first."""
        return tuple(self._entries.values())


def _name(resource: Built, owner: tuple[str, ...], ordinal: int) -> UUID:
    lasting = {key: value for key, value in resource.items() if key not in _PASSING}
    return uuid5(_SPACE, orjson.dumps([owner, ordinal, lasting], option=orjson.OPT_SORT_KEYS).decode())


def _entry(address: str, name: str, resource: Built) -> Entry:
    token = f"{NAMES}|{name}"
    if resource["resourceType"] in _NAMELESS:
        return Entry(
            address, {**resource, "meta": {"tag": [{"system": NAMES, "code": name}]}}, f"_tag={token}"
        )
    named = {**resource, "identifier": [{"system": NAMES, "value": name}]}
    return Entry(address, named, f"identifier={token}")
