"""`pgx-cds client`: what it writes can be read by the service, and what it shows is no secret."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cds_service.cli import main
from cds_service.hooks.definitions import SERVICES
from cds_service.trust.clients import read_clients
from tests.ehr import ISSUER, Ehr, never_fetch
from tests.sign_in import EC_KEY, pem

EHR = Ehr()


@pytest.fixture
def jwks(tmp_path: Path) -> str:
    file = tmp_path / "jwks.json"
    file.write_text(json.dumps({"keys": [EHR.jwk]}))
    return str(file)


@pytest.fixture
def clients(tmp_path: Path) -> Path:
    return tmp_path / "clients.json"


def add(clients: Path, *arguments: str, issuer: str = ISSUER) -> int:
    return main(["client", "add", "--file", str(clients), "--issuer", issuer, *arguments])


def test_an_added_ehr_is_read_by_the_service(clients: Path, jwks: str) -> None:
    (clients.parent / "north.json").write_text("{}")
    options = ["--jwks", jwks, "--jku", "https://ehr.example.org/jwks.json", "--audience", "by-hand"]
    options += [
        "--service",
        "pgx-order-sign",
        "--fhir",
        "https://ehr.example.org/fhir",
        "--calls-per-minute",
        "60",
    ]
    options += ["--tenant", "north=north.json", "--tenant", "south"]
    assert add(clients, *options) == 0
    client = read_clients(clients, services=SERVICES, fetch=never_fetch)[ISSUER]
    assert client.keys.find(EHR.kid, None)
    assert client.audiences == {"by-hand"}
    assert {name: rights.site for name, rights in client.tenants.items()} == {
        "north": clients.parent / "north.json",
        "south": None,
    }
    assert client.tenants["south"].services == {"pgx-order-sign"}
    assert client.tenants["south"].calls_per_minute == 60


def test_the_list_shows_rights_and_no_key(
    clients: Path, jwks: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (clients.parent / "own.pem").write_bytes(pem(EC_KEY))
    add(clients, "--jwks", jwks)
    own = {"url": "https://f.example", "clientId": "c", "keyFile": "own.pem", "kid": "k", "scope": "s"}
    document = json.loads(clients.read_text())
    document["clients"][0]["fhirServers"] = [own]
    clients.write_text(json.dumps(document))
    capsys.readouterr()
    assert main(["client", "list", "--file", str(clients)]) == 0
    shown = capsys.readouterr().out
    assert shown.splitlines() == [
        ISSUER,
        f"  keys: {EHR.kid} (ES384)",
        "  all services; all FHIR servers of the service; site profile of the service; 6000 calls a minute",
        "  own access to https://f.example as c",
    ]
    assert EHR.jwk["x"] not in shown and "PRIVATE" not in shown


def test_a_file_the_service_could_not_read_is_not_written(
    clients: Path, jwks: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert add(clients, "--jwks", jwks) == 0
    before = clients.read_bytes()
    other = "https://other.example.org"
    private = clients.parent / "private.json"
    private.write_text(json.dumps({"keys": [{**EHR.jwk, "d": "SECRET"}]}))
    for options in (
        ["--service", "none", "--jwks", jwks],
        ["--jku", "http://x.example/jwks"],
        ["--jwks", str(private)],
        [],
    ):
        assert add(clients, *options, issuer=other) == 2
    assert add(clients, "--jwks", jwks) == 2
    assert clients.read_bytes() == before
    shown = "".join(capsys.readouterr())
    assert "this issuer stands there twice" in shown
    assert "SECRET" not in shown
    assert sorted(path.name for path in clients.parent.iterdir()) == [
        "clients.json",
        "jwks.json",
        "private.json",
    ]


def test_a_new_key_replaces_an_entry_only_when_told_so(clients: Path, jwks: str) -> None:
    add(clients, "--jwks", jwks, issuer="https://first.example")
    add(clients, "--jwks", jwks)
    new = Ehr(kid="new", number=1)
    Path(jwks).write_text(json.dumps({"keys": [new.jwk]}))
    assert add(clients, "--jwks", jwks, "--replace") == 0
    found = read_clients(clients, services=SERVICES, fetch=never_fetch)
    assert list(found) == ["https://first.example", ISSUER]
    assert found[ISSUER].keys.find("new", None)
    assert found[ISSUER].keys.find(EHR.kid, None) is None


def test_without_a_file_it_says_how_to_name_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("PGX_CDS_CLIENTS", raising=False)
    assert main(["client", "list"]) == 2
    assert "--file" in capsys.readouterr().err
