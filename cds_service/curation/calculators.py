"""Reads `knowledge/calculators/`: published formulas and tables that give a dose."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import Any

from cds_service.core.calculator import (
    DAYS,
    QUANTITIES,
    Calculator,
    DoseTable,
    Formula,
    GeneTerm,
    Option,
    Question,
)
from cds_service.core.errors import KnowledgeError
from cds_service.curation.conditions import parse_condition, parse_range
from cds_service.curation.files import only_keys, read_json, required
from cds_service.curation.numbers import decimal

_COMMON = {"id", "drug", "name", "cite", "pmid", "period", "notes", "genes"}


def load_calculators(
    folder: Path, genes: frozenset[str], value_sets: frozenset[str]
) -> Mapping[str, Calculator]:
    """
    Read all calculators; id -> calculator. None if there is no such folder.

    Args:
        folder: `knowledge/calculators`.
        genes: Symbols they may refer to.
        value_sets: Names their conditions may refer to.

    Raises:
        KnowledgeError: A file is malformed, or names something unknown.
    """
    found: dict[str, Calculator] = {}
    for path in sorted(folder.glob("*.json")):
        value = read_json(path)
        if required(value, "id", str(path)) != path.stem:
            raise KnowledgeError(f"{path}: 'id' must be the name of the file")
        if value.get("period") not in DAYS:
            raise KnowledgeError(f"{path}: period must be one of {', '.join(DAYS)}")
        found[path.stem] = (
            _table(value, path, genes) if "rows" in value else _formula(value, path, genes, value_sets)
        )
    return found


def _formula(
    value: Mapping[str, Any], path: Path, genes: frozenset[str], value_sets: frozenset[str]
) -> Formula:
    only_keys(value, _COMMON | {"form", "start", "numbers", "questions", "ranges"}, str(path))
    unknown = sorted({*value["numbers"], *value["ranges"]} - set(QUANTITIES))
    if unknown:
        raise KnowledgeError(f"{path}: unknown quantity {', '.join(unknown)}; known: {', '.join(QUANTITIES)}")
    if value.get("form") not in ("square", "exp"):
        raise KnowledgeError(f"{path}: form must be square or exp")
    where = str(path)
    return Formula(
        id=value["id"],
        name=required(value, "name", where),
        form=value["form"],
        period=value["period"],
        start=decimal(required(value, "start", where), where),
        numbers={name: decimal(text, f"{where}: {name}") for name, text in value["numbers"].items()},
        genes=tuple(_gene(item, where, genes) for item in value["genes"]),
        questions=tuple(_question(item, where, value_sets) for item in value.get("questions", ())),
        ranges={name: parse_range(item, f"{where}: {name}") for name, item in value["ranges"].items()},
        notes=tuple(value.get("notes", ())),
    )


def _gene(value: Mapping[str, Any], where: str, genes: frozenset[str]) -> GeneTerm:
    only_keys(value, {"gene", "add", "read_as", "unknown"}, where)
    gene = required(value, "gene", where)
    if gene not in genes:
        raise KnowledgeError(f"{where}: there is no gene {gene}")
    add = {result: decimal(text, f"{where}: {gene} {result}") for result, text in value["add"].items()}
    unknown = decimal(value["unknown"], f"{where}: {gene}") if "unknown" in value else None
    return GeneTerm(gene, add, dict(value.get("read_as", {})), unknown)


def _question(value: Mapping[str, Any], where: str, value_sets: frozenset[str]) -> Question:
    only_keys(value, {"options", "otherwise"}, where)
    options = tuple(_option(item, where, value_sets) for item in required(value, "options", where))
    return Question(options, _option(required(value, "otherwise", where), where, value_sets))


def _option(value: Mapping[str, Any], where: str, value_sets: frozenset[str]) -> Option:
    only_keys(value, {"name", "add", "when", "note"}, where)
    name = required(value, "name", where)
    when = parse_condition(value["when"], f"{where}: {name}", value_sets) if "when" in value else None
    return Option(name, decimal(value["add"], f"{where}: {name}"), when, value.get("note", ""))


def _table(value: Mapping[str, Any], path: Path, genes: frozenset[str]) -> DoseTable:
    only_keys(value, _COMMON | {"rows"}, str(path))
    names = tuple(value["genes"])
    unknown = [gene for gene in names if gene not in genes]
    if unknown:
        raise KnowledgeError(f"{path}: there is no gene {', '.join(unknown)}")
    rows = {}
    for number, row in enumerate(value["rows"], start=1):
        where = f"{path}: row {number}"
        only_keys(row, {*names, "low", "high"}, where)
        for key in product(*(required(row, gene, where) for gene in names)):
            if key in rows:
                raise KnowledgeError(f"{where}: {', '.join(key)} stands in another row, too")
            rows[key] = (decimal(row["low"], where), decimal(row["high"], where))
    return DoseTable(
        value["id"],
        required(value, "name", str(path)),
        value["period"],
        names,
        rows,
        tuple(value.get("notes", ())),
    )
