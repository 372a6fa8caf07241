"""Which cards are shown: silent rules, a floor, and at most so many in one answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import pytest

from cds_service.core.urgency import Urgency
from cds_service.fhir.paging import Resource
from cds_service.hooks.call_data import OfflineData
from cds_service.hooks.ports import HeldBack, MemoryUnavailableError, Tally
from cds_service.hooks.request import parse_request
from cds_service.hooks.restraint import QuietChoices
from cds_service.hooks.site import SiteProfile
from cds_service.wsgi import build_evaluator
from tests.builders import knowledge
from tests.requests_made import Json, call, draft, genotype

CLOPIDOGREL, CODEINE, CELECOXIB = draft(), draft("2670", "rx2", None), draft("140587", "rx3", None)
#: 5-fluorouracil with no DPYD activity: critical.
FLUOROURACIL = draft("4492", "rx4", None)
DRAFTS = (CELECOXIB, CLOPIDOGREL, CODEINE, FLUOROURACIL)
RESULTS = (
    genotype("CYP2C19", "*2/*2", "g1"),
    genotype("CYP2D6", "*4/*4", "g2"),
    genotype("CYP2C9", "*1/*3", "g3"),
    genotype("DPYD", "c.1905+1G>A/c.1905+1G>A", "g4"),
)
RULE = "clopidogrel-cpic-acs-pci-cyp2c19-poor"


@dataclass
class Counted:
    """A tally that keeps what it is given."""

    found: list[tuple[HeldBack, str]] = field(default_factory=list)

    def count(self, held_back: Sequence[tuple[HeldBack, str]]) -> None:
        self.found += held_back


class Broken:
    """A tally whose database is down."""

    def count(self, held_back: Sequence[tuple[HeldBack, str]]) -> None:
        raise MemoryUnavailableError(f"{len(held_back)} not counted")


@cache
def record() -> tuple[Resource, ...]:
    return ({"resourceType": "Patient", "id": "p1", "birthDate": "1960-02-01"}, *RESULTS)


def answer(
    *drafts: Json, choices: QuietChoices, tally: Tally | None = None, extension: Json | None = None
) -> list[dict[str, Any]]:
    body = call(*drafts, hook="order-sign", extension=extension or {})
    site = SiteProfile(quiet=choices)
    evaluator = build_evaluator(knowledge(), site, lambda _: OfflineData.of(record()), tally=tally)
    found: list[dict[str, Any]] = evaluator.evaluate(parse_request(body, "order-sign"))["cards"]
    return found


def drugs(cards: list[dict[str, Any]]) -> list[str]:
    """The drug of each card; `more` for the card that names others."""
    found = [card["extension"].get("pgx-cds.finding") for card in cards]
    return [item["drug"]["name"] if item else "more" for item in found]


def test_without_choices_every_order_has_its_card() -> None:
    cards = answer(*DRAFTS, choices=QuietChoices())
    assert [card["indicator"] for card in cards] == ["info", "warning", "warning", "critical"]


def test_a_silent_rule_is_judged_and_counted_and_not_shown() -> None:
    counted = Counted()
    found = answer(CLOPIDOGREL, CODEINE, choices=QuietChoices(frozenset({RULE})), tally=counted)
    assert drugs(found) == ["codeine"]
    assert counted.found == [(HeldBack.SILENT_RULE, RULE)]


def test_no_other_source_speaks_in_the_place_of_a_silent_rule() -> None:
    assert answer(CLOPIDOGREL, choices=QuietChoices(frozenset({RULE}))) == []


@pytest.mark.parametrize(
    ("floor", "shown"),
    [
        (Urgency.WARNING, ["clopidogrel", "codeine", "fluorouracil"]),
        (Urgency.CRITICAL, ["fluorouracil"]),
    ],
)
def test_what_is_below_the_floor_is_counted_and_not_shown(floor: Urgency, shown: list[str]) -> None:
    counted = Counted()
    assert drugs(answer(*DRAFTS, choices=QuietChoices(floor=floor), tally=counted)) == shown
    assert {why for why, _ in counted.found} == {HeldBack.BELOW_FLOOR}
    assert len(counted.found) == len(DRAFTS) - len(shown)


def test_the_floor_never_hides_that_a_drug_was_not_checked() -> None:
    unknown = draft("999999999", medicationCodeableConcept={"text": "zzz forte"})
    (card,) = answer(unknown, choices=QuietChoices(floor=Urgency.CRITICAL))
    assert card["summary"] == "This order was not checked: the drug was not recognised"


def test_a_count_that_fails_holds_nothing_up() -> None:
    assert answer(CLOPIDOGREL, choices=QuietChoices(frozenset({RULE})), tally=Broken()) == []


def test_the_most_urgent_cards_are_shown_in_their_order_and_one_names_the_others() -> None:
    cards = answer(*DRAFTS, choices=QuietChoices(most_cards=2))
    assert drugs(cards) == ["clopidogrel", "fluorouracil", "more"]
    more = cards[-1]
    assert (more["summary"], more["indicator"]) == ("2 more cards: codeine, celecoxib", "warning")
    assert "- Choose another drug than codeine" in more["detail"] or "codeine" in more["detail"]
    assert more["extension"]["davinci-crd.associated-resource"] == [
        {"reference": "MedicationRequest/rx2"},
        {"reference": "MedicationRequest/rx3"},
    ]
    assert len({card["uuid"] for card in cards}) == len(cards)


def test_a_critical_card_is_never_among_the_others() -> None:
    second = draft("194000", "rx5", None)  # capecitabine
    cards = answer(*DRAFTS, second, choices=QuietChoices(most_cards=1))
    assert [card["indicator"] for card in cards] == ["critical", "critical", "warning"]
    assert drugs(cards) == ["fluorouracil", "capecitabine", "more"]


def test_one_card_too_many_is_shown_as_it_is() -> None:
    assert drugs(answer(CLOPIDOGREL, CODEINE, choices=QuietChoices(most_cards=1))) == [
        "clopidogrel",
        "codeine",
    ]


def test_the_client_may_ask_for_fewer_cards_than_the_site() -> None:
    asked = {"davinci-crd.configuration": {"max-cards": 1}}
    cards = answer(*DRAFTS, choices=QuietChoices(most_cards=3), extension=asked)
    assert drugs(cards) == ["fluorouracil", "more"]


def test_many_drugs_are_named_as_far_as_the_summary_has_room() -> None:
    many = [draft("2670", f"many{number}", None) for number in range(60)]
    cards = answer(FLUOROURACIL, *many, choices=QuietChoices(most_cards=1))
    assert all(len(card["summary"]) < 140 for card in cards)
    assert cards[-1]["summary"] == "60 more cards: codeine"
