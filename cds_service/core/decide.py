"""One decision for one drug: the rules of the site's sources, this person's results, this order."""

from __future__ import annotations

from dataclasses import replace

from cds_service.core.actions import QUIET, SWITCHES, Action, severity_rank
from cds_service.core.calculated_dose import calculate_dose, shares_of
from cds_service.core.case import Case, Policy
from cds_service.core.conditions import Facts
from cds_service.core.dose_fit import fit_to_dose
from cds_service.core.dose_proposal import propose_dose
from cds_service.core.finding import Finding, GeneUse, Opinion
from cds_service.core.knowledge_base import Drug, KnowledgeBase
from cds_service.core.match import Match, Outcome, SourceMatch, match, match_without_genes, strictness
from cds_service.core.model import Notice, Order
from cds_service.core.phenotype import GeneState
from cds_service.core.said import finding_of
from cds_service.core.test_first import ask_for_test, mention_unusable
from cds_service.core.tolerated import quieter_if_tolerated
from cds_service.core.tumour import beside, judge_tumour
from cds_service.core.urgency import Urgency, urgency
from cds_service.core.weigh import GeneEvidence, ResultState


def decide(drug: Drug, order: Order, case: Case, knowledge: KnowledgeBase, policy: Policy) -> Finding:
    """
    What to do about one drug, without looking for replacements.

    Order of precedence: a route by which the drug does not matter; rules that follow from person and order
    alone
    and forbid the drug; the site's preferred source that has guidance; what a missing or unusable result
    asks for. What a tumour's markers say is judged by itself and told beside it.
    """
    facts = facts_of(order, case, knowledge)
    if order.routes and order.routes <= drug.local_routes:
        return _decide_locally(drug, order, case, facts, knowledge, policy)
    tumour = judge_tumour(drug, order, case, facts, knowledge, policy)
    return beside(_decide_by_germline(drug, order, case, facts, knowledge, policy), tumour)


def _decide_locally(
    drug: Drug, order: Order, case: Case, facts: Facts, knowledge: KnowledgeBase, policy: Policy
) -> Finding:
    """Where too little reaches the body only rules written for that use speak, and no test is asked for."""
    bodies = policy.order_for(drug.lead)
    answers = [
        match(rules, case.evidence, facts) for body in bodies for rules in drug.rules_of(body, local=True)
    ]
    found = _decide_by_results(drug, order, answers, facts, knowledge)
    if found is not None and found.action not in QUIET:
        return found
    return Finding(order, drug, Outcome.NO_GUIDANCE, Action.STANDARD, notices=(Notice.of("local-route"),))


def _decide_by_germline(
    drug: Drug, order: Order, case: Case, facts: Facts, knowledge: KnowledgeBase, policy: Policy
) -> Finding:
    """What follows from inherited results, from the person and the order."""
    bodies = policy.order_for(drug.lead)
    answers = [match(rules, case.evidence, facts) for body in bodies for rules in drug.rules_of(body)]
    by_genes = _decide_by_results(drug, order, answers, facts, knowledge)
    by_facts = _decide_by_facts(drug, order, answers, facts, knowledge)
    decision = min((by_genes, by_facts), key=rank) if by_facts and by_genes else by_facts or by_genes
    if decision is None:
        decision = Finding(order, drug, _outcome(answers), Action.NO_RECOMMENDATION)
    if decision.action in QUIET:
        return ask_for_test(decision, case, facts, policy)
    return mention_unusable(decision, case)


def rank(finding: Finding) -> int:
    """How much a finding asks for; the smallest asks for most."""
    return severity_rank(finding.action)


def facts_of(order: Order, case: Case, knowledge: KnowledgeBase) -> Facts:
    """What conditions of rules may ask about."""
    return Facts(case.patient, order, knowledge.value_sets, case.evidence)


def _outcome(answers: list[SourceMatch]) -> Outcome:
    return answers[0].outcome if answers else Outcome.NO_GUIDANCE


def _decide_by_facts(
    drug: Drug, order: Order, answers: list[SourceMatch], facts: Facts, knowledge: KnowledgeBase
) -> Finding | None:
    """Rules that need no result, such as an age limit of a label."""
    for answer in answers:
        fixed = match_without_genes(answer.source, facts)
        if fixed:
            worst = min(fixed, key=strictness)
            return _finding(drug, order, answer, worst, (worst,), facts, knowledge)
    return None


def _decide_by_results(
    drug: Drug, order: Order, answers: list[SourceMatch], facts: Facts, knowledge: KnowledgeBase
) -> Finding | None:
    """
    The first guideline body with an advice; a body that gives none does not silence the next one.

    A body that speaks on several genes apart is followed where it asks for most. Bodies come after one
    another only on the same question, that is the same gene or the same allele of a gene whose single
    alleles count: what is said on others is a question of its own, and what asks for most is followed.
    """
    speaking = [answer for answer in answers if answer.outcome is Outcome.GUIDANCE]
    if not speaking:
        return None
    finding, body = _decide_by_first_body(drug, order, speaking, facts, knowledge)
    judged = {
        asked for answer in answers if answer.source.source == body for asked in answer.source.index.questions
    }
    apart = [answer for answer in speaking if judged.isdisjoint(answer.source.index.questions)]
    other = _decide_by_results(drug, order, apart, facts, knowledge)
    return other if other is not None and rank(other) < rank(finding) else finding


