"""
Reads tables of the CPIC database as its API gives them: a folder with `allele.json`, `diplotype.json`,
`recommendation.json` and so on, each the answer of `https://api.cpicpgx.org/v1/<table>`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from cds_service.core.errors import InputError
from cds_service.core.knowledge_base import KnowledgeBase
from cds_service.curation.importers.cpic_pairs import check_pairs
from cds_service.curation.importers.cpic_rules import compare_rules
from cds_service.curation.importers.genes import SourceGene, activity, gene_symbol, propose_gene
from cds_service.curation.importers.reading import (
    Row,
    RowError,
    each_row,
    mapping,
    optional_text,
    read_json,
    table_rows,
    text,
)
from cds_service.curation.importers.report import Finding, Report

#: Table of the database -> columns without which it is not that table.
TABLES: Mapping[str, tuple[str, ...]] = {
    "allele": ("genesymbol", "name", "clinicalfunctionalstatus"),
    "diplotype": ("genesymbol", "diplotype", "diplotypekey", "generesult"),
    "drug": ("drugid", "name"),
    "pair": ("genesymbol", "drugid", "cpiclevel"),
    "recommendation": ("drugid", "lookupkey", "classification", "drugrecommendation"),
}
_REMEDY = "Save the answer of https://api.cpicpgx.org/v1/{table} as {table}.json"
_FETCH = (
    "Give a folder with " + ", ".join(f"{table}.json" for table in TABLES) + ", each the answer of "
    "https://api.cpicpgx.org/v1/<table>; a database dump has to be loaded first, and these tables and views "
    "exported as JSON"
)


def import_cpic(
    path: Path, knowledge_folder: Path, knowledge: KnowledgeBase, out: Path, since: Path | None = None
) -> Report:
    """
    Read tables of the CPIC database.

    Functions and classes of alleles become proposals for `genes/`. Recommendations are compared and listed
    in `review/recommendations.tsv`: actions and doses are in sentences, and are never derived from them.

    Args:
        path: Folder with one JSON file a table, or one JSON file with an object table -> rows.
        knowledge_folder: The knowledge folder to compare with.
        knowledge: The same, compiled.
        out: Folder for the proposals.
        since: An earlier export; then changed texts are found, too.

    Returns:
        What was found; the proposals are written, the report is not.

    Raises:
        InputError: If there is no table, or a file is not the table its name says.
    """
    report = Report(f"CPIC database, {path.name}")
    tables = read_tables(path, report)
    label = f"CPIC database export ({path.name})"
    for symbol, gene in sorted(_genes(tables, report).items()):
        folder = knowledge_folder / "genes" / symbol
        propose_gene(gene, knowledge.genes.get(symbol), folder, out / "genes" / symbol, label, report)
    earlier = read_tables(since, report) if since else {}
    compare_rules(tables, earlier, knowledge, out, report)
    check_pairs(tables, knowledge, report)
    return report


def read_tables(path: Path, report: Report) -> dict[str, list[Row]]:
    """
    The tables of an export.

    Raises:
        InputError: If there is none, or one has another shape.
    """
    if path.is_file():
        if path.suffix != ".json":
            raise InputError(f"{path}: only JSON is read. {_FETCH}")
        values = read_json(path)
        if not isinstance(values, Mapping):
            raise InputError(f"{path}: must hold an object with one list of rows for each table. {_FETCH}")
    else:
        values = {file.stem.lower(): read_json(file) for file in sorted(path.glob("*.json"))}
    for name in sorted(set(values) - set(TABLES)):
        report.add(Finding.NOTE, name, "this table is not read", path.name)
    found: dict[str, list[Row]] = {
        name: table_rows(values[name], TABLES[name], f"{path.name}: {name}", _REMEDY.format(table=name))
        for name in TABLES
        if name in values
    }
    if not found:
        raise InputError(f"{path}: no table of the CPIC database. {_FETCH}")
    for name in sorted(set(TABLES) - set(found)):
        report.add(Finding.NOTE, name, "not in the export; what it holds was not compared")
    return found


def _genes(tables: Mapping[str, list[Row]], report: Report) -> dict[str, SourceGene]:
    genes: dict[str, SourceGene] = {}
    each_row(tables.get("allele", []), partial(_allele, genes), report, "allele")
    each_row(tables.get("diplotype", []), partial(_diplotype, genes), report, "diplotype")
    return genes


def _allele(genes: dict[str, SourceGene], row: Row, _: str) -> None:
    symbol, name = gene_symbol(text(row, "genesymbol")), text(row, "name")
    gene = genes.setdefault(symbol, SourceGene(symbol))
    if name in gene.alleles:
        raise RowError(f"{symbol} {name} stands twice")
    value = activity(optional_text(row, "activityvalue"), f"{symbol} {name}")
    gene.alleles[name] = (optional_text(row, "clinicalfunctionalstatus"), value)


def _diplotype(genes: Mapping[str, SourceGene], row: Row, _: str) -> None:
    symbol = text(row, "genesymbol")
    gene = genes.get(symbol)
    if gene is None:
        raise RowError(f"{symbol}: no row of the table allele is of this gene")
    key: Mapping[str, Any] = mapping(row, "diplotypekey")
    copies = mapping(key, symbol) if symbol in key else key
    alleles: list[str] = []
    for name, number in copies.items():
        if number not in (1, 2):
            raise RowError(f"diplotypekey: {name} stands {number} times")
        alleles += [name] * number
    score = optional_text(row, "totalactivityscore")
    gene.saw(tuple(alleles), text(row, "generesult"), "" if score.casefold() == "n/a" else score)
