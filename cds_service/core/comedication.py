"""Two drugs at once: an inhibitor that is ordered while its victim runs, and pairs a label names."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from cds_service.core.actions import QUIET, Action, severity_rank
from cds_service.core.finding import Finding
from cds_service.core.knowledge_base import Drug, KnowledgeBase, NamedPair
from cds_service.core.match import Outcome
from cds_service.core.model import Ingredient, Order
from cds_service.core.urgency import Urgency, louder

#: Judges a running drug as if it were ordered now, with these drugs beside it.
JudgeWith = Callable[[Drug, tuple[Ingredient, ...]], Finding]

#: Tags of replacements that answer to a finding of this module.
INHIBITOR, COMEDICATION = "inhibitor", "comedication"


def victims(
    order: Order, running: tuple[Ingredient, ...], knowledge: KnowledgeBase, judge: JudgeWith
) -> Iterator[Finding]:
    """
    Findings about an ordered inhibitor, one for each running drug whose advice it makes stricter.

    The running drug is judged twice, without and with the ordered one; only a difference speaks.
    """
    effects = [item for item in knowledge.effects_of(order.ingredients) if item.converts]
    ordered = knowledge.drugs_in(order.ingredients)
    if not effects or not ordered:
        return
    for victim in knowledge.drugs_in(running):
        if not victim.genes & {item.gene for item in effects}:
            continue
        before, after = judge(victim, running), judge(victim, (*running, *order.ingredients))
        if after.action in QUIET or severity_rank(after.action) >= severity_rank(before.action):
            continue
        yield _about_the_inhibitor(order, ordered[0], after)


def _about_the_inhibitor(order: Order, ordered: Drug, after: Finding) -> Finding:
    """What becomes of the running drug, said about the order that causes it."""
    replaces = after.action in (Action.AVOID, Action.CONTRAINDICATED, Action.CONSIDER_ALTERNATIVE)
    return Finding(
        order=order,
        drug=ordered,
        outcome=Outcome.GUIDANCE,
        action=Action.AVOID if replaces else Action.CONSIDER_ALTERNATIVE,
        urgency=louder(after.urgency, Urgency.WARNING) if replaces else Urgency.INFO,
        genes=after.genes,
        guideline=after.guideline,
        strength=after.strength,
        implication=after.implication,
        rules=after.rules,
        comedication=after.drug.name,
    )


def named_pairs(order: Order, running: tuple[Ingredient, ...], knowledge: KnowledgeBase) -> Iterator[Finding]:
    """Findings for pairs a label names, in either direction."""
    ordered = {drug.name: drug for drug in knowledge.drugs_in(order.ingredients)}
    taken = {drug.name for drug in knowledge.drugs_in(running)}
    for pair in knowledge.pairs:
        if pair.victim in ordered:
            for other in sorted(pair.perpetrators & taken):
                yield _pair(order, ordered[pair.victim], other, pair, knowledge, Action.SWITCH_COMEDICATION)
        elif pair.victim in taken:
            for name in sorted(pair.perpetrators & set(ordered)):
                yield _pair(order, ordered[name], pair.victim, pair, knowledge, Action.AVOID)


def _pair(
    order: Order, drug: Drug, other: str, pair: NamedPair, knowledge: KnowledgeBase, action: Action
) -> Finding:
    return Finding(
        order=order,
        drug=drug,
        outcome=Outcome.GUIDANCE,
        action=action,
        urgency=Urgency.WARNING,
        guideline=pair.guideline,
        strength=pair.strength,
        implication=knowledge.implications.get(pair.implication),
        rules=(pair.id,),
        comedication=other,
    )
