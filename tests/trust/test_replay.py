"""A token counts once, in one process and in all that share a store."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from cds_service.store.database import Database
from cds_service.store.used_tokens import FORGET_EVERY_SECONDS, UsedTokenStore
from cds_service.trust.replay import REST_SECONDS, ReplayGuard
from tests.databases import PostgreSQL
from tests.fakes import Clock

LIFE = 3720


def guard(store_url: str, clock: Callable[[], float] = time.time) -> ReplayGuard:
    """As a new process has it: only the store is shared."""
    return ReplayGuard(UsedTokenStore(Database(store_url, durable=False), clock), LIFE, clock)


def _use(store_url: str) -> bool:
    return guard(store_url).first_use("iss", "the one", int(time.time()) + 60)


def test_processes_that_share_a_store_share_the_used_tokens(store_url: str) -> None:
    first, second = guard(store_url), guard(store_url)
    assert first.first_use("iss", "a", 2_000_000_000)
    assert not second.first_use("iss", "a", 2_000_000_000)
    assert second.first_use("iss", "b", 2_000_000_000)
    assert second.first_use("other iss", "a", 2_000_000_000)


def test_of_processes_that_get_a_token_at_the_same_time_one_takes_it(store_url: str) -> None:
    with ProcessPoolExecutor(4, mp_context=get_context("spawn")) as pool:
        assert sum(pool.map(_use, [store_url] * 8)) == 1


def test_of_threads_that_get_a_token_at_the_same_time_one_takes_it(store_url: str) -> None:
    guards = [guard(store_url) for _ in range(4)]
    with ThreadPoolExecutor(8) as pool:
        taken = list(
            pool.map(lambda n: guards[n % 4].first_use("iss", f"t{n // 8}", 2_000_000_000), range(40))
        )
    assert sum(taken) == 5


def test_what_has_expired_is_forgotten(store_url: str) -> None:
    clock = Clock()
    store = UsedTokenStore(Database(store_url), clock)
    assert store.add("a" * 64, int(clock.now) + 10)
    assert store.add("b" * 64, int(clock.now) + 10_000)
    clock.now += FORGET_EVERY_SECONDS + 1
    assert store.add("c" * 64, int(clock.now) + 10)
    assert store.count() == 2
    assert not store.add("b" * 64, int(clock.now) + 10_000)


def test_alone_a_process_remembers_by_itself() -> None:
    clock = Clock()
    alone = ReplayGuard(None, LIFE, clock)
    assert [alone.first_use("iss", "a", 0), alone.first_use("iss", "a", 0)] == [True, False]


class Broken:
    """A shared memory that fails until it is mended."""

    def __init__(self) -> None:
        self.asked = 0
        self.works = False

    def add(self, digest: str, expires: int) -> bool:  # noqa: ARG002
        self.asked += 1
        if not self.works:
            raise OSError("the disk is full")
        return True


def test_while_the_store_fails_the_process_counts_by_itself_and_does_not_wait_for_it_each_time() -> None:
    clock, store = Clock(), Broken()
    lonely = ReplayGuard(store, LIFE, clock)
    assert [lonely.first_use("iss", ident, 0) for ident in "aabbc"] == [True, False, True, False, True]
    assert store.asked == 1
    clock.now += REST_SECONDS
    store.works = True
    assert lonely.first_use("iss", "d", 0) and lonely.first_use("iss", "e", 0)
    assert store.asked == 3


def test_a_store_that_goes_away_stops_no_call(postgresql: PostgreSQL) -> None:
    lonely = guard(postgresql.new_database())
    assert lonely.first_use("iss", "a", 2_000_000_000)
    postgresql.stop()
    try:
        assert lonely.first_use("iss", "b", 2_000_000_000)
        assert not lonely.first_use("iss", "a", 2_000_000_000)
    finally:
        postgresql.start()


def test_only_a_digest_is_stored(tmp_path: Path) -> None:
    file = tmp_path / "store.sqlite"
    guard(f"sqlite:///{file}").first_use("https://issuer.example", "the-token-id", 2_000_000_000)
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"the-token-id" not in stored
    assert b"issuer.example" not in stored


@pytest.mark.parametrize("ident", ["\x00", "\ud800", "x" * 8000])
def test_any_text_can_be_the_id_of_a_token(store_url: str, ident: str) -> None:
    one = guard(store_url)
    assert [one.first_use("iss", ident, 1), one.first_use("iss", ident, 1)] == [True, False]
