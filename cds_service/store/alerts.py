"""What was shown lately: keyed hashes and times, nothing that names a patient, a user or a drug."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy import (
    Boolean,
    Column,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    and_,
    delete,
    insert,
    or_,
    select,
    update,
)

from cds_service.hooks.ports import Answer, SettledBy, Told
from cds_service.store.aside import Aside

#: Cards in one statement.
_AT_ONCE = 500

_SHOWN = Table(
    "shown_alert",
    MetaData(),
    Column("key", String(64), nullable=False),
    Column("card", String(64), nullable=False),
    Column("settled_by", String(8), nullable=False),
    Column("accepting_settles", Boolean, nullable=False),
    Column("settled", Boolean, nullable=False),
    Column("until", Integer, nullable=False),
    Index("shown_alert_key", "key"),
    Index("shown_alert_card", "card"),
    Index("shown_alert_until", "until"),
)


class SharedAlertMemory:
    """
    The memory of alerts in a database that all processes of a site share.

    Args:
        url: As of `Database`.
        now: Seconds since 1970; the processes' clocks have to agree to a minute or so.
        clock: Monotonic seconds.
    """

    def __init__(self, url: str, now: Callable[[], float], clock: Callable[[], float]) -> None:
        self._aside = Aside(url, clock, _SHOWN)
        self._now = now

    def remember(self, told: Sequence[Told], seconds: int) -> None:
        """See `AlertMemory`. What has run out is deleted by the way."""
        now = int(self._now())
        rows = [
            {
                "key": item.key,
                "card": item.card,
                "settled_by": item.settled_by.value,
                "accepting_settles": item.accepting_settles,
                "settled": item.settled_by is SettledBy.SHOWING,
                "until": now + seconds,
            }
            for item in told
        ]
        with self._aside.transaction() as connection:
            connection.execute(delete(_SHOWN).where(_SHOWN.c.until <= now))
            if rows:
                connection.execute(insert(_SHOWN), rows)

    def settled(self, told: Sequence[Told]) -> frozenset[str]:
        """See `AlertMemory`. The same call sent again is no repeat: its own cards do not count."""
        if not told:
            return frozenset()
        wanted = select(_SHOWN.c.key).where(
            _SHOWN.c.key.in_({item.key for item in told}),
            _SHOWN.c.card.not_in({item.card for item in told}),
            _SHOWN.c.settled,
            _SHOWN.c.until > int(self._now()),
        )
        with self._aside.transaction() as connection:
            return frozenset(connection.execute(wanted).scalars())

    def answer(self, answers: Sequence[Answer]) -> None:
        """See `AlertMemory`."""
        with self._aside.transaction() as connection:
            for kind, cards in _by_kind(answers).items():
                for start in range(0, len(cards), _AT_ONCE):
                    settled = _settled_by(*kind, cards[start : start + _AT_ONCE])
                    connection.execute(update(_SHOWN).where(settled).values(settled=True))

    def close(self) -> None:
        """Give the connections back."""
        self._aside.close()


def _by_kind(answers: Sequence[Answer]) -> dict[tuple[bool, bool], list[str]]:
    """`(accepted, with a reason)` -> cards: a late batch has thousands of answers, of a few kinds."""
    found: dict[tuple[bool, bool], list[str]] = {}
    for answer in answers:
        found.setdefault((answer.accepted, answer.with_reason), []).append(answer.card)
    return found


def _settled_by(accepted: bool, with_reason: bool, cards: Sequence[str]):  # type: ignore[no-untyped-def]
    """The rows that answers of one kind settle."""
    mine = _SHOWN.c.card.in_(cards)
    if accepted:
        return and_(mine, _SHOWN.c.accepting_settles)
    plain = _SHOWN.c.settled_by == SettledBy.ANSWER.value
    return and_(mine, or_(plain, _SHOWN.c.settled_by == SettledBy.REASON.value) if with_reason else plain)
