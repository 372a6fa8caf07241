"""The clients file: what may stand in it, and what ends the start."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cds_service.hooks.definitions import SERVICES
from cds_service.trust.callers import CALLS_PER_MINUTE, Rights
from cds_service.trust.clients import Client, read_clients
from cds_service.trust.strict import ClientsError
from tests.ehr import ISSUER, Ehr, clients_file, never_fetch, private_key, public_jwk
from tests.sign_in import EC_KEY, pem

EHR = Ehr()
JWK = EHR.jwk
SYMMETRIC = {"kty": "oct", "kid": "x", "k": "c2VjcmV0", "alg": "HS256"}
OWN = {"url": "https://f.example", "clientId": "c", "keyFile": "k.pem", "kid": "k", "scope": "s"}


def read(file: Path) -> dict[str, Client]:
    return dict(read_clients(file, services=SERVICES, fetch=never_fetch))


def test_without_a_file_nobody_may_call() -> None:
    assert read_clients(None, services=SERVICES, fetch=never_fetch) == {}


def test_everything_that_may_stand_in_an_entry_is_read(tmp_path: Path) -> None:
    (tmp_path / "north.json").write_text("{}")
    entry = {
        **EHR.entry,
        "audiences": ["by-hand"],
        "algorithms": ["ES256"],
        "jku": ["https://ehr.example.org/jwks.json"],
        "services": ["pgx-order-sign"],
        "fhirAllow": ["https://ehr.example.org/fhir"],
        "callsPerMinute": 60,
        "tenants": {"north": {"site": "north.json"}, "south": {"callsPerMinute": 6}},
    }
    client = read(clients_file(tmp_path, entry))[ISSUER]
    assert client.audiences == {"by-hand"}
    assert client.keys.find(EHR.kid, None)
    assert client.rights.services == {"pgx-order-sign"}
    assert client.rights.fhir_servers is not None
    assert client.rights.fhir_servers.allows("https://ehr.example.org/fhir/x")
    north, south = client.tenants["north"], client.tenants["south"]
    assert north == Rights(client.rights.services, client.rights.fhir_servers, tmp_path / "north.json", 60)
    assert (south.site, south.calls_per_minute) == (None, 6)


def test_left_out_rights_are_wide(tmp_path: Path) -> None:
    rights = read(clients_file(tmp_path, EHR.entry))[ISSUER].rights
    assert rights == Rights(None, None, None, CALLS_PER_MINUTE)
    assert rights.may_call("pgx-order-select")


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"colour": "red"}, "unknown key colour; allowed: algorithms, audiences"),
    ({"Audiences": []}, "unknown key Audiences"),
    ({"issuer": ""}, "issuer is missing"),
    ({"issuer": 7}, "issuer is missing"),
    ({"issuer": "https://sandbox.cds-hooks.org"}, "the private key of this issuer is public"),
    ({"jwks": None}, "jwks: must be an object"),
    ({"jwks": {}}, "jwks has no keys"),
    ({"jwks": {"keys": {}}}, "keys must be a list"),
    ({"jwks": {"keys": [7]}}, "key 1 must be an object"),
    ({"jwks": {"keys": [JWK, JWK]}}, "key 2 has the kid of another one"),
    ({"jwks": {"keys": [{**JWK, "d": "x"}]}}, "key 1 is a private or secret key"),
    ({"jwks": {"keys": [SYMMETRIC]}}, "key 1 is a private or secret key"),
    ({"jwks": {"keys": [{**JWK, "kid": ""}]}}, "key 1 has no kid"),
    ({"jwks": {"keys": [{**JWK, "use": "enc"}]}}, "key 1 is not for signatures"),
    ({"jwks": {"keys": [{**JWK, "key_ops": ["encrypt"]}]}}, "key 1 is not for signatures"),
    ({"jwks": {"keys": [{**JWK, "alg": "HS256"}]}}, "key 1 is for HS256; allowed: ES384, RS384"),
    ({"jwks": {"keys": [{**JWK, "alg": "none"}]}}, "key 1 is for none"),
    ({"jwks": {"keys": [public_jwk(private_key("ES256"), "ES256")]}}, "key 1 is for ES256"),
    ({"jwks": {"keys": [{**JWK, "x": "AAAA"}]}}, "key 1 cannot be used"),
    ({"jwks": {"keys": [{"kty": "XX", "kid": "a"}]}}, "key 1 cannot be used"),
    ({"jku": "https://ehr.example.org/jwks"}, "jku must be a list"),
    ({"jku": ["http://ehr.example.org/jwks"]}, "jku must hold plain https addresses"),
    ({"jku": ["https://u:p@ehr.example.org/jwks"]}, "jku must hold plain https addresses"),
    ({"audiences": "x"}, "audiences must be a list"),
    ({"audiences": [""]}, "audiences must be a list of texts"),
    ({"audiences": ["x", "x"]}, "audiences has the same entry twice"),
    ({"algorithms": ["HS256"]}, "algorithms may name, besides ES384 and RS384, only"),
    ({"algorithms": ["none"]}, "algorithms may name"),
    ({"services": []}, "services must name some of pgx-order-select, pgx-order-sign"),
    ({"services": ["pgx"]}, "services must name some of"),
    ({"fhirAllow": ["https://u:SECRET@x.example"]}, "fhirAllow must be a list of base URLs"),
    ({"fhirAllow": "https://x.example"}, "fhirAllow must be a list"),
    ({"site": "none.json"}, "site must name the file of a site profile"),
    ({"callsPerMinute": 0}, "callsPerMinute must be a whole number"),
    ({"callsPerMinute": True}, "callsPerMinute must be a whole number"),
    ({"callsPerMinute": "60"}, "callsPerMinute must be a whole number"),
    ({"tenants": {}}, "tenants must name at least one tenant"),
    ({"tenants": {"": {}}}, "none may be blank"),
    ({"tenants": ["a"]}, "tenants: must be an object"),
    ({"tenants": {"a": {"jwks": {}}}}, "tenant a: unknown key jwks; allowed: callsPerMinute, fhirAllow"),
    ({"tenants": {"a": {}}, "fhirServers": [OWN]}, "tenant a: fhirAllow is missing"),
    ({"fhirServers": [7]}, "must be an object"),
    ({"fhirServers": {}}, "fhirServers must be a list"),
]


@pytest.mark.parametrize(("change", "message"), WRONG, ids=[message for _, message in WRONG])
def test_what_cannot_be_used_ends_the_start_and_is_named(
    tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    (tmp_path / "k.pem").write_bytes(pem(EC_KEY))
    with pytest.raises(ClientsError) as error:
        read(clients_file(tmp_path, Ehr("https://first.example").entry, {**EHR.entry, **change}))
    assert message in str(error.value)
    assert "clients.json: client 2" in str(error.value)
    assert "SECRET" not in str(error.value)


def test_an_entry_without_keys_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ClientsError, match="jwks or jku is missing"):
        read(clients_file(tmp_path, {"issuer": ISSUER}))


def test_an_issuer_may_stand_there_once(tmp_path: Path) -> None:
    with pytest.raises(ClientsError, match="client 2 .*this issuer stands there twice"):
        read(clients_file(tmp_path, EHR.entry, EHR.entry))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is not JSON"),
        ("[]", "must be an object"),
        ("{}{", "is not JSON (line 1)"),
        ('{"clients": [], "clients": []}', "the key 'clients' stands twice in one object"),
        ('{"clients": {}}', "clients must be a list"),
        ('{"clients": [], "colour": 1}', "unknown key colour; allowed: clients"),
        ('{"clients": [7]}', "client 1: must be an object"),
        ("[" * 100_000, "is not JSON"),
    ],
)
def test_a_file_that_is_none_is_refused(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "clients.json"
    file.write_text(text)
    with pytest.raises(ClientsError) as error:
        read(file)
    assert message in str(error.value)


def test_a_short_rsa_key_is_refused(tmp_path: Path) -> None:
    from cryptography.hazmat.primitives.asymmetric import rsa

    short = public_jwk(rsa.generate_private_key(65537, 1024), "RS384")
    with pytest.raises(ClientsError, match="RSA keys need 2048 bits"):
        read(clients_file(tmp_path, {**EHR.entry, "jwks": {"keys": [short]}}))


def test_no_message_shows_a_key(tmp_path: Path) -> None:
    for change in ({"d": "PRIVATE"}, {"x": "AAAA"}, {"alg": "HS256"}):
        with pytest.raises(ClientsError) as error:
            read(clients_file(tmp_path, {**EHR.entry, "jwks": {"keys": [{**JWK, **change}]}}))
        assert "PRIVATE" not in repr(error.value)
        assert JWK["y"] not in f"{error.value!r} {error.value.__context__!r}"


def test_the_keys_do_not_show_in_a_client(tmp_path: Path) -> None:
    assert json.dumps(JWK["x"]) not in repr(read(clients_file(tmp_path, EHR.entry)))
