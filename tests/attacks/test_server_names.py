"""`fhirServer` comes from the caller: no spelling of it leads to a server that is not listed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from cds_service.settings import Settings
from cds_service.wsgi import build_app
from tests import fakes
from tests.attacks.conftest import EHR, post
from tests.ehr import PUBLIC, SELECT, Ehr, clients_file
from tests.fakes import TOKEN, FakeFhirServer
from tests.requests_made import call, draft, genotype, patient

OTHER = Ehr("https://other.example.org", number=1)
URL = PUBLIC + SELECT
#: There was no way to the results: 412. A server that was asked gives a card, with or without results.
NOT_CALLED = 412


@pytest.fixture(scope="module")
def internal() -> Iterator[FakeFhirServer]:
    """A server on this machine that would answer, if it was ever asked."""
    with FakeFhirServer([patient(), genotype("CYP2C19", "*2/*2")], token=None) as server:
        yield server


@pytest.fixture(scope="module")
def listed() -> Iterator[FakeFhirServer]:
    with FakeFhirServer([patient(), genotype("CYP2C19", "*2/*2")]) as server:
        yield server


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, listed: FakeFhirServer) -> FlaskClient:
    """As in a hospital: one server by name, and here one more, so that a call that may go out can be seen."""
    folder = tmp_path_factory.mktemp("ssrf")
    elsewhere = {**OTHER.entry, "fhirAllow": ["https://ehr.example.org/fhir"]}
    settings = Settings(
        clients=clients_file(folder, EHR.entry, elsewhere),
        public_url=PUBLIC,
        store_url=f"sqlite:///{folder}/store.sqlite",
        fhir_allow=f"https://ehr.example.org/fhir,{listed.base}",
        deadline_fetch_ms=3000,
    )
    return build_app(settings).test_client()


def body_for(base: Any) -> dict[str, Any]:
    access = {"access_token": TOKEN, "token_type": "Bearer", "expires_in": 300, "scope": "", "subject": "s"}
    return {**call(draft()), "prefetch": {}, "fhirServer": base, "fhirAuthorization": access}


def status(service: FlaskClient, base: Any, ehr: Ehr = EHR) -> int:
    return post(service, ehr.token(URL), body_for(base)).status


def spellings(port: str) -> list[str]:
    """Ways to write this machine, the metadata of clouds, and a listed name with something else in it."""
    loopback = [
        *("127.0.0.1", "localhost", "127.1", "127.0.1", "0", "0.0.0.0", "2130706433", "0x7f000001"),
        *("0x7f.0.0.1", "017700000001", "0177.0.0.1", "127.000.000.001", "[::1]", "[::]", "[::1%25lo]"),
        *("[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:0:0:1]", "localhost.", "LOCALHOST"),
        *("localtest.me", "127.0.0.1.nip.io", "127\u30020\u30020\u30021", "\uff11\uff12\uff17.0.0.1"),
    ]
    elsewhere = [
        *("169.254.169.254", "[fd00:ec2::254]", "[::ffff:169.254.169.254]", "2852039166", "0xa9fea9fe"),
        *("metadata.google.internal", "100.100.100.200", "168.63.129.16", "169.254.43518"),
        *("10.0.0.1", "192.168.0.1", "172.16.0.1", "[fd12::1]", "[fe80::1]", "fhir", "db", "kubernetes.svc"),
    ]
    hosts = [f"http://{host}:{port}/fhir" for host in loopback]
    hosts += [f"http://{host}/fhir" for host in elsewhere]
    return [
        *hosts,
        f"http://ehr.example.org@127.0.0.1:{port}/fhir",
        f"https://ehr.example.org:pw@127.0.0.1:{port}/fhir",
        f"http://127.0.0.1:{port}#@ehr.example.org/fhir",
        f"http://127.0.0.1:{port}?https://ehr.example.org/fhir",
        f"http://127.0.0.1:{port}\\@ehr.example.org/fhir",
        f"https://ehr.example.org/fhir@127.0.0.1:{port}/",
        f"https://ehr.example.org/fhir/..//127.0.0.1:{port}/",
        "https://ehr.example.org/fhir/../../admin",
        "https://ehr.example.org.evil.example/fhir",
        "https://ehr.example.org%2eevil.example/fhir",
        "https://ehr.example.org/fhir\r\nHost: evil.example",
        "http://ehr.example.org/fhir",
        "https://ehr.example.org:22/fhir",
        "file:///etc/passwd",
        "gopher://127.0.0.1:25/_MAIL",
        "ftp://127.0.0.1/fhir",
        "jar:http://127.0.0.1!/",
        "//127.0.0.1/fhir",
        "unix:///var/run/docker.sock",
        "data:application/json,{}",
        "x" * 100_000,
    ]


def test_no_spelling_reaches_a_server_that_is_not_listed(
    service: FlaskClient, internal: FakeFhirServer
) -> None:
    port = internal.origin.rpartition(":")[2]
    reached = [base[:80] for base in spellings(port) if status(service, base) != NOT_CALLED]
    assert reached == []
    assert internal.requests == []


def test_the_listed_server_is_reached(service: FlaskClient, listed: FakeFhirServer) -> None:
    answer = post(service, EHR.token(URL), body_for(listed.base))
    assert json.loads(answer.text)["cards"][0]["summary"].startswith("Replace clopidogrel")


def test_an_ehr_that_may_not_name_a_listed_server_does_not_reach_it(
    service: FlaskClient, listed: FakeFhirServer
) -> None:
    asked = len(listed.requests)
    assert status(service, listed.base, OTHER) == NOT_CALLED
    assert len(listed.requests) == asked


@pytest.mark.parametrize("base", [7, [], {}, True, ["https://ehr.example.org/fhir"]])
def test_what_is_no_text_is_refused(service: FlaskClient, base: Any) -> None:
    assert status(service, base) == 400


def test_a_redirect_to_a_server_that_is_not_listed_is_not_followed(
    service: FlaskClient, listed: FakeFhirServer, internal: FakeFhirServer
) -> None:
    kinds = ("Patient", "Observation", "DiagnosticReport", "Consent", "Condition", "MedicationRequest")
    for kind in kinds:
        listed.behave(kind, fakes.redirect_to(f"{internal.base}/{kind}"))
    try:
        answer = post(service, EHR.token(URL), body_for(listed.base))
    finally:
        listed.behaviours.clear()
    assert json.loads(answer.text)["cards"][0]["summary"].startswith("Clopidogrel was not checked")
    assert internal.requests == []


def test_by_default_no_server_is_called_at_all(
    tmp_path_factory: pytest.TempPathFactory, internal: FakeFhirServer
) -> None:
    folder = tmp_path_factory.mktemp("closed")
    settings = Settings(
        clients=clients_file(folder, EHR.entry), public_url=PUBLIC, store_url=f"sqlite:///{folder}/x.sqlite"
    )
    closed = build_app(settings).test_client()
    assert status(closed, internal.base) == NOT_CALLED
    assert internal.requests == []
