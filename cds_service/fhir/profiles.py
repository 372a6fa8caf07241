"""How to ask a FHIR server: which habits it has, as data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from cds_service.core.errors import KnowledgeError
from cds_service.fhir.search import Search

_FILE = Path(__file__).parent / "server_profiles.json"
_KEYS = {"about", "batch", "post_search", "largest_count", "drops", "adds"}
_BATCH = ("no", "yes", "ask")


@dataclass(frozen=True, slots=True)
class ServerProfile:
    """
    How one kind of server wants to be asked.

    Args:
        batch: Several requests in one POST: `no`, `yes`, or `ask` the server's CapabilityStatement once.
        post_search: Searches whose URL would be too long go out as POST `_search`; else in parts.
        largest_count: Most entries that may be asked for a page; None = as many as we like.
        drops: Parameters it does not know.
        adds: Resource type -> parameters that help, such as `_include`.
    """

    batch: str = "no"
    post_search: bool = True
    largest_count: int | None = None
    drops: frozenset[str] = frozenset()
    adds: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def shaped(self, query: Search) -> Search:
        """
        A search as this server takes it; what it finds stays the same.

        >>> profile = ServerProfile(largest_count=50, drops=frozenset({"_sort"}))
        >>> profile.shaped(Search.parse("Observation?patient=1&_sort=-date&_count=200")).parameters
        (('patient', '1'), ('_count', '50'))
        """
        kept = [pair for pair in query.parameters if pair[0] not in self.drops]
        bounded = ((name, self._bounded(name, value)) for name, value in kept)
        return replace(query, parameters=(*bounded, *self.adds.get(query.kind, {}).items()))

    def _bounded(self, name: str, value: str) -> str:
        if name != "_count" or self.largest_count is None or not value.isdecimal():
            return value
        return str(min(int(value), self.largest_count))


#: Plain searches, one by one.
PLAIN = ServerProfile()
#: The profile of a server that the site does not name.
DEFAULT = "default"


@cache
def server_profiles() -> Mapping[str, ServerProfile]:
    """The profiles that come with the program, by name."""
    listed = json.loads(_FILE.read_text(encoding="utf-8"))
    return {name: _profile(name, value) for name, value in listed.items()}


def profile_named(name: str) -> ServerProfile:
    """
    A profile by its name.

    Raises:
        KnowledgeError: There is none of this name.
    """
    known = server_profiles()
    if name not in known:
        raise KnowledgeError(f"there is no server profile '{name}'; known: {', '.join(known)}")
    return known[name]


def _profile(name: str, value: Mapping[str, Any]) -> ServerProfile:
    unknown = set(value) - _KEYS
    if unknown or value.get("batch", "no") not in _BATCH:
        raise KnowledgeError(f"{_FILE.name}: {name}: not readable: {', '.join(sorted(unknown)) or 'batch'}")
    return ServerProfile(
        batch=value.get("batch", "no"),
        post_search=value.get("post_search", True),
        largest_count=value.get("largest_count"),
        drops=frozenset(value.get("drops", ())),
        adds=value.get("adds", {}),
    )
