"""What a guideline adds to a calculated dose, or takes off it, for results the formula does not have."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from cds_service.core.conditions import Condition, Facts


@dataclass(frozen=True, slots=True)
class Adjustment:
    """
    A share by which a result changes a calculated dose.

    Args:
        name: Key of its words.
        gene: HGNC symbol.
        alleles: Alleles of which one is enough.
        low, high: Multiple of the calculated dose.
        when: For whom the guideline says so; None = everybody.
    """

    name: str
    gene: str
    alleles: frozenset[str]
    low: Decimal
    high: Decimal
    when: Condition | None = None


@dataclass(frozen=True, slots=True)
class Adjusted:
    """
    An adjustment that a result of this person asks for.

    Args:
        adjustment: What the guideline says.
        value: The diplotype.
        counts: True if it is counted; False where it is not known whether the guideline means this person.
    """

    adjustment: Adjustment
    value: str
    counts: bool


def adjusted(adjustments: Iterable[Adjustment], facts: Facts) -> tuple[Adjusted, ...]:
    """
    The adjustments for which this person has a result, and who they are not known not to be for.

    A gene with several possible diplotypes, or none, adjusts nothing.
    """
    found = []
    for one in adjustments:
        value = facts.diplotype(one.gene) or ""
        if not one.alleles & set(value.split("/")):
            continue
        meant = True if one.when is None else one.when.holds(facts)
        if meant is not False:
            found.append(Adjusted(one, value, meant is True))
    return tuple(found)


def together(found: Iterable[Adjusted]) -> tuple[Decimal, Decimal]:
    """The multiples of all adjustments that count, one after the other; 1 and 1 without any."""
    low = high = Decimal(1)
    for one in found:
        if one.counts:
            low, high = low * one.adjustment.low, high * one.adjustment.high
    return low, high
