"""Frequencies are shares with a source, of alleles and results that the genes have."""

from __future__ import annotations

from collections.abc import Iterator

from cds_service.curation.context import Context, Fault
from cds_service.curation.frequencies import ALLELES, RESULTS, STUDIES, faults_in

name = "frequencies"


def run(context: Context) -> Iterator[Fault]:
    """Rows that cannot be shown. A folder without frequencies has none to check."""
    genes = context.knowledge.genes if context.knowledge else {}
    for file in (ALLELES, RESULTS, STUDIES):
        if genes and file in context.tables:
            for line, what in faults_in(file, context.tables[file], genes):
                yield Fault(file, f"line {line}", f"{what}; correct the row")
