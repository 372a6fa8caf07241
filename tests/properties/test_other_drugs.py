"""What other drugs must never do to an advice, tried over many drugs and results."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cds_service.cards.suggestions import Style, suggestions
from cds_service.cards.wording import load_wording
from cds_service.core.actions import QUIET, SWITCHES, Action, severity_rank
from cds_service.core.finding import Finding, Status
from cds_service.core.model import Identification, Ingredient, Order, Patient
from cds_service.core.phenotype import GeneState, states_of_phenotype
from cds_service.core.recommend import Case, Policy, recommend
from cds_service.core.weigh import GeneEvidence, ResultState
from tests.builders import knowledge, order, person

KNOWLEDGE = knowledge()
GENE = "CYP2D6"
WORDS = load_wording()
CALL = UUID(int=1)


def drugs_cleared_by(gene: str) -> list[str]:
    """Drugs that a weak enzyme leaves too much of, with rules on the gene."""
    found = []
    for name, drug in KNOWLEDGE.drugs.items():
        ways = [way for way in KNOWLEDGE.ways_of(drug) if way.gene == gene]
        if gene in drug.genes and ways and all(way.inhibited == "toxicity" for way in ways):
            found.append(name)
    return sorted(found)


def results_of(gene: str) -> list[GeneState]:
    known = KNOWLEDGE.genes[gene]
    return [state for name in known.phenotypes for state in states_of_phenotype(name, known)]


CLEARED = drugs_cleared_by(GENE)
#: Who clears a drug too fast gets a stricter advice without the inhibitor, and that is right.
NOT_FAST = [state for state in results_of(GENE) if state.score is not None and state.score.value <= 2]
INHIBITORS = sorted(
    {(effect.drug, code) for code, effects in KNOWLEDGE.perpetrators.items() for effect in effects
     if effect.gene == GENE and effect.guideline}
)  # fmt: skip
NAMES = sorted(KNOWLEDGE.drugs)
RESULTS = {
    symbol: [
        GeneEvidence(symbol, ResultState.TRANSLATED, (state,))
        for name in gene.phenotypes
        for state in states_of_phenotype(name, gene)
    ]
    for symbol, gene in KNOWLEDGE.genes.items()
}
SOMEBODY = st.fixed_dictionaries(
    {}, optional={symbol: st.sampled_from(found) for symbol, found in RESULTS.items() if found}
)
MEDICATIONS = st.lists(st.sampled_from(sorted(KNOWLEDGE.perpetrators)), max_size=4, unique=True).map(
    lambda codes: tuple(Ingredient(f"drug {code}", code) for code in codes)
)


def judge(draft: Order, results: dict[str, GeneEvidence], who: Patient) -> tuple[Finding, ...]:
    return recommend(draft, Case(who, results, (draft,)), KNOWLEDGE, Policy())


def share(found: Finding) -> Decimal:
    """The upper share of the dose an advice allows; none at all where the drug should not be used."""
    if found.action in (Action.AVOID, Action.CONTRAINDICATED, Action.ESCALATE, Action.NOT_INDICATED):
        return Decimal(0)
    return (found.dose.high or found.dose.low or Decimal(1)) if found.dose else Decimal(1)


def limited_further(found: Finding, before: Finding) -> bool:
    """True if both name a limit in one unit and the new one is lower; a source may name no share."""
    limits = [one.dose.limit for one in (found, before) if one.dose and one.dose.limit]
    return len(limits) == 2 and limits[0].unit == limits[1].unit and limits[0].value < limits[1].value


@pytest.mark.parametrize("name", CLEARED)
def test_an_inhibitor_never_makes_the_advice_milder(name: str) -> None:
    for state in NOT_FAST:
        results = {GENE: GeneEvidence(GENE, ResultState.TRANSLATED, (state,))}
        (alone,) = judge(order(name), results, person())
        for drug, code in INHIBITORS:
            if drug == name:
                continue
            found = judge(order(name), results, person(medications=(Ingredient(drug, code),)))
            own = next(one for one in found if one.drug.name == name)
            assert share(own) <= share(alone) or limited_further(own, alone), (state, drug)
            if alone.action not in QUIET:
                assert own.action not in QUIET, (state, drug)


def test_the_properties_are_about_something() -> None:
    assert len(CLEARED) >= 15
    assert len(INHIBITORS) >= 20


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(NAMES), SOMEBODY, MEDICATIONS, st.randoms(use_true_random=False))
def test_the_order_of_entries_is_irrelevant(
    name: str, results: dict[str, GeneEvidence], medications: tuple[Ingredient, ...], chance: object
) -> None:
    shuffled, turned = list(medications), list(results.items())
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    chance.shuffle(turned)  # type: ignore[attr-defined]
    first = judge(order(name), results, person(medications=medications))
    second = judge(order(name), dict(turned), person(medications=tuple(shuffled)))
    assert first == second


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(NAMES), SOMEBODY, MEDICATIONS)
def test_what_is_excluded_is_in_no_suggestion(
    name: str, results: dict[str, GeneEvidence], medications: tuple[Ingredient, ...]
) -> None:
    for found in judge(order(name), results, person(medications=medications)):
        excluded = {
            code
            for choice in found.alternatives
            if choice.status is Status.EXCLUDED and len(choice.alternative.rxcuis) == 1
            for code in choice.alternative.rxcuis
        }
        offered = {code for choice in found.offered for code in choice.alternative.rxcuis}
        made = suggestions(found, {"id": "1"}, WORDS, Style.REPLACE, CALL)
        codes = {
            coding["code"]
            for one in made
            for action in one["actions"]
            if action["type"] == "create" and "medicationCodeableConcept" in action["resource"]
            for coding in action["resource"]["medicationCodeableConcept"].get("coding", ())
        }
        assert not codes & (excluded - offered)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(NAMES), MEDICATIONS)
def test_without_genetic_data_other_drugs_make_no_card_about_genes(
    name: str, medications: tuple[Ingredient, ...]
) -> None:
    sources = KNOWLEDGE.drugs[name].sources.values()
    without_genes = {rule.id for source in sources for rule in source.rules if not all(rule.when)}
    for found in judge(order(name), {}, person(medications=medications)):
        assert not found.genes
        quiet = found.action in QUIET or found.pretest or found.comedication
        assert quiet or set(found.rules) <= without_genes


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(NAMES), min_size=2, max_size=3, unique=True), SOMEBODY)
def test_no_card_suggests_a_drug_that_another_card_of_the_call_takes_away(
    names: list[str], results: dict[str, GeneEvidence]
) -> None:
    drafts = tuple(
        replace(order(name), reference=f"MedicationRequest/{number}", identified_by=Identification.RXNORM)
        for number, name in enumerate(names)
    )
    case = Case(person(), results, drafts)
    found = [one for draft in drafts for one in recommend(draft, case, KNOWLEDGE, Policy())]
    leaving = {one.drug.name for one in found if one.action in SWITCHES and severity_rank(one.action) < 3}
    for one in found:
        others = leaving - {one.drug.name}
        assert not others & {choice.alternative.name for choice in one.offered if choice.orderable}
