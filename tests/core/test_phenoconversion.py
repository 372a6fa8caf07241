"""Drugs that change the activity of an enzyme, and pairs of drugs."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from cds_service.core.actions import Action
from cds_service.core.finding import Finding, Status
from cds_service.core.model import Ingredient, Stopped
from cds_service.core.phenoconversion import (
    Influence,
    Means,
    Perpetrator,
    Phase,
    acting_on,
    lower,
)
from cds_service.core.phenotype import GeneState
from cds_service.core.recommend import Case, Policy, recommend
from cds_service.core.urgency import Urgency
from tests.builders import STENT, evidence, genotype, judge, knowledge, order, person, phenotype

STRONG = Perpetrator("CYP2D6", "paroxetine", "inhibitor", "strong", Decimal("0"), Means.SCORE, guideline=True)
MODERATE = Perpetrator(
    "CYP2D6", "duloxetine", "inhibitor", "moderate", Decimal("0.5"), Means.SCORE, guideline=True
)


INDUCER = Perpetrator("CYP2D6", "rifampin", "inducer", "strong", means=Means.UP)


def now(gene: str, text: str, *influences: Influence) -> tuple[GeneState, ...]:
    """What a genotype may be under influences."""
    return knowledge().conversion.convert(evidence(genotype(gene, text)), influences)[gene].possible


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
    (now,) = lower(state, knowledge().genes["CYP2D6"], cause)
    assert now.score is not None
    assert (now.score.value, now.phenotype) == (Decimal(score), phenotype_now)


def test_the_genotype_and_the_drug_that_changed_it_stay_visible() -> None:
    (state,) = now("CYP2D6", "*1/*1", Influence(STRONG))
    assert (str(state.diplotype), state.tested_as, state.changed_by) == (
        "*1/*1",
        "Normal Metabolizer",
        "paroxetine",
    )


def test_inhibitors_do_not_add_up_and_an_inducer_counts_only_without_one() -> None:
    strong, moderate, up = Influence(STRONG), Influence(MODERATE), Influence(INDUCER)
    assert acting_on("CYP2D6", [moderate, up, strong]) == (strong,)
    assert acting_on("CYP2D6", [up]) == (up,)
    assert acting_on("CYP2C19", [strong]) == ()


def test_a_gene_without_a_usable_result_stays_unknown() -> None:
    untold = evidence(genotype("CYP2D6", "No call"))
    assert knowledge().conversion.convert(untold, [Influence(STRONG)])["CYP2D6"].possible == ()


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


# -- after the last dose ---------------------------------------------------------------------------


def after_stopping(name: str, days: int, *names: str) -> object:
    """A person who stopped one drug some days ago and takes others."""
    code = knowledge().drugs[name].rxcuis[0]
    return replace(taking(*names), stopped=(Stopped(Ingredient(name, code), days),))  # type: ignore[type-var]


@pytest.mark.parametrize(
    ("days", "phase", "left"),
    [(0, Phase.THERE, 20), (4, Phase.THERE, 16), (5, Phase.FADING, 15), (20, Phase.GONE, 0)],
)
def test_an_effect_lasts_wears_off_and_is_gone(days: int, phase: Phase, left: int) -> None:
    cause = replace(STRONG, washout_days=5, washed_out_days=20)
    assert (Influence(cause, days).phase, Influence(cause, days).days_left) == (phase, left)


def test_while_an_effect_wears_off_both_classes_are_possible() -> None:
    fading = Influence(replace(STRONG, washout_days=5, washed_out_days=20), 8)
    assert [state.phenotype for state in now("CYP2D6", "*1/*1", fading)] == [
        "Normal Metabolizer",
        "Poor Metabolizer",
    ]
    both = acting_on("CYP2D6", [fading, Influence(MODERATE)])
    assert [one.cause.drug for one in both] == ["duloxetine", "paroxetine"]


def test_an_inhibitor_that_was_stopped_a_few_days_ago_still_counts() -> None:
    found = judge(order("codeine"), genotype("CYP2D6", "*1/*1"), who=after_stopping("paroxetine", 3))
    assert found.action is Action.AVOID
    assert found.genes[0].state is not None and found.genes[0].state.stopped_days == 3
    assert [n.key for n in found.notices] == ["genotype-returns"]


def test_an_inhibitor_that_was_stopped_long_ago_does_not_count() -> None:
    found = judge(order("codeine"), genotype("CYP2D6", "*1/*1"), who=after_stopping("paroxetine", 30))
    assert found.action is Action.STANDARD


def test_while_it_is_open_whether_the_effect_has_gone_the_stricter_answer_is_shown_as_possible() -> None:
    found = judge(order("codeine"), genotype("CYP2D6", "*1/*1"), who=after_stopping("paroxetine", 10))
    assert found.action is Action.CONSIDER_ALTERNATIVE
    assert {"several-classes-possible", "genotype-may-be-back"} <= {n.key for n in found.notices}


def test_a_drug_that_is_taken_again_counts_as_taken() -> None:
    found = judge(
        order("codeine"), genotype("CYP2D6", "*1/*1"), who=after_stopping("fluoxetine", 9, "paroxetine")
    )
    assert found.genes[0].state is not None
    assert (found.genes[0].state.changed_by, found.genes[0].state.stopped_days) == ("paroxetine", None)


# -- an inhibitor ends -----------------------------------------------------------------------------


def test_ultrarapid_comes_back_when_the_inhibitor_ends() -> None:
    stop = order("paroxetine", ends=True)
    found = judge(stop, genotype("CYP2D6", "*1/*2x2"), who=taking("paroxetine", "codeine"))
    assert (found.action, found.comedication, found.ends) == (Action.SWITCH_COMEDICATION, "codeine", True)
    assert found.urgency is not Urgency.INFO
    (use,) = found.genes
    assert use.state is not None and use.state.phenotype == "Ultrarapid Metabolizer"


@pytest.mark.parametrize("text", ["*1/*1", "*4/*4"])
def test_the_end_of_an_inhibitor_is_quiet_where_nothing_gets_stricter(text: str) -> None:
    stop = order("paroxetine", ends=True)
    case = Case(taking("paroxetine", "codeine"), evidence(genotype("CYP2D6", text)), (stop,))  # type: ignore[arg-type]
    assert recommend(stop, case, knowledge(), Policy()) == ()


def test_a_draft_that_stops_a_drug_is_no_order_to_give_it() -> None:
    stop = order("codeine", ends=True)
    case = Case(taking("codeine"), evidence(genotype("CYP2D6", "*4/*4")), (stop,))  # type: ignore[arg-type]
    assert recommend(stop, case, knowledge(), Policy()) == ()


def test_an_inhibitor_that_a_draft_stops_still_counts_today() -> None:
    draft, stop = order("codeine"), replace(order("paroxetine", ends=True), reference="MedicationRequest/2")
    case = Case(taking("paroxetine"), evidence(genotype("CYP2D6", "*1/*1")), (draft, stop))  # type: ignore[arg-type]
    (found,) = recommend(draft, case, knowledge(), Policy())
    assert found.genes[0].state is not None
    assert (found.action, found.genes[0].state.stopped_days) == (Action.AVOID, 0)


# -- what is practice only -------------------------------------------------------------------------


def test_steps_move_within_the_classes_and_leave_poor_alone() -> None:
    strong = Influence(Perpetrator("CYP2C19", "fluvoxamine", "inhibitor", "strong", means=Means.LOWEST))
    down = Influence(Perpetrator("CYP2C19", "felbamate", "inhibitor", "moderate", means=Means.DOWN))
    up = Influence(Perpetrator("CYP2C19", "rifampin", "inducer", "strong", means=Means.UP))
    moved = {
        (text, one.cause.drug): now("CYP2C19", text, one)[0].phenotype
        for text in ("*1/*1", "*2/*2", "*17/*17", "*1/*9")
        for one in (strong, down, up)
    }
    assert moved == {
        ("*1/*1", "fluvoxamine"): "Poor Metabolizer",
        ("*1/*1", "felbamate"): "Intermediate Metabolizer",
        ("*1/*1", "rifampin"): "Rapid Metabolizer",
        ("*2/*2", "fluvoxamine"): "Poor Metabolizer",
        ("*2/*2", "felbamate"): "Poor Metabolizer",
        ("*2/*2", "rifampin"): "Poor Metabolizer",
        ("*17/*17", "fluvoxamine"): "Poor Metabolizer",
        ("*17/*17", "felbamate"): "Rapid Metabolizer",
        ("*17/*17", "rifampin"): "Ultrarapid Metabolizer",
        ("*1/*9", "fluvoxamine"): "Poor Metabolizer",
        ("*1/*9", "felbamate"): "Poor Metabolizer",
        ("*1/*9", "rifampin"): "Normal Metabolizer",
    }


def test_common_practice_asks_for_care_and_replaces_no_advice() -> None:
    alone = judge(order("citalopram"), genotype("CYP2C19", "*1/*1"), who=person(40))
    beside = judge(order("citalopram"), genotype("CYP2C19", "*1/*1"), who=taking("fluvoxamine"))
    assert alone.action is Action.STANDARD
    assert (beside.action, beside.urgency, beside.dose) == (Action.MONITOR, Urgency.INFO, None)
    assert "practice-conversion" in {notice.key for notice in beside.notices}
    assert beside.genes[0].state is not None
    assert beside.genes[0].state.tested_as == "Normal Metabolizer"


def test_common_practice_never_softens_an_advice() -> None:
    """An inhibitor may make up for an ultrarapid enzyme; the advice stays, and the inhibitor is told."""
    felbamate = person(40, medications=(Ingredient("felbamate", "24812"),))
    found = judge(order("citalopram"), genotype("CYP2C19", "*17/*17"), who=felbamate)
    alone = judge(order("citalopram"), genotype("CYP2C19", "*17/*17"), who=person(40))
    assert alone.action is Action.CONSIDER_ALTERNATIVE
    assert (found.action, found.dose) == (alone.action, alone.dose)
    assert "practice-conversion-beside" in {notice.key for notice in found.notices}


def test_an_interaction_is_told_beside_an_advice_and_makes_none() -> None:
    azole = person(40, medications=(Ingredient("voriconazole", "121243"),))
    expresser = judge(order("tacrolimus"), genotype("CYP3A5", "*1/*3"), who=azole)
    assert {"interaction-toxicity"} <= {notice.key for notice in expresser.notices}
    assert judge(order("tacrolimus"), genotype("CYP3A5", "*3/*3"), who=azole).action is Action.STANDARD


def test_an_inhibitor_on_the_skin_changes_nothing_elsewhere() -> None:
    pills = person(40, medications=(Ingredient("terbinafine", "37801"),))
    cream = replace(pills, used_locally=frozenset({"terbinafine"}))
    assert judge(order("codeine"), genotype("CYP2D6", "*1/*1"), who=pills).action is Action.AVOID
    assert judge(order("codeine"), genotype("CYP2D6", "*1/*1"), who=cream).action is Action.STANDARD


def test_a_guideline_that_prefers_it_leads_with_the_other_drug_and_names_both_ways() -> None:
    found = judge(order("tamoxifen"), genotype("CYP2D6", "*1/*2"), who=taking("paroxetine"))
    assert (found.action, found.comedication) == (Action.SWITCH_COMEDICATION, "paroxetine")
    assert found.urgency is not Urgency.INFO
    assert "venlafaxine" in offered(found)
    assert not {"fluoxetine", "bupropion", "duloxetine"} & set(offered(found))
    assert found.other_way is not None
    assert found.other_way.drug == "tamoxifen"
    assert "anastrozole" in {choice.alternative.name for choice in found.other_way.offered}


@pytest.mark.parametrize(
    "inhibitor", ["duloxetine", "mirabegron", "cimetidine", "darifenacin", "fluvoxamine"]
)
def test_a_moderate_inhibitor_is_exchanged_as_loudly_as_its_guideline_asks(inhibitor: str) -> None:
    found = judge(order("tamoxifen"), genotype("CYP2D6", "*1/*1"), who=taking(inhibitor))
    assert (found.action, found.urgency) == (Action.SWITCH_COMEDICATION, Urgency.WARNING)
    assert offered(found)


def test_elsewhere_the_order_is_what_changes_and_the_other_drug_comes_second() -> None:
    found = judge(order("codeine"), genotype("CYP2D6", "*1/*2"), who=taking("paroxetine"))
    assert (found.action, found.comedication) == (Action.AVOID, "")
    assert found.other_way is not None
    assert found.other_way.drug == "paroxetine"
    second = [choice for choice in found.other_way.offered if choice.alternative.name == "venlafaxine"]
    assert second
    assert not second[0].orderable


def test_who_has_nothing_to_gain_from_another_inhibitor_hears_of_one_way_only() -> None:
    found = judge(order("tamoxifen"), genotype("CYP2D6", "*4/*4"), who=taking("paroxetine"))
    assert (found.action, found.cause, found.other_way) == (Action.AVOID, None, None)


def test_a_cause_without_a_replacement_on_file_is_named_beside_the_advice() -> None:
    found = judge(order("tamoxifen"), genotype("CYP2D6", "*1/*2"), who=taking("quinidine"))
    assert (found.action, found.other_way) == (Action.AVOID, None)
    causes = [dict(notice.slots) for notice in found.notices if notice.key == "other-drug-is-the-cause"]
    assert causes == [{"drug": "quinidine"}]


def test_where_two_drugs_block_an_enzyme_neither_is_called_the_cause() -> None:
    found = judge(order("codeine"), genotype("CYP2D6", "*1/*10"), who=taking("paroxetine", "bupropion"))
    assert (found.action, found.other_way) == (Action.AVOID, None)
    assert "other-drug-is-the-cause" not in {notice.key for notice in found.notices}
