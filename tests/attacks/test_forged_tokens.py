"""Tokens that were made by somebody else, or made to be misread: all get the same 401 without a reason."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from flask.testing import FlaskClient

from tests.attacks.conftest import ATTACKER, EHR, PUBLISHER, RSA_EHR, Refusal, good_token, post
from tests.ehr import PUBLIC, SELECT
from tests.fakes import FakeFhirServer

URL = PUBLIC + SELECT
NOW = int(time.time())


def encoded(value: object) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def by_hand(header: object, claims: object, sign: Callable[[bytes], bytes] = lambda _: b"x" * 96) -> str:
    """A token with any parts, signed by a function."""
    text = f"{encoded(header)}.{encoded(claims)}"
    return f"{text}.{encoded(sign(text.encode()))}"


def as_ehr(header: object, claims: object) -> str:
    """Signed by the EHR's own key: the signature is good, whatever the parts say."""
    algorithm = jwt.get_algorithm_by_name("ES384")
    return by_hand(header, claims, lambda text: algorithm.sign(text, EHR.key))


def hmac_with(secret: bytes) -> Callable[[bytes], bytes]:
    return lambda text: hmac.new(secret, text, hashlib.sha384).digest()


def public_pem(key: Any) -> bytes:
    pem: bytes = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return pem


def header(**more: Any) -> dict[str, Any]:
    return {"typ": "JWT", "alg": "ES384", "kid": EHR.kid, **more}


def claims(**more: Any) -> dict[str, Any]:
    return EHR.claims(URL, **more)


def raw_claims(text: str) -> bytes:
    """The claims as JSON text, with more text put in front of the closing brace."""
    return json.dumps(claims()).encode()[:-1] + text.encode() + b"}"


def signed_with(signature: bytes) -> str:
    """A good token with another signature."""
    return f"{good_token().rpartition('.')[0]}.{encoded(signature)}"


