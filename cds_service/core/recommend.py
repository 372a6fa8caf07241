"""The findings for one order: its own rules, the drugs beside it, and replacements that fit the person."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from cds_service.core.actions import SWITCHES, Action
from cds_service.core.alternatives import Judge, Question, consider
from cds_service.core.beside import beside
from cds_service.core.case import Case, Policy
from cds_service.core.comedication import (
    COMEDICATION,
    INHIBITOR,
    JudgeUnder,
    endings,
    named_pairs,
    victims,
)
from cds_service.core.current_state import decide_now, taking, under
from cds_service.core.decide import decide, facts_of, rank
from cds_service.core.finding import Finding
from cds_service.core.knowledge_base import Drug, KnowledgeBase
from cds_service.core.measured_activity import with_activity
from cds_service.core.model import Ingredient, Notice, Order
from cds_service.core.other_way import offer_both_ways
from cds_service.core.phenoconversion import Influence
from cds_service.core.tumour_rules import TumourRule

#: Findings that look for another drug.
_LOOKS_FOR_ANOTHER = SWITCHES | {Action.RESOLVE_CONFLICT, Action.SWITCH_COMEDICATION}


def recommend(order: Order, case: Case, knowledge: KnowledgeBase, policy: Policy) -> tuple[Finding, ...]:
    """
    The findings for one order, one for each of its ingredients the knowledge speaks about.

    A finding with a quiet action (`standard`, `no-recommendation`) means "looked at, nothing to change".
    An order that stops a drug is judged by what it does to the drugs that go on.
    """
    case = _with_activity(case, knowledge.drugs_in(order.ingredients), knowledge)
    others = beside(order, case, knowledge)
    judge = _judge_under(order, case, knowledge, policy)
    if order.ends:
        return tuple(_once(endings(order, others, knowledge, judge)))
    drugs = knowledge.drugs_in(order.ingredients)
    # What is ordered together will be taken together, unless it is for the skin, the eye and the like.
    case = taking(case, tuple(one for one in others.running if one.name not in others.local))
    own = [decide_now(drug, order, case, others, knowledge, policy) for drug in drugs]
    both = [*victims(order, others, knowledge, judge), *named_pairs(order, others.running, knowledge)]
    surely = tuple(one for one in others.influences(knowledge) if one.cause.guideline)
    now = under(case, surely, knowledge)
    found = (_with_alternatives(finding, now, knowledge, policy) for finding in _once((*own, *both)))
    found = (_with_other_way(finding, case, knowledge, policy) for finding in found)
    return tuple(_with_follow_up(finding, knowledge) for finding in found)


def _with_follow_up(finding: Finding, knowledge: KnowledgeBase) -> Finding:
    """With the tests that can be ordered for what is watched."""
    asked = knowledge.follow_up.asked_by(finding) if knowledge.follow_up else ()
    return replace(finding, follow_up=asked) if asked else finding


def _with_activity(case: Case, drugs: Iterable[Drug], knowledge: KnowledgeBase) -> Case:
    """The case with measured activities of the enzymes that these drugs depend on."""
    asked = {gene for drug in drugs for gene in drug.genes}
    return replace(case, evidence=with_activity(case.evidence, case.patient, knowledge.genes, asked))


def _once(findings: Iterable[Finding]) -> Iterable[Finding]:
    """One answer for each drug: the drug's own rules come before what the other drug suffers."""
    by_drug: dict[str, Finding] = {}
    for finding in sorted(findings, key=rank):
        by_drug.setdefault(finding.drug.name, finding)
    return by_drug.values()


def _judge_under(order: Order, case: Case, knowledge: KnowledgeBase, policy: Policy) -> JudgeUnder:
    """Judges running drugs by their own name, for the order that touches them."""

    def judge(victim: Drug, influences: Iterable[Influence]) -> Finding:
        stand_in = Order(order.reference, (Ingredient(victim.name, next(iter(victim.rxcuis), None)),))
        acting = tuple(influences)
        if victim.names_others:
            names = {one.cause.drug for one in acting}
            changed = taking(case, tuple(i for i in order.ingredients if i.name in names))
        else:
            changed = under(case, acting, knowledge)
        return decide(victim, stand_in, changed, knowledge, policy)

    return judge


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
        allergy_classes=knowledge.allergy_classes,
        formulary=policy.formulary,
    )

    facts = facts_of(finding.order, case, knowledge)
    choices = consider(question, facts, _judge_candidates(case, knowledge, policy))
    finding = replace(finding, alternatives=choices)
    if finding.action in (Action.AVOID, Action.CONTRAINDICATED) and choices and not finding.offered:
        left = (Notice.of("no-alternative-left"), *_specialist(finding.drug, knowledge))
        return replace(finding, action=Action.ESCALATE, notices=(*finding.notices, *left))
    return finding


def _judge_candidates(case: Case, knowledge: KnowledgeBase, policy: Policy) -> Judge:
    """Judges replacements for the person of a case."""

    def judge(order: Order) -> Finding | None:
        drugs = knowledge.drugs_in(order.ingredients)
        measured = _with_activity(case, drugs, knowledge)
        findings = [decide(drug, order, measured, knowledge, policy) for drug in drugs]
        return min(findings, key=rank, default=None)

    return judge


def _with_other_way(finding: Finding, case: Case, knowledge: KnowledgeBase, policy: Policy) -> Finding:
    """With the way to change the drug beside it, where that drug alone is the cause."""

    def judge_beside(other: Case) -> Finding:
        others = beside(finding.order, other, knowledge)
        return decide_now(finding.drug, finding.order, other, others, knowledge, policy)

    facts = facts_of(finding.order, case, knowledge)
    judge = _judge_candidates(case, knowledge, policy)
    return offer_both_ways(finding, case, facts, knowledge, judge, judge_beside)


def _specialist(drug: Drug, knowledge: KnowledgeBase) -> Iterator[Notice]:
    """Whom to ask about a drug; the longest beginning of its ATC code tells."""
    for code in drug.atc:
        for start in sorted(knowledge.specialists, key=len, reverse=True):
            if code.startswith(start):
                yield Notice.of(f"ask-{knowledge.specialists[start]}")
                return
    yield Notice.of("ask-pharmacist")


def _asked_for(finding: Finding) -> tuple[frozenset[str], frozenset[str], tuple[str, ...]]:
    """What a finding looks for in a replacement: genes or tag, names warned against, names offered."""
    if finding.action is Action.SWITCH_COMEDICATION:
        return frozenset({COMEDICATION}), frozenset({finding.comedication}), ()
    if finding.comedication:
        return frozenset({INHIBITOR}), frozenset({finding.comedication}), ()
    rules = (rule for source in finding.drug.sources.values() for rule in source.rules)
    rule = next(rule for rule in rules if rule.id == finding.rules[0])
    return rule.replaced_by_genes, rule.unsuitable, rule.named


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
