"""The EHRs that may call: issuer, keys, audiences."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jwt import PyJWK, PyJWTError

from cds_service.core.errors import PgxCdsError
from cds_service.trust.backend_services import BackendService, read_backend_service

#: The only algorithms that are ever accepted; symmetric ones and `none` never are.
ALGORITHMS = ("ES384", "RS384")


class ClientsError(PgxCdsError):
    """The clients file cannot be used. The message names the place and the remedy."""


@dataclass(frozen=True, slots=True)
class Client:
    """
    One trusted EHR.

    Args:
        issuer: The `iss` of its tokens.
        keys: Key id -> public key.
        audiences: Accepted `aud` values besides the address that was called.
        fhir_servers: FHIR servers where we sign in ourselves when this EHR's calls bring no token.
    """

    issuer: str
    keys: Mapping[str, PyJWK] = field(repr=False)
    audiences: frozenset[str] = frozenset()
    fhir_servers: tuple[BackendService, ...] = ()


def read_clients(path: Path | None) -> Mapping[str, Client]:
    """
    Read the clients file; issuer -> client.

    The file holds `{"clients": [{"issuer", "jwks": {"keys": [...]}, "audiences": [], "fhirServers": []}]}`;
    `read_backend_service` tells what stands in the last one.

    Raises:
        BackendServiceError: If an entry of `fhirServers` cannot be used.
        ClientsError: If the file is malformed, a key is private, or a key cannot be used.
    """
    if path is None:
        return {}
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
        entries = value["clients"]
        clients = [
            _client(entry, path, f"{path}: client {number}") for number, entry in enumerate(entries, start=1)
        ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ClientsError(f"{path}: not a clients file ({type(error).__name__}: {error})") from None
    return {client.issuer: client for client in clients}


def _client(entry: Mapping[str, Any], path: Path, where: str) -> Client:
    keys: dict[str, PyJWK] = {}
    for number, data in enumerate(entry["jwks"]["keys"], start=1):
        if "d" in data:
            raise ClientsError(f"{where}: key {number} is a private key; put only the public part here")
        if not data.get("kid"):
            raise ClientsError(f"{where}: key {number} has no kid")
        try:
            key = PyJWK(data, algorithm=data.get("alg"))
        except PyJWTError:
            raise ClientsError(f"{where}: key {number} cannot be used") from None
        if key.algorithm_name not in ALGORITHMS:
            raise ClientsError(
                f"{where}: key {number} is for {key.algorithm_name}; allowed: {', '.join(ALGORITHMS)}"
            )
        keys[data["kid"]] = key
    own = tuple(
        read_backend_service(item, path.parent, f"{where}: fhirServers {number}")
        for number, item in enumerate(entry.get("fhirServers", ()), start=1)
    )
    return Client(entry["issuer"], keys, frozenset(entry.get("audiences", ())), own)
