"""An EHR as SMART App Launch has it, on a FHIR server of the tests: it checks what the app sends."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from tests import fakes
from tests.fakes import Asked, FakeFhirServer

CLIENT_ID, SECRET, KID = "pgx view", "s3cret/with+signs", "ours"
APP_KEY = ec.generate_private_key(ec.SECP384R1())
SIGNING_KEY = rsa.generate_private_key(65537, 2048)
PATIENT = "p1"


@dataclass
class Ehr:
    """
    Sign-in of one EHR.

    Args:
        server: Its FHIR server; the endpoints are below its base.
        kind: How the app says who it is: `public`, `secret` or `key`.
        claims: Claims of the identity token that differ from good ones.
        kid: Name of its key in the token; None leaves it out.
        answer: What the token endpoint says otherwise than usual; None for a name leaves it out.
    """

    server: FakeFhirServer
    kind: str = "public"
    claims: dict[str, Any] = field(default_factory=dict)
    answer: dict[str, Any] = field(default_factory=dict)
    signing_key: Any = field(default_factory=lambda: SIGNING_KEY)
    kid: str | None = "ehr"
    asked: dict[str, str] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    assertions: set[str] = field(default_factory=set)
    number: int = 0

    def install(self, *more_keys: dict[str, Any], **configuration: Any) -> None:
        """Answer at the endpoints, and name them; publish these keys besides."""
        self.server.token = "access-of-a-view"
        named = {
            "issuer": self.server.base,
            "authorization_endpoint": f"{self.server.base}/authorize",
            "token_endpoint": f"{self.server.base}/token",
            "jwks_uri": f"{self.server.base}/keys",
            "capabilities": ["launch-ehr", "permission-v2"],
            **configuration,
        }
        public = jwt.algorithms.RSAAlgorithm.to_jwk(SIGNING_KEY.public_key(), as_dict=True)
        keys = {"keys": [{**public, "kid": "ehr", "alg": "RS256", "use": "sig"}, *more_keys]}
        self.server.behave(".well-known", fakes.say(json.dumps(named).encode(), "application/json"))
        self.server.behave("keys", fakes.say(json.dumps(keys).encode(), "application/json"))
        self.server.behave("token", self._token)

    def sign_in(self, address: str) -> dict[str, str]:
        """What the browser brings back after the user signed in at the address the app sent it to."""
        assert address.startswith(f"{self.server.base}/authorize?")
        self.asked = dict(parse_qsl(urlsplit(address).query))
        assert self.asked["code_challenge_method"] == "S256"
        assert self.asked["aud"] == self.server.base
        self.number += 1
        return {"code": f"code-{self.number}", "state": self.asked["state"]}

    def _token(self, handler: fakes._Handler, asked: Asked) -> None:
        form = dict(asked.parameters)
        if not self._is_good(form, asked):
            handler.send(400, b'{"error": "invalid_grant"}', "application/json")
            return
        self.used.add(form["code"])
        answer = {
            "access_token": self.server.token,
            "token_type": "Bearer",
            "expires_in": 600,
            "scope": self.asked["scope"],
            "patient": PATIENT,
            "id_token": self._identity(),
            **self.answer,
        }
        told = {name: value for name, value in answer.items() if value is not None}
        handler.send(200, json.dumps(told).encode(), "application/json")

    def _is_good(self, form: dict[str, str], asked: Asked) -> bool:
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        return (
            form.get("grant_type") == "authorization_code"
            and form.get("code") == f"code-{self.number}"
            and form["code"] not in self.used
            and form.get("redirect_uri") == self.asked["redirect_uri"]
            and challenge == self.asked["code_challenge"]
            and self._is_app(form, asked)
        )

    def _is_app(self, form: dict[str, str], asked: Asked) -> bool:
        header = asked.headers.get("Authorization", "")
        if self.kind == "public":
            return form.get("client_id") == CLIENT_ID and not header and "client_assertion" not in form
        if self.kind == "secret":
            pair = base64.b64encode(b"pgx%20view:s3cret%2Fwith%2Bsigns").decode()
            return header == f"Basic {pair}" and "client_id" not in form
        claims = jwt.decode(
            form.get("client_assertion", ""),
            APP_KEY.public_key(),
            algorithms=["ES384"],
            audience=f"{self.server.base}/token",
        )
        fresh = claims["jti"] not in self.assertions
        self.assertions.add(claims["jti"])
        return fresh and claims["iss"] == claims["sub"] == CLIENT_ID

    def _identity(self) -> str:
        now = int(time.time())
        claims = {
            "iss": self.server.base,
            "aud": CLIENT_ID,
            "sub": "u1",
            "iat": now,
            "exp": now + 300,
            "nonce": self.asked["nonce"],
            "fhirUser": "Practitioner/u1",
            **self.claims,
        }
        return jwt.encode(
            claims, self.signing_key, algorithm="RS256", headers={"kid": self.kid} if self.kid else None
        )
