"""The CapabilityStatement of the FHIR endpoint."""

from __future__ import annotations

from typing import Any

from cds_service import __version__
from cds_service.sandbox.parameters import PARAMETERS


def capability_statement(base: str) -> dict[str, Any]:
    """What the endpoint can do: read and search, FHIR R4 (4.0.1), JSON only. `base` is its own URL."""
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": "2026-11-20",
        "kind": "instance",
        "software": {"name": "pgx-cds sandbox", "version": __version__},
        "implementation": {"description": "Invented patients of the pgx-cds sandbox, read-only", "url": base},
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json", "json"],
        "rest": [
            {
                "mode": "server",
                "documentation": "Open to any browser. An unknown search parameter is an error.",
                "security": {"cors": True},
                "resource": [_resource(kind) for kind in sorted(PARAMETERS)],
            }
        ],
    }


def _resource(kind: str) -> dict[str, Any]:
    return {
        "type": kind,
        "interaction": [{"code": "read"}, {"code": "search-type"}],
        "searchParam": [
            {"name": name, "type": parameter.kind} for name, parameter in sorted(PARAMETERS[kind].items())
        ],
    }
