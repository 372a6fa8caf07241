"""The service as a hospital runs it, with a short time budget, and a FHIR server that can misbehave."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask.testing import FlaskClient

from cds_service.settings import Settings
from cds_service.wsgi import build_app
from tests.fakes import TOKEN, FakeFhirServer
from tests.requests_made import call, draft, genotype, patient

SELECT = "/cds-services/pgx-order-select"
DEADLINE_MS = 500
#: Where the answer has to come from a server that works, on a machine that does other things besides.
ROOMY_MS = 3_000
GRACE_SECONDS = 4.0

RIGHT = "Replace clopidogrel with prasugrel or ticagrelor: CYP2C19 poor metabolizer"
NOT_CHECKED = "Clopidogrel was not checked: the genetic results could not be read"

Card = dict[str, Any]
NewService = Callable[..., FlaskClient]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back for one order-select, and after how many seconds."""

    cards: list[Card]
    text: str
    seconds: float

    @property
    def summaries(self) -> list[str]:
        return [card["summary"] for card in self.cards]


@pytest.fixture(scope="session")
def new_service(tmp_path_factory: pytest.TempPathFactory) -> NewService:
    """Builds the application for tests with settings of their own."""

    def build(**settings: Any) -> FlaskClient:
        store = tmp_path_factory.mktemp("store") / "feedback.sqlite"
        known: dict[str, Any] = {
            "require_jwt": False,
            "fhir_allow": "http://127.0.0.1:*/fhir",
            "deadline_fetch_ms": DEADLINE_MS,
            "store_url": f"sqlite:///{store}",
        }
        return build_app(Settings(**{**known, **settings})).test_client()

    return build


@pytest.fixture(scope="session")
def service(new_service: NewService) -> FlaskClient:
    return new_service()


@pytest.fixture(scope="session")
def roomy_service(new_service: NewService) -> FlaskClient:
    """With more time, for tests whose answer depends on what was read."""
    return new_service(deadline_fetch_ms=ROOMY_MS)


@pytest.fixture
def server() -> Iterator[FakeFhirServer]:
    """A server with a patient whose result asks for another drug."""
    with FakeFhirServer([patient(), genotype("CYP2C19", "*2/*2")]) as running:
        yield running


@pytest.fixture
def other_host() -> Iterator[FakeFhirServer]:
    """A server that nobody has a reason to ask, and that takes any token."""
    with FakeFhirServer([patient(), genotype("CYP2C19", "*1/*1")], token=None) as running:
        yield running


def authorization(token: str = TOKEN) -> dict[str, Any]:
    """The access that a call brings along."""
    return {"access_token": token, "token_type": "Bearer", "expires_in": 300, "scope": "", "subject": "s"}


def order_select(service: FlaskClient, base: str, token: str = TOKEN, **more: Any) -> Answer:
    """Order clopidogrel without any prefetch: everything has to come from the server."""
    body = {**call(more.pop("order", draft())), "fhirServer": base, "fhirAuthorization": authorization(token)}
    body["prefetch"] = more.pop("prefetch", {})
    started = time.monotonic()
    answer = service.post(SELECT, json={**body, **more})
    seconds = time.monotonic() - started
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return Answer(answer.get_json()["cards"], answer.get_data(as_text=True), seconds)


def assert_in_time(answer: Answer, deadline_ms: int = DEADLINE_MS) -> None:
    assert answer.seconds < deadline_ms / 1000 + GRACE_SECONDS
