"""What tests could not see: alleles of another function, and how often they occur in groups of people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Protocol

from cds_service.core.evidence import ResultKind
from cds_service.core.genes import Gene
from cds_service.core.weigh import GeneEvidence
from cds_service.overview.values import Unseen

_MOST = 12
_LEAST = Decimal("0.01")
_BY_ALLELES = frozenset({ResultKind.DIPLOTYPE, ResultKind.ALLELE_PRESENCE, ResultKind.VARIANT})


class AlleleShare(Protocol):
    """How common an allele is in a group."""

    @property
    def gene(self) -> str:
        """HGNC symbol."""

    @property
    def name(self) -> str:
        """The allele."""

    @property
    def group(self) -> str:
        """Group of people, as the source names it."""

    @property
    def share(self) -> Decimal:
        """0 to 1, of chromosomes."""

    @property
    def source(self) -> str:
        """Table and date."""


def unseen(
    evidence: Mapping[str, GeneEvidence], genes: Mapping[str, Gene], shares: Iterable[AlleleShare]
) -> tuple[Unseen, ...]:
    """
    For each gene that was tested by its alleles: which others of another function there are.

    Args:
        evidence: The results on file.
        genes: Functions of the alleles.
        shares: How common they are.
    """
    by_gene: dict[str, list[AlleleShare]] = {}
    for one in shares:
        by_gene.setdefault(one.gene, []).append(one)
    tested = (gene for gene in sorted(evidence) if _by_alleles(evidence[gene]))
    return tuple(_of_gene(evidence[gene], genes[gene], by_gene.get(gene, [])) for gene in tested)


def _by_alleles(found: GeneEvidence) -> bool:
    return any(report.kind in _BY_ALLELES and not report.ehr_statement for report in found.reports)


def _of_gene(found: GeneEvidence, gene: Gene, shares: Sequence[AlleleShare]) -> Unseen:
    looked_for = tuple(found.presence)
    groups = tuple(dict.fromkeys(one.group for one in shares))
    by_allele: dict[str, dict[str, Decimal]] = {}
    for one in shares:
        by_allele.setdefault(one.name, {})[one.group] = one.share
    seen = {*looked_for, *_carried(found)}
    telling = [
        (name, numbers)
        for name, numbers in by_allele.items()
        if name not in seen and _changes_function(name, gene) and max(numbers.values()) > 0
    ]
    telling.sort(key=lambda item: -max(item[1].values()))
    rows = tuple(
        (name, gene.alleles[name].function or "", tuple(_percent(numbers.get(group)) for group in groups))
        for name, numbers in telling[:_MOST]
    )
    source = shares[0].source if shares else ""
    return Unseen(gene.symbol, looked_for, groups, rows, max(0, len(telling) - _MOST), source)


def _carried(found: GeneEvidence) -> set[str]:
    return {
        copies.allele for state in found.possible if state.diplotype for copies in state.diplotype.alleles
    }


def _changes_function(name: str, gene: Gene) -> bool:
    """Whether an allele is known to work otherwise than the reference allele."""
    allele, reference = gene.alleles.get(name), gene.alleles.get(gene.reference)
    if allele is None or reference is None or allele.function is None:
        return False
    return allele.function != reference.function


def _percent(share: Decimal | None) -> str:
    """
    A share in percent; what is not 0 never looks like 0.

    >>> _percent(Decimal("0.2835")), _percent(Decimal("0.000001")), _percent(Decimal(0)), _percent(None)
    ('28.4', '<0.01', '0', '')
    """
    if share is None:
        return ""
    percent = share * 100
    if percent and percent < _LEAST:
        return f"<{_LEAST}"
    if not percent:
        return "0"
    return f"{percent:.1f}" if percent >= 1 else f"{percent:.2f}"
