"""Gene results against the rules of one source: which rule is meant, or why none is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import Enum
from itertools import product

from cds_service.core.actions import severity_rank
from cds_service.core.conditions import Facts
from cds_service.core.knowledge_base import Branch, Rule, SourceRules
from cds_service.core.phenotype import GeneState
from cds_service.core.rule_index import NO_RESULT, SIGN, RuleIndex
from cds_service.core.weigh import GeneEvidence, ResultState


class Outcome(Enum):
    """What became of one drug and one source. The five are never mixed up."""

    NOT_TESTED = "not-tested"
    NO_CALL = "no-call"
    NOT_TRANSLATABLE = "not-translatable"
    NO_GUIDANCE = "no-guidance"
    GUIDANCE = "guidance"


@dataclass(frozen=True, slots=True)
class Match:
    """
    One rule that fits one possible set of gene states.

    Args:
        rule: The rule.
        branch: The answer of the rule for this order.
        states: The gene states it was matched on; empty for rules that need no gene.
        population_known: False if nothing on record says which population the order belongs to.
    """

    rule: Rule
    branch: Branch
    states: Mapping[str, GeneState]
    population_known: bool = True


@dataclass(frozen=True, slots=True)
class SourceMatch:
    """
    What one source says.

    Args:
        source: The rules that were asked.
        outcome: How far it got.
        matches: One match per possible state; more than one if the result is ambiguous or contradictory.
        genes: Evidence of the genes the source looks at.
    """

    source: SourceRules
    outcome: Outcome
    matches: tuple[Match, ...] = ()
    genes: tuple[GeneEvidence, ...] = ()


def match(source: SourceRules, evidence: Mapping[str, GeneEvidence], facts: Facts) -> SourceMatch:
    """
    Find what a source says about this person's results and this order.

    A gene without a usable result enters as "No Result", which only rules written for it can meet.
    """
    genes = tuple(evidence.get(gene, GeneEvidence(gene)) for gene in source.genes)
    told = [gene for gene in genes if _speaks(gene, source)]
    if not told:
        return SourceMatch(source, _silence(genes), (), genes)
    options = [_options(gene) for gene in genes]
    found: list[Match] = []
    for combination in product(*options):
        states = {gene.gene: state for gene, state in zip(genes, combination, strict=True)}
        found += answers_to(source, states, facts)
    unique = tuple({(m.rule.id, id(m.branch)): m for m in found}.values())
    return SourceMatch(source, Outcome.GUIDANCE if unique else Outcome.NO_GUIDANCE, unique, genes)


def answers_to(source: SourceRules, states: Mapping[str, GeneState], facts: Facts) -> list[Match]:
    """What a source says to one state of each of its genes."""
    return _by_population(source, closest_rules(source, states), states, facts)


def match_without_genes(source: SourceRules, facts: Facts) -> tuple[Match, ...]:
    """The rules of a source that follow from the person and the order alone, such as an age limit."""
    found = []
    for place in source.index.without_genes:
        rule = source.rules[place]
        population = next((p for p in source.populations if p.id == rule.population), None)
        if population is None or population.when.holds(facts) is True:
            branch = choose_branch(rule.branches, facts)
            if branch is not None:
                found.append(Match(rule, branch, {}))
    return tuple(found)


def choose_branch(branches: Iterable[Branch], facts: Facts) -> Branch | None:
    """
    The answer of a rule for this order.

    A condition that holds beats the answer without a condition; among several that hold the one that changes
    most wins. A condition that cannot be decided is passed over, unless there is nothing else to say.
    """
    holding: list[Branch] = []
    undecided: list[Branch] = []
    default: Branch | None = None
    for branch in branches:
        if branch.when is None:
            default = default or branch
            continue
        answer = branch.when.holds(facts)
        if answer:
            holding.append(branch)
        elif answer is None:
            undecided.append(branch)
    pool = holding or ([default] if default else undecided)
    return min(pool, key=branch_strictness, default=None)


def branch_strictness(branch: Branch) -> tuple[int, Decimal, Decimal]:
    """For ordering answers, strictest first: what is asked, then the smaller share, then the lower limit."""
    dose = branch.dose
    share = dose.low if dose and dose.low is not None else _NO_LIMIT
    limit = dose.limit.value if dose and dose.limit else _NO_LIMIT
    return severity_rank(branch.action), share, limit


def strictness(match: Match) -> tuple[int, int, Decimal, Decimal]:
    """As `branch_strictness`; of equal actions, the one the source recommends more strongly comes first."""
    asked, share, limit = branch_strictness(match.branch)
    return asked, int(match.branch.tentative), share, limit


_NO_LIMIT = Decimal("Infinity")


def _speaks(gene: GeneEvidence, source: SourceRules) -> bool:
    """True if the gene has a result this source's rules can look at."""
    if gene.possible:
        return True
    asked = source.index.asks_for(gene.gene)
    return any(word in asked for words in _statuses(gene) for word in words)


