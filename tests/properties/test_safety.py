"""What must never happen, tried over every drug, every class of its genes and every replacement on file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cds_service.core.actions import QUIET, Action
from cds_service.core.conditions import Condition
from cds_service.core.finding import Finding, Status
from cds_service.core.genes import Gene, Method
from cds_service.core.knowledge_base import Alternative, Drug
from cds_service.core.model import Coding, Ingredient, Order, Patient
from cds_service.core.phenotype import GeneState, states_of_phenotype, usual_phenotype
from cds_service.core.recommend import Case, Policy, recommend
from cds_service.core.weigh import GeneEvidence, ResultState
from tests.builders import knowledge, order, person

KNOWLEDGE = knowledge()
DRUGS = sorted(KNOWLEDGE.drugs)
UNUSABLE = (ResultState.NO_CALL, ResultState.NOT_TRANSLATABLE, ResultState.UNREADABLE, ResultState.PENDING)
NOT_TO_BE_TAKEN = {
    Action.CONTRAINDICATED,
    Action.AVOID,
    Action.ESCALATE,
    Action.NOT_INDICATED,
    Action.CONSIDER_ALTERNATIVE,
    Action.REDUCE_OR_SWITCH,
    Action.SWITCH_OR_CAP,
    Action.RESOLVE_CONFLICT,
}

Results = dict[str, GeneEvidence]


def possible_results(gene: Gene) -> list[GeneEvidence]:
    """A result for each class of a gene, or for each allele being there or not."""
    if gene.method is Method.ALLELE_PRESENCE:
        alleles = gene.presence_alleles
        signs = product((False, True), repeat=len(alleles))
        return [translated(gene, (), dict(zip(alleles, sign, strict=True))) for sign in signs]
    return [translated(gene, (state,)) for state in states(gene)]


def translated(
    gene: Gene, possible: tuple[GeneState, ...], presence: dict[str, bool | None] | None = None
) -> GeneEvidence:
    return GeneEvidence(gene.symbol, ResultState.TRANSLATED, possible, presence or {})


def states(gene: Gene) -> list[GeneState]:
    return list(dict.fromkeys(state for name in gene.phenotypes for state in states_of_phenotype(name, gene)))


RESULTS = {symbol: possible_results(gene) for symbol, gene in KNOWLEDGE.genes.items()}


def usual(symbol: str) -> GeneEvidence:
    """The result most people have; for a gene without one, the result its drugs say least about."""
    gene = KNOWLEDGE.genes[symbol]
    found = RESULTS[symbol]
    if gene.method is Method.ALLELE_PRESENCE:
        return found[0]
    classes = [one for one in found if one.possible[0].phenotype == usual_phenotype(gene)]
    return (classes or found)[len(classes) // 2]


def genes_of(drug: Drug) -> list[str]:
    looked_at = {gene for source in drug.sources.values() for gene in source.genes}
    return sorted(gene for gene in looked_at if RESULTS[gene])


def judge(draft: Order, results: Results, who: Patient | None = None) -> Finding:
    (found,) = recommend(draft, Case(who or person(), results, (draft,)), KNOWLEDGE, Policy())
    return found


def every_combination(drug: Drug) -> Iterator[Results]:
    symbols = genes_of(drug)
    for combination in product(*(RESULTS[symbol] for symbol in symbols)):
        yield dict(zip(symbols, combination, strict=True))


# -- nothing without its result -----------------------------------------------------------------


@pytest.mark.parametrize("name", DRUGS)
def test_without_results_there_is_at_most_a_request_to_test(name: str) -> None:
    found = judge(order(name), {})
    assert found.action in QUIET or (found.action is Action.TEST_FIRST and found.pretest is not None)


@pytest.mark.parametrize("name", [name for name in DRUGS if genes_of(KNOWLEDGE.drugs[name])])
def test_a_result_that_is_taken_away_leaves_no_trace(name: str) -> None:
    drug = KNOWLEDGE.drugs[name]
    rules = {rule.id: rule for source in drug.sources.values() for rule in source.rules}
    for results in every_combination(drug):
        for gone in results:
            found = judge(order(name), {gene: one for gene, one in results.items() if gene != gone})
            assert gone not in {use.evidence.gene for use in found.genes}
            for when in (rules[rule].when for rule in found.rules if rule in rules):
                assert any(gone not in one or "No Result" in one[gone].words for one in when)


# -- what cannot be used is said ------------------------------------------------------------------


def genes_that_matter(drug: Drug) -> Iterator[tuple[str, Results, GeneEvidence]]:
    """Genes with a class that changes the order while all other genes are as in most people."""
    others = {gene: usual(gene) for gene in genes_of(drug)}
    for gene in others:
        speaking = [
            one for one in RESULTS[gene] if judge(order(drug.name), {**others, gene: one}).action not in QUIET
        ]
        if speaking and judge(order(drug.name), others).action in QUIET:
            yield gene, others, speaking[-1]


SPEAKING = [
    pytest.param(name, gene, others, loud, id=f"{name} {gene}")
    for name in DRUGS
    for gene, others, loud in genes_that_matter(KNOWLEDGE.drugs[name])
]


@pytest.mark.parametrize(("name", "gene", "others", "loud"), SPEAKING)
def test_a_result_that_cannot_be_used_is_never_silence(
    name: str, gene: str, others: Results, loud: GeneEvidence
) -> None:
    for state in UNUSABLE:
        for beside in (others, {}):
            found = judge(order(name), {**beside, gene: GeneEvidence(gene, state)})
            assert found.action in (Action.TEST_FIRST, Action.RESOLVE_CONFLICT), state
            assert [notice for notice in found.notices if ("gene", gene) in notice.slots], state


@pytest.mark.parametrize(
    ("name", "gene", "others", "loud"), [one for one in SPEAKING if one.values[3].possible]
)
def test_two_classes_of_which_one_matters_are_never_silence(
    name: str, gene: str, others: Results, loud: GeneEvidence
) -> None:
    quiet = others[gene].possible[0]
    for possible in ((quiet, *loud.possible), (*loud.possible, quiet)):
        for state in (ResultState.TRANSLATED, ResultState.CONFLICT):
            found = judge(order(name), {**others, gene: GeneEvidence(gene, state, possible)})
            assert found.action not in QUIET, state
            assert found.notices, state
            assert (found.action is Action.RESOLVE_CONFLICT) is (state is ResultState.CONFLICT)


def test_most_drugs_have_a_gene_that_can_be_silent_by_mistake() -> None:
    """The two properties above are about something."""
    assert len(SPEAKING) >= 100


# -- replacements ---------------------------------------------------------------------------------


def alternatives() -> Iterator[tuple[Drug, Alternative]]:
    for name in DRUGS:
        for candidate in KNOWLEDGE.drugs[name].alternatives:
            yield KNOWLEDGE.drugs[name], candidate


def loud_results(drug: Drug, candidate: Alternative) -> Results | None:
    """Results under which the candidate is considered, without any reason to use the drug."""
    for results in every_combination(drug):
        found = judge(order(drug.name), results)
        if any(choice.alternative.name == candidate.name for choice in found.offered):
            return results
    return None


def a_code_of(condition: Condition) -> Coding | None:
    """A code that makes a condition on the problem list hold; None for conditions of another kind."""
    names = getattr(condition, "sets", ())
    codes = sorted(KNOWLEDGE.value_sets[names[0]].exact, key=str) if names else []
    return next((code for code in codes if code.system in ("snomed", "icd10cm")), None)


@pytest.mark.parametrize("name", [name for name in DRUGS if KNOWLEDGE.drugs[name].alternatives])
def test_what_is_contraindicated_interacts_or_is_not_tolerated_is_never_offered(name: str) -> None:
    drug = KNOWLEDGE.drugs[name]
    for candidate in drug.alternatives:
        results = loud_results(drug, candidate)
        if results is None:
            continue
        people = [
            person(problems=[code.code])
            for item in candidate.contraindications
            if (code := a_code_of(item.when))
        ]
        people += [
            person(medications=(Ingredient("interacting", item.when.rxcui),))  # type: ignore[attr-defined]
            for item in candidate.interactions
        ]
        people += [person(allergies=(Ingredient("itself", code),)) for code in candidate.ingredients]
        for who in people:
            found = judge(order(name), results, who)
            assert candidate.id not in {choice.alternative.id for choice in found.offered}, who


def is_safe(found: Finding, results: Results, who: Patient) -> None:
    """Each replacement that is offered would itself be answered without "take another drug"."""
    warned = {
        drug
        for source in found.drug.sources.values()
        for rule in source.rules
        if rule.id in found.rules
        for drug in rule.unsuitable
    }
    for choice in found.alternatives:
        assert not (choice.status is Status.EXCLUDED and choice.orderable), choice.alternative.id
    for choice in found.offered:
        assert choice.alternative.name not in warned
        for code in choice.alternative.ingredients:
            other = KNOWLEDGE.drug_by_rxcui.get(code)
            if other is None or other == found.drug.name:
                continue
            draft = replace(found.order, ingredients=(Ingredient(other, code),))
            assert judge(draft, results, who).action not in NOT_TO_BE_TAKEN, (found.drug.name, other)


@pytest.mark.parametrize("name", [name for name in DRUGS if KNOWLEDGE.drugs[name].alternatives])
def test_no_replacement_has_the_problem_it_should_solve(name: str) -> None:
    """The genes of the drug itself: every combination of their classes."""
    drug = KNOWLEDGE.drugs[name]
    for results in every_combination(drug):
        is_safe(judge(order(name), results), results, person())


SOMEBODY = st.fixed_dictionaries(
    {}, optional={symbol: st.sampled_from(found) for symbol, found in RESULTS.items() if found}
)


@settings(max_examples=40)
@given(SOMEBODY, st.sampled_from((10, 40, 70)))
def test_no_replacement_has_a_problem_of_its_own_in_this_person(results: Results, years: int) -> None:
    who = person(years)
    for name in DRUGS:
        if KNOWLEDGE.drugs[name].alternatives:
            is_safe(judge(order(name), results, who), results, who)
