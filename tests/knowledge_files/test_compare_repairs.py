"""What a comparison with published look-ups found in the rules, so that it stays repaired."""

from __future__ import annotations

from decimal import Decimal
from itertools import combinations_with_replacement
from typing import Any

import pytest

from cds_service.core.actions import Action
from cds_service.core.case import Policy
from cds_service.core.evidence import ReportedResult, ResultKind
from cds_service.core.finding import Finding
from cds_service.core.urgency import Urgency
from tests.builders import genotype, judge, knowledge, order, phenotype

CPIC, DPWG = Policy(sources=("cpic",)), Policy(sources=("dpwg",))
HEPATITIS_C = "128302006"
POOR = genotype("CYP2C19", "*2/*2")


def steps(finding: Finding) -> set[str]:
    return {step.step for step in finding.later}


# -- HLA-B*15:11, which DPWG speaks of beside *15:02 ------------------------------------------------


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("*15:11 positive", Action.CONSIDER_ALTERNATIVE),
        ("*15:11/*40:01", Action.CONSIDER_ALTERNATIVE),
        ("*15:02/*15:11", Action.AVOID),
        ("*15:02/*40:01", Action.AVOID),
        ("*15:11 negative", Action.NO_RECOMMENDATION),
        ("*07:02/*08:01", Action.NO_RECOMMENDATION),
    ],
    ids=str,
)
def test_carbamazepine_is_weighed_with_the_weaker_risk_allele(text: str, action: Action) -> None:
    assert judge(order("carbamazepine"), genotype("HLA-B", text), policy=DPWG).action is action


def test_the_weaker_risk_allele_leaves_the_drug_where_nothing_else_is_possible() -> None:
    finding = judge(order("carbamazepine"), genotype("HLA-B", "*15:11 positive"))
    assert finding.rules == ("carbamazepine-dpwg-hla-b-15-11-positive",)
    assert "no-alternative" in steps(finding)


def test_a_result_about_one_risk_allele_says_nothing_about_the_other() -> None:
    """Carbamazepine after a negative test for *15:11 alone still waits for the one for *15:02."""
    finding = judge(order("carbamazepine"), genotype("HLA-B", "*15:11 negative"), policy=CPIC)
    assert finding.rules == ()


# -- mavacamten -------------------------------------------------------------------------------------


@pytest.mark.parametrize("term", ["Poor Metabolizer", "Likely Poor Metabolizer"])
def test_mavacamten_starts_with_the_lowest_dose(term: str) -> None:
    finding = judge(order("mavacamten", mg="5"), phenotype("CYP2C19", term), policy=DPWG)
    assert (finding.action, finding.urgency) == (Action.REDUCE_DOSE, Urgency.WARNING)
    assert finding.dose is not None and finding.dose.limit is not None
    assert (finding.dose.limit.value, finding.dose.limit.kind) == (Decimal("2.5"), "start")
    assert steps(finding) == {"tolerates-initial-dose"}


@pytest.mark.parametrize(
    ("mg", "more", "action"),
    [
        ("2.5", {}, Action.STANDARD),
        ("2.6", {}, Action.REDUCE_DOSE),
        ("5", {"taken_days": 30}, Action.STANDARD),
        ("5", {"taken_days": 29}, Action.REDUCE_DOSE),
        ("10", {"taken_days": 30}, Action.CAP_DOSE),
    ],
    ids=["lowest start", "above it", "maximum, taken for long", "maximum, just begun", "above the maximum"],
)
def test_the_dose_of_mavacamten_decides(mg: str, more: dict[str, Any], action: Action) -> None:
    assert judge(order("mavacamten", mg=mg, **more), POOR, policy=DPWG).action is action


# -- hydrocodone, interferon ------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["*4/*4", "*4/*41", "*1/*4"])
def test_hydrocodone_without_response_leads_to_another_opioid(text: str) -> None:
    finding = judge(order("hydrocodone"), genotype("CYP2D6", text))
    assert (finding.action, steps(finding)) == (Action.STANDARD, {"inadequate-response"})
    offered = {choice.name for choice in knowledge().drugs["hydrocodone"].alternatives}
    assert "morphine" in offered
    assert not offered & {"codeine", "tramadol"}


