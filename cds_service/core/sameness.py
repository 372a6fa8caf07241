"""When two findings tell a prescriber the same, so that hearing one of them is enough."""

from __future__ import annotations

from collections.abc import Iterable

from cds_service.core.actions import DoseAdvice
from cds_service.core.finding import Finding, GeneUse
from cds_service.core.phenotype import GeneState

#: A finding in parts that can be compared and written down; blank for what a finding does not have.
Mark = tuple[str, ...]


def mark(finding: Finding) -> Mark:
    """
    What a finding says, without the words and without the order it says it about.

    Two findings of one mark are about the same ingredients, rest on the same results and the same rules, and
    ask for the same thing as loudly. Not part of the mark are the reference of the draft, which many clients
    change before signing, the replacements that fit, and the ordered dose, unless it breaks a limit of the
    advice.
    """
    guideline = finding.guideline
    return (
        finding.drug.name,
        _listed(ingredient.name for ingredient in finding.order.ingredients),
        finding.outcome.value,
        finding.action.value,
        finding.urgency.value,
        f"{guideline.source} {guideline.name} {guideline.version}" if guideline else "",
        finding.strength,
        _dose(finding.dose),
        "over the limit" if finding.over_limit else "",
        _listed(finding.rules),
        _listed(_result(use) for use in finding.genes),
        finding.pretest.id if finding.pretest else "",
        finding.condition,
        f"{finding.comedication} {'ends' if finding.ends else ''}",
        _listed(f"{notice.key} {notice.slots}" for notice in finding.notices),
        _listed(f"{item.guideline.source} {item.action.value}" for item in finding.others),
        _listed(f"{item.calculator.id} {item.low} {item.high}" for item in finding.calculations),
    )


def _dose(dose: DoseAdvice | None) -> str:
    return repr(dose) if dose else ""


def _result(use: GeneUse) -> str:
    states = [use.state] if use.state is not None else list(use.evidence.possible)
    parts = [use.evidence.gene, use.evidence.state.value, use.said]
    parts += [_state(state) for state in states]
    parts += [f"{allele} {present}" for allele, present in use.alleles]
    return " ".join(parts)


def _state(state: GeneState) -> str:
    alleles = str(state.diplotype) if state.diplotype is not None else ""
    score = str(state.score) if state.score is not None else ""
    return " ".join((alleles, state.phenotype, score, state.changed_by))


def _listed(texts: Iterable[str]) -> str:
    return "; ".join(sorted(texts))
