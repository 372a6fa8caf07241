"""Two ways where another drug alone makes an order fail: to change that drug, or the order."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from cds_service.core.actions import Action, severity_rank
from cds_service.core.alternatives import Judge, Question, consider
from cds_service.core.case import Case
from cds_service.core.comedication import INHIBITOR
from cds_service.core.conditions import Facts
from cds_service.core.finding import Choice, Finding, OtherWay, Status
from cds_service.core.knowledge_base import KnowledgeBase
from cds_service.core.model import Ingredient, Notice, Order
from cds_service.core.urgency import louder

#: What is said where nothing is left; a second way is something.
_NOTHING_LEFT = ("no-alternative-left", "ask-")

#: Judges the order as if the drugs beside it were those of this case.
JudgeBeside = Callable[[Case], Finding]


def offer_both_ways(
    finding: Finding, case: Case, facts: Facts, knowledge: KnowledgeBase, judge: Judge, beside: JudgeBeside
) -> Finding:
    """
    The finding with both ways, the one its guideline prefers first.

    A guideline prefers to change the other drug where it says so of the result as it was tested; else the
    order is what changes. A replacement of the other drug counts only if the order is fine beside it: it has
    to inhibit less.

    Args:
        finding: Names the cause, and has its own replacements already.
        case: The person with the results as tested.
        facts: What conditions may ask about, for the order.
        knowledge: Has the replacements of the other drug.
        judge: Judges a replacement.
        beside: Judges the order in another case.

    Returns:
        The same with a notice only, where the other drug has no replacement that helps; unchanged where the
        order fails without that drug, too.
    """
    cause = finding.cause
    if cause is None:
        return finding
    if not _is_fine(beside(exchanged(case, cause.drug))):
        # Another drug blocks the same enzyme: to change one of them helps nobody.
        return finding
    choices = tuple(_choices(cause.drug, finding, case, facts, knowledge, judge, beside))
    if not any(choice.status is Status.OFFERED for choice in choices):
        notice = Notice.of("other-drug-is-the-cause", drug=cause.drug)
        return replace(finding, notices=(*finding.notices, notice))
    if cause.preferred is None and finding.action is not Action.ESCALATE:
        return replace(finding, other_way=OtherWay(cause.drug, choices))
    return _other_drug_first(finding, choices)


def _choices(
    cause: str,
    finding: Finding,
    case: Case,
    facts: Facts,
    knowledge: KnowledgeBase,
    judge: Judge,
    beside: JudgeBeside,
) -> Iterable[Choice]:
    """The replacements of the other drug, each offered only if the order is fine beside it."""
    drug = knowledge.drugs.get(cause)
    if drug is None:
        return
    question = Question(
        drug=drug,
        genes=frozenset({INHIBITOR}),
        unsuitable=frozenset({finding.drug.name}),
        named=(),
        other_drugs=frozenset(i.rxcui for other in case.orders for i in other.ingredients if i.rxcui),
        allergy_classes=knowledge.allergy_classes,
    )
    order = Order(finding.order.reference, (Ingredient(drug.name, next(iter(drug.rxcuis), None)),))
    person = facts.patient.with_medications(finding.order.ingredients)
    for choice in consider(question, replace(facts, order=order, patient=person), judge):
        if choice.status is not Status.OFFERED:
            yield choice
        elif _is_fine(beside(exchanged(case, cause, choice))):
            # It stands in the record, not among the drafts: no button can take it back.
            yield replace(choice, orderable=False)


def _is_fine(finding: Finding) -> bool:
    return severity_rank(finding.action) > severity_rank(Action.SWITCH_COMEDICATION)


def exchanged(case: Case, cause: str, choice: Choice | None = None) -> Case:
    """The case without the other drug, or with the replacement in its place."""
    found = choice.alternative if choice is not None else None
    new = tuple(Ingredient(found.name, code) for code in found.ingredients) if found is not None else ()
    return replace(
        case,
        patient=case.patient.without_medication(cause).with_medications(new),
        orders=tuple(one for one in case.orders if all(i.name != cause for i in one.ingredients)),
    )


def _other_drug_first(finding: Finding, choices: tuple[Choice, ...]) -> Finding:
    """The advice to change the other drug; to change the order comes second."""
    cause = finding.cause
    assert cause is not None
    said = cause.preferred or finding
    notices = (one for one in finding.notices if not one.key.startswith(_NOTHING_LEFT))
    return replace(
        finding,
        action=Action.SWITCH_COMEDICATION,
        urgency=louder(finding.urgency, said.urgency),
        comedication=cause.drug,
        implication=said.implication,
        strength=said.strength,
        rules=tuple(dict.fromkeys((*said.rules, *finding.rules))),
        dose=None,
        proposal=None,
        condition="",
        later=(),
        add="",
        alternatives=choices,
        other_way=OtherWay(finding.drug.name, finding.alternatives, finding.add),
        notices=tuple(notices),
    )
