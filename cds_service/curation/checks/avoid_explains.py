"""Who is told to avoid a drug is offered another one, or a decision says why there is none."""

from __future__ import annotations

from collections.abc import Iterator

from cds_service.core.actions import Action
from cds_service.core.knowledge_base import Drug, Rule
from cds_service.curation.checks.alternatives import answers_to
from cds_service.curation.context import Context, Fault
from cds_service.curation.exceptions import Exceptions

name = "avoid-explains"
FILE = "decisions/no-alternatives.tsv"
_FORBIDS = frozenset({Action.AVOID, Action.CONTRAINDICATED})


def run(context: Context) -> Iterator[Fault]:
    """Rules that forbid a drug without a candidate in its place; a decision holds for a drug and genes."""
    if context.knowledge is None:
        return
    exceptions = Exceptions(context, FILE, ("drug", "genes"))
    for path, drug, _, rule in context.compiled_rules():
        if not forbids(rule) or has_candidate(rule, drug):
            continue
        genes = "+".join(sorted({gene for when in rule.when for gene in when})) or "-"
        if not exceptions.allows(drug.name, genes):
            what = f"forbids the drug, and no replacement answers to {genes}; add one to alternatives.json"
            yield Fault(path, rule.id, f"{what}, or {drug.name} and {genes} to {FILE} with the reason")
    yield from exceptions.leftovers()


def forbids(rule: Rule) -> bool:
    """True if an answer of the rule is to avoid the drug."""
    return any(branch.action in _FORBIDS for branch in rule.branches)


def has_candidate(rule: Rule, drug: Drug) -> bool:
    """True if a replacement is meant for this rule and not warned against by it."""
    return any(answers_to(one, rule) and one.name not in rule.unsuitable for one in drug.alternatives)
