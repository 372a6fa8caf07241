"""Entries of `fhirServers` in the clients file: keys, addresses, and the assertions made with them."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from cds_service.trust.backend_services import BackendServiceError, read_backend_service
from cds_service.trust.clients import read_clients
from tests.docs.pages import block_with
from tests.ehr import never_fetch
from tests.sign_in import CLIENT_ID, EC_KEY, KID, RSA_KEY, SCOPE, pem

BASE = "https://ehr.example.org/fhir"
ENTRY = {"url": BASE, "clientId": CLIENT_ID, "keyFile": "key.pem", "kid": KID, "scope": SCOPE}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    public = EC_KEY.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    files = {
        "key.pem": pem(EC_KEY),
        "rsa.pem": pem(RSA_KEY),
        "key.json": json.dumps(jwt.algorithms.ECAlgorithm.to_jwk(EC_KEY, as_dict=True)).encode(),
        "rsa.json": json.dumps(jwt.algorithms.RSAAlgorithm.to_jwk(RSA_KEY, as_dict=True)).encode(),
        "public.pem": public,
        "public.json": json.dumps(
            jwt.algorithms.ECAlgorithm.to_jwk(EC_KEY.public_key(), as_dict=True)
        ).encode(),
        "small.pem": pem(rsa.generate_private_key(65537, 1024)),
        "p256.pem": pem(ec.generate_private_key(ec.SECP256R1())),
        "text.pem": b"-----BEGIN PRIVATE KEY-----\nsecret\n",
        "broken.json": b'{"kty": "EC", "d": "secret"',
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    return tmp_path


@pytest.mark.parametrize(
    ("file", "algorithm"),
    [("key.pem", "ES384"), ("key.json", "ES384"), ("rsa.pem", "RS384"), ("rsa.json", "RS384")],
)
def test_the_assertion_is_signed_as_the_key_allows(folder: Path, file: str, algorithm: str) -> None:
    service = read_backend_service({**ENTRY, "keyFile": file}, folder, "here")
    audience, now = f"{BASE}/token", time.time()
    assertion = service.assertion(audience, now)
    public: Any = (EC_KEY if algorithm == "ES384" else RSA_KEY).public_key()
    claims = jwt.decode(assertion, public, algorithms=[algorithm], audience=audience)
    assert jwt.get_unverified_header(assertion) == {"alg": algorithm, "kid": KID, "typ": "JWT"}
    assert (claims["iss"], claims["sub"]) == (CLIENT_ID, CLIENT_ID)
    assert 0 < claims["exp"] - now <= 300


def test_no_two_assertions_are_the_same(folder: Path) -> None:
    service = read_backend_service(ENTRY, folder, "here")
    assert service.assertion(BASE, 1.0) != service.assertion(BASE, 1.0)


def test_the_key_does_not_show(folder: Path) -> None:
    service = read_backend_service(ENTRY, folder, "here")
    assert "key" not in repr(service)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"keyFile": "none.pem"}, "keyFile cannot be read"),
        ({"keyFile": "public.pem"}, "private key"),
        ({"keyFile": "public.json"}, "private key"),
        ({"keyFile": "small.pem"}, "private key"),
        ({"keyFile": "p256.pem"}, "private key"),
        ({"keyFile": "text.pem"}, "private key"),
        ({"keyFile": "broken.json"}, "private key"),
        ({"scope": ""}, "scope is missing"),
        ({"kid": 7}, "kid is missing"),
        ({"colour": "red"}, "unknown key colour"),
        ({"url": "http://ehr.example.org/fhir"}, "url must be"),
        ({"url": "https://ehr.example.org/fhir?x=1"}, "url must be"),
        ({"tokenEndpoint": "http://ehr.example.org/token"}, "tokenEndpoint must be"),
    ],
)
def test_an_entry_that_cannot_be_used_is_named(folder: Path, entry: dict[str, object], message: str) -> None:
    with pytest.raises(BackendServiceError) as error:
        read_backend_service({**ENTRY, **entry}, folder, "client 1: fhirServers 1")
    assert message in str(error.value)
    assert "client 1: fhirServers 1" in str(error.value)
    assert "secret" not in str(error.value)
    assert error.value.__context__ is None or "secret" not in str(error.value.__context__)


def test_it_is_read_with_the_client_it_belongs_to(folder: Path) -> None:
    file = folder / "clients.json"
    client = {
        "issuer": "https://ehr.example.org",
        "jku": ["https://ehr.example.org/jwks"],
        "fhirServers": [ENTRY],
    }
    file.write_text(json.dumps({"clients": [client]}))
    (service,) = read_clients(file, services=(), fetch=never_fetch)["https://ehr.example.org"].fhir_servers
    assert (service.server, service.client_id, service.scope) == (BASE, CLIENT_ID, SCOPE)


def test_the_entry_in_the_documentation_can_be_used(folder: Path) -> None:
    ((entry,),) = json.loads("{" + block_with("docs/registration.md", '"fhirServers"') + "}").values()
    (folder / entry["keyFile"]).write_bytes(pem(EC_KEY))
    assert read_backend_service(entry, folder, "here").server == entry["url"]


@pytest.mark.parametrize(
    ("url", "same"),
    [
        (BASE, True),
        (f"{BASE}/", True),
        ("HTTPS://EHR.example.org:443/fhir", True),
        (f"{BASE}/tenant", False),
        ("https://ehr.example.org", False),
        ("https://ehr.example.org:8443/fhir", False),
        ("https://ehr.example.org.evil.example/fhir", False),
        ("https://ehr.example.org@evil.example/fhir", False),
        ("http://ehr.example.org/fhir", False),
    ],
)
def test_it_is_for_one_server(folder: Path, url: str, same: bool) -> None:
    assert read_backend_service(ENTRY, folder, "here").is_for(url) is same


@pytest.mark.parametrize(
    ("url", "accepted"),
    [
        ("https://ehr.example.org/oauth2/token", True),
        ("https://login.example.org/token", False),
        ("http://ehr.example.org/oauth2/token", False),
        ("https://ehr.example.org:444/token", False),
        ("https://ehr.example.org@evil.example/token", False),
        ("", False),
    ],
)
def test_a_discovered_endpoint_must_be_on_the_same_host(folder: Path, url: str, accepted: bool) -> None:
    assert read_backend_service(ENTRY, folder, "here").accepts_endpoint(url) is accepted
