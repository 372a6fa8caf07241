"""One look-up beside the rule that answers it: every field in which the two differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from cds_service.core.actions import Action
from cds_service.core.knowledge_base import Branch, LaterStep, Rule
from cds_service.curation.compare_rules import Place
from cds_service.curation.compare_table import LookUp, TheirAnswer
from cds_service.curation.compare_words import action_meant, days_meant, limits_meant
from cds_service.curation.describe import days_words, limit_words, number, plain

#: What the rules call a missing grade: rows that recommend nothing carry it as a word.
_NO_STRENGTH = frozenset({"", "No recommendation"})

NONE = "none"


@dataclass(frozen=True, slots=True)
class Difference:
    """
    One field of one look-up in which table and rule differ.

    Args:
        lookup: The look-up.
        rule: Id of the rule.
        field: `action`, `factor`, `which dose`, `limit`, `days` or `strength`; behind `@` the condition
            it holds for, if any: `action @ dose-above-40-mg`, `action @ later side-effects-occur`.
        theirs, ours: Both values in words.
    """

    lookup: LookUp
    rule: str
    field: str
    theirs: str
    ours: str

    def __str__(self) -> str:
        named = self.lookup
        name, _, condition = self.field.partition(" @ ")
        who = f", {named.population}" if named.population not in ("", "general") else ""
        when = f", {plain(condition)}" if condition else ""
        results = named.text.replace("=", " ").replace(";", " + ")
        return (
            f"{named.source.upper()} {named.drug}{who}, {results}{when}: "
            f"{name} {self.theirs} in the table, {self.ours} here ({named.record}, {self.rule})"
        )


def differences(lookup: LookUp, rule: Rule, place: Place) -> Iterator[Difference]:
    """Every field in which a look-up and its rule differ."""
    for field, theirs, ours in _fields(lookup, rule, place):
        if theirs != ours:
            yield Difference(lookup, rule.id, field, theirs or NONE, ours or NONE)


_Fields = Iterator[tuple[str, str, str]]

#: "Another drug; if it is needed all the same, less of it": rules say both in one answer.
_STILL_NEEDED = "drug-still-needed"
_BOTH = frozenset({Action.REDUCE_OR_SWITCH, Action.SWITCH_OR_CAP})


def _fields(lookup: LookUp, rule: Rule, place: Place) -> _Fields:
    yield "strength", _strength(lookup.strength), _strength(rule.strength)
    default = next((branch for branch in rule.branches if branch.when is None), None)
    ours: dict[str, Branch | LaterStep] = {
        step.step: step for branch in rule.branches for step in branch.later
    } | {branch.label: branch for branch in rule.branches if branch.when is not None}
    if place.step in ours:
        yield from _step_fields(lookup, ours, place.step)
        return
    answers = _joined(lookup.answers) if default and default.action in _BOTH else lookup.answers
    for answer in answers:
        mine = ours.get(answer.condition, None if answer.later else default)
        yield from _answer_fields(_end(answer), answer, mine)
    told = {answer.condition for answer in answers}
    for condition, other in ours.items():
        if condition not in told:
            yield f"action @ {condition}", "", plain(other.action.value)


def _step_fields(lookup: LookUp, ours: Mapping[str, Branch | LaterStep], step: str) -> _Fields:
    """A population that is a later step of the rule; what holds under a condition of its own stands apart."""
    for answer in lookup.answers:
        mine = ours.get(answer.condition)
        yield from _answer_fields(_end(answer) if mine else "", answer, mine or ours[step])


def _joined(answers: tuple[TheirAnswer, ...]) -> tuple[TheirAnswer, ...]:
    """The first answer together with the one for "still needed", the rest as it is."""
    first = next((answer for answer in answers if not answer.condition), None)
    needed = next((answer for answer in answers if answer.condition == _STILL_NEEDED), None)
    if first is None or needed is None:
        return answers
    both = replace(needed, words=first.words | needed.words, condition="", later=False)
    return (both, *(answer for answer in answers if answer not in (first, needed)))


def _end(answer: TheirAnswer) -> str:
    """What stands behind the name of a field that holds under a condition."""
    if not answer.condition:
        return ""
    return f" @ {'later ' if answer.later else ''}{answer.condition}"


def _answer_fields(end: str, theirs: TheirAnswer, ours: Branch | LaterStep | None) -> _Fields:
    meant = action_meant(theirs.words)
    yield (
        f"action{end}",
        plain(meant.value) if meant else plain(", ".join(sorted(theirs.words))),
        plain(ours.action.value) if ours else "",
    )
    if ours is None:
        return
    dose = ours.dose
    yield (
        f"factor{end}",
        _factor(theirs.low, theirs.high),
        _factor(dose.low, dose.high) if dose else "",
    )
    if theirs.which and dose:
        yield f"which dose{end}", plain(theirs.which), plain(dose.applies_to)
    yield f"limit{end}", _limits(theirs.limit), limit_words(dose.limit) if dose else ""
    yield (
        f"days{end}",
        days_words(days_meant(theirs.limit)),
        days_words(dose.days_a_week) if dose else "",
    )


def _factor(low: Decimal | None, high: Decimal | None) -> str:
    if low is None:
        return ""
    return number(low) if high is None or high == low else f"{number(low)}-{number(high)}"


def _limits(text: str) -> str:
    limits = limits_meant(text)
    return text if limits is None else ", ".join(limit_words(limit) for limit in limits)


def _strength(grade: str) -> str:
    return "" if grade in _NO_STRENGTH else grade
