"""The rule the knowledge has for a look-up of a table from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from cds_service.core.errors import PgxCdsError
from cds_service.core.evidence import ReportedResult, ResultKind
from cds_service.core.genes import Gene
from cds_service.core.knowledge_base import Drug, KnowledgeBase, Rule, SourceRules
from cds_service.core.match import NO_RESULT, fitting_rules
from cds_service.core.phenotype import GeneState, state_of_score
from cds_service.core.rule_index import SIGN
from cds_service.core.weigh import weigh
from cds_service.curation.compare_table import LookUp
from cds_service.curation.files import read_tsv

#: A score, with or without the class behind it: `0.5`, `≥3.0`, `1.0 (Intermediate Metabolizer)`.
_SCORE = re.compile(r"≥?(?P<score>\d+(\.\d+)?)( \((?P<word>.+)\))?")

#: How tables write a gene that was tested but could not be scored.
_NOT_SCORED = "n/a"

_POPULATION_COLUMNS = ("theirs", "ours", "step")


class NotCoveredError(PgxCdsError):
    """The knowledge has no rule a look-up could be compared with; the message says why."""


@dataclass(frozen=True, slots=True)
class Place:
    """
    Where the rules speak about a population of a table.

    Args:
        population: Its id in the rules; empty = everyone.
        step: The later step that stands for it, where the rules have no population of their own for it.
    """

    population: str = ""
    step: str = ""


def read_populations(path: Path) -> dict[str, tuple[Place, ...]]:
    """
    Populations of tables -> where the rules speak about them; the first place a drug has rules for counts.

    Raises:
        KnowledgeError: If a column is missing.
    """
    found: dict[str, tuple[Place, ...]] = {}
    for row in read_tsv(path, _POPULATION_COLUMNS):
        found[row["theirs"]] = (*found.get(row["theirs"], ()), Place(row["ours"], row["step"]))
    return found


def rule_for(
    lookup: LookUp, knowledge: KnowledgeBase, populations: Mapping[str, tuple[Place, ...]]
) -> tuple[Rule, Place]:
    """
    The rule that answers a look-up, and for which population or later step.

    Raises:
        NotCoveredError: If there is none, or more than one.
    """
    drug = knowledge.drugs.get(lookup.drug)
    if drug is None:
        raise NotCoveredError("no such drug in the knowledge")
    if not lookup.results:
        raise NotCoveredError("the look-up is no gene result")
    sources = _sources(drug, lookup)
    found = {symbol: _state(knowledge.genes[symbol], result) for symbol, result in lookup.results.items()}
    if lookup.population not in populations:
        raise NotCoveredError(f"the population '{lookup.population}' is not in the list of populations")
    rules: list[tuple[Rule, Place]] = []
    for source in sources:
        states = {gene: GeneState("", words=NO_RESULT) for gene in source.genes} | found
        place = _place(source, populations[lookup.population])
        asked = [rule for rule in source.rules if rule.population == place.population]
        rules += [(rule, place) for rule in fitting_rules(asked, states)]
    if len(rules) != 1:
        raise NotCoveredError(f"{len(rules) or 'no'} rule{'s' if rules else ''} for this result")
    return rules[0]


def _sources(drug: Drug, lookup: LookUp) -> list[SourceRules]:
    """The rules of the guideline body on these genes; a body may write about single alleles apart."""
    genes = set(lookup.results)
    asked = [rules for rules in drug.rules_of(lookup.source) if genes <= set(rules.genes)]
    if not asked:
        raise NotCoveredError("no rules of this guideline body on this gene")
    return asked


def _place(source: SourceRules, places: tuple[Place, ...]) -> Place:
    ids = {rule.population for rule in source.rules}
    for place in places:
        if place.population in ids and (not place.step or _has_step(source, place)):
            return place
    if "" in ids:
        return Place()
    raise NotCoveredError("no rules for this population")


def _has_step(source: SourceRules, place: Place) -> bool:
    return any(
        later.step == place.step
        for rule in source.rules
        if rule.population == place.population
        for branch in rule.branches
        for later in branch.later
    )


def _state(gene: Gene, result: str) -> GeneState:
    """What a result of the table stands for."""
    if result in NO_RESULT:
        return GeneState("", words=NO_RESULT)
    if result == _NOT_SCORED:
        result = gene.indeterminate
    score = _SCORE.fullmatch(result)
    if score:
        state = state_of_score(Decimal(score["score"]), gene)
    elif result in gene.phenotypes or _is_status(gene, result):
        state = GeneState(result, words=frozenset({result}))
    else:
        state = weigh(gene, [ReportedResult(gene.symbol, ResultKind.DIPLOTYPE, result, "table")]).only
    if state is None:
        raise NotCoveredError(f"{gene.symbol} '{result}' is no result the knowledge knows")
    return state


def _is_status(gene: Gene, result: str) -> bool:
    return any(result == f"{allele} {sign}" for allele in gene.presence_alleles for sign in SIGN.values())
