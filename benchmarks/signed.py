"""Calls with a token, as an EHR sends them: ES384, each token good for one call."""

from __future__ import annotations

import json
import time
from pathlib import Path
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

_ISSUER, _KID = "https://ehr.example.org/fhir", "measured"


class SigningClient:
    """
    A client with a key of its own.

    Args:
        folder: Where the list of clients is written.
        audience: Address of the service that is called.
    """

    def __init__(self, folder: Path, audience: str) -> None:
        self._key = ec.generate_private_key(ec.SECP384R1())
        self._audience = audience
        public = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(self._key.public_key()))
        keys = {"keys": [{**public, "kid": _KID, "alg": "ES384", "use": "sig"}]}
        self.clients = folder / "clients.json"
        entry = {"issuer": _ISSUER, "jwks": keys}
        self.clients.write_text(json.dumps({"clients": [entry]}), encoding="utf-8")

    def token(self) -> str:
        """A token, good for five minutes."""
        now = int(time.time())
        claims = {"iss": _ISSUER, "aud": self._audience, "iat": now, "exp": now + 290, "jti": str(uuid4())}
        return jwt.encode(claims, self._key, "ES384", {"kid": _KID, "typ": "JWT"})
