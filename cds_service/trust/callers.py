"""Who calls, and what this caller may do here."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from cds_service.trust.fhir_servers import FhirServerAllowList

#: Far above what people cause, far below what would keep others waiting.
CALLS_PER_MINUTE = 6000


@dataclass(frozen=True, slots=True)
class Rights:
    """
    What one EHR, or one tenant of it, may do.

    Args:
        services: Ids of the services it may call; None = all.
        fhir_servers: FHIR servers it may name, out of those that may be called at all; None = all of these.
        site: File of its site profile; None = the profile of the whole service.
        calls_per_minute: How many calls one process answers for it.
    """

    services: frozenset[str] | None = None
    fhir_servers: FhirServerAllowList | None = None
    site: Path | None = None
    calls_per_minute: int = CALLS_PER_MINUTE

    def may_call(self, service_id: str) -> bool:
        """Whether it may call a service."""
        return self.services is None or service_id in self.services


@dataclass(frozen=True, slots=True)
class Caller:
    """
    Whoever sent the current request, as far as its token proves it.

    Args:
        issuer: The EHR; blank if calls need no token.
        tenant: The organisation inside it; blank where the EHR has none.
        rights: What it may do.
    """

    issuer: str = ""
    tenant: str = ""
    rights: Rights = field(default_factory=Rights, compare=False)


#: Where calls need no token.
ANYONE = Caller()
