"""Two drugs at once: one that is ordered or stopped while its victim runs, and pairs a label names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from cds_service.core.actions import QUIET, Action, severity_rank
from cds_service.core.beside import Beside
from cds_service.core.finding import Finding
from cds_service.core.knowledge_base import Drug, KnowledgeBase, NamedPair
from cds_service.core.match import Outcome
from cds_service.core.model import Ingredient, Notice, Order
from cds_service.core.phenoconversion import Influence
from cds_service.core.urgency import Urgency, louder

#: Judges a running drug as if it were ordered now, under these influences.
JudgeUnder = Callable[[Drug, Iterable[Influence]], Finding]

#: Tags of replacements that answer to a finding about two drugs.
INHIBITOR, COMEDICATION = "inhibitor", "comedication"

_REPLACES = frozenset({Action.AVOID, Action.CONTRAINDICATED, Action.CONSIDER_ALTERNATIVE})


def victims(order: Order, others: Beside, knowledge: KnowledgeBase, judge: JudgeUnder) -> Iterator[Finding]:
    """
    Findings about an ordered drug that changes enzymes, one for each running drug whose advice it makes
    stricter.

    The running drug is judged twice, without and with the ordered one; only a difference speaks. Where only
    common practice says what becomes of the result, the card asks for care and no more.
    """
    for ordered, victim, now, added in _touched(order, others, knowledge):
        if victim.names_others:
            before, after = judge(victim, now), judge(victim, (*now, *added))
        else:
            before, after = judge(victim, _binding(now)), judge(victim, _binding((*now, *added)))
        if _stricter(after, before):
            yield _about_the_inhibitor(order, ordered, after)
            continue
        before, after = judge(victim, now), judge(victim, (*now, *added))
        if _stricter(after, before) and after.urgency is not Urgency.INFO:
            yield replace(
                _about_the_inhibitor(order, ordered, after),
                action=Action.MONITOR,
                urgency=Urgency.INFO,
                strength="",
                notices=(Notice.of("practice-conversion"),),
            )


def endings(order: Order, others: Beside, knowledge: KnowledgeBase, judge: JudgeUnder) -> Iterator[Finding]:
    """
    Findings about an order that stops a drug, one for each running drug whose advice gets as strict or
    stricter, by another rule, once its effect has gone.

    An ultrarapid person, for one, is ultrarapid again when the inhibitor has left the body.
    """
    for ordered, victim, now, added in _touched(order, others, knowledge):
        before, after = judge(victim, (*now, *added)), judge(victim, now)
        harder = severity_rank(after.action) <= severity_rank(before.action)
        if after.action in QUIET or not harder or before.rules == after.rules:
            continue
        days = max(
            (one.cause.washout_days or 0 for one in added if one.cause.gene in victim.genes), default=0
        )
        yield replace(
            _about_the_inhibitor(order, ordered, after),
            action=Action.SWITCH_COMEDICATION if after.action in _REPLACES else Action.MONITOR,
            urgency=after.urgency,
            notices=(Notice.of("effect-ends", drug=ordered.name, days=str(days)), *after.notices),
            ends=True,
        )


def _touched(
    order: Order, others: Beside, knowledge: KnowledgeBase
) -> Iterator[tuple[Drug, Drug, tuple[Influence, ...], tuple[Influence, ...]]]:
    """The ordered drug, each running drug it may change, the influences without it, and its own."""
    ordered = knowledge.drugs_in(order.ingredients)
    local = bool(order.routes) and order.routes <= knowledge.local_routes
    effects = [e for e in knowledge.effects_of(order.ingredients) if e.local or not local]
    if not effects or not ordered:
        return
    for victim in knowledge.drugs_in(others.running):
        # Rules that name other drugs may do so for any enzyme of the drug, not only for one that is tested.
        ways = {way.gene for way in knowledge.ways_of(victim)} if victim.names_others else set()
        meant = [effect for effect in effects if effect.converts or effect.gene in ways]
        if (victim.genes | ways) & {effect.gene for effect in meant}:
            now = others.influences(knowledge, without=victim.name)
            yield ordered[0], victim, now, tuple(Influence(effect) for effect in meant)


def _binding(influences: Iterable[Influence]) -> tuple[Influence, ...]:
    return tuple(one for one in influences if one.cause.guideline)


def _stricter(after: Finding, before: Finding) -> bool:
    return after.action not in QUIET and severity_rank(after.action) < severity_rank(before.action)


def _about_the_inhibitor(order: Order, ordered: Drug, after: Finding) -> Finding:
    """What becomes of the running drug, said about the order that causes it."""
    replaces = after.action in _REPLACES
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
