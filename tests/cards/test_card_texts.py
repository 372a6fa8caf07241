"""What prescribers read: length, calm, the action first, for every rule of the knowledge."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from cds_service.cards.card import CardMaker
from cds_service.cards.suggestions import Style
from cds_service.cards.summary import summary
from cds_service.cards.wording import load_wording
from cds_service.core.actions import QUIET
from cds_service.core.finding import Finding
from cds_service.core.match import Outcome
from cds_service.core.model import Ingredient
from cds_service.core.urgency import Urgency, urgency
from tests.builders import DEPRESSION, STENT, genotype, judge, knowledge, order, person

CALL = "11111111-2222-4333-8444-555555555555"
DRAFT = {
    "resourceType": "MedicationRequest",
    "id": "1",
    "intent": "order",
    "subject": {"reference": "Patient/1"},
}
#: A grading by its official name is no drama.
GRADE = "boxed warning"
LOUD = re.compile(r"!|\bAI\b|\bmust\b|\bwarning\b|\bdanger", re.IGNORECASE)


def maker(style: Style = Style.REPLACE) -> CardMaker:
    return CardMaker(load_wording(), style, knowledge().released, dict(knowledge().source_labels))


def every_finding() -> list[Finding]:
    """A finding for every branch of every rule, with no results and no replacements."""
    found = []
    for drug in knowledge().drugs.values():
        for source in drug.sources.values():
            for rule in source.rules:
                implication = knowledge().implications.get(rule.implication)
                for branch in rule.branches:
                    if branch.action in QUIET:
                        continue
                    loud = urgency(
                        branch.action, rule.strength, implication.harm if implication else "moderate"
                    )
                    found.append(
                        Finding(
                            order(drug.name),
                            drug,
                            Outcome.GUIDANCE,
                            branch.action,
                            loud,
                            (),
                            source.guideline,
                            rule.strength,
                            branch.dose,
                            branch.monitoring,
                            implication,
                            branch.later,
                            branch.add,
                            branch.label,
                            (),
                            None,
                            (rule.id,),
                        )  # fmt: skip
                    )
    return found


def test_every_rule_makes_a_short_calm_card() -> None:
    findings = every_finding()
    assert len(findings) > 400
    for finding in findings:
        card = maker().card(finding, DRAFT, CALL)
        assert card is not None
        assert 10 < len(card["summary"]) < 140, card["summary"]
        text = f"{card['summary']} {card['detail']}"
        assert not LOUD.search(text.replace(GRADE, "")), text
        assert "  " not in text and ".." not in text and " ." not in text, text
        assert "{" not in text and "<" not in text, text
        assert len(card["detail"]) < 1200, card["detail"]
        assert re.fullmatch(r"[A-Za-z0-9]{1,100}", card["source"]["topic"]["code"])


def test_quiet_actions_make_no_card() -> None:
    finding = judge(order("clopidogrel", reason=STENT), genotype("CYP2C19", "*1/*1"))
    assert maker().card(finding, DRAFT, CALL) is None


@pytest.mark.parametrize(
    ("style", "types"),
    [
        (Style.REPLACE, [["delete", "create"], ["delete", "create"]]),
        (Style.UPDATE, [["update"], ["update"]]),
        (Style.SEPARATE, [["delete"], ["create"], ["create"]]),
    ],
    ids=["replace", "update", "separate"],
)
def test_styles_of_suggestions(style: Style, types: list[list[str]]) -> None:
    finding = judge(order("clopidogrel", reason=STENT), genotype("CYP2C19", "*2/*2"))
    card = maker(style).card(finding, DRAFT, CALL)
    assert card is not None
    assert [[action["type"] for action in item["actions"]] for item in card["suggestions"]] == types
    assert card["selectionBehavior"] == ("any" if style is Style.SEPARATE else "at-most-one")
    assert all(action["description"] for item in card["suggestions"] for action in item["actions"])
    uuids = [item["uuid"] for item in card["suggestions"]]
    assert len(set(uuids)) == len(uuids)
    recommended = [item for item in card["suggestions"] if item.get("isRecommended")]
    assert len(recommended) == (0 if style is Style.SEPARATE else 1)


def test_an_excluded_replacement_is_named_with_its_reason_and_on_no_button() -> None:
    who = __import__("tests.builders", fromlist=["person"]).person(problems=["422504002"])
    card = maker().card(
        judge(order("clopidogrel", reason=STENT), genotype("CYP2C19", "*2/*2"), who=who), DRAFT, CALL
    )
    assert card is not None
    assert "**Not for this patient:** prasugrel (earlier stroke or TIA)." in card["detail"]
    assert "prasugrel" not in str(card["suggestions"])


def test_a_dose_for_some_days_of_the_week_says_so() -> None:
    found = judge(order("thioguanine"), genotype("TPMT", "*3A/*3A"), genotype("NUDT15", "*1/*1"))
    card = maker().card(found, DRAFT, CALL)
    assert card is not None
    assert "10 % of the usual dose on 3 days a week" in card["summary"]
    assert "10 % of the usual dose on 3 days a week" in card["detail"]
    assert card["extension"]["pgx-cds.finding"]["doseDaysPerWeek"] == 3


def test_a_dose_that_is_lower_only_later_is_not_called_lower_from_the_start() -> None:
    found = judge(order("sertraline", reason=DEPRESSION), genotype("CYP2C19", "*1/*2"))
    assert summary(found, load_wording()) == (
        "Raise the sertraline dose slowly and keep it lower: CYP2C19 intermediate metabolizer"
    )


def test_the_indicator_is_the_urgency() -> None:
    finding = judge(order("clopidogrel", reason=STENT), genotype("CYP2C19", "*2/*2"))
    card = maker().card(replace(finding, urgency=Urgency.CRITICAL), DRAFT, CALL)
    assert card is not None
    assert card["indicator"] == "critical"


def test_an_open_result_is_called_possible_and_has_no_score() -> None:
    card = maker().card(judge(order("codeine"), genotype("CYP2D6", "*1xN/*4")), DRAFT, CALL)
    assert card is not None
    assert card["summary"].endswith("CYP2D6 ultrarapid metabolizer (possible)")
    assert "one of several possible classes" in card["detail"]
    assert "activity score" not in card["detail"]


def test_contradicting_reports_are_named_as_such() -> None:
    first, second = genotype("HLA-B", "*57:01 positive"), genotype("HLA-B", "*57:01 negative")
    card = maker().card(judge(order("abacavir"), first, second), DRAFT, CALL)
    assert card is not None
    assert "HLA-B results contradict each other" in card["detail"]


def test_a_gene_without_a_usable_result_is_no_reason_in_the_summary() -> None:
    found = judge(order("azathioprine"), genotype("TPMT", "*1/*3A"), genotype("NUDT15", "No call"))
    card = maker().card(found, DRAFT, CALL)
    assert card is not None
    assert "NUDT15" not in card["summary"]
    assert "NUDT15 without a usable result" in card["detail"]


def calculated(**more: object) -> dict[str, Any]:
    who = person(58, medications=(Ingredient("amiodarone", "703"),), **more)
    results = (genotype("CYP2C9", "*1/*2"), genotype("VKORC1", "-1639 A/G"))
    card = maker().card(judge(order("warfarin"), *results, who=who), DRAFT, CALL)
    assert card is not None
    return card


def test_a_calculated_dose_comes_first_with_what_it_is_made_of() -> None:
    card = calculated(height_cm=Decimal(175), weight_kg=Decimal(82))
    assert card["summary"].startswith("Start warfarin at about 3.3 mg a day, calculated for this patient: ")
    assert "from the genotype and age 58, 175 cm, 82 kg" in card["detail"]
    assert "VKORC1 -1639 AG takes off" in card["detail"]
    assert "VKORC1 rs9923231" not in card["detail"]
    finding = card["extension"]["pgx-cds.finding"]
    assert finding["doseLimit"] == {"value": 3.3, "unit": "mg", "period": "day"}
    assert [item["id"] for item in finding["calculations"]] == [
        "warfarin-iwpc",
        "warfarin-gage",
        "warfarin-label-table",
    ]


def test_what_keeps_a_dose_from_being_calculated_is_named() -> None:
    card = calculated()
    assert card["summary"].startswith("Calculate the warfarin dose from the genotype: ")
    assert "No dose was calculated, because this is not known: height and weight." in card["detail"]
    assert "doseLimit" not in card["extension"]["pgx-cds.finding"]
