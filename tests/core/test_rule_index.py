"""The index of rules against trying every rule."""

from __future__ import annotations

from itertools import product

from cds_service.core.knowledge_base import ResultKey, Rule, SourceRules
from cds_service.core.match import closest_rules
from cds_service.core.phenotype import GeneState, states_of_phenotype
from cds_service.core.rule_index import NO_RESULT
from tests.builders import evidence, genotype, knowledge

SAMPLES = {
    "CYP2C19": ("*1/*1", "*1/*2", "*2/*2", "*17/*17", "*1/*17"),
    "CYP2D6": ("*1/*1", "*1/*4", "*4/*4", "*1x2/*2", "*10/*41", "*1xN/*4"),
    "CYP2C9": ("*1/*1", "*1/*3", "*2/*3", "*3/*3", "*5/*6"),
    "TPMT": ("*1/*1", "*1/*3A", "*3A/*3C"),
    "NUDT15": ("*1/*1", "*1/*3", "*3/*3"),
    "SLCO1B1": ("*1/*1", "*1/*5", "*5/*15"),
}
POSITIVE, NEGATIVE = "{} positive", "{} negative"


def by_trial(key: ResultKey, state: GeneState) -> int:
    if state.diplotype is not None and str(state.diplotype) in key.words:
        return 3
    if key.covers(state.words, state.score_value):
        return 2
    return 1 if key.otherwise and not state.words & NO_RESULT else 0


def tried(source: SourceRules, states: dict[str, GeneState]) -> list[str]:
    def fit(rule: Rule) -> int:
        rows = [combination for combination in rule.when if combination]
        return max((min(by_trial(key, states[g]) for g, key in row.items()) for row in rows), default=0)

    best: dict[str, int] = {}
    for rule in source.rules:
        best[rule.population] = max(fit(rule), best.get(rule.population, 0))
    return [rule.id for rule in source.rules if fit(rule) and fit(rule) == best[rule.population]]


def samples(gene: str) -> list[GeneState]:
    found = knowledge().genes[gene]
    states = [GeneState("", words=NO_RESULT)]
    for text in SAMPLES.get(gene, ()):
        states += evidence(genotype(gene, text))[gene].possible
    for phenotype in found.phenotypes:
        states += states_of_phenotype(phenotype, found)[:2]
    for allele in list(found.presence_alleles)[:4]:
        states += [GeneState("", words=NO_RESULT | {sign.format(allele)}) for sign in (POSITIVE, NEGATIVE)]
    return states[:12]


def test_the_index_finds_what_trying_every_rule_finds() -> None:
    compared = 0
    for drug in knowledge().drugs.values():
        for source in drug.sources.values():
            choices = [samples(gene) for gene in source.genes]
            for combination in list(product(*choices))[:150]:
                states = dict(zip(source.genes, combination, strict=True))
                assert [rule.id for rule in closest_rules(source, states)] == tried(source, states)
                compared += 1
    assert compared > 2000
