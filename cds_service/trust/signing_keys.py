"""Private keys that this service signs in with, and the signed statement who it is."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import SECP384R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from cds_service.core.errors import PgxCdsError

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
#: SMART allows five minutes; clocks differ.
_LIFE_SECONDS = 240
_SMALLEST_RSA_BITS = 2048

_PrivateKey = EllipticCurvePrivateKey | RSAPrivateKey


class SigningKeyError(PgxCdsError):
    """A private key cannot be used. The message names the place and the remedy, never the content."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """
    A private key with what a server needs to find its public part.

    Args:
        key: EC P-384 or RSA.
        kid: Its id in the key set that is registered at the server.
        algorithm: `ES384` or `RS384`.
    """

    key: _PrivateKey = field(repr=False)
    kid: str
    algorithm: str

    def assertion(self, client_id: str, audience: str, now: float) -> str:
        """
        A signed statement who we are; good once, for some minutes, at one place.

        Args:
            client_id: Who we are there.
            audience: Address of the token endpoint.
            now: Seconds since 1970.
        """
        claims = {
            "iss": client_id,
            "sub": client_id,
            "aud": audience,
            "iat": int(now),
            "exp": int(now) + _LIFE_SECONDS,
            "jti": str(uuid4()),
        }
        return jwt.encode(claims, self.key, algorithm=self.algorithm, headers={"kid": self.kid})


def read_signing_key(path: Path, kid: str, where: str) -> SigningKey:
    """
    Read a private key without password, as PEM or JWK.

    Args:
        path: The file.
        kid: Its id.
        where: The place of the setting, for messages.

    Raises:
        SigningKeyError: If it cannot be read or used; the message never quotes the file.
    """
    try:
        data = path.read_bytes()
    except OSError:
        raise SigningKeyError(f"{where}: keyFile cannot be read") from None
    try:
        key: object = (
            jwt.PyJWK(json.loads(data)).key if data.lstrip()[:1] == b"{" else load_pem_private_key(data, None)
        )
    except (ValueError, TypeError, jwt.PyJWTError):
        key = None  # raised below, outside the handler: the parsers' errors may hold the file
    if isinstance(key, EllipticCurvePrivateKey) and isinstance(key.curve, SECP384R1):
        return SigningKey(key, kid, "ES384")
    if isinstance(key, RSAPrivateKey) and key.key_size >= _SMALLEST_RSA_BITS:
        return SigningKey(key, kid, "RS384")
    raise SigningKeyError(
        f"{where}: keyFile must hold a private key without password, as PEM or JWK: EC P-384, or RSA with "
        f"{_SMALLEST_RSA_BITS} bits or more"
    )