def _decide_by_first_body(
    drug: Drug, order: Order, speaking: list[SourceMatch], facts: Facts, knowledge: KnowledgeBase
) -> tuple[Finding, str]:
    """
    What the first body with an advice asks for, and which body that is.

    Where several results are possible, a body that has an advice on some of them only and changes nothing
    comes after one that does.
    """
    advising = [
        a for a in speaking if any(m.branch.action is not Action.NO_RECOMMENDATION for m in a.matches)
    ]
    whole = [a for a in advising if _worst(a).branch.action not in QUIET or not _leaves_open(a)]
    body = (whole or advising or speaking)[0].source.source
    answer = min((a for a in speaking if a.source.source == body), key=lambda a: strictness(_worst(a)))
    finding = _finding(drug, order, answer, _worst(answer), answer.matches, facts, knowledge)
    return replace(finding, others=_others(speaking, answer)), body


def _leaves_open(answer: SourceMatch) -> bool:
    """True if the source gives no advice on some of the possible results."""
    return any(m.branch.action is Action.NO_RECOMMENDATION for m in answer.matches)


def _others(speaking: list[SourceMatch], chosen: SourceMatch) -> tuple[Opinion, ...]:
    """What the other guideline bodies ask for, each body once with what it asks for most."""
    found: dict[str, Match] = {}
    guidelines = {}
    for answer in speaking:
        body = answer.source.source
        if answer is chosen or body == chosen.source.source:
            continue
        worst = _worst(answer)
        if body not in found or strictness(worst) < strictness(found[body]):
            found[body], guidelines[body] = worst, answer.source.guideline
    return tuple(
        Opinion(guidelines[body], m.branch.action, m.rule.id, m.rule.strength) for body, m in found.items()
    )


def _worst(answer: SourceMatch) -> Match:
    """The match that asks for most."""
    return min(answer.matches, key=strictness)


def _finding(
    drug: Drug,
    order: Order,
    answer: SourceMatch,
    worst: Match,
    all_matches: tuple[Match, ...],
    facts: Facts,
    knowledge: KnowledgeBase,
) -> Finding:
    rule, branch = worst.rule, worst.branch
    said = finding_of(rule, branch, answer.source.guideline, order, drug, knowledge.implications)
    finding = replace(said, genes=_genes(answer, worst), notices=_notices(answer))
    if any(gene.state is ResultState.CONFLICT for gene in answer.genes) and branch.action not in QUIET:
        return _in_conflict(finding)
    several = len({(m.branch.action, m.branch.dose) for m in all_matches}) > 1
    undecided = several or not worst.population_known
    if undecided:
        finding = _undecided(finding, worst, all_matches)
    else:
        shares = shares_of(worst, answer.source, facts, knowledge.genes)
        finding = calculate_dose(finding, branch, answer.genes, facts, knowledge.calculators, shares)
    finding = quieter_if_tolerated(fit_to_dose(_rated(finding, branch.tentative), facts))
    return finding if undecided else propose_dose(finding, facts, knowledge.rounding)


def _genes(answer: SourceMatch, worst: Match) -> tuple[GeneUse, ...]:
    """The results that were looked at, with the state that decided."""
    used = []
    for evidence in answer.genes:
        if not worst.states or evidence.state is ResultState.NOT_TESTED:
            continue
        asked = answer.source.index.asks_for(evidence.gene)
        alleles = tuple(
            (allele, present)
            for allele, present in evidence.presence.items()
            if present is not None and f"{allele} {'positive' if present else 'negative'}" in asked
        )
        used.append(GeneUse(evidence, _matched_state(evidence, worst), alleles))
    return tuple(
        use for use in used if use.state or use.alleles or use.evidence.state is not ResultState.TRANSLATED
    )


def _matched_state(evidence: GeneEvidence, worst: Match) -> GeneState | None:
    """The possible state of a gene that the deciding match was made on."""
    matched = worst.states.get(evidence.gene)
    for state in evidence.possible:
        if matched and (state.diplotype, state.phenotype, state.score) == (
            matched.diplotype,
            matched.phenotype,
            matched.score,
        ):
            return state
    return None


def _notices(answer: SourceMatch) -> tuple[Notice, ...]:
    return tuple(dict.fromkeys(notice for gene in answer.genes for notice in gene.notices))


def _rated(finding: Finding, tentative: bool) -> Finding:
    harm = finding.implication.harm if finding.implication else "moderate"
    return replace(finding, urgency=urgency(finding.action, finding.strength, harm, tentative=tentative))


def _in_conflict(finding: Finding) -> Finding:
    """
    Reports contradict each other and at least one of them matters: say so, keep the riskier answer
    at hand.
    """
    notice = Notice.of("treat-as-riskier")
    return replace(
        finding,
        action=Action.RESOLVE_CONFLICT,
        urgency=Urgency.WARNING,
        notices=(*finding.notices, notice),
        dose=None,
    )


def _undecided(finding: Finding, worst: Match, all_matches: tuple[Match, ...]) -> Finding:
    """Several answers are possible: the strictest is named as a possibility, not as an order."""
    if not worst.population_known:
        notice = Notice.of("indication-unknown")
    else:
        notice = Notice.of("several-classes-possible")
    action = finding.action
    if action in SWITCHES and any(m.branch.action in QUIET for m in all_matches):
        action = Action.CONSIDER_ALTERNATIVE
    return replace(finding, action=action, notices=(*finding.notices, notice))
