"""All results of a gene that the rules of one source can be asked with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from itertools import product

from cds_service.core.activity import ActivityScore
from cds_service.core.diplotype import GenotypeKind, parse_genotype
from cds_service.core.genes import Gene, Method
from cds_service.core.knowledge_base import ResultKey, SourceRules
from cds_service.core.match import NO_RESULT, fitting_rules
from cds_service.core.phenotype import GeneState, phenotype_of_score, state_of

#: "No usable result", which rules may be written for, too.
UNTESTED = GeneState("", words=NO_RESULT)
SIGNS = ("positive", "negative")


def keys_of(source: SourceRules, gene: str) -> tuple[ResultKey, ...]:
    """Everything the rules of a source look a gene up by, each once."""
    keys = (when[gene] for rule in source.rules for when in rule.when if gene in when)
    return tuple(dict.fromkeys(keys))


def states_of(gene: Gene, source: SourceRules) -> list[GeneState]:
    """
    Every state the gene can be in, as far as the rules of the source can tell, and "no result" as the last.

    States that no rule can tell apart stand there once.
    """
    keys = keys_of(source, gene.symbol)
    states = [*called_states(gene, keys), *_diplotypes(gene, keys)]
    apart = {_told_by(state, keys): state for state in reversed(states)}
    return [*reversed(apart.values()), UNTESTED]


def called_states(gene: Gene, keys: Iterable[ResultKey]) -> list[GeneState]:
    """Every state without diplotypes: presence of the alleles asked for, scores, or classes."""
    if gene.method is Method.ALLELE_PRESENCE:
        return list(_presences(keys))
    found = [GeneState(term, words=frozenset({term})) for term in gene.phenotypes]
    if gene.bands:
        named = {band.phenotype for bands in gene.bands.values() for band in bands}
        found = [*scored_states(gene), *(state for state in found if state.phenotype not in named)]
    return found


def scored_states(gene: Gene) -> list[GeneState]:
    """
    A state for every activity score two alleles of the gene can add up to, from the lowest.

    Steps between scores are as wide as the smallest activity value that is not zero.
    """
    values = {allele.activity for allele in gene.alleles.values() if allele.activity is not None}
    positive = [value for value in values if value > 0]
    if not positive:
        return []
    step, last = min(positive), 2 * max(positive)
    scores = [ActivityScore(step * n) for n in range(int(last / step) + 1)]
    classes = [(score, phenotype_of_score(score, gene)) for score in scores]
    return [GeneState(term, score=score, words=frozenset({term})) for score, term in classes if term]


def usual_score(gene: Gene) -> Decimal | None:
    """The score of two reference alleles; None for genes without scores."""
    reference = gene.alleles.get(gene.reference)
    return None if reference is None or reference.activity is None else 2 * reference.activity


def combinations(source: SourceRules, genes: Mapping[str, Gene]) -> Iterator[dict[str, GeneState]]:
    """Every combination of states of the genes of a source, except that of no result at all."""
    options = [states_of(genes[gene], source) for gene in source.genes]
    for states in product(*options):
        if any(state is not UNTESTED for state in states):
            yield dict(zip(source.genes, states, strict=True))


def rule_ids(source: SourceRules, population: str, states: Mapping[str, GeneState]) -> list[str]:
    """Ids of the rules of one population, or of everyone if that is empty, that fit a combination."""
    rules = [rule for rule in source.rules if rule.population == population and all(rule.when)]
    return [rule.id for rule in fitting_rules(rules, states)]


def diplotype_state(word: str, gene: Gene) -> GeneState | None:
    """The state of a diplotype a rule names; None if no result of this gene is ever written like that."""
    parsed = parse_genotype(word, gene)
    if parsed.kind is not GenotypeKind.DIPLOTYPES or [str(found) for found in parsed.diplotypes] != [word]:
        return None
    return state_of(parsed.diplotypes[0], gene)


def _diplotypes(gene: Gene, keys: Iterable[ResultKey]) -> Iterator[GeneState]:
    words = dict.fromkeys(word for key in keys for word in sorted(key.words) if "/" in word)
    for word in words:
        state = None if word in gene.phenotypes else diplotype_state(word, gene)
        if state is not None:
            yield state


def _presences(keys: Iterable[ResultKey]) -> Iterator[GeneState]:
    """Every combination of found, not found and not looked for, except that nothing was looked for."""
    asked = sorted({word.rpartition(" ")[0] for key in keys for word in key.words - NO_RESULT})
    for signs in product((*SIGNS, ""), repeat=len(asked)):
        words = [f"{allele} {sign}" for allele, sign in zip(asked, signs, strict=True) if sign]
        if words:
            yield GeneState("", words=frozenset(words))


def _told_by(state: GeneState, keys: Iterable[ResultKey]) -> tuple[tuple[bool, bool], ...]:
    diplotype = str(state.diplotype) if state.diplotype is not None else ""
    return tuple((key.covers(state.words, state.score_value), diplotype in key.words) for key in keys)
