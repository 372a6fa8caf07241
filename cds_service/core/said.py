"""What one answer of a rule says about an order, whether the rule is on genes or on a tumour."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from cds_service.core.finding import Finding
from cds_service.core.knowledge_base import Branch, Drug, Guideline, Implication
from cds_service.core.match import Outcome
from cds_service.core.model import Order
from cds_service.core.urgency import urgency


class Said(Protocol):
    """What rules of both kinds have."""

    @property
    def id(self) -> str:
        """Stable, never reused."""
        ...

    @property
    def strength(self) -> str:
        """The source's own grading, or empty."""
        ...

    @property
    def implication(self) -> str:
        """Key of what the result means for this drug."""
        ...


def finding_of(
    rule: Said,
    branch: Branch,
    guideline: Guideline,
    order: Order,
    drug: Drug,
    implications: Mapping[str, Implication],
) -> Finding:
    """The finding of an answer, as loud as it is by itself; the caller adds the results it rests on."""
    implication = implications.get(rule.implication)
    harm = implication.harm if implication else "moderate"
    return Finding(
        order=order,
        drug=drug,
        outcome=Outcome.GUIDANCE,
        action=branch.action,
        urgency=urgency(branch.action, rule.strength, harm, tentative=branch.tentative),
        guideline=guideline,
        strength=rule.strength,
        dose=branch.dose,
        monitoring=branch.monitoring,
        implication=implication,
        later=branch.later,
        add=branch.add,
        condition=branch.label,
        rules=(rule.id,),
    )
