"""Keeps room in a process for calls that other FHIR servers answer, while one of them is slow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock

#: A server that nobody asked for so long has no place kept for it.
KEPT_SECONDS = 60.0


class Crowd:
    """
    How many calls of a process may wait for one server at once, where several servers are asked.

    While one server alone is asked it may have all places: there is nobody to keep one for.

    Args:
        most: Calls that may wait for one server.
        clock: Seconds that never run backwards.

    >>> crowd = Crowd(1, lambda: 0.0)
    >>> with crowd.place("a") as first, crowd.place("a") as second:
    ...     first, second
    (True, True)
    >>> with crowd.place("b") as first, crowd.place("b") as second, crowd.place("a") as other:
    ...     first, second, other
    (True, False, True)
    """

    def __init__(self, most: int, clock: Callable[[], float]) -> None:
        self._most = most
        self._clock = clock
        self._lock = Lock()
        self._waiting: Counter[str] = Counter()
        self._asked: dict[str, float] = {}

    @contextmanager
    def place(self, server: str) -> Iterator[bool]:
        """Whether this call may wait for the server; it has its place until the block ends."""
        free = self._enters(server)
        try:
            yield free
        finally:
            if free:
                self._leaves(server)

    def _enters(self, server: str) -> bool:
        now = self._clock()
        with self._lock:
            self._asked[server] = now
            if len(self._asked) > 1:
                self._asked = {one: at for one, at in self._asked.items() if now - at < KEPT_SECONDS}
            free = len(self._asked) == 1 or self._waiting[server] < self._most
            if free:
                self._waiting[server] += 1
            return free

    def _leaves(self, server: str) -> None:
        with self._lock:
            self._waiting[server] -= 1
            if not self._waiting[server]:
                del self._waiting[server]
