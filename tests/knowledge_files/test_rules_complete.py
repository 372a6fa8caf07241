"""Every combination of gene results meets exactly one rule of a drug, source and population."""

from __future__ import annotations

from decimal import Decimal
from itertools import product

import pytest

from cds_service.core.genes import Gene, Method
from cds_service.core.knowledge_base import KnowledgeBase, Rule, SourceRules
from cds_service.curation.compile import compile_knowledge
from cds_service.resources import knowledge_folder

KNOWLEDGE: KnowledgeBase = compile_knowledge(knowledge_folder())
NO_RESULT = "No Result"

# (words, score) of one gene, as a rule key is asked.
State = tuple[frozenset[str], Decimal | None]


def states(gene: Gene, source: SourceRules) -> list[State]:
    """All states a rule of the source can be asked with, "no result" included."""
    none: State = (frozenset({NO_RESULT}), None)
    if gene.method is Method.ALLELE_PRESENCE:
        asked = sorted(
            {w for r in source.rules for c in r.when if gene.symbol in c for w in c[gene.symbol].words}
        )
        return [(frozenset({word}), None) for word in asked if word != NO_RESULT] + [none]
    if gene.bands:
        scores = sorted({Decimal(n) / 4 for n in range(0, 25)} if gene.symbol == "CYP2D6" else set(halves()))
        found: list[State] = [(frozenset({"any class"}), score) for score in scores]
        unclear: list[State] = [(frozenset({gene.indeterminate}), None)] if gene.indeterminate else []
        return [*found, *unclear, none]
    return [(frozenset({word}), None) for word in gene.phenotypes] + [none]


def halves() -> list[Decimal]:
    return [Decimal(n) / 2 for n in range(0, 5)]


def fitting(rules: list[Rule], genes: tuple[str, ...], combination: tuple[State, ...]) -> list[str]:
    found = []
    for rule in rules:
        for when in rule.when:
            if when and all(when[g].covers(*s) for g, s in zip(genes, combination, strict=True) if g in when):
                found.append(rule.id)
                break
    return found


CASES = [
    pytest.param(drug.name, source, population, id=f"{drug.name} {name} {population or 'everyone'}")
    for drug in KNOWLEDGE.drugs.values()
    for name, source in drug.sources.items()
    for population in ([p.id for p in source.populations] or [""])
    if source.genes
]


@pytest.mark.parametrize(("drug", "source", "population"), CASES)
def test_each_combination_of_results_meets_one_rule(drug: str, source: SourceRules, population: str) -> None:
    rules = [rule for rule in source.rules if rule.population == population]
    options = [states(KNOWLEDGE.genes[gene], source) for gene in source.genes]
    wrong = {}
    for combination in product(*options):
        if all(NO_RESULT in words for words, _ in combination):
            continue
        found = fitting(rules, source.genes, combination)
        if len(found) != 1:
            wrong[str([(sorted(w), s) for w, s in combination])] = found
    assert not wrong, f"{drug}: {dict(list(wrong.items())[:5])}"


def test_counts_are_pinned() -> None:
    """A rule that goes missing shows here; a new one is a decision."""
    rules = sum(len(source.rules) for drug in KNOWLEDGE.drugs.values() for source in drug.sources.values())
    alleles = sum(len(gene.alleles) for gene in KNOWLEDGE.genes.values())
    assert (len(KNOWLEDGE.genes), alleles, len(KNOWLEDGE.drugs), rules) == (23, 1395, 113, 890)
