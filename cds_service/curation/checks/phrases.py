"""Everything the knowledge can make a card say has words, in every language, with the same slots."""

from __future__ import annotations

import string
from collections.abc import Iterable, Iterator, Mapping

from cds_service.core.actions import QUIET, Action, DoseAdvice
from cds_service.core.calculator import Calculator, Formula
from cds_service.core.dose_table import DoseTable
from cds_service.core.knowledge_base import Alternative, Branch, KnowledgeBase, LaterStep, Rule
from cds_service.core.tumour import SILENT
from cds_service.core.tumour_markers import Doubt
from cds_service.core.tumour_rules import TumourDrug
from cds_service.core.usual_dose import ShareOfUsual
from cds_service.curation.context import Context, Fault

name = "phrases"


def run(context: Context) -> Iterator[Fault]:
    """Keys without words, keys that only some languages have, slots that differ."""
    needed = wanted(context.knowledge) if context.knowledge else frozenset()
    for language, phrases in sorted(context.phrases.items()):
        for key in sorted(needed - phrases.keys()):
            yield _fault(language, key, "a card may need it and it has no words; add them")
    yield from _between_languages(context.phrases, needed)


def wanted(knowledge: KnowledgeBase) -> frozenset[str]:
    """The keys of all phrases that follow from the knowledge, such as `implication.hearing-loss`."""
    rules = [rule for drug in knowledge.drugs.values() for s in drug.sources.values() for rule in s.rules]
    keys = {f"action.{action.value}" for action in Action} | {f"step.{Action.AVOID.value}"}
    for rule in rules:
        keys.update(_of_rule(rule))
    for pair in knowledge.pairs:
        keys |= {f"implication.{pair.implication}", f"strength.{pair.strength}"}
    # The detail view says for whom a rule is.
    keys |= {f"population.{rule.population}" for rule in rules if rule.population}
    for tumour in knowledge.tumour.drugs.values() if knowledge.tumour else ():
        keys.update(_of_tumour(tumour))
    keys |= {f"germline.{kind.condition}" for kind in knowledge.germline}
    for calculator in knowledge.calculators.values():
        keys.update(_of_calculator(calculator))
    for drug in knowledge.drugs.values():
        keys.update(_of_choices(drug.alternatives))
    return frozenset(keys)


def _of_rule(rule: Rule) -> Iterator[str]:
    if rule.implication:
        yield f"implication.{rule.implication}"
    if rule.strength:
        yield f"strength.{rule.strength}"
    alone = any(not when for when in rule.when)
    for branch in rule.branches:
        if alone:
            yield f"reason.{branch.label}"
        yield from _of_answer(branch)
        # A quiet answer makes no card, so that its conditions and later steps are never said.
        if branch.action not in QUIET:
            yield from _of_loud_branch(branch)


def _of_tumour(drug: TumourDrug) -> Iterator[str]:
    yield from (f"notice.tumour-{doubt.value}" for doubt in Doubt if doubt not in SILENT)
    for rule in drug.rules:
        if any(branch.action not in QUIET for branch in rule.branches):
            yield from (f"implication.{key}" for key in [rule.implication] if key)
            yield from (f"strength.{key}" for key in [rule.strength] if key)
        for branch in rule.branches:
            yield from (f"watch.{key}" for key in branch.monitoring)
            yield from (f"condition.{key}" for key in [branch.label] if key)
    yield from _of_choices(drug.alternatives)


def _of_choices(choices: Iterable[Alternative]) -> Iterator[str]:
    for choice in choices:
        reasons = (*choice.contraindications, *choice.cautions)
        yield from (f"exclusion.{item.name}" for item in reasons if not item.taken)


def _of_calculator(calculator: Calculator) -> Iterator[str]:
    yield from (f"calculator.note-{note}" for note in calculator.notes)
    if isinstance(calculator, ShareOfUsual):
        yield from (f"calculator.name-{fact.name}" for fact in calculator.against)
        for usual in calculator.usual:
            yield f"calculator.usual-{usual.dose.name}" if usual.dose else f"calculator.name-{usual.ask}"
    if isinstance(calculator, DoseTable):
        yield from (f"calculator.name-{fact.name}" for fact in calculator.facts)
    for one in calculator.adjust if isinstance(calculator, Formula) else ():
        yield from (f"calculator.adjusted-{one.name}", f"calculator.not-adjusted-{one.name}")
    for question in calculator.questions if isinstance(calculator, Formula) else ():
        for option in (*question.options, question.otherwise):
            if option.add:
                yield f"calculator.name-{option.name}"
            if option.note:
                yield f"calculator.note-{option.note}"


def _of_loud_branch(branch: Branch) -> Iterator[str]:
    if branch.label:
        yield f"condition.{branch.label}"
    if branch.add:
        yield f"add.{branch.add}"
    for step in branch.later:
        yield f"later.{step.step}"
        yield f"step.{step.action.value}"
        yield from _of_answer(step)


def _of_answer(answer: Branch | LaterStep) -> Iterator[str]:
    yield from (f"watch.{key}" for key in answer.monitoring)
    if answer.dose is not None:
        yield from _of_dose(answer.dose)


def _of_dose(dose: DoseAdvice) -> Iterator[str]:
    if dose.applies_to:
        yield f"applies.{dose.applies_to}"
    if dose.basis:
        yield f"applies.{dose.basis}"
    if dose.limit is not None:
        yield f"dose.limit-{'below' if dose.limit.below else dose.limit.kind}"
        yield f"unit.{dose.limit.unit}"
        yield f"unit.{dose.limit.period}"


def _between_languages(phrases: Mapping[str, Mapping[str, str]], needed: frozenset[str]) -> Iterator[Fault]:
    first: dict[str, tuple[str, str]] = {}
    for language, texts in sorted(phrases.items()):
        for key, text in texts.items():
            first.setdefault(key, (language, text))
    for language, texts in sorted(phrases.items()):
        for key, (other, text) in sorted(first.items()):
            if key not in texts:
                if key not in needed:
                    yield _fault(language, key, f"{other} has words for it; translate them")
            elif slots(texts[key]) != slots(text):
                mine, theirs = (", ".join(sorted(slots(one))) or "none" for one in (texts[key], text))
                yield _fault(language, key, f"its slots are {mine}, in {other} {theirs}; use the same")


def slots(text: str) -> frozenset[str]:
    """
    Names of the slots of a phrase; a capital first letter asks for the same value.

    >>> sorted(slots("{Drug} with {dose}"))
    ['dose', 'drug']
    """
    return frozenset(slot.lower() for _, slot, _, _ in string.Formatter().parse(text) if slot)


def _fault(language: str, key: str, what: str) -> Fault:
    return Fault(f"phrases/{language}.json", key, what)
