"""Tokens of our own: when they are asked for, how long they are kept, and token endpoints that misbehave."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from cds_service.fhir.backend_tokens import BackendTokens
from cds_service.fhir.client import FhirClient
from cds_service.fhir.deadline import Deadline
from cds_service.fhir.fetch_errors import FetchProblem, FhirFetchError
from cds_service.fhir.search import Read
from cds_service.fhir.transport import Limits, Transport
from cds_service.trust.backend_services import BackendService
from cds_service.trust.signing_keys import SigningKey
from tests import fakes
from tests.fakes import Clock, FakeFhirServer
from tests.sign_in import CLIENT_ID, EC_KEY, KID, SCOPE, SignIn


@pytest.fixture
def server() -> Iterator[FakeFhirServer]:
    with FakeFhirServer([{"resourceType": "Patient", "id": "p1"}]) as running:
        yield running


@pytest.fixture
def other_host() -> Iterator[FakeFhirServer]:
    with FakeFhirServer() as running:
        yield running


@pytest.fixture
def sign_in(server: FakeFhirServer) -> SignIn:
    found = SignIn(server)
    found.install()
    return found


@pytest.fixture
def clock() -> Clock:
    return Clock()


def tokens_for(server: FakeFhirServer, clock: Clock, endpoint: str = "") -> BackendTokens:
    credentials = BackendService(server.base, CLIENT_ID, SCOPE, SigningKey(EC_KEY, KID, "ES384"), endpoint)
    return BackendTokens(credentials, Transport(Limits(), 2, True), clock=clock)


@pytest.fixture
def tokens(server: FakeFhirServer, sign_in: SignIn, clock: Clock) -> BackendTokens:
    return tokens_for(server, clock)


def within(seconds: float = 3.0) -> Deadline:
    return Deadline.after(seconds, time.monotonic)


def read(server: FakeFhirServer, tokens: BackendTokens) -> None:
    """One call that reads the patient."""
    client = FhirClient(allows=lambda _: True)
    client.open(server.base, tokens).read(Read("Patient", "p1"), within())
    client.close()


# -- asked for, kept, replaced --


def test_a_token_is_asked_for_once_and_used_until_it_expires(
    tokens: BackendTokens, sign_in: SignIn, clock: Clock
) -> None:
    assert [tokens.token(within()) for _ in range(3)] == ["issued-1"] * 3
    clock.now += 269
    assert tokens.token(within()) == "issued-1"
    clock.now += 2
    assert tokens.token(within()) == "issued-2"


@pytest.mark.parametrize(
    ("said", "good_for"),
    [(300, 270), (40, 20), (None, 270), ("300", 270), (True, 270), (10**9, 3570), (-5, 0), (0, 0)],
)
def test_the_life_of_a_token_is_what_was_said_within_reason(
    tokens: BackendTokens, sign_in: SignIn, clock: Clock, said: object, good_for: float
) -> None:
    sign_in.expires_in = said
    tokens.token(within())
    if good_for:
        clock.now += good_for - 0.5
        assert tokens.token(within()) == "issued-1"
    clock.now += 0.6
    assert tokens.token(within()) == "issued-2"


def test_threads_that_need_a_token_at_once_share_one(
    server: FakeFhirServer, tokens: BackendTokens, sign_in: SignIn
) -> None:
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(tokens.token(within(5)))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["issued-1"] * 8
    assert len(server.asked("token")) == 1


def test_the_assertion_alone_goes_to_the_endpoint(
    server: FakeFhirServer, tokens: BackendTokens, sign_in: SignIn
) -> None:
    tokens.token(within())
    assert [asked.kind for asked in server.requests] == [".well-known", "token"]
    assert all("Authorization" not in asked.headers for asked in server.requests)


def test_a_configured_endpoint_needs_no_smart_configuration(
    server: FakeFhirServer, sign_in: SignIn, clock: Clock
) -> None:
    assert tokens_for(server, clock, sign_in.endpoint).token(within()) == "issued-1"
    assert server.asked(".well-known") == []


def test_a_token_that_the_server_no_longer_takes_is_replaced_once(
    server: FakeFhirServer, tokens: BackendTokens, sign_in: SignIn, clock: Clock
) -> None:
    read(server, tokens)
    server.token = "withdrawn"
    clock.now += 60
    read(server, tokens)
    assert [asked.headers["Authorization"] for asked in server.asked("Patient")] == [
        "Bearer issued-1",
        "Bearer issued-1",
        "Bearer issued-2",
    ]


def test_a_server_that_refuses_a_new_token_is_not_given_another(
    server: FakeFhirServer, tokens: BackendTokens, sign_in: SignIn
) -> None:
    server.behave("Patient", fakes.status(401))
    for _ in range(5):
        with pytest.raises(FhirFetchError) as error:
            read(server, tokens)
        assert error.value.problem is FetchProblem.REFUSED
    assert len(sign_in.assertions) == 1


# -- endpoints that misbehave --

BAD_ANSWERS = [
    pytest.param(fakes.hang, FetchProblem.TIMEOUT, id="hangs"),
    pytest.param(fakes.trickle_body, FetchProblem.TIMEOUT, id="trickles"),
    pytest.param(fakes.hang_up, FetchProblem.UNREACHABLE, id="hangs up"),
    pytest.param(fakes.status(500), FetchProblem.SERVER_ERROR, id="500"),
    pytest.param(fakes.say(b"<html>", "text/html"), FetchProblem.NOT_FHIR, id="a web page"),
    pytest.param(fakes.say(b"[]", "application/json"), FetchProblem.NOT_FHIR, id="an array"),
    pytest.param(fakes.say(b"{}", "application/json"), FetchProblem.NOT_FHIR, id="an empty object"),
    pytest.param(
        fakes.say(b'{"access_token": "x", "token_endpoint": 7}', "application/json"),
        FetchProblem.NOT_FHIR,
        id="no token type",
    ),
    pytest.param(
        fakes.say(b'{"access_token": "a\\r\\nX: y", "token_type": "bearer"}', "application/json"),
        FetchProblem.NOT_FHIR,
        id="a header in the token",
    ),
    pytest.param(fakes.flood, FetchProblem.TOO_LARGE, id="without end"),
    pytest.param(fakes.gzip_bomb, FetchProblem.TOO_LARGE, id="gzip bomb"),
]


@pytest.mark.parametrize("place", ["token", ".well-known"])
@pytest.mark.parametrize(("behaviour", "problem"), BAD_ANSWERS)
def test_a_useless_answer_is_a_named_problem_in_time(
    server: FakeFhirServer,
    tokens: BackendTokens,
    place: str,
    behaviour: fakes.Behaviour,
    problem: FetchProblem,
) -> None:
    server.behave(place, behaviour)
    seconds = 0.4 if problem is FetchProblem.TIMEOUT else 5.0
    started = time.monotonic()
    with pytest.raises(FhirFetchError) as error:
        tokens.token(within(seconds))
    assert time.monotonic() - started < seconds + 4.0
    assert error.value.problem is problem


@pytest.mark.parametrize("code", [400, 401, 403])
def test_an_endpoint_that_does_not_know_us_refuses(
    server: FakeFhirServer, tokens: BackendTokens, code: int
) -> None:
    server.behave("token", fakes.status(code))
    with pytest.raises(FhirFetchError) as error:
        tokens.token(within())
    assert error.value.problem is FetchProblem.REFUSED


def test_a_failure_holds_for_the_requests_of_the_same_moment(
    server: FakeFhirServer, tokens: BackendTokens, sign_in: SignIn, clock: Clock
) -> None:
    server.behave("token", fakes.status(401))
    for _ in range(10):
        with pytest.raises(FhirFetchError):
            tokens.token(within())
    assert len(server.asked("token")) == 1
    sign_in.install()
    clock.now += 1
    assert tokens.token(within()) == "issued-1"


@pytest.mark.parametrize("way", ["named", "redirect"])
def test_an_assertion_is_not_sent_to_another_host(
    server: FakeFhirServer, tokens: BackendTokens, sign_in: SignIn, other_host: FakeFhirServer, way: str
) -> None:
    elsewhere = f"{other_host.base}/token"
    if way == "named":
        sign_in.install(elsewhere)
    else:
        server.behave("token", fakes.redirect_to(elsewhere))
    with pytest.raises(FhirFetchError) as error:
        tokens.token(within())
    assert error.value.problem is FetchProblem.REDIRECT
    assert other_host.requests == []


def test_no_error_names_the_assertion(server: FakeFhirServer, tokens: BackendTokens) -> None:
    server.behave("token", fakes.say(b'{"error": "eyJ"}', "application/json"))
    with pytest.raises(FhirFetchError) as error:
        tokens.token(within())
    assert "eyJ" not in f"{error.value} {error.value.__context__!r} {tokens!r}"
