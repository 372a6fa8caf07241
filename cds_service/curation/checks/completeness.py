"""Every combination of results meets exactly one rule of a drug, source and population."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from cds_service.core.genes import Gene
from cds_service.core.knowledge_base import SourceRules
from cds_service.core.match import NO_RESULT
from cds_service.core.phenotype import GeneState
from cds_service.curation.context import Context, Fault
from cds_service.curation.results import combinations, rule_ids

name = "completeness"
EVERYONE = ""


def run(context: Context) -> Iterator[Fault]:
    """Combinations that meet no rule, or more than one; the first of each kind stands for the others."""
    if context.knowledge is None:
        return
    for path, _, source in context.compiled_sources():
        for where, what in wrong(source, context.knowledge.genes):
            yield Fault(path, where, what)


def wrong(source: SourceRules, genes: Mapping[str, Gene]) -> Iterator[tuple[str, str]]:
    """
    What is wrong with one source, as place and words.

    Rules for everyone go before those of a population: where one fits, no rule of a population may fit, too.
    """
    found: dict[tuple[str, tuple[str, ...]], list[str]] = defaultdict(list)
    if not source.genes:
        return
    for states in combinations(source, genes):
        general = rule_ids(source, EVERYONE, states)
        for population in [p.id for p in source.populations] or [EVERYONE]:
            special = rule_ids(source, population, states) if population else []
            fitting = tuple(general + special)
            if len(fitting) != 1:
                found[population, fitting].append(_words(states))
    for (population, fitting), cases in found.items():
        more = f" and {len(cases) - 1} more combinations of results" if len(cases) > 1 else ""
        met = f"meet {', '.join(fitting)}; leave one of them" if fitting else "meet no rule; add one"
        yield population or "everyone", f"{cases[0]}{more} {met}"


def _words(states: Mapping[str, GeneState]) -> str:
    return " + ".join(f"{gene} {_state(state)}" for gene, state in states.items())


def _state(state: GeneState) -> str:
    if state.words & NO_RESULT:
        return "No Result"
    if state.diplotype is not None:
        return str(state.diplotype)
    return str(state.score) if state.score else " and ".join(sorted(state.words))
