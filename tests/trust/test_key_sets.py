"""Published key sets: when they are asked for, how rarely, and what of them counts."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from cds_service.core.errors import PgxCdsError
from cds_service.trust.key_sets import (
    ASK_AGAIN_SECONDS,
    FRESH_SECONDS,
    LONGEST_USE_SECONDS,
    TRY_AGAIN_SECONDS,
    ClientKeys,
    FileKeys,
    PublishedKeys,
)
from cds_service.trust.keys import read_key
from tests.ehr import Ehr
from tests.fakes import Clock

URL, OTHER_URL = "https://ehr.example.org/jwks.json", "https://ehr.example.org/other.json"
OLD, NEW = Ehr(kid="old"), Ehr(kid="new", number=1)


class Publisher:
    """Publishes keys, and counts how often it is asked."""

    def __init__(self, *keys: dict[str, Any]) -> None:
        self.keys = list(keys)
        self.asked: list[str] = []
        self.broken = False

    def __call__(self, url: str) -> Mapping[str, Any]:
        self.asked.append(url)
        if self.broken:
            raise PgxCdsError("no answer")
        return {"keys": self.keys}


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_nothing_is_asked_before_a_token_needs_a_key_and_then_once(clock: Clock) -> None:
    publisher = Publisher(OLD.jwk)
    keys = PublishedKeys(URL, publisher, clock)
    assert publisher.asked == []
    assert all(keys.find("old") for _ in range(10))
    assert publisher.asked == [URL]


def test_a_new_key_is_found_when_it_is_first_used(clock: Clock) -> None:
    publisher = Publisher(OLD.jwk)
    keys = PublishedKeys(URL, publisher, clock)
    assert keys.find("old")
    publisher.keys.append(NEW.jwk)
    clock.now += ASK_AGAIN_SECONDS
    assert keys.find("new")
    assert keys.find("old")
    assert len(publisher.asked) == 2


def test_a_storm_of_unknown_keys_is_one_question_in_some_minutes(clock: Clock) -> None:
    publisher = Publisher(OLD.jwk)
    keys = PublishedKeys(URL, publisher, clock)
    assert [keys.find(f"unknown-{number}") for number in range(1000)] == [None] * 1000
    assert len(publisher.asked) == 1
    clock.now += ASK_AGAIN_SECONDS
    assert [keys.find(f"unknown-{number}") for number in range(1000)] == [None] * 1000
    assert len(publisher.asked) == 2


def test_a_storm_from_many_threads_is_one_question_too(clock: Clock) -> None:
    publisher = Publisher(OLD.jwk)
    keys = PublishedKeys(URL, publisher, clock)
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(keys.find, ["old", "x", "y", "z"] * 50))
    assert sum(key is not None for key in found) == 50
    assert len(publisher.asked) == 1


def test_a_withdrawn_key_is_refused_within_the_hour(clock: Clock) -> None:
    publisher = Publisher(OLD.jwk, NEW.jwk)
    keys = PublishedKeys(URL, publisher, clock)
    assert keys.find("old")
    publisher.keys.remove(OLD.jwk)
    clock.now += FRESH_SECONDS + 1
    assert keys.find("old") is None
    assert keys.find("new")


def test_an_outage_of_the_publisher_stops_nobody_for_a_day(clock: Clock) -> None:
    publisher = Publisher(OLD.jwk)
    keys = PublishedKeys(URL, publisher, clock)
    assert keys.find("old")
    publisher.broken = True
    clock.now += FRESH_SECONDS + 1
    assert keys.find("old")
    assert keys.find("old")
    assert len(publisher.asked) == 2
    clock.now += TRY_AGAIN_SECONDS
    assert keys.find("old")
    assert len(publisher.asked) == 3
    clock.now += LONGEST_USE_SECONDS
    assert keys.find("old") is None


def test_a_publisher_that_was_not_there_at_first_is_asked_again_soon(clock: Clock) -> None:
    publisher = Publisher(OLD.jwk)
    publisher.broken = True
    keys = PublishedKeys(URL, publisher, clock)
    assert keys.find("old") is None
    publisher.broken = False
    assert keys.find("old") is None
    clock.now += TRY_AGAIN_SECONDS
    assert keys.find("old")


def test_while_one_thread_asks_the_others_go_on_with_the_keys_at_hand(clock: Clock) -> None:
    publisher, asking, answer = Publisher(OLD.jwk), threading.Event(), threading.Event()

    def slow(url: str) -> Mapping[str, Any]:
        if publisher.asked:
            asking.set()
            assert answer.wait(60)
        return publisher(url)

    keys = PublishedKeys(URL, slow, clock)
    assert keys.find("old")
    clock.now += FRESH_SECONDS + 1
    with ThreadPoolExecutor(1) as pool:
        asks = pool.submit(keys.find, "old")
        assert asking.wait(60)
        assert keys.find("old")  # does not wait: nobody has answered yet
        answer.set()
        assert asks.result(60)


def test_what_cannot_be_used_in_a_set_is_passed_over(clock: Clock) -> None:
    others: list[Any] = [
        7,
        {},
        {"kty": "oct", "k": "x", "kid": "s"},
        {**OLD.jwk, "alg": "ES256"},
        Ehr(algorithm="RS256").jwk,
    ]
    keys = PublishedKeys(URL, Publisher(*others, NEW.jwk), clock)
    assert keys.find("new")
    assert [keys.find(kid) for kid in ("s", "old", Ehr().kid)] == [None] * 3


@pytest.mark.parametrize("document", [{}, {"keys": {}}, {"keys": [NEW.jwk] * 101}])
def test_what_is_no_key_set_gives_no_key(document: dict[str, Any], clock: Clock) -> None:
    assert PublishedKeys(URL, lambda _: document, clock).find("new") is None


def test_a_token_may_only_name_a_listed_address(clock: Clock) -> None:
    publisher = Publisher(NEW.jwk)
    keys = ClientKeys(FileKeys({"old": read_key(OLD.jwk)}), (PublishedKeys(URL, publisher, clock),))
    assert keys.find("old", "https://evil.example/jwks.json") is None
    assert keys.find("new", "https://evil.example/jwks.json") is None
    assert publisher.asked == []
    assert keys.find("old", None) and keys.find("old", URL)
    assert publisher.asked == []
    assert keys.find("new", URL) and keys.find("new", None)
    assert publisher.asked == [URL]


def test_a_token_that_names_one_of_several_addresses_is_looked_up_there(clock: Clock) -> None:
    publisher = Publisher(NEW.jwk)
    sources = tuple(PublishedKeys(url, publisher, clock) for url in (URL, OTHER_URL))
    assert ClientKeys(FileKeys(), sources).find("new", OTHER_URL)
    assert publisher.asked == [OTHER_URL]


def test_with_keys_in_the_file_alone_an_address_in_a_token_is_not_looked_at() -> None:
    assert FileKeys({"old": read_key(OLD.jwk)}).find("old", "https://evil.example/jwks.json")
