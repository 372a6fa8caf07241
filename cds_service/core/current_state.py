"""One drug judged by what its genes can do now, with the drugs that are beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from cds_service.core.actions import QUIET, SWITCHES, Action, severity_rank
from cds_service.core.beside import Beside
from cds_service.core.case import Case, Policy
from cds_service.core.decide import decide
from cds_service.core.finding import Cause, Finding, GeneUse
from cds_service.core.interactions import interactions
from cds_service.core.knowledge_base import Drug, KnowledgeBase
from cds_service.core.model import Ingredient, Notice, Order
from cds_service.core.other_way import exchanged
from cds_service.core.phenoconversion import Influence, Phase, acting_on
from cds_service.core.urgency import Urgency

#: What is said of a drug that its genes, as they were tested, allow.
_NOT_FOR_THE_GENES = QUIET | {Action.SWITCH_COMEDICATION}


def decide_now(
    drug: Drug, order: Order, case: Case, others: Beside, knowledge: KnowledgeBase, policy: Policy
) -> Finding:
    """
    What to do about one drug beside others.

    What a guideline says about a changed result replaces the result. What is common practice only never
    does: it is told beside the advice, or, where the advice is to change nothing, as a reason for care.
    A dose is not raised against a strong inhibitor of what clears the drug: then its level decides.
    """
    influences = others.influences(knowledge, without=drug.name)
    if not influences:
        return decide(drug, order, case, knowledge, policy)
    if drug.names_others:
        return _by_names(drug, order, case, others, knowledge, policy)
    surely = tuple(one for one in influences if one.cause.guideline)
    found = decide(drug, order, under(case, surely, knowledge), knowledge, policy)
    if any(one.cause.converts and not one.cause.guideline for one in influences):
        found = _with_practice(
            found, decide(drug, order, under(case, influences, knowledge), knowledge, policy)
        )
    if found.action in QUIET:
        return found
    beside_it = tuple(_beside_it(found, drug, influences, knowledge))
    notices = (*_coming_back(found, influences), *beside_it)
    if found.action is Action.INCREASE_DOSE and any(one.key == "interaction-toxicity" for one in beside_it):
        notices = (*notices, Notice.of("increase-against-interaction"))
        found = replace(found, proposal=None)
        if any(("kind", "strong-inhibitor") in one.slots for one in beside_it):
            found = replace(found, action=Action.MONITOR, dose=None, calculations=())
    cause = _cause(found, influences, lambda: decide(drug, order, case, knowledge, policy))
    return replace(found, notices=(*found.notices, *notices), cause=cause)


def _by_names(
    drug: Drug, order: Order, case: Case, others: Beside, knowledge: KnowledgeBase, policy: Policy
) -> Finding:
    """A drug whose rules name the others: the results stay, and a drug that still acts counts as taken."""
    now = taking(case, others.acting(knowledge))
    found = decide(drug, order, now, knowledge, policy)
    if found.action in QUIET:
        return found
    influences = others.influences(knowledge, without=drug.name)
    surely = tuple(one for one in influences if one.cause.guideline)
    changed = under(case, surely, knowledge)
    found = replace(found, genes=tuple(_as_it_is_now(use, changed) for use in found.genes))
    notices = (*_coming_back(found, influences), *_beside_it(found, drug, influences, knowledge))
    alone = [
        one.name
        for one in others.running
        if found.action in SWITCHES
        and knowledge.effects_of([one])
        and decide(drug, order, exchanged(now, one.name), knowledge, policy).action in QUIET
    ]
    cause = Cause(alone[0]) if len(alone) == 1 else None
    return replace(found, notices=(*found.notices, *notices), cause=cause)


def _as_it_is_now(use: GeneUse, case: Case) -> GeneUse:
    """The same result, as a reader has to know it: what it was tested as, and what other drugs make of it."""
    state, evidence = use.state, case.evidence.get(use.evidence.gene)
    if state is None or evidence is None:
        return use
    for now in evidence.possible:
        if now.changed_by and (now.diplotype, now.tested_as) == (state.diplotype, state.phenotype):
            return replace(use, state=now)
    return use


def taking(case: Case, drugs: tuple[Ingredient, ...]) -> Case:
    """The case of a person who takes these drugs, too."""
    known = {drug.name for drug in case.patient.medications}
    more = tuple(drug for drug in drugs if drug.name not in known)
    return replace(case, patient=case.patient.with_medications(more)) if more else case


def under(case: Case, influences: tuple[Influence, ...], knowledge: KnowledgeBase) -> Case:
    """The case with the gene states as these drugs change them."""
    if not any(one.cause.converts for one in influences):
        return case
    return replace(case, evidence=knowledge.conversion.convert(case.evidence, influences))


def _with_practice(found: Finding, perhaps: Finding) -> Finding:
    """An advice with what it would be if the steps of common practice held."""
    changed = [use for use in perhaps.genes if use.state is not None and use.state.changed_by]
    if not changed or (perhaps.action, perhaps.dose, perhaps.rules) == (
        found.action,
        found.dose,
        found.rules,
    ):
        return found
    if found.action not in QUIET:
        state = changed[0].state
        notice = Notice.of(
            "practice-conversion-beside",
            drug=state.changed_by if state else "",
            gene=changed[0].evidence.gene,
            now=state.phenotype.lower() if state else "",
        )
        return replace(found, notices=(*found.notices, notice))
    stricter = severity_rank(perhaps.action) < severity_rank(found.action)
    if perhaps.action in QUIET or not stricter or perhaps.urgency is Urgency.INFO:
        return found
    return replace(
        perhaps,
        action=Action.MONITOR,
        urgency=Urgency.INFO,
        strength="",
        dose=None,
        proposal=None,
        monitoring=perhaps.monitoring or ("response", "side-effects"),
        later=(),
        add="",
        calculations=(),
        notices=(Notice.of("practice-conversion"),),
    )


def _cause(found: Finding, influences: tuple[Influence, ...], without: Callable[[], Finding]) -> Cause | None:
    """Another drug that runs and alone makes this one unsuitable: to replace that one is a way, too."""
    running = {one.cause.drug for one in influences if one.stopped_days is None}
    changers = {use.state.changed_by for use in found.genes if use.state} & running
    if len(changers) != 1 or found.action not in SWITCHES:
        return None
    alone = without()
    if alone.action not in _NOT_FOR_THE_GENES:
        return None
    return Cause(changers.pop(), alone if alone.action is Action.SWITCH_COMEDICATION else None)


def _coming_back(found: Finding, influences: tuple[Influence, ...]) -> Iterator[Notice]:
    """A drug that was stopped wears off, and the class by genotype counts again."""
    for use in found.genes:
        state = use.state
        acting = acting_on(use.evidence.gene, influences)
        if state is None or not acting or acting[0].stopped_days is None:
            continue
        tested = state.tested_as or state.phenotype
        yield Notice.of(
            "genotype-returns" if acting[0].phase is Phase.THERE else "genotype-may-be-back",
            drug=acting[0].cause.drug,
            gene=use.evidence.gene,
            tested=tested.lower(),
            days=str(acting[0].days_left),
        )


def _beside_it(
    found: Finding, drug: Drug, influences: tuple[Influence, ...], knowledge: KnowledgeBase
) -> Iterator[Notice]:
    """Interactions on the drug's way through the body that the advice does not speak of already."""
    told = {use.evidence.gene: use.state.changed_by for use in found.genes if use.state is not None}
    return interactions(knowledge.ways_of(drug), influences, told)
