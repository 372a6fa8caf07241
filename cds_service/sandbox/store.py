"""The resources the FHIR endpoint serves, in memory and read-only."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

Resource = Mapping[str, Any]


class Store:
    """
    Resources by type and id, in the order they were given.

    >>> store = Store([{"resourceType": "Patient", "id": "p1"}])
    >>> store.read("Patient", "p1") is not None, store.read("Patient", "p2") is None
    (True, True)
    """

    def __init__(self, resources: Iterable[Resource]) -> None:
        self._by_type: dict[str, dict[str, Resource]] = {}
        for resource in resources:
            kind, ident = resource["resourceType"], resource["id"]
            same_type = self._by_type.setdefault(kind, {})
            if ident in same_type:
                raise ValueError(f"{kind}/{ident} stands in two fixture files; give one of them another id")
            same_type[ident] = resource

    @classmethod
    def from_folder(cls, fixtures: Path) -> Store:
        """
        Read the Bundles of a fixtures folder.

        Args:
            fixtures: Holds `practitioners.json` and `patients/*.json`; `patients/index.json` is no Bundle.
        """
        files = sorted(path for path in (fixtures / "patients").glob("*.json") if path.name != "index.json")
        if not files:
            raise FileNotFoundError(f"no patient Bundles in {fixtures / 'patients'}")
        files.insert(0, fixtures / "practitioners.json")
        bundles = (json.loads(path.read_text(encoding="utf-8")) for path in files)
        return cls(entry["resource"] for bundle in bundles for entry in bundle["entry"])

    def read(self, kind: str, ident: str) -> Resource | None:
        """One resource, or None if there is none of that type and id."""
        return self._by_type.get(kind, {}).get(ident)

    def all_of(self, kind: str) -> tuple[Resource, ...]:
        """All resources of one type; empty for a type without resources."""
        return tuple(self._by_type.get(kind, {}).values())
