"""One decision for a person, results and an order."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from cds_service.core.actions import Action
from cds_service.core.evidence import ReportedResult, ResultKind, Use
from cds_service.core.finding import Status
from cds_service.core.match import Outcome
from cds_service.core.model import Ingredient
from cds_service.core.recommend import Policy
from cds_service.core.urgency import Urgency
from tests.builders import DEPRESSION, HEPATITIS, STENT, STROKE, genotype, judge, order, person, phenotype


def names(finding, status=Status.OFFERED):
    return [choice.alternative.name for choice in finding.alternatives if choice.status is status]


def test_a_poor_metabolizer_with_a_stent_gets_another_drug() -> None:
    found = judge(order("clopidogrel", reason=STENT), genotype("CYP2C19", "*2/*2"))
    assert (found.action, found.urgency, found.outcome) == (Action.AVOID, Urgency.WARNING, Outcome.GUIDANCE)
    assert names(found) == ["prasugrel", "ticagrelor"]


def test_prasugrel_is_not_offered_after_a_stroke() -> None:
    found = judge(
        order("clopidogrel", reason=STENT), genotype("CYP2C19", "*2/*2"), who=person(problems=[STROKE])
    )
    assert (names(found), names(found, Status.EXCLUDED)) == (["ticagrelor"], ["prasugrel"])


def test_a_drug_that_failed_before_is_not_offered() -> None:
    who = person(failed=(Ingredient("prasugrel", "613391"),))
    found = judge(order("clopidogrel", reason=STENT), genotype("CYP2C19", "*2/*2"), who=who)
    assert (names(found), names(found, Status.EXCLUDED)) == (["ticagrelor"], ["prasugrel"])


def test_no_replacement_left_means_a_specialist() -> None:
    found = judge(
        order("clopidogrel", reason=STENT), genotype("CYP2C19", "*2/*2"), who=person(problems=["1386000"])
    )
    assert (found.action, names(found)) == (Action.ESCALATE, [])


def test_a_normal_result_is_quiet() -> None:
    assert judge(order("clopidogrel", reason=STENT), genotype("CYP2C19", "*1/*1")).action is Action.STANDARD


def test_nothing_on_file_is_quiet_where_nobody_asks_for_a_test() -> None:
    found = judge(order("clopidogrel", reason=STENT))
    assert (found.action, found.outcome) == (Action.NO_RECOMMENDATION, Outcome.NOT_TESTED)


def test_a_label_that_demands_a_test_is_heard() -> None:
    found = judge(order("abacavir"))
    assert (found.action, found.urgency) == (Action.TEST_FIRST, Urgency.WARNING)


def test_no_test_is_asked_for_in_an_emergency_or_after_months_of_treatment() -> None:
    assert judge(order("abacavir"), who=person(encounter_class="EMER")).action is not Action.TEST_FIRST
    assert judge(order("abacavir", taken_days=200)).action is not Action.TEST_FIRST


def test_a_site_can_silence_recommended_tests_but_not_required_ones() -> None:
    quiet = Policy(recommended_tests=False)
    assert judge(order("azathioprine"), policy=quiet).action is Action.NO_RECOMMENDATION
    assert judge(order("capecitabine"), policy=quiet).action is Action.TEST_FIRST


def test_results_that_contradict_each_other_are_never_settled_by_date() -> None:
    results = genotype("CYP2C19", "*1/*1"), genotype("CYP2C19", "*2/*2")
    found = judge(order("clopidogrel", reason=STENT), *results)
    assert (found.action, found.urgency) == (Action.RESOLVE_CONFLICT, Urgency.WARNING)


def test_a_contradiction_that_changes_nothing_is_quiet() -> None:
    results = genotype("CYP2C19", "*1/*1"), genotype("CYP2C19", "*1/*17")
    assert judge(order("clopidogrel", reason=STENT), *results).action is Action.STANDARD


def test_without_a_reason_the_advice_says_that_it_depends() -> None:
    found = judge(order("clopidogrel"), genotype("CYP2C19", "*1/*2"))
    assert found.action is Action.CONSIDER_ALTERNATIVE
    assert "indication-unknown" in [notice.key for notice in found.notices]
    assert not any(choice.orderable for choice in found.offered)


def test_the_reason_of_the_order_decides_not_the_problem_list() -> None:
    who = person(problems=["394659003"])
    found = judge(order("clopidogrel", reason="266257000"), genotype("CYP2C19", "*1/*2"), who=who)
    assert found.rules == ("clopidogrel-cpic-neurovascular-cyp2c19-intermediate",)


@pytest.mark.parametrize(
    ("mg", "action", "urgency"),
    [
        ("20", Action.STANDARD, Urgency.INFO),
        ("40", Action.CAP_DOSE, Urgency.WARNING),
        (None, Action.CAP_DOSE, Urgency.WARNING),
    ],
    ids=["20 mg keeps the limit -> quiet", "40 mg breaks it -> cap", "dose not stated -> cap"],
)
def test_a_cap_looks_at_the_ordered_dose(mg, action, urgency) -> None:
    found = judge(order("atorvastatin", mg=mg), genotype("SLCO1B1", "*5/*5"))
    assert (found.action, found.urgency) == (action, urgency)


def test_a_thiopurine_in_leukaemia_is_cut_and_elsewhere_replaced() -> None:
    results = genotype("TPMT", "*3A/*3A"), genotype("NUDT15", "*1/*1")
    leukaemia = judge(order("mercaptopurine", reason="91857003"), *results)
    hepatitis = judge(order("mercaptopurine", reason=HEPATITIS), *results)
    assert (leukaemia.action, leukaemia.urgency) == (Action.REDUCE_DOSE, Urgency.CRITICAL)
    assert (hepatitis.action, hepatitis.urgency) == (Action.AVOID, Urgency.CRITICAL)


def test_one_untested_gene_of_two_is_not_taken_for_normal() -> None:
    found = judge(order("azathioprine", reason=HEPATITIS), genotype("TPMT", "*1/*3A"))
    assert found.rules == ("azathioprine-cpic-nudt15-indeterminate-tpmt-intermediate",)


@pytest.mark.parametrize(
    ("years", "problems", "action"),
    [
        (11, [], Action.CONTRAINDICATED),
        (12, [], Action.NO_RECOMMENDATION),
        (17, ["173422009"], Action.CONTRAINDICATED),
        (18, ["173422009"], Action.NO_RECOMMENDATION),
    ],
    ids=["11 y", "12 y", "17 y after tonsillectomy", "18 y after tonsillectomy"],
)
def test_the_age_limit_of_codeine_holds_without_any_result(years, problems, action) -> None:
    assert judge(order("codeine"), who=person(years, problems=problems)).action is action


def test_a_child_has_its_own_rules() -> None:
    adult = judge(order("voriconazole"), genotype("CYP2C19", "*1/*17"))
    child = judge(order("voriconazole"), genotype("CYP2C19", "*1/*17"), who=person(8))
    assert (adult.action, child.action) == (Action.AVOID, Action.MONITOR)


def test_a_local_route_is_quiet() -> None:
    found = judge(
        order("fluorouracil", routes=frozenset({"topical"})), genotype("DPYD", "c.1905+1G>A (*2A)/Reference")
    )
    assert found.action is Action.STANDARD


def test_months_without_a_skin_reaction_change_the_answer() -> None:
    positive = genotype("HLA-B", "HLA-B*15:02+HLA-B*40:01")
    assert judge(order("carbamazepine"), positive).action is Action.AVOID
    assert judge(order("carbamazepine", taken_days=548), positive).action is Action.MONITOR


def test_a_replacement_with_a_problem_of_its_own_is_excluded() -> None:
    found = judge(
        order("amitriptyline", reason=DEPRESSION), genotype("CYP2D6", "*4/*4"), genotype("CYP2C19", "*1/*1")
    )
    assert {"nortriptyline", "desipramine"} <= set(names(found, Status.EXCLUDED))


def test_a_duplication_whose_allele_is_unknown_names_the_strictest_answer_as_possible() -> None:
    found = judge(order("codeine"), genotype("CYP2D6", "*1/*2, 3 copies"))
    assert found.action is Action.AVOID
    unsure = judge(order("codeine"), genotype("CYP2D6", "*1/*41, 3 copies"))
    assert unsure.action in (Action.CONSIDER_ALTERNATIVE, Action.STANDARD)


@pytest.mark.parametrize(
    ("result", "action"),
    [
        (genotype("CYP2C19", "*2/*2", use=Use.PENDING), Action.TEST_FIRST),
        (genotype("CYP2C19", "QNS"), Action.TEST_FIRST),
        (genotype("CYP2C19", "*1/*999"), Action.RESOLVE_CONFLICT),
    ],
    ids=["pending", "no call", "not translatable"],
)
def test_a_result_that_cannot_be_used_is_said_not_swallowed(result, action) -> None:
    assert judge(order("clopidogrel", reason=STENT), result).action is action


def test_a_class_without_alleles_is_enough() -> None:
    found = judge(order("citalopram", reason=DEPRESSION), phenotype("CYP2C19", "Poor Metabolizer"))
    assert found.action is Action.REDUCE_OR_SWITCH


# What contradicts, what was looked at without an answer, and what is only known as a lower bound.


@pytest.mark.parametrize("first", ["positive", "negative"])
def test_contradicting_allele_reports_are_resolved_whichever_comes_first(first: str) -> None:
    second = {"positive": "negative", "negative": "positive"}[first]
    reports = [
        replace(genotype("HLA-B", f"*57:01 {text}"), source=f"Observation/{place}")
        for place, text in enumerate((first, second))
    ]
    found = judge(order("abacavir"), *reports)
    assert (found.action, found.urgency) == (Action.RESOLVE_CONFLICT, Urgency.WARNING)


def test_an_allele_looked_at_without_an_answer_beside_a_decided_one_is_not_silent() -> None:
    undecided = ReportedResult(
        "HLA-B", ResultKind.ALLELE_PRESENCE, "*15:02", "Observation/2", allele="*15:02", present=None
    )
    found = judge(order("carbamazepine"), genotype("HLA-B", "*57:01 negative"), undecided)
    assert found.action is Action.TEST_FIRST
    assert "result-no-call" in [notice.key for notice in found.notices]


def test_copies_of_unknown_number_reach_every_class_they_may_mean() -> None:
    found = judge(order("codeine"), genotype("CYP2D6", "*1xN/*4"))
    assert found.action is Action.CONSIDER_ALTERNATIVE
    assert "several-classes-possible" in [notice.key for notice in found.notices]


@pytest.mark.parametrize("text", ["*1/*3A or *3B/*3C", "*3B/*3C or *1/*3A"])
def test_of_two_possible_doses_the_lower_leads_in_any_order(text: str) -> None:
    found = judge(order("azathioprine"), genotype("TPMT", text), genotype("NUDT15", "*1/*1"), who=person(40))
    other = judge(order("thioguanine"), genotype("TPMT", text), genotype("NUDT15", "*1/*1"), who=person(40))
    assert other.dose is not None
    assert other.dose.low == Decimal("0.1")
    assert "several-classes-possible" in [notice.key for notice in (*found.notices, *other.notices)]


def test_an_unusable_second_gene_is_told_beside_a_loud_first_one() -> None:
    found = judge(
        order("azathioprine"), genotype("TPMT", "*1/*3A"), genotype("NUDT15", "No call"), who=person(40)
    )
    assert found.action is Action.REDUCE_DOSE
    assert "result-no-call" in [notice.key for notice in found.notices]


def test_a_replacement_that_needs_its_own_test_is_not_on_a_button() -> None:
    found = judge(order("allopurinol"), genotype("HLA-B", "*58:01/*15:01"))
    choice = next(c for c in found.alternatives if c.alternative.name == "rasburicase")
    assert (choice.status, choice.orderable) == (Status.OFFERED, False)
    assert "caution-test-first" in [notice.key for notice in choice.reasons]


@pytest.mark.parametrize(
    ("alleles", "action"),
    [
        ("*15:11/*40:01", Action.CONSIDER_ALTERNATIVE),
        ("*15:02/*15:11", Action.AVOID),
        ("*40:01/*46:01", Action.STANDARD),
    ],
)
def test_a_body_on_one_allele_does_not_silence_another_body_on_another_allele(
    alleles: str, action: Action
) -> None:
    """One asks about *15:02, the other about *15:11 besides: both are looked at."""
    found = judge(order("carbamazepine"), genotype("HLA-B", alleles))
    assert found.action is action


def test_of_two_bodies_on_the_same_allele_the_preferred_one_is_followed() -> None:
    taken = order("carbamazepine", taken_days=500)
    results = (genotype("HLA-B", "*15:02/*40:01"),)
    assert judge(taken, *results).action is Action.MONITOR
    assert judge(taken, *results, policy=Policy(("dpwg", "cpic"))).action is Action.AVOID
