"""Reads `knowledge/frequencies/`: how common alleles and results are, by group. No advice depends on them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TypeVar

from cds_service.core.activity import ActivityScore
from cds_service.core.errors import KnowledgeError
from cds_service.core.genes import Gene
from cds_service.core.phenotype import phenotype_of_score

FOLDER = "frequencies"
ALLELES, RESULTS, STUDIES = (f"{FOLDER}/{name}.tsv" for name in ("alleles", "results", "studies"))
#: The score of a diplotype with an allele that has no value.
NO_SCORE = "n/a"
_HEADERS = {
    ALLELES: ("gene", "allele", "group", "frequency", "source"),
    RESULTS: ("gene", "result", "group", "frequency", "source"),
    STUDIES: (
        "gene", "allele", "group", "frequency", "people", "population", "detail", "subjects", "author",
        "year", "source",
    ),
}  # fmt: skip
_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class Frequency:
    """
    How common an allele or a result is in a group.

    Args:
        gene: Symbol.
        name: Allele, class, or activity score as the source writes it.
        group: Biogeographic group as the source names it.
        share: 0 to 1, of chromosomes for an allele, of people for a result. 0 = tested and not seen.
        source: Table and date.
    """

    gene: str
    name: str
    group: str
    share: Decimal
    source: str


@dataclass(frozen=True, slots=True)
class Study:
    """
    One study behind the number of a group.

    Args:
        gene, allele, group: As in `Frequency`.
        share: Of the chromosomes of this study.
        people: Number of people.
        population: Who they were, in words.
        source: Author, year, and PubMed id or address.
    """

    gene: str
    allele: str
    group: str
    share: Decimal
    people: int
    population: str
    source: str


@dataclass(frozen=True, slots=True)
class Frequencies:
    """All numbers, in the order of the files."""

    alleles: tuple[Frequency, ...]
    results: tuple[Frequency, ...]
    studies: tuple[Study, ...]


def load_frequencies(folder: Path, genes: Mapping[str, Gene]) -> Frequencies:
    """
    Read the three tables strictly.

    Args:
        folder: The knowledge folder.
        genes: Its genes, compiled.

    Raises:
        KnowledgeError: If a file is missing, or a row is malformed, stands twice, has no source, or names
            what the genes do not have.
    """
    texts = {name: _text(folder / name) for name in _HEADERS}
    for name, text in texts.items():
        for line, what in faults_in(name, text, genes):
            raise KnowledgeError(f"{folder / name} line {line}: {what}")
    return Frequencies(
        tuple(_values(texts[ALLELES], _allele, genes)),
        tuple(_values(texts[RESULTS], _result, genes)),
        tuple(_values(texts[STUDIES], _study, genes)),
    )


def faults_in(name: str, text: str, genes: Mapping[str, Gene]) -> Iterator[tuple[int, str]]:
    """Line and words for everything that is wrong in one of the tables."""
    header = _HEADERS[name]
    if text.split("\n", 1)[0] != "\t".join(header):
        yield 1, f"the header must be {' '.join(header)}"
        return
    seen: set[tuple[str, ...]] = set()
    for number, row in _rows(text):
        try:
            _READERS[name](row, genes)
        except ValueError as fault:
            yield number, str(fault)
            continue
        apart = () if name == STUDIES else ("source",)
        key = tuple(row[column] for column in header if column not in ("frequency", *apart))
        if key in seen:
            yield number, "the row stands there twice"
        seen.add(key)


def class_of(result: str, gene: Gene) -> str:
    """
    The class of a result: itself, or the class of a score by CPIC's bands.

    Empty if it is neither a class of the gene nor a score that has one.
    """
    if result in gene.phenotypes:
        return result
    if result == NO_SCORE:
        return gene.indeterminate
    try:
        return phenotype_of_score(ActivityScore(Decimal(result.lstrip("≥"))), gene)
    except InvalidOperation:
        return ""


# -- rows ----------------------------------------------------------------------------------------


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as fault:
        raise KnowledgeError(f"{path}: {fault.strerror}") from None


def _rows(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    lines = text.split("\n")
    header = lines[0].split("\t")
    for number, line in enumerate(lines[1:], start=2):
        if line:
            cells = line.split("\t")
            yield number, dict(zip(header, cells, strict=False)) if len(cells) == len(header) else {}


def _values(
    text: str, read: Callable[[Mapping[str, str], Mapping[str, Gene]], _Value], genes: Mapping[str, Gene]
) -> Iterator[_Value]:
    return (read(row, genes) for _, row in _rows(text))


def _allele(row: Mapping[str, str], genes: Mapping[str, Gene]) -> Frequency:
    gene = _gene(row, genes)
    _known_allele(row, gene)
    return Frequency(gene.symbol, row["allele"], _filled(row, "group"), _share(row), _filled(row, "source"))


def _result(row: Mapping[str, str], genes: Mapping[str, Gene]) -> Frequency:
    gene = _gene(row, genes)
    if not class_of(row["result"], gene):
        raise ValueError(f"'{row['result']}' is neither a class nor a score of {gene.symbol}")
    return Frequency(gene.symbol, row["result"], _filled(row, "group"), _share(row), _filled(row, "source"))


def _study(row: Mapping[str, str], genes: Mapping[str, Gene]) -> Study:
    gene = _gene(row, genes)
    _known_allele(row, gene)
    if not (row["people"].isdigit() and int(row["people"])):
        raise ValueError("'people' must be a number above 0")
    words = ", ".join(row[column] for column in ("population", "detail", "subjects") if row[column])
    author = " ".join(row[column] for column in ("author", "year") if row[column])
    source = ", ".join(part for part in (author, _filled(row, "source")) if part)
    return Study(
        gene.symbol, row["allele"], _filled(row, "group"), _share(row), int(row["people"]), words, source
    )


_READERS: Mapping[str, Callable[[Mapping[str, str], Mapping[str, Gene]], object]] = {
    ALLELES: _allele,
    RESULTS: _result,
    STUDIES: _study,
}


def _gene(row: Mapping[str, str], genes: Mapping[str, Gene]) -> Gene:
    if not row:
        raise ValueError("another number of cells than the header")
    if row["gene"] not in genes:
        raise ValueError(f"there is no gene '{row['gene']}'")
    return genes[row["gene"]]


def _known_allele(row: Mapping[str, str], gene: Gene) -> None:
    if row["allele"] not in gene.alleles:
        raise ValueError(f"'{row['allele']}' is no allele of {gene.symbol}")


def _filled(row: Mapping[str, str], column: str) -> str:
    if not row[column]:
        raise ValueError(f"a number without a {column} is not shown: '{column}' is empty")
    return row[column]


def _share(row: Mapping[str, str]) -> Decimal:
    try:
        share = Decimal(row["frequency"])
    except InvalidOperation:
        raise ValueError(f"'{row['frequency']}' is no number") from None
    if not (share.is_finite() and 0 <= share <= 1):
        raise ValueError(f"{row['frequency']} is no share between 0 and 1")
    return share
