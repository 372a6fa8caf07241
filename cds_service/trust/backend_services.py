"""SMART Backend Services: our own access to an EHR's FHIR server, for EHRs whose calls bring no token."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import SECP384R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from cds_service.core.errors import PgxCdsError
from cds_service.trust.fhir_servers import is_protected, same_origin, same_server

#: SMART allows five minutes; clocks differ.
_LIFE_SECONDS = 240
_SMALLEST_RSA_BITS = 2048
_KEYS = frozenset({"url", "clientId", "keyFile", "kid", "scope", "tokenEndpoint"})

_PrivateKey = EllipticCurvePrivateKey | RSAPrivateKey


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
        key: Private key of the assertions.
        kid: Its id in the key set that is registered there.
        algorithm: `ES384` or `RS384`.
        token_endpoint: Where tokens are to be had; blank = where the server's SMART configuration says.
    """

    server: str
    client_id: str
    scope: str
    key: _PrivateKey = field(repr=False)
    kid: str
    algorithm: str
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
        claims = {
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": audience,
            "iat": int(now),
            "exp": int(now) + _LIFE_SECONDS,
            "jti": str(uuid4()),
        }
        return jwt.encode(claims, self.key, algorithm=self.algorithm, headers={"kid": self.kid})


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
    key, algorithm = _private_key(folder / entry["keyFile"], where)
    return BackendService(
        entry["url"].rstrip("/"), entry["clientId"], entry["scope"], key, entry["kid"], algorithm, endpoint
    )


def _private_key(path: Path, where: str) -> tuple[_PrivateKey, str]:
    """The key and the algorithm that fits it; messages never quote the file."""
    try:
        data = path.read_bytes()
    except OSError:
        raise BackendServiceError(f"{where}: keyFile cannot be read") from None
    try:
        key: object = (
            jwt.PyJWK(json.loads(data)).key if data.lstrip()[:1] == b"{" else load_pem_private_key(data, None)
        )
    except (ValueError, TypeError, jwt.PyJWTError):
        key = None  # raised below, outside the handler: the parsers' errors may hold the file
    if isinstance(key, EllipticCurvePrivateKey) and isinstance(key.curve, SECP384R1):
        return key, "ES384"
    if isinstance(key, RSAPrivateKey) and key.key_size >= _SMALLEST_RSA_BITS:
        return key, "RS384"
    raise BackendServiceError(
        f"{where}: keyFile must hold a private key without password, as PEM or JWK: EC P-384, or RSA with "
        f"{_SMALLEST_RSA_BITS} bits or more"
    )
