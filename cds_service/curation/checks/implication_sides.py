"""What low activity means for a drug is not said of high activity of the same gene, too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cds_service.core.genes import Gene
from cds_service.core.knowledge_base import Rule, SourceRules
from cds_service.core.match import fitting_rules
from cds_service.curation.activity_order import activity_order
from cds_service.curation.context import Context, Fault
from cds_service.curation.ladder import Step, falling, rising

name = "implication-sides"


def run(context: Context) -> Iterator[Fault]:
    """Implications that stand on both sides of the usual activity, in sources on one gene."""
    if context.knowledge is None:
        return
    order = activity_order(context)
    for path, _, source in context.compiled_sources():
        if len(source.genes) == 1:
            for where, what in on_both_sides(source, context.knowledge.genes[source.genes[0]], order):
                yield Fault(path, where, what)


def on_both_sides(source: SourceRules, gene: Gene, order: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    """
    Id of a rule for high activity and what is wrong with its implication.

    A rule for the usual activity, too, is passed over: it speaks of what takes the activity away.
    """
    low = {rule.implication: rule.id for rule in _rules(source, gene.symbol, falling(gene, order))}
    up = rising(gene, order)
    usual = {rule.id for state, _ in up[:1] for rule in fitting_rules(source.rules, {gene.symbol: state})}
    for rule in _rules(source, gene.symbol, up):
        other = low.get(rule.implication)
        if rule.implication and other is not None and rule.id not in usual:
            said = f"{rule.implication} is what {other} says of low activity"
            yield rule.id, f"{said}; name what high activity means"


def _rules(source: SourceRules, gene: str, steps: list[Step]) -> list[Rule]:
    """The rules for the states that steps lead to."""
    found = (rule for _, state in steps for rule in fitting_rules(source.rules, {gene: state}))
    return list({rule.id: rule for rule in found}.values())
