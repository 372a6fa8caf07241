"""The service as `serve` runs it, with two EHRs it trusts, and somebody who is neither."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask.testing import FlaskClient

from cds_service.settings import Settings
from cds_service.wsgi import build_app
from tests import fakes
from tests.ehr import BODY, PUBLIC, SELECT, Ehr, clients_file
from tests.fakes import FakeFhirServer

EHR = Ehr()
RSA_EHR = Ehr("https://rsa.example.org", "RS384", kid="rsa")
#: Publishes its keys; the address is known once its server runs.
PUBLISHER = Ehr("https://publisher.example.org", number=1, kid="published")
ATTACKER = Ehr(number=9, kid="attacker")
#: No attack may keep a thread longer, on a machine that does other things besides.
SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Refusal:
    """What the service said."""

    status: int
    text: str


@pytest.fixture(scope="session")
def key_server() -> Iterator[FakeFhirServer]:
    """Where the publisher has its keys; other paths of it can be listed by nobody."""
    with FakeFhirServer([]) as server:
        key_set = json.dumps({"keys": [PUBLISHER.jwk]}).encode()
        server.behave("jwks.json", fakes.say(key_set, "application/jwk-set+json"))
        yield server


@pytest.fixture(scope="session")
def evil_server() -> Iterator[FakeFhirServer]:
    """Has the attacker's keys at the same path. Nobody has a reason to ask it."""
    with FakeFhirServer([]) as server:
        key_set = json.dumps({"keys": [ATTACKER.jwk]}).encode()
        server.behave("jwks.json", fakes.say(key_set, "application/json"))
        yield server


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory, key_server: FakeFhirServer) -> FlaskClient:
    folder = tmp_path_factory.mktemp("attacked")
    publisher = {"issuer": PUBLISHER.issuer, "jku": [f"{key_server.base}/jwks.json"]}
    settings = Settings(
        clients=clients_file(folder, EHR.entry, RSA_EHR.entry, publisher),
        public_url=PUBLIC,
        store_url=f"sqlite:///{folder}/store.sqlite",
        fhir_allow="https://ehr.example.org/fhir",
    )
    return build_app(settings).test_client()


def post(
    service: FlaskClient, token: str | None = None, body: Any = BODY, path: str = SELECT, **more: Any
) -> Refusal:
    """Call, and insist that the answer came soon and has no stack trace in it."""
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    sent: dict[str, Any] = {"data": body, "content_type": "application/json"}
    if not isinstance(body, bytes):
        sent = {"json": body}
    started = time.monotonic()
    answer = service.post(path, headers={**headers, **more.pop("headers", {})}, **{**sent, **more})
    assert time.monotonic() - started < SECONDS
    text = answer.get_data(as_text=True)
    assert "Traceback" not in text and "cds_service" not in text
    return Refusal(answer.status_code, text)


def good_token() -> str:
    return EHR.token(PUBLIC + SELECT)
