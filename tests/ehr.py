"""An EHR that signs its calls."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import get_default_algorithms

from tests.requests_made import call, draft, genotype

ISSUER = "https://ehr.example.org"
PUBLIC = "https://pgx.example.org"
SELECT = "/cds-services/pgx-order-select"
SIGN = "/cds-services/pgx-order-sign"
KID = "ehr+2026/1="
#: A call that is answered with one card.
BODY = call(draft(), results=(genotype("CYP2C19", "*2/*2"),))
_CURVES = {"ES256": ec.SECP256R1(), "ES384": ec.SECP384R1(), "ES512": ec.SECP521R1()}


@cache
def private_key(algorithm: str = "ES384", number: int = 0) -> Any:
    """A key for an algorithm; another number is another key."""
    if algorithm == "EdDSA":
        return ed25519.Ed25519PrivateKey.generate()
    if algorithm in _CURVES:
        return ec.generate_private_key(_CURVES[algorithm])
    return rsa.generate_private_key(65537, 2048)


def public_jwk(key: Any, algorithm: str | None, kid: str = KID) -> dict[str, Any]:
    """The public part of a key as a JSON Web Key."""
    family = get_default_algorithms()[algorithm or "ES384"]
    stated = {"alg": algorithm} if algorithm else {}
    return {**family.to_jwk(key.public_key(), as_dict=True), "kid": kid, **stated}  # type: ignore[call-overload]


@dataclass
class Ehr:
    """
    One issuer of tokens.

    Args:
        issuer: Its `iss`.
        algorithm: What it signs with.
        number: Of its key; EHRs with different numbers have different keys.
        kid: Id of the key.
    """

    issuer: str = ISSUER
    algorithm: str = "ES384"
    number: int = 0
    kid: str = KID
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> Any:
        return private_key(self.algorithm, self.number)

    @property
    def jwk(self) -> dict[str, Any]:
        return public_jwk(self.key, self.algorithm, self.kid)

    @property
    def entry(self) -> dict[str, Any]:
        """Its entry in the clients file."""
        return {"issuer": self.issuer, "jwks": {"keys": [self.jwk]}, **self.more}

    def claims(self, url: str, **changes: Any) -> dict[str, Any]:
        """The claims of a good token; a change to None takes the claim out."""
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": url,
            "iat": now,
            "exp": now + 300,
            "jti": str(uuid4()),
            **changes,
        }
        return {name: value for name, value in claims.items() if value is not None}

    def token(self, url: str, headers: dict[str, Any] | None = None, **changes: Any) -> str:
        """A token for one address."""
        header = {"kid": self.kid, **(headers or {})}
        return jwt.encode(self.claims(url, **changes), self.key, algorithm=self.algorithm, headers=header)

    def bearer(self, path: str = SELECT, base: str = PUBLIC, **changes: Any) -> dict[str, str]:
        """The header of a call to a path of the service."""
        return {"Authorization": f"Bearer {self.token(base + path, **changes)}"}


def never_fetch(url: str) -> dict[str, Any]:
    """For clients whose keys stand in the file: nothing may be asked for."""
    raise AssertionError("a key set was asked for")


def clients_file(folder: Path, *entries: dict[str, Any]) -> Path:
    """Write a clients file."""
    file = folder / "clients.json"
    file.write_text(json.dumps({"clients": list(entries)}))
    return file
