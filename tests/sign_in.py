"""A token endpoint as SMART Backend Services has it, on a FHIR server of the tests. It checks what comes."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from tests import fakes
from tests.fakes import Asked, FakeFhirServer

CLIENT_ID, SCOPE, KID = "pgx-cds-at-ehr", "system/Observation.rs system/Patient.rs", "ours"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
EC_KEY = ec.generate_private_key(ec.SECP384R1())
RSA_KEY = rsa.generate_private_key(65537, 2048)


@dataclass
class SignIn:
    """
    Issues tokens `issued-1`, `issued-2`, ...; only the last one is good at the server.

    Args:
        server: The FHIR server; the endpoint is below its base.
        key: The key that the assertions must be signed with.
        expires_in: What is said about the life of tokens.
    """

    server: FakeFhirServer
    key: Any = field(default_factory=lambda: EC_KEY)
    expires_in: object = 300
    assertions: list[dict[str, Any]] = field(default_factory=list)

    @property
    def endpoint(self) -> str:
        return f"{self.server.base}/token"

    def install(self, named_endpoint: str = "") -> None:
        """Answer at the endpoint, and name one in the SMART configuration."""
        configuration = {"token_endpoint": named_endpoint or self.endpoint}
        self.server.behave("token", self._answer)
        self.server.behave(".well-known", fakes.say(json.dumps(configuration).encode(), "application/json"))

    def _answer(self, handler: fakes._Handler, asked: Asked) -> None:
        claims = self._claims(dict(asked.parameters))
        if claims is None:
            handler.send(400, b'{"error": "invalid_client"}', "application/json")
            return
        self.assertions.append(claims)
        self.server.token = f"issued-{len(self.assertions)}"
        answer = {"access_token": self.server.token, "token_type": "bearer", "expires_in": self.expires_in}
        handler.send(200, json.dumps(answer).encode(), "application/json")

    def _claims(self, form: dict[str, str]) -> dict[str, Any] | None:
        """The claims of a good request; None if anything about it is wrong."""
        wanted = {"grant_type": "client_credentials", "client_assertion_type": ASSERTION_TYPE, "scope": SCOPE}
        assertion = form.pop("client_assertion", "")
        try:
            claims: dict[str, Any] = jwt.decode(
                assertion,
                self.key.public_key(),
                algorithms=["ES384", "RS384"],
                audience=self.endpoint,
                options={"require": ["iss", "sub", "aud", "exp", "jti"]},
            )
        except jwt.PyJWTError:
            return None
        used = {earlier["jti"] for earlier in self.assertions}
        good = (
            form == wanted
            and claims["iss"] == claims["sub"] == CLIENT_ID
            and claims["exp"] - time.time() <= 300
            and claims["jti"] not in used
            and jwt.get_unverified_header(assertion)["kid"] == KID
        )
        return claims if good else None


def pem(key: Any) -> bytes:
    """A private key as a PEM file without password."""
    found: bytes = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return found
