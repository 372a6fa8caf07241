"""A slow server does not take the places of calls that another one answers."""

from __future__ import annotations

from contextlib import ExitStack

from cds_service.hooks.crowd import KEPT_SECONDS, Crowd
from tests.fakes import Clock


def test_one_server_alone_has_all_places() -> None:
    crowd = Crowd(1, Clock())
    with ExitStack() as calls:
        assert all(calls.enter_context(crowd.place("a")) for _ in range(5))


def test_beside_another_server_a_place_is_kept_for_each() -> None:
    crowd = Crowd(2, Clock())
    with ExitStack() as calls:
        enter = calls.enter_context
        assert [enter(crowd.place(server)) for server in "abababb"] == [True] * 4 + [False] * 3


def test_a_place_that_becomes_free_is_given_again_also_after_a_fault() -> None:
    crowd = Crowd(1, Clock())
    with crowd.place("a"):
        pass
    for _ in range(3):
        try:
            with crowd.place("b") as free:
                assert free
                raise KeyError
        except KeyError:
            continue


def test_a_server_nobody_asked_for_a_while_keeps_no_place() -> None:
    clock = Clock()
    crowd = Crowd(1, clock)
    with crowd.place("a"), crowd.place("b") as first, crowd.place("b") as second:
        assert (first, second) == (True, False)
    clock.now += KEPT_SECONDS
    with crowd.place("b") as first, crowd.place("b") as second:
        assert (first, second) == (True, True)