FORGED: dict[str, Callable[[], str]] = {
    "no signature, alg none": lambda: by_hand(header(alg="none"), claims(), lambda _: b"") + "",
    "alg none with a signature": lambda: by_hand(header(alg="none"), claims()),
    "alg NONE": lambda: by_hand(header(alg="nOnE"), claims()),
    "alg empty": lambda: as_ehr(header(alg=""), claims()),
    "alg missing": lambda: as_ehr({"typ": "JWT", "kid": EHR.kid}, claims()),
    "alg a list": lambda: as_ehr(header(alg=["ES384"]), claims()),
    "alg in small letters": lambda: as_ehr(header(alg="es384"), claims()),
    "HMAC with the public key as PEM": lambda: by_hand(
        header(alg="HS384"), claims(), hmac_with(public_pem(EHR.key))
    ),
    "HMAC with the RSA public key as PEM": lambda: by_hand(
        header(alg="HS256", kid=RSA_EHR.kid), RSA_EHR.claims(URL), hmac_with(public_pem(RSA_EHR.key))
    ),
    "HMAC with the JSON Web Key": lambda: by_hand(
        header(alg="HS384"), claims(), hmac_with(json.dumps(EHR.jwk).encode())
    ),
    "HMAC with an empty secret": lambda: by_hand(header(alg="HS384"), claims(), hmac_with(b"")),
    "RS384 named for an EC key": lambda: as_ehr(header(alg="RS384"), claims()),
    "ES384 named for an RSA key": lambda: as_ehr(header(kid=RSA_EHR.kid), RSA_EHR.claims(URL)),
    "RS256 with the RS384 key": lambda: jwt.encode(
        RSA_EHR.claims(URL), RSA_EHR.key, algorithm="RS256", headers={"kid": RSA_EHR.kid}
    ),
    "PS384 with the RS384 key": lambda: jwt.encode(
        RSA_EHR.claims(URL), RSA_EHR.key, algorithm="PS384", headers={"kid": RSA_EHR.kid}
    ),
    "another key under the EHR's kid": lambda: ATTACKER.token(URL, headers={"kid": EHR.kid}),
    "another key under its own kid": lambda: ATTACKER.token(URL),
    "the key of another trusted EHR": lambda: RSA_EHR.token(URL, iss=EHR.issuer),
    "the name of another trusted EHR": lambda: EHR.token(URL, iss=RSA_EHR.issuer),
    "an unknown issuer": lambda: EHR.token(URL, iss="https://nobody.example"),
    "the issuer with a slash": lambda: EHR.token(URL, iss=EHR.issuer + "/"),
    "the issuer as a list": lambda: as_ehr(header(), claims(iss=[EHR.issuer])),
    "a kid that is a path": lambda: EHR.token(URL, headers={"kid": "../../etc/passwd"}),
    "a kid that is SQL": lambda: EHR.token(URL, headers={"kid": "' OR 1=1 --"}),
    "a kid that is a list": lambda: as_ehr(header(kid=[EHR.kid]), claims()),
    "no kid": lambda: as_ehr({"typ": "JWT", "alg": "ES384"}, claims()),
    "an embedded key": lambda: ATTACKER.token(URL, headers={"jwk": ATTACKER.jwk}),
    "an embedded key, signed by the EHR": lambda: EHR.token(URL, headers={"jwk": EHR.jwk}),
    "x5u": lambda: EHR.token(URL, headers={"x5u": "https://evil.example/cert.pem"}),
    "x5c of the attacker": lambda: ATTACKER.token(URL, headers={"kid": EHR.kid, "x5c": ["MIIB"]}),
    "crit": lambda: EHR.token(URL, headers={"crit": ["exp"], "exp": NOW + 60}),
    "crit, empty": lambda: EHR.token(URL, headers={"crit": []}),
    "b64 switched off": lambda: as_ehr(header(b64=True), claims()),
    "zip": lambda: EHR.token(URL, headers={"zip": "DEF"}),
    "the type of an access token": lambda: EHR.token(URL, headers={"typ": "at+jwt"}),
    "signature cut": lambda: good_token()[:-8],
    "signature empty": lambda: good_token().rpartition(".")[0] + ".",
    "signature changed": lambda: good_token()[:-8] + "AAAAAAAA",
    "signature of zeros": lambda: signed_with(b"\0" * 96),
    "signature as DER": lambda: signed_with(b"\x30\x06\x02\x01\x01\x02\x01\x01"),
    "claims changed after signing": lambda: _with_claims(good_token(), claims(exp=NOW + 3000)),
    "claims of another token": lambda: _with_claims(good_token(), claims(tenant="other")),
    "expired": lambda: EHR.token(URL, exp=NOW - 3600, iat=NOW - 3700),
    "expires in a day": lambda: EHR.token(URL, exp=NOW + 86_400),
    "never expires": lambda: EHR.token(URL, exp=None),
    "issued tomorrow": lambda: EHR.token(URL, iat=NOW + 86_400, exp=NOW + 86_500),
    "not before tomorrow": lambda: EHR.token(URL, nbf=NOW + 86_400),
    "for another service": lambda: EHR.token("https://other.example/cds-services/x"),
    "for another endpoint here": lambda: EHR.token(URL + "/feedback"),
    "for http instead of https": lambda: EHR.token(URL.replace("https", "http")),
    "no audience": lambda: EHR.token(URL, aud=None),
    "no id": lambda: EHR.token(URL, jti=None),
    "an empty id": lambda: EHR.token(URL, jti=""),
    "an id that is a number": lambda: as_ehr(header(), claims(jti=7)),
    "times as texts": lambda: as_ehr(header(), claims(exp=str(NOW + 60))),
    "times as truth values": lambda: as_ehr(header(), claims(nbf=True)),
    "times below zero": lambda: as_ehr(header(), claims(iat=-1)),
    "times in milliseconds": lambda: as_ehr(header(), claims(exp=NOW * 1000)),
    "a huge number": lambda: as_ehr(header(), raw_claims(', "nbf": 1e400')),
    "a number of 5000 digits": lambda: as_ehr(header(), raw_claims(f', "nbf": {"9" * 5000}')),
    "NaN": lambda: as_ehr(header(), raw_claims(', "nbf": NaN')),
    "Infinity": lambda: as_ehr(header(), raw_claims(', "exp": Infinity')),
    "exp twice": lambda: as_ehr(header(), raw_claims(f', "exp": {NOW + 60}')),
    "iss twice": lambda: as_ehr(header(), raw_claims(f', "iss": "{EHR.issuer}"')),
    "alg twice": lambda: as_ehr(
        b'{"alg": "none", "kid": "' + EHR.kid.encode() + b'", "alg": "ES384"}', claims()
    ),
    "nested deeply": lambda: as_ehr(header(), b'{"a":' + b"[" * 2500 + b"]" * 2500 + b"}"),
    "header nested deeply": lambda: as_ehr(b'{"a":' + b'{"a":' * 1000 + b"1" + b"}" * 1001, claims()),
    "claims are a list": lambda: as_ehr(header(), [claims()]),
    "claims are a text": lambda: as_ehr(header(), b'"x"'),
    "claims are not UTF-8": lambda: as_ehr(header(), b"\xff\xfe" + json.dumps(claims()).encode("utf-16-le")),
    "header is no JSON": lambda: as_ehr(b"alg=ES384", claims()),
    "an encrypted token": lambda: f"{encoded({'alg': 'RSA-OAEP', 'enc': 'A256GCM'})}.a.b.c.d",
    "two parts": lambda: "eyJhbGciOiJFUzM4NCJ9.e30",
    "no token": lambda: "",
    "dots": lambda: "..",
    "a token of 9000 characters": lambda: EHR.token(URL, filler="x" * 9000),
    "a megabyte": lambda: "e" * 1_000_000,
    "with a line break inside": lambda: good_token().replace(".", ".\t", 1),
    "padded with =": lambda: good_token() + "==",
}