def _statuses(gene: GeneEvidence) -> list[frozenset[str]]:
    """
    Allele statuses as words such as `*57:01 positive`.

    Where reports contradict each other about an allele, each of the two may be true.
    """
    ways: list[tuple[str, ...]] = []
    for allele, present in gene.presence.items():
        if present is not None:
            ways.append((f"{allele} {SIGN[present]}",))
        elif gene.state is ResultState.CONFLICT:
            ways.append((f"{allele} {SIGN[True]}", f"{allele} {SIGN[False]}"))
    return [frozenset(words) for words in product(*ways)]


def _silence(genes: Iterable[GeneEvidence]) -> Outcome:
    """Why a source has nothing to match on."""
    states = {gene.state for gene in genes}
    if states & {ResultState.NOT_TRANSLATABLE, ResultState.PARTIAL}:
        return Outcome.NOT_TRANSLATABLE
    if states & {ResultState.NO_CALL, ResultState.CONFLICT}:
        return Outcome.NO_CALL
    return Outcome.NOT_TESTED


def _options(gene: GeneEvidence) -> list[GeneState]:
    """The states a gene is matched with, each with its allele statuses."""
    states = gene.possible or (GeneState("", words=NO_RESULT),)
    return [
        replace(state, words=state.words | words) if words else state
        for state in states
        for words in _statuses(gene)
    ]


def fitting_rules(rules: Iterable[Rule], states: Mapping[str, GeneState]) -> list[Rule]:
    """As `closest_rules`, for rules picked by hand."""
    rules = tuple(rules)
    return _closest(rules, RuleIndex(rules), states)


def closest_rules(source: SourceRules, states: Mapping[str, GeneState]) -> list[Rule]:
    """
    The rules written for these gene states, of every population.

    A rule for the diplotype beats one for the class or score, and both beat one for "any other result".
    """
    return _closest(source.rules, source.index, states)


def _closest(rules: Sequence[Rule], index: RuleIndex, states: Mapping[str, GeneState]) -> list[Rule]:
    ranked = [(fit, rules[place]) for place, fit in index.fits(states)]
    best: dict[str, int] = {}
    for fit, rule in ranked:
        best[rule.population] = max(fit, best.get(rule.population, 0))
    return [rule for fit, rule in ranked if fit == best[rule.population]]


def _by_population(
    source: SourceRules, rules: list[Rule], states: Mapping[str, GeneState], facts: Facts
) -> list[Match]:
    """Of the rules that fit the genes, those for this person's population; all of them if it is not known."""
    rules = _most_informed(rules, states)
    general = [rule for rule in rules if not rule.population]
    if general or not source.populations:
        return _answers(general, states, facts, known=True)
    unknown: list[Rule] = []
    for population in source.populations:
        answer = population.when.holds(facts)
        mine = [rule for rule in rules if rule.population == population.id]
        if answer:
            return _answers(mine, states, facts, known=True)
        if answer is None:
            unknown += mine
    return _answers(unknown, states, facts, known=False)


def _most_informed(rules: list[Rule], states: Mapping[str, GeneState]) -> list[Rule]:
    """Where a status word and "No Result" both fit a gene, the rule written for the status is meant."""
    statused = {
        gene for gene, state in states.items() if len(state.words - NO_RESULT) and state.words >= NO_RESULT
    }
    if not statused:
        return rules
    informed = [
        rule
        for rule in rules
        if any(
            all(
                gene not in combination or combination[gene].words & (states[gene].words - NO_RESULT)
                for gene in statused
            )
            for combination in rule.when
        )
    ]
    return informed or rules


def _answers(rules: list[Rule], states: Mapping[str, GeneState], facts: Facts, *, known: bool) -> list[Match]:
    found = []
    for rule in rules:
        branch = choose_branch(rule.branches, facts)
        if branch is not None:
            found.append(Match(rule, branch, states, known))
    return found
