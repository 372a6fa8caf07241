"""The writer behind the audit: no call waits for it, and a store that fails loses nothing at once."""

from __future__ import annotations

import threading
from collections.abc import Collection

import pytest

from cds_service.watch.writer import Writer


class Store:
    """Takes batches; fails as long as it is told to."""

    def __init__(self) -> None:
        self.written: list[int] = []
        self.failing = False
        self.tries = threading.Semaphore(0)
        self.gate = threading.Event()
        self.gate.set()

    def write(self, batch: Collection[int]) -> None:
        self.tries.release()
        assert self.gate.wait(60)
        if self.failing:
            raise OSError("disk full")
        self.written += batch


class Lost:
    def __init__(self) -> None:
        self.number = 0

    def __call__(self) -> None:
        self.number += 1


def writer(store: Store, lost: Lost, most: int = 100) -> Writer[int]:
    return Writer(store.write, lost, most=most, pause=0.01)


def test_everything_is_written_in_order() -> None:
    store, lost = Store(), Lost()
    mine = writer(store, lost, most=10_000)
    for number in range(2000):
        mine.put(number)
    assert mine.flush(60)
    assert store.written == list(range(2000))
    assert (lost.number, mine.check()) == (0, "0 waiting")


def test_entries_of_many_threads_are_all_written() -> None:
    store, lost = Store(), Lost()
    mine = writer(store, lost, most=10_000)
    threads = [threading.Thread(target=lambda: [mine.put(1) for _ in range(200)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert mine.flush(60)
    assert len(store.written) == 1600


def test_a_store_that_fails_is_tried_again_and_readiness_says_so_meanwhile() -> None:
    store, lost = Store(), Lost()
    store.failing = True
    mine = writer(store, lost)
    mine.put(1)
    for _ in range(2):
        assert store.tries.acquire(timeout=60)
    with pytest.raises(OSError, match="disk full"):
        mine.check()
    mine.put(2)
    store.failing = False
    assert mine.flush(60)
    assert store.written == [1, 2]
    assert (lost.number, mine.check()) == (0, "0 waiting")


def test_what_finds_no_room_is_counted_as_lost_and_nobody_waits() -> None:
    store, lost = Store(), Lost()
    store.gate.clear()
    mine = writer(store, lost, most=3)
    mine.put(0)
    assert store.tries.acquire(timeout=60)  # the first one is being written
    for number in range(1, 6):
        mine.put(number)
    assert lost.number == 2
    store.gate.set()
    assert mine.flush(60)
    assert store.written == [0, 1, 2, 3]


def test_before_the_first_entry_there_is_nothing_to_wait_for() -> None:
    mine = writer(Store(), Lost())
    assert mine.flush(60)
    assert mine.check() == "nothing written yet"
