"""What a product can deliver: an amount of drug in whole pieces, in parts of pieces, or measured."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal

#: A measured amount is written with so many figures.
_FIGURES = 3


@dataclass(frozen=True, slots=True)
class Delivery:
    """
    What can be given at a time.

    Args:
        pieces: mg in one tablet, capsule or the like; several where no product is chosen yet and these are
            there. Empty: the amount is measured, such as of a solution.
        parts: Into how many parts a piece may be divided; 1 = it is taken whole.
        chosen: False where the order names an ingredient only.
        others: mg in one piece of the other products of the same form.
    """

    pieces: tuple[Decimal, ...] = ()
    parts: int = 1
    chosen: bool = True
    others: tuple[Decimal, ...] = ()

    @property
    def of_another_strength(self) -> Delivery:
        """What other products of this form can deliver."""
        return Delivery(self.others, chosen=False)


@dataclass(frozen=True, slots=True)
class Rounding:
    """
    How an amount becomes one that can be given; it is never rounded up.

    Args:
        most_lost: Share of the amount that may be lost.
        most_pieces: So many pieces may be taken at a time, where no product is chosen yet.
    """

    most_lost: Decimal = Decimal("0.1")
    most_pieces: int = 4


@dataclass(frozen=True, slots=True)
class Delivered:
    """
    An amount that can be given at a time.

    Args:
        amount: mg, or what was asked for where it is measured.
        count: Number of pieces; None where it is measured.
        piece: mg in one of them.
    """

    amount: Decimal
    count: Decimal | None = None
    piece: Decimal | None = None


def deliver(amount: Decimal, delivery: Delivery, rounding: Rounding) -> Delivered | None:
    """
    The most that can be given without exceeding an amount; None if too much of it would be lost.

    >>> tablets = Delivery((Decimal(50),))
    >>> deliver(Decimal(100), tablets, Rounding())
    Delivered(amount=Decimal('100'), count=Decimal('2'), piece=Decimal('50'))
    >>> deliver(Decimal(25), tablets, Rounding()) is None
    True
    >>> deliver(Decimal(25), Delivery((Decimal(50),), parts=2), Rounding()).count
    Decimal('0.5')
    """
    if not delivery.pieces:
        return Delivered(_measured(amount))
    found = [one for piece in delivery.pieces if (one := _in_pieces(amount, piece, delivery, rounding))]
    return max(found, key=lambda one: (one.amount, -(one.count or 0)), default=None)


def _in_pieces(amount: Decimal, piece: Decimal, delivery: Delivery, rounding: Rounding) -> Delivered | None:
    parts = (amount * delivery.parts / piece).to_integral_value(ROUND_FLOOR)
    given, count = parts * piece / delivery.parts, parts / delivery.parts
    too_many = not delivery.chosen and count > rounding.most_pieces
    if not parts or too_many or given < amount * (1 - rounding.most_lost):
        return None
    return Delivered(given.normalize() + 0, count, piece)


def _measured(amount: Decimal) -> Decimal:
    step = Decimal(1).scaleb(amount.adjusted() - _FIGURES + 1)
    return (amount / step).to_integral_value(ROUND_FLOOR) * step
