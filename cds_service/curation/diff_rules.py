"""What changed in the rules of one source for one drug."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import chain

from cds_service.core.actions import DoseAdvice
from cds_service.core.knowledge_base import Branch, Guideline, LaterStep, Population, Rule, SourceRules
from cds_service.curation.change import DRUG, Change, Lead, rest
from cds_service.curation.describe import (
    answer_words,
    branches_words,
    condition_words,
    days_words,
    dose_kind,
    factor_words,
    limit_words,
    plain,
    results_words,
)

_SOURCE = frozenset({"source", "guideline", "genes", "populations", "rules"})
_RULE = frozenset(
    {
        "id",
        "when",
        "branches",
        "population",
        "strength",
        "implication",
        "unsuitable",
        "named",
        "as_for",
        "text_as_of",
        "cite",
    }
)
_BRANCH = frozenset(
    {"action", "when", "label", "dose", "monitoring", "later", "add", "tentative", "calculators"}
)
_LATER = frozenset({"step", "action", "dose", "monitoring"})
_GUIDELINE = frozenset({"source", "name", "version", "url", "pmids"})


def compare_sources(
    drug: str, old: Mapping[str, SourceRules], new: Mapping[str, SourceRules], labels: Mapping[str, str]
) -> Iterator[Change]:
    """
    All changes of the rules of one drug.

    Args:
        drug: Its name.
        old, new: Rules by file name.
        labels: Source id -> label.
    """
    for name in sorted({*old, *new}):
        before, after = old.get(name), new.get(name)
        if before and after:
            yield from _source(drug, before, after, labels)
        elif after:
            yield from _whole(drug, after, labels, added=True)
        elif before:
            yield from _whole(drug, before, labels, added=False)


def _lead(drug: str, source: SourceRules, labels: Mapping[str, str], rule: Rule | None = None) -> Lead:
    label = labels.get(source.source, source.source)
    words = f"{drug}, {label}"
    if rule is None:
        return Lead(DRUG, drug, f"{words}, {' and '.join(source.genes) or 'no gene'}", source.source)
    population = f", {plain(rule.population)}" if rule.population else ""
    end = f" ({label} {source.guideline.version})"
    return Lead(DRUG, drug, f"{words}, {results_words(rule.when)}{population}", source.source, rule.id, end)


def _whole(drug: str, source: SourceRules, labels: Mapping[str, str], *, added: bool) -> Iterator[Change]:
    lead = _lead(drug, source, labels)
    text = f"version {source.guideline.version}; rules: {len(source.rules)}"
    if added:
        yield lead.say("source", "", text, f"source added, {text}")
    else:
        yield lead.say("source", text, "", f"source withdrawn, {text}")
    for rule in source.rules:
        yield _rule_alone(_lead(drug, source, labels, rule), rule, added=added)


def _rule_alone(lead: Lead, rule: Rule, *, added: bool) -> Change:
    text = branches_words(rule)
    if added:
        return lead.say("rule", "", text, f"new rule: {text}")
    return lead.say("rule", text, "", f"rule withdrawn; it was: {text}")


def _source(drug: str, old: SourceRules, new: SourceRules, labels: Mapping[str, str]) -> Iterator[Change]:
    lead = _lead(drug, new, labels)
    yield from _guideline(lead, old.guideline, new.guideline)
    yield from lead.members("gene", old.genes, new.genes)
    yield from _populations(lead, old.populations, new.populations)
    yield from rest(lead, old, new, _SOURCE)
    gone = {rule.id: rule for rule in old.rules}
    for rule in new.rules:
        before = gone.pop(rule.id, None) or _predecessor(rule, old, new, gone)
        mine = _lead(drug, new, labels, rule)
        if before is None:
            yield _rule_alone(mine, rule, added=True)
        else:
            yield from _rule(mine, before, rule)
    for rule in gone.values():
        yield _rule_alone(_lead(drug, old, labels, rule), rule, added=False)
    yield from _copies(lead, old.rules, new.rules)


def _predecessor(rule: Rule, old: SourceRules, new: SourceRules, gone: dict[str, Rule]) -> Rule | None:
    """The closed row for the same results and people: a new meaning gets a new id."""
    kept = {item.id for item in new.rules}
    for before in old.rules:
        same = (before.population, results_words(before.when)) == (rule.population, results_words(rule.when))
        if same and before.id in gone and before.id not in kept:
            return gone.pop(before.id)
    return None


def _guideline(lead: Lead, old: Guideline, new: Guideline) -> Iterator[Change]:
    yield from lead.value("guideline", old.name, new.name)
    yield from lead.value("guideline version", old.version, new.version)
    yield from lead.value("address", old.url, new.url)
    yield from lead.members("publication", old.pmids, new.pmids)
    yield from rest(lead, old, new, _GUIDELINE)


def _populations(lead: Lead, old: Iterable[Population], new: Iterable[Population]) -> Iterator[Change]:
    before = {item.id: condition_words(item.when) for item in old}
    after = {item.id: condition_words(item.when) for item in new}
    yield from lead.members("population", map(plain, before), map(plain, after))
    for name in before.keys() & after.keys():
        yield from lead.value(f"people meant by '{plain(name)}'", before[name], after[name])
    both = before.keys() & after.keys()
    orders = [", ".join(plain(name) for name in listed if name in both) for listed in (before, after)]
    yield from lead.value("order of populations", *orders)


def _copies(lead: Lead, old: Iterable[Rule], new: Iterable[Rule]) -> Iterator[Change]:
    """Renewed copies of the source text, counted: a release can renew them all."""
    before = {rule.id: rule.text_as_of for rule in old}
    renewed = Counter((before.get(rule.id, rule.text_as_of), rule.text_as_of) for rule in new)
    for (then, now), count in sorted(renewed.items()):
        if then != now:
            rules = "1 rule" if count == 1 else f"{count} rules"
            yield lead.say("text as of", then, now, f"source text of {rules} as of {then} -> {now}")


def _rule(lead: Lead, old: Rule, new: Rule) -> Iterator[Change]:
    yield from lead.value("id of the rule", old.id, new.id)
    yield from lead.value("results", results_words(old.when), results_words(new.when))
    yield from lead.value("population", plain(old.population), plain(new.population))
    yield from lead.value("strength", old.strength, new.strength)
    yield from lead.value("implication", old.implication, new.implication)
    yield from lead.members("named replacement", old.named, new.named)
    yield from lead.members("warning against", old.unsuitable, new.unsuitable)
    yield from lead.members("replaced as after a result of", old.as_for, new.as_for)
    yield from lead.value("place in the source", old.cite, new.cite)
    yield from rest(lead, old, new, _RULE)
    for before, after in _pairs(old.branches, new.branches):
        yield from _branch(lead, before, after)


def _pairs(old: tuple[Branch, ...], new: tuple[Branch, ...]) -> Iterator[tuple[Branch | None, Branch | None]]:
    """Answers that belong together: by condition, then by its label, then by what they say."""
    before, after = list(old), list(new)
    keys = (
        lambda b: condition_words(b.when),
        lambda b: b.label or id(b),
        lambda b: answer_words(replace(b, when=None)),
    )
    for key in keys:
        for branch in list(after):
            match = next((b for b in before if key(b) == key(branch)), None)
            if match is not None:
                before.remove(match)
                after.remove(branch)
                yield match, branch
    yield from chain(((branch, None) for branch in before), ((None, branch) for branch in after))


def _branch(lead: Lead, old: Branch | None, new: Branch | None) -> Iterator[Change]:
    if old is None or new is None:
        yield _branch_alone(lead, old, new)
        return
    yield from lead.value("condition", condition_words(old.when), condition_words(new.when))
    if new.when is not None:
        lead = replace(lead, words=f"{lead.words}, {condition_words(new.when)}")
    yield from lead.value("words of the condition", plain(old.label), plain(new.label))
    yield from lead.value("certainty of the source", _certainty(old), _certainty(new))
    yield from lead.value("to add", plain(old.add), plain(new.add))
    yield from lead.members("calculators", old.calculators, new.calculators)
    yield from _answer(lead, old, new)
    yield from _later(lead, old.later, new.later)
    yield from rest(lead, old, new, _BRANCH)


def _branch_alone(lead: Lead, old: Branch | None, new: Branch | None) -> Change:
    branch = new or old
    assert branch is not None
    text = f"{condition_words(branch.when)}, {answer_words(branch)}"
    if new is not None:
        return lead.say("answer", "", text, f"new answer {text}")
    return lead.say("answer", text, "", f"answer withdrawn: {text}")


def _certainty(branch: Branch) -> str:
    return "consider" if branch.tentative else "do"


def _answer(lead: Lead, old: Branch | LaterStep, new: Branch | LaterStep) -> Iterator[Change]:
    yield from lead.value("action", plain(old.action.value), plain(new.action.value))
    yield from _dose(lead, old.dose, new.dose)
    yield from lead.members("to watch", map(plain, old.monitoring), map(plain, new.monitoring))


def _dose(lead: Lead, old: DoseAdvice | None, new: DoseAdvice | None) -> Iterator[Change]:
    before, after = factor_words(old), factor_words(new)
    if before != after:
        kind = dose_kind(old) if old and new and dose_kind(old) == dose_kind(new) and before and after else ""
        short = after.removeprefix(kind).strip()
        yield lead.say("dose", before, after, f"{before or 'no factor'} -> {short or 'no factor'}")
    elif (old.applies_to if old else "") != (new.applies_to if new else ""):
        yield lead.say("dose applies to", old.applies_to if old else "", new.applies_to if new else "")
    limits = [limit_words(dose.limit if dose else None) for dose in (old, new)]
    yield from lead.value("dose limit", *limits)
    days = [days_words(dose.days_a_week if dose else None) for dose in (old, new)]
    yield from lead.value("dose days", *days)


def _later(lead: Lead, old: Iterable[LaterStep], new: Iterable[LaterStep]) -> Iterator[Change]:
    before, after = {step.step: step for step in old}, {step.step: step for step in new}
    for name in sorted(before.keys() | after.keys()):
        mine = replace(lead, words=f"{lead.words}, later, {plain(name)}")
        then, now = before.get(name), after.get(name)
        if then and now:
            yield from _answer(mine, then, now)
            yield from rest(mine, then, now, _LATER)
        elif now:
            yield mine.say("later step", "", answer_words(now), f"new step: {answer_words(now)}")
        elif then:
            yield mine.say("later step", answer_words(then), "", f"step withdrawn: {answer_words(then)}")
