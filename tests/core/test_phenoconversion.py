"""Drugs that change the activity of an enzyme, and pairs of drugs."""

from __future__ import annotations

from decimal import Decimal

import pytest

from cds_service.core.actions import Action
from cds_service.core.finding import Finding, Status
from cds_service.core.model import Ingredient
from cds_service.core.phenoconversion import Perpetrator, convert, lower, strongest
from cds_service.core.urgency import Urgency
from tests.builders import STENT, evidence, genotype, judge, knowledge, order, person, phenotype

STRONG = Perpetrator("CYP2D6", "paroxetine", "inhibitor", "strong", Decimal("0"))
MODERATE = Perpetrator("CYP2D6", "duloxetine", "inhibitor", "moderate", Decimal("0.5"))


def taking(*names: str, years: int = 52) -> object:
    """A person who takes these drugs."""
    drugs = knowledge().drugs
    return person(
        years,
        medications=tuple(
            Ingredient(name, drugs[name].rxcuis[0] if name in drugs else None) for name in names
        ),
    )


def offered(found: Finding) -> list[str]:
    return [choice.alternative.name for choice in found.alternatives if choice.status is Status.OFFERED]


@pytest.mark.parametrize(
    ("text", "cause", "score", "phenotype_now"),
    [
        ("*1/*1", STRONG, "0", "Poor Metabolizer"),
        ("*1/*1", MODERATE, "1", "Intermediate Metabolizer"),
        ("*1/*41", MODERATE, "0.5", "Intermediate Metabolizer"),
        ("*10/*41", MODERATE, "0.25", "Intermediate Metabolizer"),
        ("*4/*10", MODERATE, "0.25", "Intermediate Metabolizer"),
        ("*1x2/*2", MODERATE, "1.5", "Normal Metabolizer"),
        ("*4/*4", STRONG, "0", "Poor Metabolizer"),
    ],
)
def test_a_score_is_multiplied_and_never_rounded_up(
    text: str, cause: Perpetrator, score: str, phenotype_now: str
) -> None:
    (state,) = evidence(genotype("CYP2D6", text))["CYP2D6"].possible
    now = lower(state, knowledge().genes["CYP2D6"], cause)
    assert now.score is not None
    assert (now.score.value, now.phenotype) == (Decimal(score), phenotype_now)


def test_the_genotype_and_the_drug_that_changed_it_stay_visible() -> None:
    (state,) = convert(evidence(genotype("CYP2D6", "*1/*1")), knowledge().genes, [STRONG])["CYP2D6"].possible
    assert (str(state.diplotype), state.tested_as, state.changed_by) == (
        "*1/*1",
        "Normal Metabolizer",
        "paroxetine",
    )


def test_inhibitors_do_not_add_up_and_inducers_raise_nothing() -> None:
    inducer = Perpetrator("CYP2D6", "rifampicin", "inducer", "strong", None)
    assert strongest("CYP2D6", [MODERATE, STRONG, inducer]) is STRONG
    assert strongest("CYP2D6", [inducer]) is None
    assert strongest("CYP2C19", [STRONG]) is None


def test_a_gene_without_a_usable_result_stays_unknown() -> None:
    untold = evidence(genotype("CYP2D6", "No call"))
    assert convert(untold, knowledge().genes, [STRONG])["CYP2D6"].possible == ()


def test_codeine_is_not_activated_beside_a_strong_inhibitor() -> None:
    alone = judge(order("codeine"), genotype("CYP2D6", "*1/*1"), who=taking())
    beside = judge(order("codeine"), genotype("CYP2D6", "*1/*1"), who=taking("paroxetine"))
    assert alone.action is Action.STANDARD
    assert beside.action is Action.AVOID
    assert beside.genes[0].state is not None
    assert beside.genes[0].state.changed_by == "paroxetine"


def test_an_inhibitor_turns_ultrarapid_to_normal_and_the_alarm_goes() -> None:
    found = judge(order("codeine"), genotype("CYP2D6", "*1x2/*2"), who=taking("duloxetine"))
    assert found.action is Action.STANDARD


def test_the_inhibitor_is_the_new_order() -> None:
    found = judge(order("paroxetine"), genotype("CYP2D6", "*1/*1"), who=taking("tamoxifen"))
    assert (found.action, found.comedication) == (Action.AVOID, "tamoxifen")
    assert found.urgency is not Urgency.INFO
    assert "venlafaxine" in offered(found)
    assert not {"fluoxetine", "bupropion", "paroxetine"} & set(offered(found))


def test_an_inhibitor_changes_nothing_for_who_has_no_activity_to_lose() -> None:
    found = judge(order("paroxetine"), genotype("CYP2D6", "*4/*4"), who=taking("tamoxifen"))
    assert found.comedication == ""


@pytest.mark.parametrize("blocker", ["omeprazole", "esomeprazole"])
def test_a_named_pair_is_spoken_of_without_any_result(blocker: str) -> None:
    found = judge(order("clopidogrel", reason=STENT), who=taking(blocker))
    assert (found.action, found.comedication) == (Action.SWITCH_COMEDICATION, blocker)
    assert "pantoprazole" in offered(found)


def test_a_named_pair_is_seen_from_the_other_side() -> None:
    found = judge(order("omeprazole"), who=taking("clopidogrel"))
    assert (found.action, found.comedication) == (Action.AVOID, "clopidogrel")


def test_a_poor_metabolizer_hears_about_the_gene_first() -> None:
    found = judge(order("clopidogrel", reason=STENT), genotype("CYP2C19", "*2/*2"), who=taking("omeprazole"))
    assert (found.action, offered(found)) == (Action.AVOID, ["prasugrel", "ticagrelor"])


def test_pantoprazole_beside_clopidogrel_is_quiet() -> None:
    found = judge(
        order("pantoprazole"), phenotype("CYP2C19", "Normal Metabolizer"), who=taking("clopidogrel")
    )
    assert found.comedication == ""
