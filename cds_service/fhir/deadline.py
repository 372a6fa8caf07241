"""How much of the time for one call is left."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Deadline:
    """
    The moment after which nothing more is waited for.

    Args:
        ends_at: Reading of `clock` at which the time is up, in seconds.
        clock: A clock that never runs backwards, such as `time.monotonic`.

    >>> deadline = Deadline.after(2.0, lambda: 100.0)
    >>> deadline.ends_at, deadline.remaining(), deadline.passed
    (102.0, 2.0, False)
    """

    ends_at: float
    clock: Callable[[], float]

    @classmethod
    def after(cls, seconds: float, clock: Callable[[], float]) -> Deadline:
        """The deadline `seconds` from now."""
        return cls(clock() + seconds, clock)

    def remaining(self) -> float:
        """Seconds left; zero once the time is up, never negative."""
        return max(0.0, self.ends_at - self.clock())

    @property
    def passed(self) -> bool:
        """Whether the time is up."""
        return self.remaining() <= 0.0

    def less(self, seconds: float) -> Deadline:
        """The same deadline earlier by `seconds`, to keep time for what comes after the waiting."""
        return Deadline(self.ends_at - seconds, self.clock)
