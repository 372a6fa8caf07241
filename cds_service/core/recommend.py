"""The findings for one order: its own rules, the drugs beside it, and replacements that fit the person."""

from __future__ import annotations

from dataclasses import replace

from cds_service.core.actions import SWITCHES, Action
from cds_service.core.alternatives import Question, consider
from cds_service.core.case import Case, Policy
from cds_service.core.comedication import COMEDICATION, INHIBITOR, named_pairs, victims
from cds_service.core.decide import decide, facts_of, rank
from cds_service.core.finding import Finding
from cds_service.core.knowledge_base import Drug, KnowledgeBase
from cds_service.core.model import Ingredient, Notice, Order
from cds_service.core.phenoconversion import convert
from cds_service.core.tumour_rules import TumourRule

#: Findings that look for another drug.
_LOOKS_FOR_ANOTHER = SWITCHES | {Action.RESOLVE_CONFLICT, Action.SWITCH_COMEDICATION}


def recommend(order: Order, case: Case, knowledge: KnowledgeBase, policy: Policy) -> tuple[Finding, ...]:
    """
    The findings for one order, one for each of its ingredients the knowledge speaks about.

    A finding with a quiet action (`standard`, `no-recommendation`) means "looked at, nothing to change".
    """
    running = _beside(order, case)
    case = _converted(case, running, knowledge)
    own = [decide(drug, order, case, knowledge, policy) for drug in knowledge.drugs_in(order.ingredients)]
    both = _comedication(order, case, running, knowledge, policy)
    # One answer for each drug: what the drug's own rules ask for comes before what the other drug suffers.
    by_drug: dict[str, Finding] = {}
    for finding in sorted((*own, *both), key=rank):
        by_drug.setdefault(finding.drug.name, finding)
    return tuple(_with_alternatives(finding, case, knowledge, policy) for finding in by_drug.values())


def _beside(order: Order, case: Case) -> tuple[Ingredient, ...]:
    """Every other drug the person takes or is about to get."""
    others = (i for other in case.orders if other.reference != order.reference for i in other.ingredients)
    own = {ingredient.name for ingredient in order.ingredients}
    found = {i.name: i for i in (*case.patient.medications, *others) if i.name not in own}
    return tuple(found.values())


def _converted(case: Case, running: tuple[Ingredient, ...], knowledge: KnowledgeBase) -> Case:
    """The case with the gene states as other drugs have changed them."""
    effects = knowledge.effects_of(running)
    return replace(case, evidence=convert(case.evidence, knowledge.genes, effects)) if effects else case


def _comedication(
    order: Order, case: Case, running: tuple[Ingredient, ...], knowledge: KnowledgeBase, policy: Policy
) -> list[Finding]:
    def judge(victim: Drug, beside: tuple[Ingredient, ...]) -> Finding:
        stand_in = Order(order.reference, (Ingredient(victim.name, next(iter(victim.rxcuis), None)),))
        effects = [item for item in knowledge.effects_of(beside) if item.drug != victim.name]
        evidence = convert(case.evidence, knowledge.genes, effects)
        return decide(victim, stand_in, replace(case, evidence=evidence), knowledge, policy)

    return [*victims(order, running, knowledge, judge), *named_pairs(order, running, knowledge)]


def _with_alternatives(finding: Finding, case: Case, knowledge: KnowledgeBase, policy: Policy) -> Finding:
    """Look for replacements where another drug is asked for; escalate if none is left."""
    if finding.action not in _LOOKS_FOR_ANOTHER or not finding.rules:
        return finding
    if finding.pretest is not None or not finding.guideline:
        return finding
    rule = _tumour_rule(finding, knowledge)
    genes, unsuitable, named = _asked_for(finding) if rule is None else _asked_by(rule)
    question = Question(
        drug=finding.drug if rule is None else _with_tumour_alternatives(finding.drug, knowledge),
        genes=genes,
        unsuitable=unsuitable,
        named=named,
        other_drugs=frozenset(
            ingredient.rxcui
            for other in case.orders
            if other.reference != finding.order.reference
            for ingredient in other.ingredients
            if ingredient.rxcui
        ),
    )

    def judge_candidate(order: Order) -> Finding | None:
        findings = [
            decide(drug, order, case, knowledge, policy) for drug in knowledge.drugs_in(order.ingredients)
        ]
        return min(findings, key=rank, default=None)

    choices = consider(question, facts_of(finding.order, case, knowledge), judge_candidate)
    finding = replace(finding, alternatives=choices)
    if finding.action in (Action.AVOID, Action.CONTRAINDICATED) and choices and not finding.offered:
        notice = Notice.of("no-alternative-left")
        return replace(finding, action=Action.ESCALATE, notices=(*finding.notices, notice))
    return finding


def _asked_for(finding: Finding) -> tuple[frozenset[str], frozenset[str], tuple[str, ...]]:
    """What a finding looks for in a replacement: genes or tag, names warned against, names offered."""
    if finding.action is Action.SWITCH_COMEDICATION:
        return frozenset({COMEDICATION}), frozenset({finding.comedication}), ()
    if finding.comedication:
        return frozenset({INHIBITOR}), frozenset({finding.comedication}), ()
    rules = (rule for source in finding.drug.sources.values() for rule in source.rules)
    rule = next(rule for rule in rules if rule.id == finding.rules[0])
    return frozenset(gene for when in rule.when for gene in when), rule.unsuitable, rule.named


def _tumour_rule(finding: Finding, knowledge: KnowledgeBase) -> TumourRule | None:
    """The rule on a tumour's markers that leads the finding, if one does."""
    rules = knowledge.tumour.drugs.get(finding.drug.name) if knowledge.tumour else None
    return rules.rule(finding.rules[0]) if rules else None


def _asked_by(rule: TumourRule) -> tuple[frozenset[str], frozenset[str], tuple[str, ...]]:
    """Replacements of a tumour rule are listed by the rule itself, not by gene."""
    return frozenset({rule.id}), rule.unsuitable, rule.named


def _with_tumour_alternatives(drug: Drug, knowledge: KnowledgeBase) -> Drug:
    found = knowledge.tumour.drugs[drug.name].alternatives if knowledge.tumour else ()
    return replace(drug, alternatives=found)
