"""Further from the usual activity the answer of a source does not get milder, unless a decision says why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cds_service.core.actions import QUIET, Action, DoseAdvice
from cds_service.core.genes import Gene
from cds_service.core.knowledge_base import Branch, Rule, SourceRules
from cds_service.core.match import fitting_rules
from cds_service.core.phenotype import GeneState
from cds_service.curation.activity_order import activity_order
from cds_service.curation.context import Context, Fault
from cds_service.curation.exceptions import Exceptions
from cds_service.curation.ladder import Step, falling, rising, with_others

name = "monotony"
FILE = "decisions/monotony.tsv"

#: From actions that change nothing to those that stop the drug. What has the same number is not compared.
_LEVEL: Mapping[Action, int] = {
    **dict.fromkeys(QUIET, 0),
    Action.MONITOR: 1,
    Action.TEST_FIRST: 1,
    Action.CONSIDER_ALTERNATIVE: 2,
    Action.SWITCH_COMEDICATION: 2,
    Action.REDUCE_DOSE: 2,
    Action.INCREASE_DOSE: 2,
    Action.CAP_DOSE: 2,
    Action.CALCULATE_DOSE: 2,
    Action.RESOLVE_CONFLICT: 2,
    Action.REDUCE_OR_SWITCH: 3,
    Action.SWITCH_OR_CAP: 3,
    Action.NOT_INDICATED: 4,
    Action.AVOID: 4,
    Action.ESCALATE: 4,
    Action.CONTRAINDICATED: 4,
}
#: A higher dose protects nobody who clears a drug slowly.
_LEVEL_WHEN_SLOW = {**_LEVEL, Action.INCREASE_DOSE: 0}

_LOWERING = frozenset({Action.REDUCE_DOSE, Action.CAP_DOSE, Action.REDUCE_OR_SWITCH, Action.SWITCH_OR_CAP})


def run(context: Context) -> Iterator[Fault]:
    """Pairs of rules where the result further from the usual one has the milder answer."""
    if context.knowledge is None:
        return
    exceptions = Exceptions(context, FILE, ("stricter", "milder"))
    order = activity_order(context)
    for path, _, source in context.compiled_sources():
        for (nearer, further), what in milder(source, context.knowledge.genes, order).items():
            if not exceptions.allows(nearer, further):
                said = f"{what} {nearer}, which is for a result nearer to the usual one"
                yield Fault(path, further, f"{said}; correct one, or list both in {FILE} with the reason")
    yield from exceptions.leftovers()


def milder(
    source: SourceRules, genes: Mapping[str, Gene], order: Mapping[str, int]
) -> dict[tuple[str, str], str]:
    """
    Ids of two rules -> what is milder in the second, although its result is further from the usual one.

    Args:
        source: All populations of it are looked at, each by itself.
        genes: Symbol -> gene.
        order: Class -> rank of its activity.
    """
    found: dict[tuple[str, str], str] = {}
    for symbol in source.genes:
        for steps, levels in (
            (falling(genes[symbol], order), _LEVEL_WHEN_SLOW),
            (rising(genes[symbol], order), _LEVEL),
        ):
            for nearer, further in _rule_pairs(source, symbol, genes, steps):
                what = compare(nearer, further, levels)
                if what:
                    found.setdefault((nearer.id, further.id), what)
    return found


def _rule_pairs(
    source: SourceRules, symbol: str, genes: Mapping[str, Gene], steps: list[Step]
) -> Iterator[tuple[Rule, Rule]]:
    """Each pair of different rules that one step leads from and to, once."""
    seen: dict[tuple[str, str], tuple[Rule, Rule]] = {}
    for step in steps:
        for before, after in with_others(source, symbol, genes, step):
            for population in ("", *(p.id for p in source.populations)):
                pair = _the_rule(source, population, before), _the_rule(source, population, after)
                if pair[0] is not None and pair[1] is not None and pair[0] is not pair[1]:
                    seen.setdefault((pair[0].id, pair[1].id), (pair[0], pair[1]))
    return iter(seen.values())


def _the_rule(source: SourceRules, population: str, states: Mapping[str, GeneState]) -> Rule | None:
    """The one rule that fits; None if it is not one, which is the matter of completeness."""
    rules = [rule for rule in source.rules if rule.population == population and all(rule.when)]
    found = fitting_rules(rules, states)
    return found[0] if len(found) == 1 else None


def compare(nearer: Rule, further: Rule, levels: Mapping[Action, int]) -> str:
    """What is milder in the second rule, up to the word "than"; empty if nothing is."""
    for label in dict.fromkeys(branch.label for rule in (nearer, further) for branch in rule.branches):
        first, second = _answer(nearer, label), _answer(further, label)
        when = f" ({label})" if label else ""
        if levels[second.action] < levels[first.action]:
            return f"{second.action.value}{when} is milder than {first.action.value} in"
        same = first.action is second.action and first.action in _LOWERING
        if same and _higher_dose(first.dose, second.dose):
            return f"{second.action.value}{when} leaves a higher dose than"
    return ""


def _answer(rule: Rule, label: str) -> Branch:
    """The answer for one situation; the answer without a condition where the rule has none for it."""
    for branch in rule.branches:
        if branch.label == label:
            return branch
    return next((branch for branch in rule.branches if branch.when is None), rule.branches[0])


def _higher_dose(first: DoseAdvice | None, second: DoseAdvice | None) -> bool:
    """True if both speak of the same dose and the second one leaves more of it."""
    if first is None or second is None:
        return False
    if (first.applies_to, first.basis) != (second.applies_to, second.basis):
        return False
    if first.high is not None and second.high is not None and second.high > first.high:
        return True
    one, two = first.limit, second.limit
    if one is None or two is None or (one.unit, one.period, one.kind) != (two.unit, two.period, two.kind):
        return False
    return two.value > one.value
