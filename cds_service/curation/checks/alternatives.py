"""A replacement can be offered: it is not the drug itself, and some rule leads to it without a warning."""

from __future__ import annotations

from collections.abc import Iterator

from cds_service.core.actions import QUIET
from cds_service.core.comedication import COMEDICATION, INHIBITOR
from cds_service.core.knowledge_base import Alternative, Branch, Drug, Rule
from cds_service.curation.context import Context, Fault

name = "alternatives"


def run(context: Context) -> Iterator[Fault]:
    """Candidates that can never be offered."""
    for drug in context.knowledge.drugs.values() if context.knowledge else ():
        path = context.file_of(drug, "alternatives")
        for choice in drug.alternatives:
            for what in never_offered(choice, drug):
                yield Fault(path, choice.id, what)
        yield from _ranks(path, drug)


def never_offered(choice: Alternative, drug: Drug) -> Iterator[str]:
    """Why a candidate of a drug would never reach a card."""
    if choice.name == drug.name or (choice.ingredients and set(choice.ingredients) <= set(drug.rxcuis)):
        yield f"{choice.name} is the drug it should replace; remove it"
    if choice.genes & {INHIBITOR, COMEDICATION}:
        return
    asking = [rule for rule in rules_that_speak(drug) if answers_to(choice, rule)]
    if not asking:
        genes = " and ".join(sorted(choice.genes)) or "no gene"
        yield f"no rule of {drug.name} on {genes} asks for anything; correct the genes or remove it"
    elif all(choice.name in rule.unsuitable for rule in asking):
        yield f"every rule that could offer {choice.name} calls it unsuitable; remove it"


def rules_that_speak(drug: Drug) -> list[Rule]:
    """
    The rules after which replacements may be looked for.

    Not only those that ask for another drug: where reports contradict each other, any rule with an advice
    may, and a later step may come to it.
    """
    return [
        rule
        for source in drug.sources.values()
        for rule in source.rules
        if any(_speaks(branch) for branch in rule.branches)
    ]


def _speaks(branch: Branch) -> bool:
    return any(action not in QUIET for action in (branch.action, *(step.action for step in branch.later)))


def answers_to(choice: Alternative, rule: Rule) -> bool:
    """True if the candidate is meant for what the rule looks at; the same question as at a call."""
    genes = rule.replaced_by_genes
    return bool(choice.genes & genes) if genes else not choice.genes


def _ranks(path: str, drug: Drug) -> Iterator[Fault]:
    """The same replacement for the same genes and use stands there once."""
    seen = set()
    for choice in drug.alternatives:
        key = (choice.name, choice.genes, choice.indication)
        if key in seen:
            yield Fault(path, choice.id, f"{choice.name} stands there twice for one use; remove one")
        seen.add(key)
