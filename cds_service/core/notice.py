"""A notice: what should be known besides, by key. Apart from the other values, so that little is loaded."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Notice:
    """
    Something the reader of a card or a log should know, by key.

    Args:
        key: Phrase key; the words live in `cards/phrases/`.
        slots: Values for the named slots of the phrase, in a fixed order.
    """

    key: str
    slots: tuple[tuple[str, str], ...] = field(default=())

    @classmethod
    def of(cls, key: str, **slots: str) -> Notice:
        """Build a notice from keyword slots."""
        return cls(key, tuple(sorted(slots.items())))
