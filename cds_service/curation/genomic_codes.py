"""Reads the code tables of genomic results: `knowledge/codes/`, and a site's own list of test codes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

from cds_service.core.codes import TEST_KINDS, GeneName, GenomicCodes, TestCode, plain_words
from cds_service.core.errors import KnowledgeError

LOINC = "http://loinc.org"
#: Rows of this confidence document a code that was seen or recalled; they are never used for a match.
NOT_USED = "low"

TestKey = tuple[str, str]
Key = TypeVar("Key")
Value = TypeVar("Value")


def load_genomic_codes(folder: Path, extra_tests: Mapping[TestKey, TestCode] | None = None) -> GenomicCodes:
    """
    Read all tables of a folder.

    Args:
        folder: `knowledge/codes`.
        extra_tests: A site's own codes, see `load_site_tests`; they win over the tables.

    Raises:
        KnowledgeError: A table is missing, has other columns, or says two things about one key.
    """
    genes = list(_rows(folder / "hgnc.tsv", "gene", "hgnc", "tested_in", "source"))
    words = list(_rows(folder / "answer_words.tsv", "words", "gene", "term", "kind", "old", "source"))
    answers = list(_answer_rows(folder / "loinc_answers.tsv"))
    coded = [row["term"] for row in answers if row["group"] == "phenotype"]
    return GenomicCodes(
        tests={**_tests(folder), **(extra_tests or {})},
        answers=_once(folder / "loinc_answers.tsv", ((row["code"], row["term"]) for row in answers)),
        answer_words=_once(folder / "answer_words.tsv", ((_word_key(row), row["term"]) for row in words)),
        gene_by_hgnc=_once(folder / "hgnc.tsv", ((row["hgnc"], row["gene"]) for row in genes if row["hgnc"])),
        symbols=frozenset(row["gene"] for row in genes),
        phenotypes=frozenset([*coded, *(row["term"] for row in words if row["kind"] == "phenotype")]),
        old_words=frozenset(plain_words(row["words"]) for row in words if row["old"]),
        gene_names=_gene_names(folder / "gene_names.tsv"),
        test_words=_test_words(folder / "test_words.tsv"),
        transcripts=_transcripts(folder / "transcripts.tsv"),
        tumour_genes=frozenset(row["gene"] for row in genes if row["tested_in"] == "tumour"),
    )


def load_site_tests(path: Path, system: str = "") -> Mapping[TestKey, TestCode]:
    """
    Read a site's own test codes: what is sent as a local code, and what it stands for.

    Args:
        path: A table with the columns `code`, `gene` and `kind`; `system` and `allele` may be there too.
        system: The code system of rows that name none.

    Raises:
        KnowledgeError: The table is missing, lacks a column, or a row has no system or no code.
    """
    found = []
    for row in _rows(path, "code", "gene", "kind"):
        own = row.get("system") or system
        if not own or not row["code"]:
            raise KnowledgeError(f"{path.name}: every row needs a code and a code system")
        found.append(((own, row["code"]), _test_code(path, row, row["gene"])))
    return _once(path, found)


def _tests(folder: Path) -> dict[TestKey, TestCode]:
    columns = ("code", "kind", "genes", "allele", "display", "source", "confidence")
    loinc = [{**row, "system": LOINC} for row in _rows(folder / "loinc_pgx.tsv", *columns)]
    other = list(_rows(folder / "other_codes.tsv", "system", *columns))
    used = [row for row in (*loinc, *other) if row["confidence"] != NOT_USED]
    path = folder / "loinc_pgx.tsv"
    return _once(path, (((row["system"], row["code"]), _test_code(path, row, row["genes"])) for row in used))


def _test_code(path: Path, row: Mapping[str, str], genes: str) -> TestCode:
    if row["kind"] not in TEST_KINDS:
        raise KnowledgeError(f"{path.name}: code {row['code']} has a kind that no reader knows")
    return TestCode(row["kind"], _listed(genes), row.get("allele", ""))


def _listed(cell: str) -> tuple[str, ...]:
    """Several values of one cell: `BCR | ABL1`, or with semicolons as sites write it."""
    return tuple(part.strip() for part in cell.replace(";", "|").split("|") if part.strip())


def _answer_rows(path: Path) -> Iterator[dict[str, str]]:
    columns = ("system", "code", "display", "term", "group", "list", "source", "confidence")
    return (row for row in _rows(path, *columns) if row["confidence"] != NOT_USED)


def _word_key(row: Mapping[str, str]) -> str:
    return plain_words(f"{row['gene']} {row['words']}")


def _gene_names(path: Path) -> dict[str, GeneName]:
    rows = list(_rows(path, "name", "genes", "allele"))
    meanings = (GeneName(_listed(row["genes"]), row["allele"]) for row in rows)
    return _once(path, zip((row["name"].lower() for row in rows), meanings, strict=True))


def _test_words(path: Path) -> dict[str, str]:
    return _once(path, ((row["words"].lower(), row["kind"]) for row in _rows(path, "words", "kind")))


def _transcripts(path: Path) -> dict[str, str]:
    rows = _rows(path, "gene", "transcript", "source", "confidence")
    return _once(path, ((row["transcript"], row["gene"]) for row in rows))


def _once(path: Path, pairs: Iterable[tuple[Key, Value]]) -> dict[Key, Value]:
    """A mapping of the pairs; the same key with two meanings is a mistake in the table."""
    found: dict[Key, Value] = {}
    for key, value in pairs:
        if found.setdefault(key, value) != value:
            raise KnowledgeError(f"{path.name}: {key} stands there with two meanings; keep one row")
    return found


def _rows(path: Path, *columns: str) -> Iterator[dict[str, str]]:
    """The rows of a tab-separated table that must have these columns; empty cells are empty texts."""
    try:
        lines = path.read_text("utf8").splitlines()
    except OSError as fault:
        raise KnowledgeError(f"{path.name} cannot be read; it belongs in {path.parent.name}/") from fault
    header = lines[0].split("\t") if lines else []
    missing = [column for column in columns if column not in header]
    if missing:
        raise KnowledgeError(f"{path.name}: column {missing[0]} is missing in the first line")
    for number, line in enumerate(lines[1:], 2):
        cells = line.split("\t")
        if len(cells) > len(header):
            raise KnowledgeError(f"{path.name} line {number}: {len(cells)} cells under {len(header)} columns")
        yield dict(zip(header, [*cells, *[""] * (len(header) - len(cells))], strict=True))