def _with_claims(token: str, changed: dict[str, Any]) -> str:
    head, _, signature = token.split(".")
    return f"{head}.{encoded(changed)}.{signature}"


@pytest.fixture(scope="module")
def usual(service: FlaskClient) -> Refusal:
    """The answer to a call without any token."""
    return post(service)


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_token_gets_the_same_answer_as_none(service: FlaskClient, usual: Refusal, name: str) -> None:
    assert usual.status == 401
    assert post(service, FORGED[name]()) == usual


def test_the_token_these_attacks_start_from_is_good(service: FlaskClient) -> None:
    assert post(service, good_token()).status == 200
    assert post(service, RSA_EHR.token(URL)).status == 200
    assert post(service, as_ehr(header(), claims())).status == 200


def test_a_replayed_token_gets_the_same_answer_as_none(service: FlaskClient, usual: Refusal) -> None:
    token = good_token()
    assert post(service, token).status == 200
    for path in (SELECT, f"{SELECT}/feedback"):
        assert post(service, token, path=path) == usual


@pytest.mark.parametrize("scheme", ["Basic", "Token", "", "Bearer Bearer"])
def test_other_schemes_are_refused(service: FlaskClient, usual: Refusal, scheme: str) -> None:
    assert post(service, headers={"Authorization": f"{scheme} {good_token()}"}) == usual


def test_an_address_of_keys_in_a_token_is_never_asked(
    service: FlaskClient, usual: Refusal, evil_server: FakeFhirServer, key_server: FakeFhirServer
) -> None:
    for issuer in (EHR.issuer, RSA_EHR.issuer, PUBLISHER.issuer, "https://nobody.example"):
        for jku in (
            f"{evil_server.base}/jwks.json",
            f"{key_server.base}/jwks.json@{evil_server.base}",
            f"{key_server.base}/../jwks.json",
            "file:///etc/passwd",
            "http://169.254.169.254/latest/meta-data",
        ):
            token = ATTACKER.token(URL, headers={"jku": jku}, iss=issuer)
            assert post(service, token) == usual
    assert evil_server.requests == []
    assert {asked.path for asked in key_server.requests} <= {"/fhir/jwks.json"}


def test_the_keys_of_a_listed_address_are_believed_and_a_storm_of_unknown_ones_asks_once(
    service: FlaskClient, usual: Refusal, key_server: FakeFhirServer
) -> None:
    assert post(service, PUBLISHER.token(URL)).status == 200
    assert post(service, PUBLISHER.token(URL, headers={"jku": f"{key_server.base}/jwks.json"})).status == 200
    for number in range(50):
        assert post(service, PUBLISHER.token(URL, headers={"kid": f"unknown-{number}"})) == usual
    assert len(key_server.requests) <= 1


def test_the_log_says_why_and_shows_no_token(
    service: FlaskClient, capsys: pytest.CaptureFixture[str]
) -> None:
    token = EHR.token(URL + "/feedback")
    post(service, token)
    shown = capsys.readouterr().out
    assert "InvalidAudienceError" in shown
    assert not any(part in shown for part in token.split("."))


@pytest.mark.parametrize("path", ["/cds-services", SELECT, f"{SELECT}/feedback", "/cds-services/none"])
def test_every_endpoint_asks_for_a_token(service: FlaskClient, path: str) -> None:
    answer = service.get(path) if path == "/cds-services" else service.post(path, json={})
    assert answer.status_code == 401
