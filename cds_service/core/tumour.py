"""What a tumour's markers say about an order; germline rules have no part in this, and it none in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from cds_service.core.actions import QUIET, SWITCHES, Action, severity_rank
from cds_service.core.case import Case, Policy
from cds_service.core.conditions import Facts
from cds_service.core.finding import Finding, GeneUse, Opinion
from cds_service.core.knowledge_base import Branch, Drug, KnowledgeBase, PreTest
from cds_service.core.match import Outcome, choose_branch
from cds_service.core.model import Notice, Order
from cds_service.core.pretest import too_late
from cds_service.core.said import finding_of
from cds_service.core.tumour_markers import Doubt, MarkerEvidence
from cds_service.core.tumour_rules import TumourDrug, TumourRule, Use
from cds_service.core.urgency import Urgency
from cds_service.core.weigh import GeneEvidence, ResultState

#: Doubts without words of their own: a pending result has them already, and nothing follows from a variant of
#: uncertain significance.
SILENT = frozenset({Doubt.UNCERTAIN, Doubt.PENDING})


@dataclass(frozen=True, slots=True)
class _Answer:
    """What one use comes to; without an action there is nothing to say."""

    use: Use
    action: Action = Action.NO_RECOMMENDATION
    rule: TumourRule | None = None
    branch: Branch | None = None
    test: PreTest | None = None


def judge_tumour(
    drug: Drug, order: Order, case: Case, facts: Facts, knowledge: KnowledgeBase, policy: Policy
) -> Finding | None:
    """
    The finding of a drug's tumour rules, or None if it has none.

    The reason of the order tells which disease is meant, else the problem list. Where that leaves several or
    none, an advice is a possibility and quiet, and a test is asked for only if every use asks for one.
    """
    tumour = knowledge.tumour.drugs.get(drug.name) if knowledge.tumour else None
    if tumour is None or tumour.guideline.source not in policy.sources:
        return None
    facts = _with_drafts(facts, order, case)
    uses = [(use, use.when.holds(facts)) for use in tumour.uses]
    certain = [use for use, holds in uses if holds]
    meant = certain or [use for use, holds in uses if holds is None]
    answers = [_answer(use, case.markers, facts, policy) for use in meant]
    if len(certain) == 1:
        return _finding(drug, order, tumour, answers[0], case, knowledge)
    return _possible(drug, order, tumour, answers, case, knowledge)


def beside(germline: Finding, tumour: Finding | None) -> Finding:
    """
    One finding of both: what asks for more leads, and the other is told.

    They are about different things, so that neither takes anything back from the other.
    """
    if tumour is None or tumour.action in QUIET:
        return germline if germline.rules or tumour is None else tumour
    if germline.action in QUIET:
        return tumour
    lead, other = sorted((tumour, germline), key=lambda finding: severity_rank(finding.action))
    opinions = lead.others
    if other.guideline is not None:
        opinion = Opinion(other.guideline, other.action, other.rules[0], other.strength)
        opinions = (*opinions, opinion)
    return replace(
        lead,
        genes=(*lead.genes, *other.genes),
        rules=(*lead.rules, *other.rules),
        monitoring=lead.monitoring or other.monitoring,
        pretest=lead.pretest or (other.pretest if lead.action not in SWITCHES else None),
        others=opinions,
        notices=(*lead.notices, *other.notices),
    )


def _with_drafts(facts: Facts, order: Order, case: Case) -> Facts:
    """Drugs that are drafted at the same time count as taken: many of these drugs work in pairs only."""
    drafted = [i for other in case.orders if other.reference != order.reference for i in other.ingredients]
    return replace(facts, patient=facts.patient.with_medications(tuple(drafted)))


# -- one use ---------------------------------------------------------------------------------------


def _answer(use: Use, markers: Mapping[str, MarkerEvidence], facts: Facts, policy: Policy) -> _Answer:
    """The first rule that holds; without one, the test that is missing."""
    for rule in use.rules:
        if rule.holds(markers) and (rule.only is None or rule.only.holds(facts)):
            if not rule.branches:
                # Nobody signed it: it keeps its place, so that no other rule answers for it.
                return _Answer(use)
            branch = choose_branch(rule.branches, facts)
            if branch is None:
                continue
            if branch.action is Action.TEST_FIRST:
                return _test(use, _unsettled(rule.test, markers), rule, branch, facts, policy)
            return _Answer(use, branch.action, rule, branch)
    if _is_known(use, facts):
        return _Answer(use)
    return _test(use, _unsettled(use.test, markers), None, None, facts, policy)


def _unsettled(test: PreTest | None, markers: Mapping[str, MarkerEvidence]) -> PreTest | None:
    """
    The test, for those of its markers that are not known yet.

    What was tested and is of uncertain significance only is not asked for again. Where another change was
    found the test is a proposal only, and one whose result is on its way need not be ordered.
    """
    if test is None:
        return None
    missing = {name: markers.get(name) for name in test.genes if not _is_settled(markers.get(name))}
    doubts = {name: evidence.doubts if evidence else frozenset() for name, evidence in missing.items()}
    open_ = {name: found for name, found in doubts.items() if found != {Doubt.UNCERTAIN}}
    if missing and not open_:
        return None
    done = bool(open_) and all(found == {Doubt.OTHER_CHANGE} for found in open_.values())
    ordered = bool(open_) and all(Doubt.PENDING in found for found in open_.values())
    return replace(
        test,
        genes=tuple(open_) or test.genes,
        required=test.required and not done,
        test=None if ordered else test.test,
    )


def _test(
    use: Use,
    test: PreTest | None,
    rule: TumourRule | None,
    branch: Branch | None,
    facts: Facts,
    policy: Policy,
) -> _Answer:
    """Nothing is asked for in an emergency, of a drug taken for long, or against the site's choice."""
    meant = True if test is None or test.when is None else test.when.holds(facts)
    if test is None or meant is False or too_late(facts):
        return _Answer(use)
    if meant is None:
        # Whether the label asks for it hangs on what is not known: then it is a proposal.
        test = replace(test, required=False)
    if not (test.required or policy.recommended_tests):
        return _Answer(use)
    return _Answer(use, Action.TEST_FIRST, rule, branch, test)


