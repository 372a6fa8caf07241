"""Every combination of gene results meets exactly one rule of a drug, source and population."""

from __future__ import annotations

import pytest

from cds_service.core.knowledge_base import SourceRules
from cds_service.curation.checks.completeness import wrong
from tests.builders import knowledge

KNOWLEDGE = knowledge()
CASES = [
    pytest.param(source, id=f"{drug.name} {name}")
    for drug in KNOWLEDGE.drugs.values()
    for name, source in drug.sources.items()
    if source.genes
]


@pytest.mark.parametrize("source", CASES)
def test_each_combination_of_results_meets_one_rule(source: SourceRules) -> None:
    assert list(wrong(source, KNOWLEDGE.genes)) == []


def test_counts_are_pinned() -> None:
    """A rule that goes missing shows here; a new one is a decision."""
    rules = sum(len(source.rules) for drug in KNOWLEDGE.drugs.values() for source in drug.sources.values())
    tumours = KNOWLEDGE.tumour.drugs.values() if KNOWLEDGE.tumour else ()
    assert (len(tumours), sum(len(drug.rules) for drug in tumours)) == (32, 185)
    alleles = sum(len(gene.alleles) for gene in KNOWLEDGE.genes.values())
    assert (len(KNOWLEDGE.genes), alleles, len(KNOWLEDGE.drugs), rules) == (28, 1407, 236, 1442)
