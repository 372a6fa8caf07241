"""What is kept for a gene is never taken for another one's."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from cds_service.core.diplotype import AlleleCopies, Diplotype
from cds_service.core.phenotype import _STATES, states_of, usual_phenotype
from tests.builders import knowledge


def test_another_table_of_the_same_gene_has_its_own_states() -> None:
    gene = knowledge().genes["CYP2D6"]
    pair = Diplotype("CYP2D6", (AlleleCopies("*1"), AlleleCopies("*4")))
    (state,) = states_of(pair, gene)
    weaker = replace(gene, alleles={**gene.alleles, "*1": replace(gene.alleles["*1"], activity=Decimal(0))})
    (changed,) = states_of(pair, weaker)
    assert (state.phenotype, changed.phenotype) == ("Intermediate Metabolizer", "Poor Metabolizer")
    assert states_of(pair, gene) == (state,)
    assert usual_phenotype(weaker) == "Poor Metabolizer" != usual_phenotype(gene)


def test_what_no_table_knows_is_not_kept() -> None:
    gene = knowledge().genes["CYP2C19"]
    unknown = Diplotype("CYP2C19", (AlleleCopies("*1"), AlleleCopies("J. Doe, born 1950")))
    assert states_of(unknown, gene) == ()
    assert unknown not in _STATES.of(gene)
