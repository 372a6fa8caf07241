"""Tests that a label or guideline asks for before the first dose, and that are missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cds_service.core.conditions import Facts
from cds_service.core.knowledge_base import Drug, PreTest
from cds_service.core.weigh import GeneEvidence, ResultState


@dataclass(frozen=True, slots=True)
class MissingTest:
    """A missing test; `certain` is False where the record does not tell whether this person is meant."""

    test: PreTest
    certain: bool


#: How long a drug must have been taken without harm before a test before the *first* dose is pointless.
LONG_TAKEN_DAYS = 90


def missing_test(
    drug: Drug,
    evidence: Mapping[str, GeneEvidence],
    facts: Facts,
    *,
    recommended: bool,
    if_unknown: bool,
) -> MissingTest | None:
    """
    The test to ask for, or None.

    Required tests come before recommended ones. Nothing is asked for in an emergency, or when the drug has
    been
    taken for long already: the time to test has passed.

    Args:
        drug: The drug that is ordered.
        evidence: Gene -> what the record says.
        facts: Person and order.
        recommended: Also ask for tests that are recommended but not required.
        if_unknown: Also ask where the record does not tell whether the person belongs to those who are meant.
    """
    for test in sorted(drug.pretests, key=lambda item: not item.required):
        if not test.required and not recommended:
            continue
        if any(_known(gene, evidence) for gene in test.genes):
            continue
        answer = test.when.holds(facts) if test.when else True
        if answer or (answer is None and test.show_if_unknown and if_unknown):
            return None if too_late(facts) else MissingTest(test, answer is True)
    return None


def too_late(facts: Facts) -> bool:
    """True if the time to test has passed: in an emergency, or when the drug has been taken for long."""
    return facts.patient.encounter_class == "EMER" or (facts.taken_days or 0) >= LONG_TAKEN_DAYS


def _known(gene: str, evidence: Mapping[str, GeneEvidence]) -> bool:
    """True if the gene, or the allele of a gene written `HLA-B*57:01`, has a usable result."""
    symbol, star, allele = gene.partition("*")
    found = evidence.get(symbol)
    if found is None:
        return False
    if star:
        return found.presence.get(f"*{allele}") is not None
    return found.state in (ResultState.TRANSLATED, ResultState.CONFLICT)
