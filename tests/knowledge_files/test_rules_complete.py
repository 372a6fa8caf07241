"""Every combination of gene results meets exactly one rule of a drug, source and population."""

from __future__ import annotations

from decimal import Decimal
from itertools import product

import pytest

from cds_service.core.activity import ActivityScore
from cds_service.core.genes import Gene, Method
from cds_service.core.knowledge_base import KnowledgeBase, SourceRules
from cds_service.core.match import fitting_rules
from cds_service.core.phenotype import GeneState, phenotype_of_score
from cds_service.curation.compile import compile_knowledge
from cds_service.resources import knowledge_folder

KNOWLEDGE: KnowledgeBase = compile_knowledge(knowledge_folder())
NO_RESULT = "No Result"


def states(gene: Gene, source: SourceRules) -> list[GeneState]:
    """All states a rule of the source can be asked with, "no result" included."""
    none = GeneState("", words=frozenset({NO_RESULT}))
    if gene.method is Method.ALLELE_PRESENCE:
        asked = {w for r in source.rules for c in r.when if gene.symbol in c for w in c[gene.symbol].words}
        signs = {
            f"{word.split()[0]} {sign}" for word in asked - {NO_RESULT} for sign in ("positive", "negative")
        }
        return [*(GeneState("", words=frozenset({word})) for word in sorted(signs)), none]
    if gene.bands:
        steps, last = (Decimal("0.25"), 6) if gene.symbol == "CYP2D6" else (Decimal("0.5"), 2)
        scores = [ActivityScore(steps * n) for n in range(int(last / steps) + 1)]
        found = [GeneState("", score=s, words=frozenset({phenotype_of_score(s, gene)})) for s in scores]
        if gene.indeterminate:
            found.append(GeneState(gene.indeterminate, words=frozenset({gene.indeterminate})))
        return [*found, none]
    return [*(GeneState(term, words=frozenset({term})) for term in gene.phenotypes), none]


CASES = [
    pytest.param(drug.name, source, population, id=f"{drug.name} {name} {population or 'everyone'}")
    for drug in KNOWLEDGE.drugs.values()
    for name, source in drug.sources.items()
    for population in ([p.id for p in source.populations] or [""])
    if source.genes
]


@pytest.mark.parametrize(("drug", "source", "population"), CASES)
def test_each_combination_of_results_meets_one_rule(drug: str, source: SourceRules, population: str) -> None:
    rules = [rule for rule in source.rules if rule.population == population and all(rule.when)]
    options = [states(KNOWLEDGE.genes[gene], source) for gene in source.genes]
    wrong = {}
    for combination in product(*options):
        if all(NO_RESULT in state.words for state in combination):
            continue
        found = fitting_rules(rules, dict(zip(source.genes, combination, strict=True)))
        if len(found) != 1:
            wrong[str([(sorted(s.words), str(s.score)) for s in combination])] = [rule.id for rule in found]
    assert not wrong, f"{drug}: {dict(list(wrong.items())[:5])}"


def test_counts_are_pinned() -> None:
    """A rule that goes missing shows here; a new one is a decision."""
    rules = sum(len(source.rules) for drug in KNOWLEDGE.drugs.values() for source in drug.sources.values())
    alleles = sum(len(gene.alleles) for gene in KNOWLEDGE.genes.values())
    assert (len(KNOWLEDGE.genes), alleles, len(KNOWLEDGE.drugs), rules) == (27, 1404, 184, 1313)
