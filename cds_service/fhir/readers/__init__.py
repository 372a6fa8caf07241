"""
Readers of genomic results in FHIR R4: small readers on plain JSON objects, one shape each.

Nothing here validates a resource; each reader takes what it needs and leaves the rest.
"""

from __future__ import annotations

from cds_service.fhir.readers.results import Readings, read_results
from cds_service.fhir.readers.unpack import unpack

__all__ = ["Readings", "read_results", "unpack"]
