"""Inherited findings that matter without any drug: which results are such, and for whom they are new."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cds_service.core.conditions import Condition, Facts
from cds_service.core.evidence import Origin, ReportedResult, Use


@dataclass(frozen=True, slots=True)
class GermlineKind:
    """
    Inherited changes of some genes that one source calls medically actionable.

    Args:
        id: Stable.
        genes: HGNC symbols.
        condition: Key of the words for what they cause.
        significance: What a laboratory has to say of a change.
        origins: Where the tested DNA may come from.
        known_by: A record that says the condition is known already; then there is nothing to tell.
        name, version, url: The source.
    """

    id: str
    genes: frozenset[str]
    condition: str
    significance: frozenset[str]
    origins: frozenset[Origin]
    known_by: Condition
    name: str
    version: str
    url: str


@dataclass(frozen=True, slots=True)
class GermlineFinding:
    """One gene of a kind, with the reports that speak of it, latest first."""

    kind: GermlineKind
    gene: str
    reports: tuple[ReportedResult, ...]


def germline_findings(
    results: Iterable[ReportedResult], kinds: Iterable[GermlineKind], facts: Facts
) -> tuple[GermlineFinding, ...]:
    """
    What is on file and not known yet.

    A change of uncertain significance is silent. So is one that another report calls anything else:
    laboratories that disagree are no finding.
    """
    listed = list(results)
    return tuple(
        GermlineFinding(kind, gene, found)
        for kind in kinds
        if kind.known_by.holds(facts) is not True
        for gene in sorted(kind.genes)
        if (found := tuple(_of(kind, gene, listed)))
    )


def _counts(result: ReportedResult) -> bool:
    return (
        result.use is Use.YES and result.present is not False and not (result.donor or result.ehr_statement)
    )


def _of(kind: GermlineKind, gene: str, results: Iterable[ReportedResult]) -> Iterator[ReportedResult]:
    mine = [result for result in results if result.gene == gene]
    said = [result for result in mine if result.significance]
    doubted = {result.allele for result in said if result.significance not in kind.significance}
    fitting = [
        result
        for result in said
        if _counts(result)
        and result.significance in kind.significance
        and result.origin in kind.origins
        and result.allele not in doubted
    ]
    dated = [result for result in fitting if result.measured_on is not None]
    yield from sorted(dated, key=lambda result: str(result.measured_on), reverse=True)
    yield from (result for result in fitting if result.measured_on is None)
