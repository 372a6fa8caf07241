"""One decision for each drug of an order: the rules, this person's results, this order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from cds_service.core.actions import QUIET, SWITCHES, Action, severity_rank
from cds_service.core.alternatives import Question, consider
from cds_service.core.comedication import COMEDICATION, INHIBITOR, named_pairs, victims
from cds_service.core.conditions import Facts, dose_in_unit
from cds_service.core.finding import Finding, GeneUse, Opinion
from cds_service.core.knowledge_base import Drug, KnowledgeBase
from cds_service.core.match import Match, Outcome, SourceMatch, match, match_without_genes
from cds_service.core.model import Ingredient, Notice, Order, Patient
from cds_service.core.phenoconversion import convert
from cds_service.core.phenotype import GeneState
from cds_service.core.pretest import missing_test
from cds_service.core.urgency import Urgency, louder, urgency
from cds_service.core.weigh import GeneEvidence, ResultState


@dataclass(frozen=True, slots=True)
class Policy:
    """
    What a site chooses.

    Args:
        sources: Guideline bodies in order of preference; the first that speaks decides.
        recommended_tests: Show missing tests that are recommended but not required.
        tests_if_unknown: Show missing tests that are meant for people of some ancestry where none is
            recorded.
    """

    sources: tuple[str, ...] = ("cpic", "dpwg", "fda")
    recommended_tests: bool = True
    tests_if_unknown: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """
    One person with the results on file.

    Args:
        patient: The person.
        evidence: Gene -> what the record says.
        orders: All drafts of the call.
    """

    patient: Patient
    evidence: Mapping[str, GeneEvidence]
    orders: tuple[Order, ...] = ()


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
    for finding in sorted((*own, *both), key=_rank):
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


def decide(drug: Drug, order: Order, case: Case, knowledge: KnowledgeBase, policy: Policy) -> Finding:
    """
    What to do about one drug, without looking for replacements.

    Order of precedence: a route by which the drug does not matter; rules that follow from person and order
    alone
    and forbid the drug; the site's preferred source that has guidance; what a missing or unusable result
    asks for.
    """
    facts = _facts(order, case, knowledge)
    if order.routes and order.routes <= drug.local_routes:
        return Finding(order, drug, Outcome.NO_GUIDANCE, Action.STANDARD, notices=(Notice.of("local-route"),))
    answers = [match(rules, case.evidence, facts) for body in policy.sources for rules in drug.rules_of(body)]
    by_genes = _decide_by_results(drug, order, answers, facts, knowledge)
    by_facts = _decide_by_facts(drug, order, answers, facts, knowledge)
    decision = min((by_facts, by_genes), key=_rank) if by_facts and by_genes else by_facts or by_genes
    if decision is None:
        decision = Finding(order, drug, _outcome(answers), Action.NO_RECOMMENDATION)
    if decision.action in QUIET:
        return _ask_for_test(decision, case, facts, policy)
    return decision


def _rank(finding: Finding) -> int:
    return severity_rank(finding.action)


def _facts(order: Order, case: Case, knowledge: KnowledgeBase) -> Facts:
    diplotypes = {
        gene: str(found.only.diplotype)
        for gene, found in case.evidence.items()
        if found.only is not None and found.only.diplotype is not None
    }
    return Facts(case.patient, order, knowledge.value_sets, diplotypes)


def _outcome(answers: list[SourceMatch]) -> Outcome:
    return answers[0].outcome if answers else Outcome.NO_GUIDANCE


def _decide_by_facts(
    drug: Drug, order: Order, answers: list[SourceMatch], facts: Facts, knowledge: KnowledgeBase
) -> Finding | None:
    """Rules that need no result, such as an age limit of a label."""
    for answer in answers:
        fixed = match_without_genes(answer.source, facts)
        if fixed:
            worst = min(fixed, key=lambda m: severity_rank(m.branch.action))
            return _finding(drug, order, answer, worst, (worst,), facts, knowledge)
    return None


def _decide_by_results(
    drug: Drug, order: Order, answers: list[SourceMatch], facts: Facts, knowledge: KnowledgeBase
) -> Finding | None:
    """
    The first guideline body with an advice; a body that gives none does not silence the next one.

    A body that speaks on several genes apart is followed where it asks for most.
    """
    speaking = [answer for answer in answers if answer.outcome is Outcome.GUIDANCE]
    if not speaking:
        return None
    advising = [
        a for a in speaking if any(m.branch.action is not Action.NO_RECOMMENDATION for m in a.matches)
    ]
    body = (advising or speaking)[0].source.source
    answer = min(
        (a for a in speaking if a.source.source == body), key=lambda a: severity_rank(_worst(a).branch.action)
    )
    finding = _finding(drug, order, answer, _worst(answer), answer.matches, facts, knowledge)
    others = tuple(
        Opinion(a.source.guideline, m.branch.action, m.rule.id, m.rule.strength)
        for a in speaking
        if a is not answer
        for m in a.matches[:1]
    )
    return replace(finding, others=others)


def _worst(answer: SourceMatch) -> Match:
    """The match that asks for most."""
    return min(answer.matches, key=lambda m: severity_rank(m.branch.action))


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
    implication = knowledge.implications.get(rule.implication)
    finding = Finding(
        order=order,
        drug=drug,
        outcome=Outcome.GUIDANCE,
        action=branch.action,
        genes=_genes(answer, worst),
        guideline=answer.source.guideline,
        strength=rule.strength,
        dose=branch.dose,
        monitoring=branch.monitoring,
        implication=implication,
        later=branch.later,
        add=branch.add,
        condition=branch.label,
        rules=(rule.id,),
        notices=_notices(answer),
    )
    if any(gene.state is ResultState.CONFLICT for gene in answer.genes) and branch.action not in QUIET:
        return _in_conflict(finding)
    if len({found.branch.action for found in all_matches}) > 1 or not worst.population_known:
        finding = _undecided(finding, worst, all_matches)
    return _fit_to_dose(_rated(finding, branch.tentative), facts)


def _genes(answer: SourceMatch, worst: Match) -> tuple[GeneUse, ...]:
    """The results that were looked at, with the state that decided."""
    used = []
    for evidence in answer.genes:
        if not worst.states or evidence.state is ResultState.NOT_TESTED:
            continue
        asked = {
            word
            for rule in answer.source.rules
            for when in rule.when
            if evidence.gene in when
            for word in when[evidence.gene].words
        }
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


def _fit_to_dose(finding: Finding, facts: Facts) -> Finding:
    """A limit the draft already keeps needs no card; one it breaks needs a louder one."""
    if finding.dose is None or finding.dose.limit is None or finding.action in QUIET:
        return finding
    limit = finding.dose.limit
    if limit.period != "day" or limit.kind == "target":
        return finding
    ordered = dose_in_unit(facts, limit.unit)
    if ordered is None:
        return finding
    within = ordered < limit.value if limit.below else ordered <= limit.value
    if not within:
        harm = finding.implication.harm if finding.implication else "moderate"
        loud = urgency(finding.action, finding.strength, harm, over_limit=True)
        return replace(finding, urgency=louder(finding.urgency, loud))
    keeps = Notice.of("dose-within-limit")
    if finding.action is Action.CAP_DOSE or (finding.action is Action.REDUCE_DOSE and limit.kind == "start"):
        return replace(
            finding, action=Action.STANDARD, urgency=Urgency.INFO, notices=(*finding.notices, keeps)
        )
    if finding.action is Action.SWITCH_OR_CAP:
        return replace(
            finding,
            action=Action.CONSIDER_ALTERNATIVE,
            urgency=Urgency.INFO,
            notices=(*finding.notices, keeps),
        )
    return finding


_UNUSABLE = {
    ResultState.PENDING: (Action.TEST_FIRST, "result-pending"),
    ResultState.UNREADABLE: (Action.RESOLVE_CONFLICT, "result-unreadable"),
    ResultState.NOT_TRANSLATABLE: (Action.RESOLVE_CONFLICT, "result-not-translatable"),
    ResultState.NO_CALL: (Action.TEST_FIRST, "result-no-call"),
}


def _ask_for_test(finding: Finding, case: Case, facts: Facts, policy: Policy) -> Finding:
    """Nothing to change by what is known: is something missing that should be known first?"""
    drug = finding.drug
    missing = missing_test(
        drug, case.evidence, facts, recommended=policy.recommended_tests, if_unknown=policy.tests_if_unknown
    )
    unusable = _unusable_result(drug, case)
    if unusable is not None:
        action, key = _UNUSABLE[unusable.state]
        loud = Urgency.WARNING if missing and missing.test.required else Urgency.INFO
        return replace(
            finding,
            action=action,
            urgency=loud,
            genes=(GeneUse(unusable),),
            pretest=missing.test if missing else None,
            notices=(*finding.notices, Notice.of(key, gene=unusable.gene), *unusable.notices),
        )
    if missing is None:
        return finding
    loud = Urgency.WARNING if missing.test.required and missing.certain else Urgency.INFO
    notices = finding.notices if missing.certain else (*finding.notices, Notice.of("ancestry-not-recorded"))
    return replace(
        finding,
        action=Action.TEST_FIRST,
        urgency=loud,
        pretest=missing.test,
        rules=(missing.test.id,),
        notices=notices,
    )


def _unusable_result(drug: Drug, case: Case) -> GeneEvidence | None:
    """A result that exists for a gene whose rules would change the order, but cannot be used as it is."""
    for gene in sorted(drug.genes):
        found = case.evidence.get(gene)
        if found is not None and found.state in _UNUSABLE and _matters(drug, gene):
            return found
    return None


def _matters(drug: Drug, gene: str) -> bool:
    return any(
        branch.action not in QUIET
        for source in drug.sources.values()
        for rule in source.rules
        if any(gene in when for when in rule.when)
        for branch in rule.branches
    )


def _with_alternatives(finding: Finding, case: Case, knowledge: KnowledgeBase, policy: Policy) -> Finding:
    """Look for replacements where another drug is asked for; escalate if none is left."""
    if (
        finding.action not in SWITCHES | {Action.RESOLVE_CONFLICT, Action.SWITCH_COMEDICATION}
        or not finding.rules
    ):
        return finding
    if finding.pretest is not None or not finding.guideline:
        return finding
    genes, unsuitable, named = _asked_for(finding)
    question = Question(
        drug=finding.drug,
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
        return min(findings, key=_rank, default=None)

    choices = consider(question, _facts(finding.order, case, knowledge), judge_candidate)
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
