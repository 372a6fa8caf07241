"""Cards that were made and not shown, for the metrics."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cds_service.hooks.ports import HeldBack, Tally


@dataclass(frozen=True, slots=True)
class WatchedTally:
    """
    A `Tally` that tells of each card and hands on.

    Args:
        tally: Counts by day and rule.
        held_back: Is told of each card, by reason.
    """

    tally: Tally
    held_back: Callable[[str], None]

    def count(self, held_back: Sequence[tuple[HeldBack, str]]) -> None:
        """See `Tally`."""
        for reason, _ in held_back:
            self.held_back(reason.value)
        self.tally.count(held_back)
