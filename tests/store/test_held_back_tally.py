"""Counts of cards that were held back."""

from __future__ import annotations

from datetime import date

from cds_service.hooks.ports import HeldBack
from cds_service.store.held_back import HeldBackCount, HeldBackTally
from tests.fakes import Clock

DAY = date(2026, 11, 21)


def tally(url: str, day: date = DAY) -> HeldBackTally:
    return HeldBackTally(url, lambda: day, Clock())


def test_cards_are_counted_by_day_reason_and_rule(store_url: str) -> None:
    one = (HeldBack.SILENT_RULE, "rule-1")
    tally(store_url).count([one, one, (HeldBack.REPEATED, "rule-1")])
    tally(store_url).count([one])
    tally(store_url, date(2026, 11, 22)).count([one])
    assert tally(store_url).all() == [
        HeldBackCount("2026-11-21", "repeated", "rule-1", 1),
        HeldBackCount("2026-11-21", "silent-rule", "rule-1", 3),
        HeldBackCount("2026-11-22", "silent-rule", "rule-1", 1),
    ]


def test_nothing_was_held_back(store_url: str) -> None:
    assert tally(store_url).all() == []
