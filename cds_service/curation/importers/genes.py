"""What a source says of one gene, compared with the knowledge and written as a proposal."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from cds_service.core.genes import Gene, Method
from cds_service.core.phenotype import phenotype_of_score, state_of_score
from cds_service.curation.canonical import dumps
from cds_service.curation.files import read_json, read_tsv
from cds_service.curation.genes import normal_spelling
from cds_service.curation.importers.reading import RowError
from cds_service.curation.importers.report import Finding, Report, write_table

_COLUMNS = ("allele", "function", "activity", "aliases", "source")
_BY_SCORE = (Method.ACTIVITY_SCORE, Method.LOWEST_FUNCTION)
_NO_VALUE = {"", "n/a", "na", "null"}
_SYMBOL = re.compile(r"[A-Z][A-Z0-9-]*")
_NUMBER = re.compile(r"≥?\d+(\.\d+)?")


@dataclass(slots=True)
class SourceGene:
    """
    One gene as a release has it.

    Args:
        symbol: HGNC symbol.
        alleles: Name -> function and activity value as text; each may be empty.
        classes: Sorted functions of the alleles -> classes seen for them, with an example diplotype.
        scores: Activity score as text -> classes seen for it, with an example diplotype.
        reference: Name of the reference allele, or empty if the release does not say.
        defined: Further alleles that have a definition, while the release says nothing of their function.
    """

    symbol: str
    alleles: dict[str, tuple[str, str]] = field(default_factory=dict)
    classes: dict[tuple[str, ...], dict[str, str]] = field(default_factory=dict)
    scores: dict[str, dict[str, str]] = field(default_factory=dict)
    reference: str = ""
    defined: set[str] = field(default_factory=set)

    def saw(self, alleles: tuple[str, ...], phenotype: str, score: str) -> None:
        """
        Note one row of a diplotype table.

        Raises:
            RowError: If it names an allele that the release does not list.
        """
        unknown = [name for name in alleles if name not in self.alleles]
        if unknown:
            raise RowError(f"{self.symbol} {'/'.join(alleles)}: no allele row for {', '.join(unknown)}")
        functions = [self.alleles[name][0] for name in alleles]
        example = "/".join(alleles)
        if all(functions):
            self.classes.setdefault(tuple(sorted(functions)), {}).setdefault(phenotype, example)
        if score:
            self.scores.setdefault(score, {}).setdefault(phenotype, example)


def gene_symbol(value: str) -> str:
    """
    A gene symbol, which also names a folder of the proposal.

    Raises:
        RowError: If it is none.
    """
    if not _SYMBOL.fullmatch(value):
        raise RowError(f"'{value}' is no gene symbol")
    return value


def activity(value: str, where: str) -> str:
    """
    An activity value as the knowledge writes it; empty for "not assigned".

    Raises:
        RowError: If it is no number.

    >>> activity("≥3.0", "x"), activity("n/a", "x")
    ('≥3.0', '')
    """
    if value.casefold() in _NO_VALUE:
        return ""
    plain = value.replace(">=", "≥").replace(" ", "")
    if not _NUMBER.fullmatch(plain):
        raise RowError(f"{where}: the activity value '{value}' is no number")
    return plain


def propose_gene(
    source: SourceGene, gene: Gene | None, old: Path, out: Path, label: str, report: Report
) -> None:
    """
    Compare one gene with the knowledge and write the whole folder `genes/<GENE>/` if anything differs.

    Args:
        source: The gene in the release.
        gene: The gene in the knowledge, if it is there.
        old: The gene's folder in the knowledge.
        out: The gene's folder in the proposal.
        label: For the column `source` of new and changed rows.
        report: Takes what differs.
    """
    if gene is None:
        _new_gene(source, out, label, report)
        return
    rows, changed = _alleles(source, gene, old, label, report)
    _reference(source, gene, report)
    document = None
    if gene.method in _BY_SCORE:
        _scores(source, gene, report)
    elif gene.method is not Method.ALLELE_PRESENCE:
        document = _classes(source, gene, old, report)
    if changed or document is not None:
        write_table(out / "alleles.tsv", _COLUMNS, rows)
        text = dumps(document or read_json(old / "gene.json"))
        (out / "gene.json").write_text(text, encoding="utf-8")


def _new_gene(source: SourceGene, out: Path, label: str, report: Report) -> None:
    rows = [(name, *values, "", label) for name, values in source.alleles.items()]
    write_table(out / "alleles.tsv", _COLUMNS, rows)
    report.add(
        Finding.TO_REVIEW,
        source.symbol,
        f"a gene the knowledge does not have, with {len(rows)} alleles; its gene.json (method, reference, "
        "HGNC number) has to be written by hand",
    )


def _alleles(
    source: SourceGene, gene: Gene, old: Path, label: str, report: Report
) -> tuple[list[tuple[str, ...]], bool]:
    names = _known_names(source, gene, report)
    rows: list[tuple[str, ...]] = []
    changed = False
    for row in read_tsv(old / "alleles.tsv", _COLUMNS):
        cells = tuple(row[column] for column in _COLUMNS)
        written = names.pop(row["allele"], None)
        if written in source.defined or row["allele"] in source.defined:
            pass  # a definition says nothing about the function: the known one stays
        elif written is None:
            report.add(
                Finding.GONE,
                gene.symbol,
                f"allele {row['allele']} ({row['function'] or 'no function'}) is not in the release; "
                "kept in the proposal, because laboratories still send old names",
            )
        elif not _same(source.alleles[written], (row["function"], row["activity"])):
            now = source.alleles[written]
            report.add(
                Finding.CHANGED,
                gene.symbol,
                f"allele {row['allele']}: {_shown(row['function'], row['activity'])} -> {_shown(*now)}",
            )
            cells = (row["allele"], *now, row["aliases"], label)
            changed = True
        rows.append(cells)
    for written in [*names.values(), *sorted(source.defined - set(gene.alleles), key=natural)]:
        values = source.alleles.get(written, ("", ""))
        report.add(Finding.NEW, gene.symbol, f"allele {written}: {_shown(*values)}")
        rows.append((written, *values, "", label))
        changed = True
    return rows, changed


def _known_names(source: SourceGene, gene: Gene, report: Report) -> dict[str, str]:
    """Name in the knowledge -> name in the release; a release may write one allele in two ways."""
    names: dict[str, str] = {}
    for written in source.alleles:
        name = gene.aliases.get(normal_spelling(written), written)
        other = names.setdefault(name, written)
        if other != written:
            what = f"{other} and {written} are both read as {name}; {other} counts"
            report.add(Finding.TO_REVIEW, gene.symbol, what)
    return names


def natural(name: str) -> tuple[tuple[int, str], ...]:
    """
    A key that sorts *2 before *10.

    >>> sorted(["*10", "*2", "*2x2"], key=natural)
    ['*2', '*2x2', '*10']
    """
    parts = re.findall(r"\d+|\D+", name)
    return tuple((int(part), "") if part.isdigit() else (-1, part) for part in parts)


def _same(now: tuple[str, str], was: tuple[str, str]) -> bool:
    return now[0] == was[0] and _number(now[1]) == _number(was[1])


def _number(value: str) -> tuple[bool, Decimal | None]:
    return value.startswith("≥"), Decimal(value.lstrip("≥")) if value else None


def _shown(function: str, value: str) -> str:
    return (function or "no function assigned") + (f", activity value {value}" if value else "")


def _reference(source: SourceGene, gene: Gene, report: Report) -> None:
    if source.reference and source.reference != gene.reference:
        report.add(
            Finding.TO_REVIEW,
            gene.symbol,
            f"the release's reference sequence is {source.reference}; the knowledge takes "
            f"{gene.reference or 'none'} for 'no variant found'. Both can be right: decide which "
            "one laboratories mean",
        )


def _scores(source: SourceGene, gene: Gene, report: Report) -> None:
    """Bands are not rewritten: what lies between two seen scores cannot be derived from them."""
    for score, seen in sorted(source.scores.items()):
        try:
            state = state_of_score(Decimal(score.lstrip("≥")), gene)
        except InvalidOperation:
            state = None
        known = phenotype_of_score(state.score, gene) if state and state.score else gene.indeterminate
        for phenotype, example in seen.items():
            if phenotype != known:
                report.add(
                    Finding.TO_REVIEW,
                    gene.symbol,
                    f"score {score} ({example}) is {phenotype} in the release, "
                    f"and {known or 'nothing'} by the bands",
                )


def _classes(source: SourceGene, gene: Gene, old: Path, report: Report) -> dict[str, Any] | None:
    document = read_json(old / "gene.json")
    pairs = dict(gene.pairs)
    for functions, seen in sorted(source.classes.items()):
        if len(seen) > 1:
            examples = "; ".join(f"{example} {phenotype}" for phenotype, example in seen.items())
            report.add(
                Finding.TO_REVIEW,
                gene.symbol,
                f"{' + '.join(functions)} has more than one class: {examples}. The knowledge's own is kept",
            )
            continue
        (phenotype,) = seen
        _one_class(functions, phenotype, gene, pairs, report)
    for functions in gene.pairs:
        if source.classes and functions not in source.classes:
            report.add(Finding.GONE, gene.symbol, f"no diplotype of the release has {' + '.join(functions)}")
    if pairs == dict(gene.pairs):
        return None
    return {**document, "pairs": _written(pairs), "phenotypes": _terms(pairs, gene, report)}


def _one_class(
    functions: tuple[str, ...], phenotype: str, gene: Gene, pairs: dict[tuple[str, ...], str], report: Report
) -> None:
    was = gene.pairs.get(functions)
    if was == phenotype or (was is None and phenotype == gene.indeterminate):
        return
    words = " + ".join(functions)
    if was is None:
        report.add(Finding.NEW, gene.symbol, f"{words} is {phenotype}")
    else:
        report.add(Finding.CHANGED, gene.symbol, f"{words}: {was} -> {phenotype}")
    pairs[functions] = phenotype


def _written(pairs: Mapping[tuple[str, ...], str]) -> list[dict[str, Any]]:
    return [{"functions": list(functions), "phenotype": pairs[functions]} for functions in sorted(pairs)]


def _terms(pairs: Mapping[tuple[str, ...], str], gene: Gene, report: Report) -> list[str]:
    for term in sorted(set(pairs.values()) - set(gene.phenotypes)):
        report.add(Finding.TO_REVIEW, gene.symbol, f"the class '{term}' is new: no rule asks for it yet")
    return sorted({*gene.phenotypes, *pairs.values()})
