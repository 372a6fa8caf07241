"""
Tests of single alleles: what was looked for and found, and why that is not yet a result of the gene.

An allele that was found says nothing about the other copy of the gene, and alleles that were not found leave
all others open. Nothing here ever stands for a reference allele.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from cds_service.core.diplotype import AlleleCopies, Diplotype
from cds_service.core.evidence import ReportedResult
from cds_service.core.genes import Gene
from cds_service.core.genotype_alleles import AlleleTable
from cds_service.core.model import Notice
from cds_service.core.panel_variants import panel_change
from cds_service.core.phenotype import GeneState, states_of

_NONE = "-"


@dataclass(frozen=True, slots=True)
class LookedFor:
    """
    What tests of single alleles of one gene say together.

    Args:
        gene: HGNC symbol.
        found: Allele -> zygosity, or empty where none is stated.
        absent: Alleles that were looked for and are not there.
        undecided: Alleles that were looked for without an answer, or with two that contradict each other.
    """

    gene: str
    found: Mapping[str, str] = field(default_factory=dict)
    absent: tuple[str, ...] = ()
    undecided: tuple[str, ...] = ()

    @property
    def notice(self) -> Notice:
        """Which alleles were looked for, and with what result."""
        found, absent = (", ".join(names) or _NONE for names in (self.found, self.absent))
        return Notice.of("single-alleles", gene=self.gene, found=found, absent=absent)


def looked_for(reports: Iterable[ReportedResult], gene: Gene) -> LookedFor:
    """
    Sort the alleles of presence tests and of single variants by what was found.

    An allele that the gene's table does not know keeps its name.
    """
    table = AlleleTable.of(gene)
    answers: dict[str, set[bool | None]] = {}
    zygosity: dict[str, str] = {}
    for report in reports:
        change = panel_change(report, gene)
        name = change.allele if change else _name(report.allele or report.text, table)
        answers.setdefault(name, set()).add(report.present)
        zygosity[name] = zygosity.get(name) or report.zygosity
    decided = {name: said - {None} for name, said in answers.items()}
    return LookedFor(
        gene.symbol,
        {name: zygosity[name] for name, said in decided.items() if said == {True}},
        tuple(name for name, said in decided.items() if said == {False}),
        tuple(name for name, said in decided.items() if len(said) != 1),
    )


def states_of_found(seen: LookedFor, gene: Gene) -> tuple[GeneState, ...]:
    """The states of the gene, where one allele is stated to be on both copies; else none."""
    both = [name for name, zygosity in seen.found.items() if zygosity == "homozygous"]
    if len(both) != 1 or len(seen.found) != 1:
        return ()
    return states_of(Diplotype(gene.symbol, (AlleleCopies(both[0]),) * 2), gene)


def contradicted(states: Sequence[GeneState], seen: LookedFor, gene: Gene) -> tuple[GeneState, ...]:
    """
    What else the gene may be in if tests of single alleles are right and its genotype is not.

    They contradict it where they found an allele in a person without any, or did not find one the person is
    said to have. Alleles that share variants are not compared: a test of one may also show another.

    Returns:
        States; empty if nothing contradicts.
    """
    other: dict[GeneState, None] = {}
    for state in states:
        if state.diplotype is None:
            return ()
        names = {copies.allele for copies in state.diplotype.alleles}
        if names == {gene.reference}:
            for allele in [name for name in seen.found if name not in names]:
                other.update(dict.fromkeys(_with_one(state, gene.reference, allele, gene)))
        for allele in sorted(names - {gene.reference}):
            if allele in seen.absent:
                other.update(dict.fromkeys(_with_one(state, allele, gene.reference, gene)))
    return tuple(other)


def _with_one(state: GeneState, old: str, new: str, gene: Gene) -> tuple[GeneState, ...]:
    """The state with one allele replaced by another."""
    if state.diplotype is None:
        return ()
    alleles = list(state.diplotype.alleles)
    place = next(index for index, copies in enumerate(alleles) if copies.allele == old)
    alleles[place] = AlleleCopies(new)
    return states_of(AlleleTable.of(gene).diplotype(alleles), gene)


def _name(written: str, table: AlleleTable) -> str:
    """The allele in the spelling of the gene's table; as written if it has none."""
    bare = written.strip().removeprefix(table.gene.symbol).strip(" :_")
    return table.find(bare) or table.star(bare).name
