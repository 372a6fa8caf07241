"""Calls without a token, where the service signs in itself: for whom, and where its token goes."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from cds_service.trust.strict import ClientsError
from tests import fakes
from tests.ehr import PUBLIC, Ehr, clients_file
from tests.fakes import FakeFhirServer
from tests.faults import servers
from tests.faults.conftest import (
    NOT_CHECKED,
    RIGHT,
    ROOMY_MS,
    SELECT,
    Answer,
    NewService,
    assert_in_time,
    authorization,
)
from tests.requests_made import call, draft
from tests.sign_in import CLIENT_ID, EC_KEY, KID, SCOPE, SignIn, pem

EHR, OTHER_EHR = "https://ehr.example.org", "https://other-ehr.example.org"
EHRS = {EHR: Ehr(EHR), OTHER_EHR: Ehr(OTHER_EHR, number=1)}


@pytest.fixture
def sign_in(server: FakeFhirServer) -> SignIn:
    found = SignIn(server)
    found.install()
    return found


@pytest.fixture
def settings(tmp_path: Path, server: FakeFhirServer) -> dict[str, Any]:
    """Of a service that two EHRs may call, and that signs in at the server of the first one."""
    (tmp_path / "ours.pem").write_bytes(pem(EC_KEY))
    own = {"url": server.base, "clientId": CLIENT_ID, "keyFile": "ours.pem", "kid": KID, "scope": SCOPE}
    file = clients_file(tmp_path, {**EHRS[EHR].entry, "fhirServers": [own]}, EHRS[OTHER_EHR].entry)
    return {"require_jwt": True, "public_url": PUBLIC, "clients": file, "deadline_fetch_ms": ROOMY_MS}


@pytest.fixture
def service(new_service: NewService, settings: dict[str, Any], sign_in: SignIn) -> FlaskClient:
    return new_service(**settings)


def order(service: FlaskClient, base: str, issuer: str = EHR, **more: Any) -> Answer:
    """Order clopidogrel as an EHR that signs its calls and sends no access token."""
    body = {**call(draft()), "prefetch": {}, "fhirServer": base, **more}
    started = time.monotonic()
    answer = service.post(SELECT, json=body, headers=EHRS[issuer].bearer())
    cards = answer.get_json().get("cards", [{"summary": str(answer.status_code)}])
    return Answer(cards, answer.get_data(as_text=True), time.monotonic() - started)


def test_the_service_signs_in_once_for_many_calls_and_shows_nothing_of_it(
    service: FlaskClient,
    server: FakeFhirServer,
    sign_in: SignIn,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    answers = [order(service, server.base) for _ in range(2)]
    server.behave("Observation", fakes.status(500))
    answers.append(order(service, server.base))
    assert [answer.summaries for answer in answers] == [[RIGHT], [RIGHT], [NOT_CHECKED]]
    assert len(sign_in.assertions) == 1
    data = [asked for asked in server.requests if asked.kind in servers.KINDS]
    assert {asked.headers["Authorization"] for asked in data} == {"Bearer issued-1"}
    everything = "".join(answer.text for answer in answers) + "".join(capfd.readouterr()) + caplog.text
    assert "issued-" not in everything
    assert "eyJ" not in everything


def test_another_ehr_gets_nothing_with_it(
    service: FlaskClient, server: FakeFhirServer, sign_in: SignIn
) -> None:
    assert order(service, server.base).summaries == [RIGHT]
    asked = len(server.requests)
    assert order(service, server.base, OTHER_EHR).summaries == ["412"]
    assert len(server.requests) == asked


def test_it_is_for_one_server_alone(
    service: FlaskClient, server: FakeFhirServer, other_host: FakeFhirServer
) -> None:
    assert order(service, server.base).summaries == [RIGHT]
    for base in (other_host.base, f"{server.base}/tenant"):
        assert order(service, base).summaries == ["412"]
    assert other_host.requests == []


def test_a_token_of_the_call_comes_first(
    service: FlaskClient, server: FakeFhirServer, sign_in: SignIn
) -> None:
    answer = order(service, server.base, fhirAuthorization=authorization("of-this-user"))
    assert answer.summaries == [NOT_CHECKED]
    assert {asked.headers["Authorization"] for asked in server.requests} == {"Bearer of-this-user"}
    assert sign_in.assertions == []


def test_without_signed_calls_nobody_can_use_it(
    new_service: NewService, settings: dict[str, Any], server: FakeFhirServer, sign_in: SignIn
) -> None:
    service = new_service(**{**settings, "require_jwt": False})
    assert order(service, server.base).summaries == ["412"]
    assert server.requests == []


@pytest.mark.parametrize(
    "behaviour", [fakes.hang, fakes.hang_up, fakes.status(401)], ids=["hangs", "hangs up", "401"]
)
def test_without_a_token_the_drug_was_not_checked_and_nothing_is_asked(
    service: FlaskClient, server: FakeFhirServer, behaviour: fakes.Behaviour
) -> None:
    server.behave("token", behaviour)
    answer = order(service, server.base)
    assert answer.summaries == [NOT_CHECKED]
    assert_in_time(answer, ROOMY_MS)
    assert all(asked.kind not in servers.KINDS for asked in server.requests)


def test_a_server_that_refuses_every_token_is_not_asked_for_ever(
    service: FlaskClient, server: FakeFhirServer, sign_in: SignIn
) -> None:
    servers.everywhere(server, fakes.status(401))
    assert order(service, server.base).summaries == [NOT_CHECKED]
    assert len(sign_in.assertions) == 1
    assert len(server.requests) < 40


def test_a_server_that_is_not_listed_ends_the_start(
    new_service: NewService, settings: dict[str, Any]
) -> None:
    with pytest.raises(ClientsError, match="PGX_CDS_FHIR_ALLOW"):
        new_service(**settings, fhir_allow="https://ehr.example.org/fhir")
