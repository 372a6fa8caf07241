"""Leaves a FHIR server alone for a moment after it failed several calls in a row."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock

#: Failed calls in a row after which a server is left alone.
FAILED_CALLS = 3
#: For how long. Short: while it lasts, drugs are told to be unchecked.
PAUSE_SECONDS = 5.0


class Ticket:
    """One call at one server: however many of its requests fail, it counts once."""

    __slots__ = ("failed",)

    def __init__(self) -> None:
        self.failed = False


class Breaker:
    """
    A circuit breaker of one server; knows no patient, no token and no query.

    Closed, everything passes. After some failed calls in a row it is open: nothing passes, so that callers
    are told at once and no thread waits for a server that hangs. When the pause is over, the requests of one
    call pass as a probe: any answer closes the breaker, a failure opens it again.

    Args:
        clock: Seconds that never run backwards.
        calls: Failed calls in a row that open it.
        seconds: Length of the pause.

    >>> now = [0.0]
    >>> breaker = Breaker(lambda: now[0], calls=1, seconds=5.0)
    >>> breaker.failed(Ticket()); breaker.admits(Ticket())
    False
    >>> now[0] = 5.0; probe, other = Ticket(), Ticket()
    >>> breaker.admits(probe), breaker.admits(other)
    (True, False)
    >>> breaker.answered(); breaker.admits(other)
    True
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        *,
        calls: int = FAILED_CALLS,
        seconds: float = PAUSE_SECONDS,
    ) -> None:
        self._clock = clock
        self._calls = calls
        self._seconds = seconds
        self._lock = Lock()
        self._failures = 0
        self._open_until: float | None = None
        self._probe: Ticket | None = None

    def admits(self, ticket: Ticket) -> bool:
        """Whether a request of this call may be sent now."""
        with self._lock:
            if self._open_until is None or ticket is self._probe:
                return True
            if self._clock() < self._open_until:
                return False
            # If the probe never reports, the next one follows after another pause.
            self._probe = ticket
            self._open_until = self._clock() + self._seconds
            return True

    def answered(self) -> None:
        """The server answered, be it with a refusal: it is there."""
        with self._lock:
            self._failures = 0
            self._open_until = self._probe = None

    def failed(self, ticket: Ticket) -> None:
        """A request of this call found no server, or one that failed or did not answer in fair time."""
        with self._lock:
            if ticket is self._probe:
                self._probe = None
                self._open_until = self._clock() + self._seconds
            if ticket.failed:
                return
            ticket.failed = True
            self._failures += 1
            if self._failures >= self._calls and self._open_until is None:
                self._open_until = self._clock() + self._seconds
