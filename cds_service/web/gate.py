"""How many calls are worked on at once: beyond that, a quick refusal instead of slow cards for everybody."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import BoundedSemaphore

from werkzeug.exceptions import ServiceUnavailable

#: Seconds after which a refused client may try again.
RETRY_AFTER = 1


@dataclass(frozen=True, slots=True)
class Room:
    """
    The room of one process.

    Args:
        active: Calls worked on at the same time.
        waiting: Calls that may wait for a place.
        patience: Seconds they wait at most; well below the time budget of a call.
    """

    active: int = 16
    waiting: int = 32
    patience: float = 0.15

    @property
    def threads(self) -> int:
        """Threads a process needs, with some left for health checks and for refusing."""
        return self.active + self.waiting + FEEDBACK.active + FEEDBACK.waiting + 8


#: Feedback has room of its own: it waits for the disk, and a store that hangs must not stop the cards.
FEEDBACK = Room(active=8, waiting=16, patience=2.0)


class Gate:
    """
    Lets calls in while there is room.

    >>> gate = Gate(Room(active=1, waiting=0))
    >>> with gate.entered():
    ...     with gate.entered():
    ...         pass
    Traceback (most recent call last):
    werkzeug.exceptions.ServiceUnavailable: 503 Service Unavailable: ...
    """

    def __init__(self, room: Room) -> None:
        self._room = room
        self._inside = BoundedSemaphore(room.active)
        self._waiting = BoundedSemaphore(room.waiting) if room.waiting else None

    @contextmanager
    def entered(self) -> Iterator[None]:
        """
        A place for the time of the call.

        Raises:
            ServiceUnavailable: If there is none in time.
        """
        if not (self._inside.acquire(blocking=False) or self._waited()):
            raise ServiceUnavailable(retry_after=RETRY_AFTER)
        try:
            yield
        finally:
            self._inside.release()

    def _waited(self) -> bool:
        if self._waiting is None or not self._waiting.acquire(blocking=False):
            return False
        try:
            return self._inside.acquire(timeout=self._room.patience)
        finally:
            self._waiting.release()
