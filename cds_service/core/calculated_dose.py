"""A finding that asks for a calculated dose, with the dose."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from cds_service.core.actions import Action, DoseAdvice, DoseLimit
from cds_service.core.calculator import Calculator
from cds_service.core.conditions import Facts
from cds_service.core.finding import Finding
from cds_service.core.knowledge_base import Branch
from cds_service.core.weigh import GeneEvidence


def calculate_dose(
    finding: Finding,
    branch: Branch,
    genes: Iterable[GeneEvidence],
    facts: Facts,
    calculators: Mapping[str, Calculator],
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
    """
    if not branch.calculators:
        return finding
    states = {evidence.gene: evidence.only for evidence in genes if evidence.only is not None}
    found = tuple(calculators[id_].calculate(facts, states) for id_ in branch.calculators)
    finding = replace(finding, calculations=found)
    dose = found[0].low
    if finding.action is not Action.CALCULATE_DOSE or dose is None:
        return finding
    advice = finding.dose or DoseAdvice(applies_to="total")
    return replace(finding, dose=replace(advice, limit=DoseLimit(dose, "mg", "day", "target")))
