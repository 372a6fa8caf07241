"""A finding that asks for a calculated dose, or for a share of the usual one, with the dose."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal

from cds_service.core.actions import QUIET, SWITCHES, Action, DoseAdvice, DoseLimit
from cds_service.core.adjustments import together
from cds_service.core.calculator import Calculation, Calculator, Shares
from cds_service.core.conditions import Facts
from cds_service.core.finding import Finding
from cds_service.core.genes import Gene
from cds_service.core.knowledge_base import Branch, SourceRules
from cds_service.core.match import Match, answers_to
from cds_service.core.phenotype import states_of_phenotype
from cds_service.core.weigh import GeneEvidence


def calculate_dose(
    finding: Finding,
    branch: Branch,
    genes: Iterable[GeneEvidence],
    facts: Facts,
    calculators: Mapping[str, Calculator],
    shares: Shares | None = None,
) -> Finding:
    """
    Ask the calculators of an answer.

    The first one gives the dose, if it can; the others stand beside it for comparison. Where the answer is
    something else, such as another drug, the calculations are for those who stay with this one.

    Args:
        finding: What was found so far.
        branch: The answer that decided.
        genes: What is known of the genes of the source; one with several possible states is not used.
        facts: Person and order.
        calculators: All of them, by id.
        shares: What the rule makes of the usual dose.
    """
    if not branch.calculators:
        return finding
    states = {evidence.gene: evidence.only for evidence in genes if evidence.only is not None}
    found = tuple(calculators[id_].calculate(facts, states, shares) for id_ in branch.calculators)
    finding = replace(finding, calculations=found)
    dose = found[0].low
    if finding.action is not Action.CALCULATE_DOSE or dose is None:
        return finding
    advice = _adjusted(finding.dose or DoseAdvice(applies_to="total"), found[0])
    return replace(finding, dose=replace(advice, limit=DoseLimit(dose, "mg", "day", "target")))


def _adjusted(advice: DoseAdvice, calculation: Calculation) -> DoseAdvice:
    """The advice with what further results change of the calculated dose, after what it says itself."""
    one = Decimal(1)
    low, high = together(calculation.adjusted)
    if (low, high) == (one, one):
        return advice
    return replace(
        advice,
        low=low * (advice.low or one),
        high=high * (advice.high or advice.low or one),
        basis="algorithm dose",
    )


def shares_of(match: Match, source: SourceRules, facts: Facts, genes: Mapping[str, Gene]) -> Shares:
    """
    What the rule of a match makes of the usual dose, and what its source says with another result.

    Args:
        match: The match that decided.
        source: The rules it is from.
        facts: Person and order.
        genes: All genes by symbol.
    """

    def instead(gene: str, phenotype: str) -> DoseAdvice | None:
        if gene not in match.states:
            return None
        for state in states_of_phenotype(phenotype, genes[gene])[:1]:
            for other in answers_to(source, {**match.states, gene: state}, facts):
                if other.branch.action in SWITCHES:
                    return None
                return DoseAdvice() if other.branch.action in QUIET else other.branch.dose
        return None

    return Shares(match.branch.dose or DoseAdvice(), instead)
