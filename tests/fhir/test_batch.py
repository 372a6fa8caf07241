"""Several questions in one request: where a server takes that, and what happens where it does not."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from cds_service.fhir.cache import AnswerCache
from cds_service.fhir.client import FhirClient, FhirSession
from cds_service.fhir.deadline import Deadline
from cds_service.fhir.fetch_errors import FetchProblem, FhirFetchError
from cds_service.fhir.paging import SearchAnswer
from cds_service.fhir.profiles import PLAIN, ServerProfile, server_profiles
from cds_service.fhir.search import Read, Search
from cds_service.fhir.transport import Limits
from tests import fakes
from tests.fakes import TOKEN, Asked, FakeFhirServer, bundle, observation

PERSON = Read("Patient", "p1")
RESULTS = Search.parse("Observation?patient=p1")
BATCHES = replace(PLAIN, batch="yes")
STATEMENT = {
    "resourceType": "CapabilityStatement",
    "rest": [{"mode": "server", "interaction": [{"code": "history-system"}, {"code": "transaction"}]}],
}


def within(seconds: float = 20.0) -> Deadline:
    return Deadline.after(seconds, time.monotonic)


def entry(resource: Any = None, status: str = "200 OK") -> Any:
    found = {"response": {"status": status}}
    return found if resource is None else {**found, "resource": resource}


def answered(*entries: Any) -> Any:
    return {"resourceType": "Bundle", "type": "batch-response", "entry": list(entries)}


@pytest.fixture
def server() -> Iterator[FakeFhirServer]:
    with FakeFhirServer([{"resourceType": "Patient", "id": "p1"}, observation("a")]) as running:
        yield running


def session(server: FakeFhirServer, profile: ServerProfile = BATCHES) -> FhirSession:
    return FhirClient(allows=lambda _: True, profile_of=lambda _: profile).open(server.base, TOKEN)


def ids(answer: object) -> list[str]:
    assert isinstance(answer, SearchAnswer)
    return [str(resource["id"]) for resource in answer.resources]


def methods(server: FakeFhirServer) -> list[str]:
    return [asked.method for asked in server.requests]


def test_a_server_of_which_nothing_is_known_is_asked_one_by_one(server: FakeFhirServer) -> None:
    assert session(server, PLAIN).batch([PERSON, RESULTS], within()) is None
    assert server.requests == []


def test_one_request_brings_reads_and_searches(server: FakeFhirServer) -> None:
    server.behave(
        "POST ",
        fakes.say(
            answered(entry({"resourceType": "Patient", "id": "p1"}), entry(bundle([observation("a")])))
        ),
    )
    found = session(server).batch([PERSON, RESULTS], within())
    assert found is not None
    assert [ids(answer) for answer in found] == [["p1"], ["a"]]
    assert methods(server) == ["POST"]


def test_one_thing_alone_is_no_batch(server: FakeFhirServer) -> None:
    assert session(server).batch([RESULTS], within()) is None


@pytest.mark.parametrize("status", [302, 400, 403, 404, 405, 500, 501])
def test_a_server_that_refuses_is_not_sent_another_batch(server: FakeFhirServer, status: int) -> None:
    server.behave("POST ", fakes.status(status))
    asking = session(server)
    assert asking.batch([PERSON, RESULTS], within()) is None
    assert asking.batch([PERSON, RESULTS], within()) is None
    assert methods(server) == ["POST"]


@pytest.mark.parametrize(
    "answer",
    [
        answered(entry(bundle())),
        bundle(),
        answered(entry(bundle()), {"resource": bundle()}),
        fakes.outcome("x"),
    ],
    ids=["too few", "no entries", "no status", "an outcome"],
)
def test_an_answer_that_cannot_be_told_apart_counts_as_none(server: FakeFhirServer, answer: Any) -> None:
    server.behave("POST ", fakes.say(answer))
    assert session(server).batch([PERSON, RESULTS], within()) is None


def test_a_part_that_failed_is_a_fault_of_its_own(server: FakeFhirServer) -> None:
    server.behave(
        "POST ", fakes.say(answered(entry(fakes.outcome("x"), "404"), entry(bundle([observation("a")]))))
    )
    found = session(server).batch([PERSON, RESULTS], within())
    assert found is not None
    assert isinstance(found[0], FhirFetchError)
    assert (found[0].problem, ids(found[1])) == (FetchProblem.NOT_FOUND, ["a"])


def test_a_batch_that_fails_as_a_whole_is_a_fault_of_each_part(server: FakeFhirServer) -> None:
    server.behave("POST ", fakes.status(503))
    found = session(server).batch([PERSON, RESULTS], within())
    assert found is not None
    assert [error.problem for error in found if isinstance(error, FhirFetchError)] == [
        FetchProblem.SERVER_ERROR
    ] * 2


def test_the_statement_of_a_server_is_asked_for_once(server: FakeFhirServer) -> None:
    def answer(handler: Any, asked: Asked) -> None:
        body = STATEMENT if asked.method == "GET" else answered(entry(bundle()), entry(bundle()))
        fakes.say(body)(handler, asked)

    server.behave("POST ", answer)
    server.behave("metadata", answer)
    asking = session(server, replace(PLAIN, batch="ask"))
    assert asking.is_unknown
    assert asking.batch([RESULTS, RESULTS], within()) is None
    for _ in range(2):
        asking.learn()
        assert asking.batch([RESULTS, RESULTS], within()) is not None
    assert methods(server) == ["GET", "POST", "POST"]
    assert "Authorization" not in server.requests[0].headers


def test_a_statement_that_is_late_is_asked_for_a_few_times(server: FakeFhirServer) -> None:
    server.behave("metadata", fakes.hang)
    client = FhirClient(
        allows=lambda _: True,
        profile_of=lambda _: replace(PLAIN, batch="ask"),
        limits=Limits(statement_seconds=0.3),
    )
    asking = client.open(server.base, TOKEN)
    tries = 0
    while asking.is_unknown:
        client.open(server.base, TOKEN).learn()
        tries += 1
    assert 1 < tries < 5
    # A statement that is late says nothing about calls: the server is not left alone.
    assert ids(asking.search(RESULTS, within())) == ["a"]
    assert asking.batch([PERSON, RESULTS], within()) is None


def test_what_is_remembered_is_not_asked_for_in_a_batch(server: FakeFhirServer) -> None:
    answers = entry(bundle([observation("a")])), entry({"resourceType": "Patient", "id": "p1"})
    server.behave("POST ", fakes.say(answered(*answers)))
    asking = FhirClient(
        allows=lambda _: True, profile_of=lambda _: BATCHES, cache=AnswerCache(60, RESULTS.__eq__)
    ).open(server.base, TOKEN)
    assert asking.batch([RESULTS, PERSON], within()) is not None
    server.behave("POST ", fakes.say(answered(answers[1], answers[1])))
    found = asking.batch([PERSON, RESULTS, PERSON], within())
    assert found is not None
    assert [ids(answer) for answer in found] == [["p1"], ["a"], ["p1"]]
    assert asking.batch([RESULTS, RESULTS], within()) is not None
    assert methods(server) == ["POST", "POST"]


def test_a_server_whose_statement_names_no_batch_gets_none(server: FakeFhirServer) -> None:
    server.behave("metadata", fakes.say({**STATEMENT, "rest": [{"mode": "server"}]}))
    asking = session(server, replace(PLAIN, batch="ask"))
    for _ in range(2):
        asking.learn()
        assert asking.batch([PERSON, RESULTS], within()) is None
    assert methods(server) == ["GET"]


def test_searches_are_shaped_as_the_server_takes_them(server: FakeFhirServer) -> None:
    profile = ServerProfile(
        largest_count=100,
        drops=frozenset({"_sort"}),
        adds={"Observation": {"_include": "Observation:specimen"}},
    )
    session(server, profile).search(Search.parse("Observation?patient=p1&_sort=-date&_count=500"), within())
    assert dict(server.requests[0].parameters) == {
        "patient": "p1",
        "_count": "100",
        "_include": "Observation:specimen",
    }


@pytest.mark.parametrize("name", server_profiles())
def test_every_profile_says_what_it_is_for(name: str) -> None:
    assert server_profiles()[name].batch in {"no", "yes", "ask"}


def test_a_server_that_nobody_named_says_itself_what_it_takes() -> None:
    assert server_profiles()["default"] == replace(PLAIN, batch="ask")
    assert server_profiles()["plain"] == PLAIN
