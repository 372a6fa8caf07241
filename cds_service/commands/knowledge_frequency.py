"""`pgx-cds knowledge frequency`: how common an allele or a result is, by group of people, with sources."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from cds_service.core.errors import InputError
from cds_service.core.genes import Gene
from cds_service.curation.frequencies import Frequencies, Frequency, Study, class_of, load_frequencies
from cds_service.curation.genes import load_genes, normal_spelling
from cds_service.resources import knowledge_folder
from cds_service.settings import read_settings

_NOT_TESTED = "-"
_LEAST = Decimal("0.01")
_NUMBER = re.compile(r"<?\d+(\.\d+)?|-|\[\d+\]")


def add_to(tools: Any) -> None:
    """Add the tool to the parser of `knowledge`."""
    parser = tools.add_parser("frequency", help="how common alleles and results are, by group of people")
    parser.add_argument("gene", metavar="GENE")
    parser.add_argument(
        "name", metavar="ALLELE|PHENOTYPE", nargs="?", help="with it: sources and studies, too"
    )
    parser.set_defaults(run=run_frequency)


def run_frequency(options: argparse.Namespace) -> int:
    """Exit 0 with a table, 1 if there is no number, 2 if the gene, allele or result is not known."""
    folder = read_settings(os.environ, require_jwt=False).knowledge or knowledge_folder()
    genes = load_genes(folder / "genes")
    gene = genes.get(options.gene.upper())
    if gene is None:
        raise InputError(f"there is no gene '{options.gene}'; known: {', '.join(genes)}")
    frequencies = load_frequencies(folder, genes)
    found = list(_one(options.name, gene, frequencies) if options.name else _all(gene, frequencies))
    if not found:
        asked = f"{gene.symbol} {options.name}" if options.name else gene.symbol
        print(f"pgx-cds: no frequency of {asked} is on file; that does not mean it is rare", file=sys.stderr)
        return 1
    for line in found:
        print(line)
    return 0


# -- a gene --------------------------------------------------------------------------------------


def _all(gene: Gene, frequencies: Frequencies) -> Iterator[str]:
    alleles = [one for one in frequencies.alleles if one.gene == gene.symbol]
    results = [one for one in frequencies.results if one.gene == gene.symbol]
    if alleles:
        yield f"{gene.symbol} alleles, % of chromosomes"
        yield from _matrix(alleles)
    if results:
        yield ""
        yield f"{gene.symbol} results, % of people"
        yield from _matrix(results)
    if alleles or results:
        yield ""
        yield f"{_NOT_TESTED} = not tested, 0 = tested and not seen"
        yield from (f"source: {source}" for source in dict.fromkeys(one.source for one in alleles + results))


def _matrix(rows: Sequence[Frequency]) -> Iterator[str]:
    groups = list(dict.fromkeys(one.group for one in rows))
    shares = {(one.name, one.group): one.share for one in rows}
    yield from (f"  [{number}] {group}" for number, group in enumerate(groups, start=1))
    table = [["", *(f"[{number}]" for number, _ in enumerate(groups, start=1))]]
    for name in dict.fromkeys(one.name for one in rows):
        table.append([name, *(_percent(shares.get((name, group))) for group in groups)])
    yield from _columns(table)


# -- one allele or result --------------------------------------------------------------------------


def _one(name: str, gene: Gene, frequencies: Frequencies) -> Iterator[str]:
    allele = gene.aliases.get(normal_spelling(name))
    if allele:
        rows = [one for one in frequencies.alleles if (one.gene, one.name) == (gene.symbol, allele)]
        yield from _groups(f"{gene.symbol} {allele}, % of chromosomes", rows)
        studies = [one for one in frequencies.studies if (one.gene, one.allele) == (gene.symbol, allele)]
        yield from _studies(studies)
        return
    results = [one for one in frequencies.results if one.gene == gene.symbol]
    result = _result(name, gene, results)
    rows = [one for one in results if one.name == result]
    if rows:
        yield from _groups(f"{gene.symbol} {result}, % of people", rows)
    else:
        scores = [one for one in results if class_of(one.name, gene) == result]
        yield from _groups(f"{gene.symbol} {result}, % of people, sum of its scores", list(_sums(scores)))


def _result(name: str, gene: Gene, results: Iterable[Frequency]) -> str:
    known = {known.casefold(): known for known in (*gene.phenotypes, *(one.name for one in results))}
    for spelling in (name.casefold(), f"{name}.0"):
        if spelling in known:
            return known[spelling]
    raise InputError(
        f"'{name}' is neither an allele nor a result of {gene.symbol}; results: {', '.join(gene.phenotypes)}"
    )


def _sums(scores: Sequence[Frequency]) -> Iterator[Frequency]:
    for group in dict.fromkeys(one.group for one in scores):
        parts = [one for one in scores if one.group == group]
        yield Frequency(
            parts[0].gene,
            parts[0].name,
            group,
            sum((one.share for one in parts), Decimal(0)),
            parts[0].source,
        )


def _groups(title: str, rows: Sequence[Frequency]) -> Iterator[str]:
    if rows:
        yield title
        ordered = sorted(rows, key=lambda one: -one.share)
        yield from _columns([[one.group, _percent(one.share), one.source] for one in ordered])


def _studies(studies: Sequence[Study]) -> Iterator[str]:
    for group in dict.fromkeys(one.group for one in studies):
        own = sorted((one for one in studies if one.group == group), key=lambda one: -one.share)
        people = sum(one.people for one in own)
        lowest, highest = _percent(own[-1].share), _percent(own[0].share)
        yield ""
        yield f"{group}: {len(own)} studies, {people} people, {lowest} to {highest} %"
        table = [[_percent(one.share), str(one.people), one.population, one.source] for one in own]
        yield from _columns(table)


# -- words ---------------------------------------------------------------------------------------


def _percent(share: Decimal | None) -> str:
    """
    A share in percent with two digits; what is not 0 never looks like 0.

    >>> _percent(Decimal("0.2835")), _percent(Decimal("0.000001")), _percent(Decimal(0)), _percent(None)
    ('28.35', '<0.01', '0', '-')
    """
    if share is None:
        return _NOT_TESTED
    percent = share * 100
    if percent and percent < _LEAST:
        return f"<{_LEAST}"
    return f"{percent:.2f}" if percent else "0"


def _columns(table: Sequence[Sequence[str]]) -> Iterator[str]:
    """Rows as aligned columns, numbers to the right."""
    widths = [max(len(row[column]) for row in table) for column in range(len(table[0]))]
    for row in table:
        cells = [
            cell.rjust(width) if _NUMBER.fullmatch(cell) else cell.ljust(width)
            for cell, width in zip(row, widths, strict=True)
        ]
        yield "  " + "  ".join(cells).rstrip()
