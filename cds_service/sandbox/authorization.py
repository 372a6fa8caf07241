"""
A small authorization server for the demo's FHIR endpoint, so that the detail view can be opened from a card.

It does what SMART App Launch asks of a server, for one public app, and asks nobody for a password: the
patients are invented. It keeps everything in memory and must never stand before real data.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import jwt
from cachetools import TTLCache
from cryptography.hazmat.primitives.asymmetric import ec
from flask import Blueprint, Response, jsonify, make_response, redirect, render_template, request

CLIENT_ID = "pgx-cds-demo"
USER = "Practitioner/pgx-prescriber"
_LAUNCH_SECONDS, _CODE_SECONDS, _TOKEN_SECONDS = 300, 60, 1800
_MOST = 1_000
_KID = "demo"


@dataclass(frozen=True, slots=True)
class _Granted:
    """What a code stands for."""

    challenge: str
    redirect_uri: str
    nonce: str
    scope: str
    context: Mapping[str, str]


def authorization_blueprint(
    people: Mapping[str, str], *, fhir: str = "/fhir", clock: Callable[[], float] = time.time
) -> Blueprint:
    """
    Discovery below the FHIR endpoint, and sign-in, token and keys at `/sandbox/auth`.

    Args:
        people: Id -> name of the patients to choose from.
        fhir: Path of the FHIR endpoint.
        clock: Seconds since 1970.
    """
    routes = Blueprint("sandbox_auth", __name__, template_folder="templates")
    key = ec.generate_private_key(ec.SECP384R1())
    launches: TTLCache[str, dict[str, str]] = TTLCache(_MOST, _LAUNCH_SECONDS)
    codes: TTLCache[str, _Granted] = TTLCache(_MOST, _CODE_SECONDS)

    @routes.get(f"{fhir}/.well-known/smart-configuration")
    def configuration() -> Response:
        base = request.url_root.rstrip("/")
        return _open(
            {
                "issuer": f"{base}{fhir}",
                "jwks_uri": f"{base}/sandbox/auth/keys",
                "authorization_endpoint": f"{base}/sandbox/auth/authorize",
                "token_endpoint": f"{base}/sandbox/auth/token",
                "grant_types_supported": ["authorization_code"],
                "response_types_supported": ["code"],
                "code_challenge_methods_supported": ["S256"],
                "token_endpoint_auth_methods_supported": ["none"],
                "capabilities": [
                    "launch-ehr", "launch-standalone", "client-public", "sso-openid-connect",
                    "context-ehr-patient", "context-standalone-patient", "permission-patient",
                    "permission-v2",
                ],
            }
        )  # fmt: skip

    @routes.post(f"{fhir}/_services/smart/Launch")
    def launch() -> Response:
        """What the order-entry page and the public CDS Hooks Sandbox ask before they open an app."""
        asked = request.get_json(silent=True)
        parameters = asked.get("parameters") if isinstance(asked, dict) else None
        context = {
            name: parameters[name]
            for name in ("patient", "appContext")
            if isinstance(parameters, dict) and isinstance(parameters.get(name), str)
        }
        if context.get("patient") not in people:
            return _open({"error": "unknown patient"}, 400)
        handle = secrets.token_urlsafe(16)
        launches[handle] = context
        return _open({"launch_id": handle})

    @routes.get("/sandbox/auth/authorize")
    def authorize() -> Response:
        asked = request.args
        back = f"{request.url_root.rstrip('/')}/smart/callback"
        if asked.get("client_id") != CLIENT_ID or asked.get("redirect_uri") != back:
            return make_response("This app, or its address, is not registered here.", 400)
        fault = _fault(asked, f"{request.url_root.rstrip('/')}{fhir}")
        if fault:
            return _back(back, error=fault, state=asked.get("state", ""))
        context = launches.pop(asked["launch"], None) if "launch" in asked else {}
        if context is None:
            return _back(back, error="invalid_request", state=asked.get("state", ""))
        chosen = asked.get("patient", "")
        if "patient" not in context and chosen not in people:
            return make_response(render_template("choose_patient.html", people=people, asked=asked))
        context.setdefault("patient", chosen)
        code = secrets.token_urlsafe(24)
        codes[code] = _Granted(
            asked["code_challenge"], back, asked.get("nonce", ""), asked.get("scope", ""), context
        )
        return _back(back, code=code, state=asked.get("state", ""))

    @routes.post("/sandbox/auth/token")
    def token() -> Response:
        form = request.form
        granted = codes.pop(form.get("code", ""), None)
        if granted is None or form.get("grant_type") != "authorization_code":
            return _open({"error": "invalid_grant"}, 400)
        if form.get("client_id") != CLIENT_ID or form.get("redirect_uri") != granted.redirect_uri:
            return _open({"error": "invalid_client"}, 400)
        if _challenge(form.get("code_verifier", "")) != granted.challenge:
            return _open({"error": "invalid_grant"}, 400)
        return _open(
            {
                "access_token": secrets.token_urlsafe(32),
                "token_type": "Bearer",
                "expires_in": _TOKEN_SECONDS,
                "scope": granted.scope,
                "need_patient_banner": True,
                "id_token": _identity(granted),
                **granted.context,
            }
        )

    @routes.get("/sandbox/auth/keys")
    def keys() -> Response:
        public: dict[str, Any] = jwt.algorithms.ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
        return _open({"keys": [{**public, "kid": _KID, "alg": "ES384", "use": "sig"}]})

    def _identity(granted: _Granted) -> str:
        base, now = request.url_root.rstrip("/"), int(clock())
        claims = {
            "iss": f"{base}{fhir}",
            "aud": CLIENT_ID,
            "sub": USER,
            "iat": now,
            "exp": now + _CODE_SECONDS,
            "nonce": granted.nonce,
            "fhirUser": f"{base}{fhir}/{USER}",
        }
        return jwt.encode(claims, key, algorithm="ES384", headers={"kid": _KID})

    return routes


def _fault(asked: Mapping[str, str], server: str) -> str:
    """The OAuth error code of a request that cannot be granted; blank if it can."""
    if asked.get("response_type") != "code":
        return "unsupported_response_type"
    complete = asked.get("state") and asked.get("code_challenge") and asked.get("aud") == server
    return "" if complete and asked.get("code_challenge_method") == "S256" else "invalid_request"


def _challenge(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode("utf-8")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def _back(address: str, **answer: str) -> Response:
    return make_response(redirect(f"{address}?{urlencode(answer)}", 303))


def _open(body: Mapping[str, Any], status: int = 200) -> Response:
    """JSON for any browser: the CDS Hooks Sandbox is a page from elsewhere."""
    response = jsonify(body)
    response.status_code = status
    response.headers["Cache-Control"] = "no-store"
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response