def _is_known(use: Use, facts: Facts) -> bool:
    return use.known_by is not None and use.known_by.holds(facts) is True


def _is_settled(evidence: MarkerEvidence | None) -> bool:
    return evidence is not None and evidence.is_known


# -- findings --------------------------------------------------------------------------------------


def _finding(
    drug: Drug, order: Order, tumour: TumourDrug, answer: _Answer, case: Case, knowledge: KnowledgeBase
) -> Finding:
    rule, branch, test = answer.rule, answer.branch, answer.test
    bare = Finding(order, drug, Outcome.NO_GUIDANCE, answer.action)
    if test is not None:
        used = _looked_at((rule.markers_met(case.markers) if rule else ()) or test.genes, case.markers)
        return replace(
            bare,
            urgency=Urgency.WARNING if test.required else Urgency.INFO,
            genes=tuple(_use_of(each) for each in used),
            pretest=test,
            rules=(rule.id if rule else test.id,),
            implication=knowledge.implications.get(rule.implication) if rule else None,
            notices=tuple(_doubts(used)),
        )
    if rule is None or branch is None:
        return bare
    used = _looked_at(rule.markers_met(case.markers), case.markers)
    said = finding_of(rule, branch, tumour.guideline, order, drug, knowledge.implications)
    return replace(said, genes=tuple(_use_of(each) for each in used if each.is_known))


def _possible(
    drug: Drug,
    order: Order,
    tumour: TumourDrug,
    answers: Sequence[_Answer],
    case: Case,
    knowledge: KnowledgeBase,
) -> Finding:
    """Nobody knows which disease is meant: the strictest answer as a possibility."""
    silent = Finding(order, drug, Outcome.NO_GUIDANCE, Action.NO_RECOMMENDATION)
    answers = [answer for answer in answers if not _rests_on_disease(answer)]
    if not answers:
        return silent
    worst = min(answers, key=lambda answer: severity_rank(answer.action))
    asks_for_test = worst.action is Action.TEST_FIRST
    if asks_for_test and any(answer.action is not Action.TEST_FIRST for answer in answers):
        return silent
    finding = _finding(drug, order, tumour, worst, case, knowledge)
    if finding.action in QUIET:
        return finding
    action = Action.CONSIDER_ALTERNATIVE if finding.action in SWITCHES else finding.action
    notice = Notice.of("indication-unknown")
    return replace(finding, action=action, urgency=Urgency.INFO, notices=(*finding.notices, notice))


def _rests_on_disease(answer: _Answer) -> bool:
    """True of an objection that no marker supports, but the disease alone."""
    return answer.rule is not None and not any(answer.rule.when) and answer.action not in QUIET


def _looked_at(names: Iterable[str], markers: Mapping[str, MarkerEvidence]) -> list[MarkerEvidence]:
    return [markers[name] for name in names if name in markers]


def _doubts(evidence: Iterable[MarkerEvidence]) -> Iterable[Notice]:
    """Why a marker that was looked at is not known, as notices."""
    for each in evidence:
        if Doubt.PENDING in each.doubts:
            yield Notice.of("result-pending", gene=each.marker.name)
        for doubt in sorted(each.doubts - SILENT, key=lambda doubt: doubt.value):
            yield Notice.of(f"tumour-{doubt.value}", marker=each.marker.name)


def _use_of(evidence: MarkerEvidence) -> GeneUse:
    """A marker in the form in which cards show results."""
    state = ResultState.TRANSLATED if evidence.is_known else ResultState.NO_CALL
    found = GeneEvidence(evidence.marker.name, state, reports=evidence.reports)
    return GeneUse(found, said=evidence.said if evidence.is_known else "")
