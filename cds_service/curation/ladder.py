"""The states of a gene in the order of their activity, away from the usual one in both directions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise, product

from cds_service.core.genes import Gene
from cds_service.core.knowledge_base import SourceRules
from cds_service.core.phenotype import GeneState, usual_phenotype
from cds_service.curation.results import scored_states, states_of, usual_score

#: Two neighbouring states; the second lies further from the usual one.
Step = tuple[GeneState, GeneState]


def falling(gene: Gene, order: Mapping[str, int]) -> list[Step]:
    """
    Steps from the usual state down to the lowest activity.

    Args:
        gene: Any gene; one without scores and without a class in `order` has no steps.
        order: Class -> rank; a higher rank is more activity.
    """
    states, usual = _ladder(gene, order)
    return list(pairwise(reversed(states[: usual + 1])))


def rising(gene: Gene, order: Mapping[str, int]) -> list[Step]:
    """Steps from the usual state up to the highest activity."""
    states, usual = _ladder(gene, order)
    return list(pairwise(states[usual:]))


def with_others(
    source: SourceRules, gene: str, genes: Mapping[str, Gene], step: Step
) -> Iterator[tuple[dict[str, GeneState], dict[str, GeneState]]]:
    """One step of one gene with every combination of what the other genes of the source can be."""
    others = [other for other in source.genes if other != gene]
    for states in product(*(states_of(genes[other], source) for other in others)):
        rest = dict(zip(others, states, strict=True))
        yield {**rest, gene: step[0]}, {**rest, gene: step[1]}


def _ladder(gene: Gene, order: Mapping[str, int]) -> tuple[list[GeneState], int]:
    """States from the lowest activity to the highest, and the place of the usual one."""
    if gene.bands:
        states = scored_states(gene)
        places = [n for n, state in enumerate(states) if state.score_value == usual_score(gene)]
    else:
        terms = sorted((term for term in gene.phenotypes if term in order), key=lambda term: order[term])
        states = [GeneState(term, words=frozenset({term})) for term in terms]
        places = [n for n, term in enumerate(terms) if term == usual_phenotype(gene)]
    return (states, places[0]) if places else ([], 0)
