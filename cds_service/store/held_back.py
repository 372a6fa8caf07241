"""How many cards were held back, by day, reason and rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Column, Integer, MetaData, String, Table, UniqueConstraint, select, update

from cds_service.hooks.ports import HeldBack
from cds_service.store.aside import Aside

_HELD_BACK = Table(
    "held_back",
    MetaData(),
    Column("day", String(10), nullable=False),
    Column("reason", String(16), nullable=False),
    Column("rule", String(200), nullable=False),
    Column("cards", Integer, nullable=False),
    UniqueConstraint("day", "reason", "rule"),
)


@dataclass(frozen=True, slots=True)
class HeldBackCount:
    """Cards of one rule that were held back on one day, for one reason."""

    day: str
    reason: str
    rule: str
    cards: int


class HeldBackTally:
    """
    Counts in a database that all processes of a site share.

    Args:
        url: As of `Database`.
        today: The day to count for.
        clock: Monotonic seconds.
    """

    def __init__(self, url: str, today: Callable[[], date], clock: Callable[[], float]) -> None:
        self._aside = Aside(url, clock, _HELD_BACK)
        self._today = today

    def count(self, held_back: Sequence[tuple[HeldBack, str]]) -> None:
        """See `Tally`."""
        day = self._today().isoformat()
        with self._aside.transaction() as connection:
            # In one order, so that two calls cannot wait for each other.
            for (reason, rule), cards in sorted(Counter(held_back).items(), key=str):
                place = {"day": day, "reason": reason.value, "rule": rule[:200]}
                if self._aside.database.insert_new(connection, _HELD_BACK, {**place, "cards": cards}):
                    continue
                more = update(_HELD_BACK).filter_by(**place).values(cards=_HELD_BACK.c.cards + cards)
                connection.execute(more)

    def all(self) -> list[HeldBackCount]:
        """Every count, by day, reason and rule."""
        columns = (_HELD_BACK.c.day, _HELD_BACK.c.reason, _HELD_BACK.c.rule)
        with self._aside.transaction() as connection:
            rows = connection.execute(select(_HELD_BACK).order_by(*columns)).mappings()
            return [HeldBackCount(**row) for row in rows]

    def close(self) -> None:
        """Give the connections back."""
        self._aside.close()