@pytest.mark.parametrize("drug", ["peginterferon alfa-2a", "peginterferon alfa-2b", "ribavirin"])
@pytest.mark.parametrize(
    ("bases", "action", "condition"),
    [
        ("C/C", Action.SUPPORTED, ""),
        ("C/T", Action.MONITOR, "interferon-less-likely"),
        ("T/T", Action.MONITOR, "interferon-less-likely"),
    ],
)
def test_interferon_is_weighed_by_genotype(drug: str, bases: str, action: Action, condition: str) -> None:
    finding = judge(order(drug, reason=HEPATITIS_C), genotype("IFNL3", f"rs12979860 {bases}"))
    assert (finding.action, finding.strength, finding.condition) == (action, "Strong", condition)
    assert finding.implication is not None and finding.implication.key == "interferon-response"


# -- fluoropyrimidines: two ways to a score of 1 ----------------------------------------------------


def half(drug: str, result: ReportedResult) -> Finding:
    return judge(order(drug), result, policy=DPWG)


@pytest.mark.parametrize("drug", ["fluorouracil", "capecitabine"])
@pytest.mark.parametrize("text", ["*1/*2A", "Reference/c.1679T>G (*13)", "c.85T>C (*9A)/c.1905+1G>A (*2A)"])
def test_one_normal_and_one_silent_allele_get_half_the_dose(drug: str, text: str) -> None:
    finding = half(drug, genotype("DPYD", text))
    assert finding.action is Action.REDUCE_OR_SWITCH
    assert finding.dose is not None and finding.dose.low == Decimal("0.5")


SCORE_ONLY = ReportedResult("DPYD", ResultKind.ACTIVITY_SCORE, "1.0", "Observation/score", score=Decimal(1))


@pytest.mark.parametrize("drug", ["fluorouracil", "capecitabine"])
@pytest.mark.parametrize(
    "result",
    [
        genotype("DPYD", "HapB3/c.2846A>T"),
        genotype("DPYD", "c.2846A>T/c.2846A>T"),
        SCORE_ONLY,
        phenotype("DPYD", "Intermediate Metabolizer"),
    ],
    ids=lambda result: f"{result.kind.value} {result.text}",
)
def test_two_weak_or_unknown_alleles_have_the_enzyme_measured(drug: str, result: ReportedResult) -> None:
    finding = half(drug, result)
    assert (finding.action, finding.dose) == (Action.AVOID, None)
    assert "dpd-activity" in finding.monitoring
    assert finding.condition == "dpd-activity-first"


@pytest.mark.parametrize("drug", ["fluorouracil", "capecitabine"])
def test_no_pair_of_weak_alleles_counts_as_one_normal_and_one_silent(drug: str) -> None:
    """The rule lists these pairs: a weak allele that is added to the gene has to be added there, too."""
    alleles = knowledge().genes["DPYD"].alleles.items()
    weak = [name for name, allele in alleles if allele.activity == Decimal("0.5")]
    texts = [f"{one}/{other}" for one, other in combinations_with_replacement(weak, 2)]
    halved = [text for text in texts if half(drug, genotype("DPYD", text)).action is not Action.AVOID]
    assert (len(texts), halved) == (28, [])


# -- single repairs ---------------------------------------------------------------------------------


def test_a_skin_reaction_ends_carbamazepine_that_nothing_could_replace() -> None:
    results = genotype("HLA-A", "*31:01/*02:01"), genotype("HLA-B", "*07:02/*08:01")
    finding = judge(order("carbamazepine"), *results, policy=CPIC)
    assert steps(finding) == {"no-alternative", "skin-reaction-occurs"}


def test_fast_clearance_of_metoprolol_makes_the_usual_maximum_the_target() -> None:
    finding = judge(order("metoprolol"), genotype("CYP2D6", "*1/*2x3"), policy=DPWG)
    assert (finding.action, finding.urgency) == (Action.INCREASE_DOSE, Urgency.INFO)
    assert finding.condition == "usual-maximum-is-target"


@pytest.mark.parametrize("text", ["*1/*2", "*1/*3", "*2/*2", "*3/*3"])
def test_a_single_dose_of_phenytoin_is_a_loading_dose(text: str) -> None:
    found = genotype("CYP2C9", text)
    once = judge(order("phenytoin", single_administration=True), found, policy=DPWG)
    daily = judge(order("phenytoin"), found, policy=DPWG)
    assert (once.action, daily.action) == (Action.STANDARD, Action.REDUCE_DOSE)
