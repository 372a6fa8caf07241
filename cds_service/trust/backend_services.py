"""SMART Backend Services: our own access to an EHR's FHIR server, for EHRs whose calls bring no token."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cds_service.core.errors import PgxCdsError
from cds_service.trust.fhir_servers import is_protected, same_origin, same_server
from cds_service.trust.signing_keys import SigningKey, SigningKeyError, read_signing_key

_KEYS = frozenset({"url", "clientId", "keyFile", "kid", "scope", "tokenEndpoint"})


class BackendServiceError(PgxCdsError):
    """An entry of `fhirServers` cannot be used. The message names the place and the remedy."""


@dataclass(frozen=True, slots=True)
class BackendService:
    """
    How we sign in at one FHIR server.

    Args:
        server: Base URL of the FHIR server.
        client_id: Who we are there.
        scope: What we ask for, such as `system/Observation.rs`.
        key: Signs the assertions.
        token_endpoint: Where tokens are to be had; blank = where the server's SMART configuration says.
    """

    server: str
    client_id: str
    scope: str
    key: SigningKey = field(repr=False)
    token_endpoint: str = ""

    def is_for(self, base_url: str) -> bool:
        """Whether a base URL means this very server, not one below or beside it."""
        return same_server(self.server, base_url)

    def accepts_endpoint(self, url: str) -> bool:
        """Whether tokens may be asked for at an address that the server's SMART configuration names."""
        return same_origin(self.server, url)

    def assertion(self, audience: str, now: float) -> str:
        """
        A signed statement who we are; good once, for some minutes, at one place.

        Args:
            audience: Address of the token endpoint.
            now: Seconds since 1970.
        """
        return self.key.assertion(self.client_id, audience, now)


def read_backend_service(entry: Mapping[str, Any], folder: Path, where: str) -> BackendService:
    """
    Read one entry of a client's `fhirServers`.

    Args:
        entry: `{"url", "clientId", "keyFile", "scope", "kid", "tokenEndpoint"}`, the last one if wanted.
        folder: Where a relative `keyFile` starts.
        where: The place, for messages.

    Raises:
        BackendServiceError: If it is malformed, or the key cannot be used.
    """
    unknown = sorted(set(entry) - _KEYS)
    if unknown:
        raise BackendServiceError(
            f"{where}: unknown key {', '.join(unknown)}; allowed: {', '.join(sorted(_KEYS))}"
        )
    for name in sorted(_KEYS - {"tokenEndpoint"}):
        if not isinstance(entry.get(name), str) or not entry[name]:
            raise BackendServiceError(f"{where}: {name} is missing")
    endpoint = entry.get("tokenEndpoint", "")
    for name, url in (("url", entry["url"]), ("tokenEndpoint", endpoint)):
        if url and not is_protected(url):
            raise BackendServiceError(
                f"{where}: {name} must be a plain https address without a query (http on this machine only)"
            )
    try:
        key = read_signing_key(folder / entry["keyFile"], entry["kid"], where)
    except SigningKeyError as error:
        raise BackendServiceError(str(error)) from None
    return BackendService(entry["url"].rstrip("/"), entry["clientId"], entry["scope"], key, endpoint)
