"""What stands behind one card: rules, results, sources."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from cds_service.cards.reference import CardReference
from cds_service.cards.wording import Wording
from cds_service.core.conditions import Range
from cds_service.core.finding import Finding
from cds_service.core.knowledge_base import Branch, KnowledgeBase, ResultKey, Rule, SourceRules
from cds_service.core.tumour_rules import TumourDrug, TumourRule
from cds_service.overview.drugs import Judge
from cds_service.overview.values import CardTrace, GeneRow, RuleUsed
from cds_service.overview.words import one_of


def drug_named(reference: CardReference, knowledge: KnowledgeBase) -> str | None:
    """The drug of the knowledge that a card is about; None if there is none."""
    name = knowledge.drug_by_rxcui.get(reference.drug, reference.drug.lower())
    return name if name in knowledge.drugs else None


def trace_of(
    reference: CardReference,
    finding: Finding,
    judge: Judge,
    rows: Sequence[GeneRow],
    *,
    from_order: bool,
) -> CardTrace:
    """
    The trace of a card.

    Args:
        reference: What the card said about itself.
        finding: Its drug, judged anew.
        judge: Who judged.
        rows: The gene table.
        from_order: It was judged with an active order.
    """
    rules = dict(_rules(judge, finding.drug.name))
    used = [rules[rule] for rule in finding.rules if rule in rules]
    others = [rules[rule] for rule in reference.rules if rule in rules and rule not in finding.rules]
    genes = {use.evidence.gene for use in finding.genes} or set(finding.drug.genes)
    return CardTrace(
        answer=judge.answer(finding),
        rules=tuple(used),
        card_rules=tuple(others),
        results=tuple(row for row in rows if row.gene in genes),
        from_order=from_order,
    )


def _rules(judge: Judge, drug: str) -> Iterator[tuple[str, RuleUsed]]:
    for source in judge.knowledge.drugs[drug].sources.values():
        for rule in source.rules:
            yield rule.id, _used(rule, source, judge)
    tumour = judge.knowledge.tumour.drugs.get(drug) if judge.knowledge.tumour else None
    if tumour is None:
        return
    for found in tumour.rules:
        yield found.id, _tumour_used(found, tumour, judge)


def _tumour_used(rule: TumourRule, source: TumourDrug, judge: Judge) -> RuleUsed:
    written_for = (
        judge.wording.join(
            (f"{marker} {one_of(sorted(words), judge.wording)}" for marker, words in sorted(when.items())),
            "list-and",
        )
        for when in rule.when
    )
    return RuleUsed(
        id=rule.id,
        written_for=tuple(text for text in written_for if text),
        population="",
        action=_actions(rule.branches, judge),
        locator=rule.cite,
        text_as_of=rule.text_as_of,
        citation=judge.citation(source.guideline, rule.strength),
    )


def _used(rule: Rule, source: SourceRules, judge: Judge) -> RuleUsed:
    return RuleUsed(
        id=rule.id,
        written_for=tuple(_keys(when, judge.wording) for when in rule.when if when),
        population=judge.wording.say(f"population.{rule.population}") if rule.population else "",
        action=_actions(rule.branches, judge),
        locator=rule.cite,
        text_as_of=rule.text_as_of,
        citation=judge.citation(source.guideline, rule.strength),
    )


def _actions(branches: Sequence[Branch], judge: Judge) -> str:
    return " / ".join(dict.fromkeys(judge.wording.say(f"action.{b.action.value}") for b in branches))


def _keys(when: Mapping[str, ResultKey], words: Wording) -> str:
    return words.join((f"{gene} {_key(key, words)}" for gene, key in sorted(when.items())), "list-and")


def _key(key: ResultKey, words: Wording) -> str:
    if key.otherwise:
        return words.say("written.otherwise")
    return one_of([*sorted(key.words), *(_range(band, words) for band in key.scores)], words)


def _range(band: Range, words: Wording) -> str:
    if band.from_ is not None and band.from_ == band.up_to:
        return words.say("written.exactly", value=str(band.from_))
    ends = (("from", band.from_), ("above", band.above), ("below", band.below), ("up-to", band.up_to))
    said = (words.say(f"written.{end}", value=str(value)) for end, value in ends if value is not None)
    return words.join(said, "list-and")
