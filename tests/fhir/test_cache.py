"""Answers that are remembered: for how long, for whom, and which never."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from cds_service.fhir.cache import AnswerCache
from cds_service.fhir.client import FhirClient
from cds_service.fhir.deadline import Deadline
from cds_service.fhir.fetch_errors import FetchProblem, FhirFetchError
from cds_service.fhir.paging import SearchAnswer
from cds_service.fhir.search import Search
from tests import fakes
from tests.fakes import TOKEN, Clock, FakeFhirServer, bundle, observation

RESULTS = Search("Observation", (("patient", "p1"),))
LIFE = 60.0


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def cache(clock: Clock) -> AnswerCache:
    return AnswerCache(LIFE, lambda query: query.kind == "Observation", clock=clock)


@pytest.fixture
def server() -> Iterator[FakeFhirServer]:
    with FakeFhirServer([observation("a"), observation("x", patient="p2")]) as running:
        yield running


@pytest.fixture
def client(cache: AnswerCache) -> Iterator[FhirClient]:
    found = FhirClient(allows=lambda _: True, cache=cache)
    yield found
    found.close()


def search(client: FhirClient, base: str, token: str | None = TOKEN, query: Search = RESULTS) -> list[str]:
    """The ids that one call of its own finds."""
    answer = client.open(base, token).search(query, Deadline.after(5.0, time.monotonic))
    return [resource["id"] for resource in answer.resources]


def test_the_same_token_is_answered_from_memory(client: FhirClient, server: FakeFhirServer) -> None:
    assert search(client, server.base) == search(client, server.base) == ["a"]
    assert len(server.requests) == 1


def test_after_its_life_an_answer_is_asked_for_again(
    client: FhirClient, server: FakeFhirServer, clock: Clock
) -> None:
    search(client, server.base)
    clock.now += LIFE - 1
    search(client, server.base)
    assert len(server.requests) == 1
    clock.now += 2
    search(client, server.base)
    assert len(server.requests) == 2


def test_another_token_never_sees_what_the_first_one_read(client: FhirClient, server: FakeFhirServer) -> None:
    assert search(client, server.base) == ["a"]
    for token in ("another-token", None, ""):
        with pytest.raises(FhirFetchError) as error:
            search(client, server.base, token)
        assert error.value.problem is FetchProblem.REFUSED


def test_another_patient_and_another_server_are_asked_for_themselves(
    client: FhirClient, server: FakeFhirServer
) -> None:
    search(client, server.base)
    assert search(client, server.base, query=Search("Observation", (("patient", "p2"),))) == ["x"]
    with FakeFhirServer([observation("b")]) as other:
        assert search(client, other.base) == ["b"]


def test_only_the_searches_that_were_named_are_remembered(client: FhirClient, server: FakeFhirServer) -> None:
    server.resources.append({"resourceType": "Consent", "id": "c", "patient": {"reference": "Patient/p1"}})
    query = Search("Consent", (("patient", "p1"),))
    assert search(client, server.base, query=query) == search(client, server.base, query=query) == ["c"]
    assert len(server.requests) == 2


NEVER_KEPT = [
    pytest.param(bundle(), id="no result"),
    pytest.param(bundle([observation("a"), fakes.outcome("processing", "warning")]), id="with a warning"),
    pytest.param(bundle([observation("a"), fakes.outcome("exception")]), id="with an error"),
    pytest.param(
        bundle([observation("a")], next_url="http://elsewhere.example/2"), id="with a page that was not read"
    ),
]


@pytest.mark.parametrize("body", NEVER_KEPT)
def test_what_is_empty_doubtful_or_incomplete_is_asked_for_again(
    client: FhirClient, server: FakeFhirServer, body: fakes.Resource
) -> None:
    server.behave("Observation", fakes.say(body))
    search(client, server.base)
    search(client, server.base)
    assert len(server.requests) == 2


def test_a_failure_is_not_remembered(client: FhirClient, server: FakeFhirServer) -> None:
    server.behave("Observation", fakes.first(fakes.status(500), fakes.answer_well))
    with pytest.raises(FhirFetchError):
        search(client, server.base)
    assert search(client, server.base) == ["a"]


def test_a_token_that_the_server_refuses_later_loses_what_it_read(
    client: FhirClient, server: FakeFhirServer
) -> None:
    assert search(client, server.base) == ["a"]
    server.token = "a-new-one"
    with pytest.raises(FhirFetchError):
        search(client, server.base, query=Search("Consent", (("patient", "p1"),)))
    with pytest.raises(FhirFetchError) as error:
        search(client, server.base)
    assert error.value.problem is FetchProblem.REFUSED


def test_what_one_call_does_to_its_resources_no_other_call_sees(
    client: FhirClient, server: FakeFhirServer
) -> None:
    session = client.open(server.base, TOKEN)
    for _ in range(3):
        (resource,) = session.search(RESULTS, Deadline.after(5.0, time.monotonic)).resources
        assert resource == observation("a")
        resource["status"] = "changed"  # type: ignore[index]


def test_the_memory_is_bounded_in_bytes(clock: Clock) -> None:
    cache = AnswerCache(LIFE, lambda _: True, clock=clock, most_bytes=3_000)
    keys = [cache.key("http://a", TOKEN, Search("Observation", (("patient", str(n)),))) for n in range(10)]
    for key in keys:
        assert key is not None
        cache.put(key, SearchAnswer((observation("a", note=[{"text": "x" * 800}]),)))
    kept = [key for key in keys if key is not None and cache.get(key) is not None]
    assert kept == keys[-len(kept) :]
    assert 0 < len(kept) <= 3
    huge = SearchAnswer((observation("a", note=[{"text": "x" * 5_000}]),))
    assert keys[0] is not None
    cache.put(keys[0], huge)
    assert cache.get(keys[0]) is None


def test_what_is_nested_too_deep_to_be_written_is_answered_and_not_kept(
    client: FhirClient, server: FakeFhirServer
) -> None:
    deep: fakes.Resource = {}
    for _ in range(400):
        deep = {"extension": [deep]}
    server.behave("Observation", fakes.say(bundle([observation("a", **deep)])))
    assert search(client, server.base) == search(client, server.base) == ["a"]
    assert len(server.requests) == 2


def test_neither_token_nor_patient_shows_in_a_key(cache: AnswerCache) -> None:
    key = cache.key("http://a", "secret-token", Search("Observation", (("patient", "secret-id"),)))
    assert "secret" not in repr(key)
