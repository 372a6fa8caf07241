"""How many calls one client may make."""

from __future__ import annotations

from cds_service.trust.callers import Caller, Rights
from cds_service.trust.rates import CallRates
from tests.fakes import Clock


def caller(issuer: str = "a", tenant: str = "", calls: int = 60) -> Caller:
    return Caller(issuer, tenant, Rights(calls_per_minute=calls))


def test_the_calls_of_a_minute_may_come_at_once_and_then_it_is_told_when_to_come_again() -> None:
    clock = Clock()
    rates = CallRates(clock)
    assert [rates.wait_seconds(caller()) for _ in range(61)] == [0] * 60 + [1]
    clock.now += 1
    assert [rates.wait_seconds(caller()) for _ in range(2)] == [0, 1]


def test_calls_within_the_rate_go_on_for_ever() -> None:
    clock = Clock()
    rates = CallRates(clock)
    for _ in range(1000):
        assert rates.wait_seconds(caller(calls=6)) == 0
        clock.now += 10


def test_a_pause_gives_no_more_than_one_minute_of_calls() -> None:
    clock = Clock()
    rates = CallRates(clock)
    assert rates.wait_seconds(caller(calls=2)) == 0
    clock.now += 100_000
    assert [rates.wait_seconds(caller(calls=2)) for _ in range(3)] == [0, 0, 30]


def test_who_calls_too_often_does_not_use_up_the_calls_of_others() -> None:
    rates = CallRates(Clock())
    assert [rates.wait_seconds(caller(calls=1)) for _ in range(3)] == [0, 60, 60]
    assert rates.wait_seconds(caller("b", calls=1)) == 0
    assert rates.wait_seconds(caller("a", "tenant", calls=1)) == 0


def test_refused_calls_do_not_put_off_the_next_good_one() -> None:
    clock = Clock()
    rates = CallRates(clock)
    assert rates.wait_seconds(caller(calls=1)) == 0
    for _ in range(60):
        clock.now += 1
        last = rates.wait_seconds(caller(calls=1))
    assert last == 0
