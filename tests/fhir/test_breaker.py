"""A FHIR server that fails call after call is left alone for a moment."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from cds_service.fhir.breaker import FAILED_CALLS, PAUSE_SECONDS, Breaker, Ticket
from cds_service.fhir.client import FhirClient, FhirSession
from cds_service.fhir.deadline import Deadline
from cds_service.fhir.fetch_errors import FetchProblem, FhirFetchError
from cds_service.fhir.search import Search
from tests import fakes
from tests.fakes import TOKEN, Clock, FakeFhirServer, observation

RESULTS = Search("Observation", (("patient", "p1"),))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server() -> Iterator[FakeFhirServer]:
    with FakeFhirServer([observation("a")]) as running:
        yield running


@pytest.fixture
def client(clock: Clock) -> Iterator[FhirClient]:
    found = FhirClient(allows=lambda _: True, clock=clock)
    yield found
    found.close()


def outcome_of(session: FhirSession, seconds: float = 5.0) -> FetchProblem | None:
    """What became of one search."""
    try:
        session.search(RESULTS, Deadline.after(seconds, time.monotonic))
    except FhirFetchError as error:
        return error.problem
    return None


def fail_calls(client: FhirClient, server: FakeFhirServer, number: int = FAILED_CALLS) -> None:
    for _ in range(number):
        assert outcome_of(client.open(server.base, TOKEN)) is FetchProblem.SERVER_ERROR


# -- through the client --


def test_a_server_that_fails_call_after_call_is_not_asked_for_a_while(
    client: FhirClient, server: FakeFhirServer
) -> None:
    server.behave("Observation", fakes.status(500))
    fail_calls(client, server)
    before = len(server.requests)
    assert outcome_of(client.open(server.base, TOKEN)) is FetchProblem.PAUSED
    assert len(server.requests) == before


def test_after_the_pause_one_call_is_let_through_and_a_good_answer_ends_it(
    client: FhirClient, server: FakeFhirServer, clock: Clock
) -> None:
    server.behave("Observation", fakes.status(500))
    fail_calls(client, server)
    server.behave("Observation", fakes.answer_well)
    clock.now += PAUSE_SECONDS - 0.01
    assert outcome_of(client.open(server.base, TOKEN)) is FetchProblem.PAUSED
    clock.now += 0.01
    assert outcome_of(client.open(server.base, TOKEN)) is None
    assert outcome_of(client.open(server.base, TOKEN)) is None


def test_a_failing_probe_starts_another_pause(
    client: FhirClient, server: FakeFhirServer, clock: Clock
) -> None:
    server.behave("Observation", fakes.status(500))
    fail_calls(client, server)
    clock.now += PAUSE_SECONDS
    probe = client.open(server.base, TOKEN)
    assert outcome_of(probe) is FetchProblem.SERVER_ERROR
    assert outcome_of(probe) is FetchProblem.PAUSED
    clock.now += PAUSE_SECONDS / 2
    assert outcome_of(client.open(server.base, TOKEN)) is FetchProblem.PAUSED


def test_many_failing_requests_of_one_call_count_once(client: FhirClient, server: FakeFhirServer) -> None:
    server.behave("Observation", fakes.status(500))
    session = client.open(server.base, TOKEN)
    assert {outcome_of(session) for _ in range(20)} == {FetchProblem.SERVER_ERROR}


def test_an_answer_in_between_starts_the_count_again(client: FhirClient, server: FakeFhirServer) -> None:
    for _ in range(3):
        server.behave("Observation", fakes.status(500))
        fail_calls(client, server, FAILED_CALLS - 1)
        server.behave("Observation", fakes.answer_well)
        assert outcome_of(client.open(server.base, TOKEN)) is None


@pytest.mark.parametrize("code", [400, 401, 403, 404, 429, 501])
def test_a_server_that_refuses_is_there(client: FhirClient, server: FakeFhirServer, code: int) -> None:
    server.behave("Observation", fakes.status(code))
    found = {outcome_of(client.open(server.base, TOKEN)) for _ in range(FAILED_CALLS + 2)}
    assert FetchProblem.PAUSED not in found


@pytest.mark.parametrize(
    ("behaviour", "seconds"),
    [(fakes.hang, 0.3), (fakes.hang_up, 0.9), (fakes.trickle_body, 0.3)],
    ids=["hangs", "hangs up", "trickles"],
)
def test_silence_and_broken_connections_count(
    client: FhirClient, server: FakeFhirServer, behaviour: fakes.Behaviour, seconds: float
) -> None:
    server.behave("Observation", behaviour)
    for _ in range(FAILED_CALLS):
        assert outcome_of(client.open(server.base, TOKEN), seconds) is not FetchProblem.PAUSED
    assert outcome_of(client.open(server.base, TOKEN), seconds) is FetchProblem.PAUSED


def test_a_request_that_came_too_late_says_nothing_about_the_server(
    client: FhirClient, server: FakeFhirServer
) -> None:
    server.behave("Observation", fakes.slow(0.1))
    for _ in range(FAILED_CALLS + 1):
        assert outcome_of(client.open(server.base, TOKEN), 0.02) is FetchProblem.TIMEOUT
    assert outcome_of(client.open(server.base, TOKEN)) is None


def test_one_server_in_trouble_does_not_touch_another(client: FhirClient, server: FakeFhirServer) -> None:
    server.behave("Observation", fakes.status(500))
    fail_calls(client, server)
    with FakeFhirServer([observation("b")]) as other:
        assert outcome_of(client.open(other.base, TOKEN)) is None


# -- alone --


def test_all_requests_of_the_probing_call_pass(clock: Clock) -> None:
    breaker = Breaker(clock, calls=1, seconds=5)
    breaker.failed(Ticket())
    clock.now += 5
    probe = Ticket()
    assert [breaker.admits(probe) for _ in range(3)] == [True, True, True]
    assert not breaker.admits(Ticket())


def test_a_probe_that_never_reports_is_followed_by_another(clock: Clock) -> None:
    breaker = Breaker(clock, calls=1, seconds=5)
    breaker.failed(Ticket())
    clock.now += 5
    assert breaker.admits(Ticket())
    clock.now += 5
    assert breaker.admits(Ticket())


def test_failures_that_come_in_late_do_not_lengthen_the_pause(clock: Clock) -> None:
    breaker = Breaker(clock, calls=1, seconds=5)
    breaker.failed(Ticket())
    clock.now += 4
    breaker.failed(Ticket())
    clock.now += 1
    assert breaker.admits(Ticket())
