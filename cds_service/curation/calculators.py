"""Reads `knowledge/calculators/`: published formulas and tables that give a dose."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import product
from pathlib import Path
from typing import Any

from cds_service.core.adjustments import Adjustment
from cds_service.core.calculator import (
    DAYS,
    QUANTITIES,
    Calculator,
    Fact,
    Formula,
    GeneTerm,
    Option,
    Question,
    UsualDose,
)
from cds_service.core.conditions import Range
from cds_service.core.dose_table import DoseTable, Row
from cds_service.core.errors import KnowledgeError
from cds_service.core.usual_dose import SIZE_OF, ShareOfUsual, UsualFor
from cds_service.curation.conditions import parse_condition, parse_range
from cds_service.curation.files import only_keys, read_json, required
from cds_service.curation.numbers import decimal

_COMMON = {"id", "drug", "name", "cite", "confidence", "pmid", "period", "notes", "ranges"}
#: What a row of a table may say in place of a dose.
REFUSALS = ("contraindicated", "avoid")


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
        read = _table if "rows" in value else _share if "usual" in value else _formula
        found[path.stem] = read(value, path, genes, value_sets)
    return found


def _formula(
    value: Mapping[str, Any], path: Path, genes: frozenset[str], value_sets: frozenset[str]
) -> Formula:
    only_keys(value, _COMMON | {"genes", "form", "start", "numbers", "questions", "adjust"}, str(path))
    _known_quantities(value["numbers"], path)
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
        ranges=_ranges(value, path),
        notes=tuple(value.get("notes", ())),
        adjust=tuple(_adjustment(item, where, genes, value_sets) for item in value.get("adjust", ())),
    )


def _adjustment(
    value: Mapping[str, Any], where: str, genes: frozenset[str], value_sets: frozenset[str]
) -> Adjustment:
    only_keys(value, {"name", "gene", "alleles", "low", "high", "when", "cite"}, where)
    name, gene = required(value, "name", where), required(value, "gene", where)
    if gene not in genes:
        raise KnowledgeError(f"{where}: there is no gene {gene}")
    return Adjustment(
        name=name,
        gene=gene,
        alleles=frozenset(required(value, "alleles", where)),
        low=decimal(value["low"], f"{where}: {name}"),
        high=decimal(value["high"], f"{where}: {name}"),
        when=parse_condition(value["when"], f"{where}: {name}", value_sets) if "when" in value else None,
    )


def _ranges(value: Mapping[str, Any], path: Path) -> Mapping[str, Range]:
    ranges = value.get("ranges", {})
    _known_quantities(ranges, path)
    return {name: parse_range(item, f"{path}: {name}") for name, item in ranges.items()}


def _known_quantities(names: Iterable[str], path: Path) -> None:
    unknown = sorted(set(names) - set(QUANTITIES))
    if unknown:
        raise KnowledgeError(f"{path}: unknown quantity {', '.join(unknown)}; known: {', '.join(QUANTITIES)}")


def _known_genes(names: Iterable[str], genes: frozenset[str], path: Path) -> None:
    unknown = [gene for gene in names if gene not in genes]
    if unknown:
        raise KnowledgeError(f"{path}: there is no gene {', '.join(unknown)}")


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


def _table(
    value: Mapping[str, Any], path: Path, genes: frozenset[str], value_sets: frozenset[str]
) -> DoseTable:
    only_keys(value, _COMMON | {"genes", "rows", "facts", "reference", "exact"}, str(path))
    names = tuple(value["genes"])
    _known_genes((*names, *value.get("reference", {})), genes, path)
    facts = _facts(value.get("facts", ()), str(path), value_sets)
    rows = tuple(
        _row(item, f"{path}: row {number}", names, frozenset(fact.name for fact in facts))
        for number, item in enumerate(value["rows"], start=1)
    )
    if not facts:
        _once(rows, names, path)
    return DoseTable(
        id=value["id"],
        name=required(value, "name", str(path)),
        period=value["period"],
        genes=names,
        rows=rows,
        facts=facts,
        reference=dict(value.get("reference", {})),
        ranges=_ranges(value, path),
        notes=tuple(value.get("notes", ())),
        exact=value.get("exact", False),
    )


def _once(rows: tuple[Row, ...], genes: tuple[str, ...], path: Path) -> None:
    """Without facts, no row may speak of results that another one speaks of."""
    seen: set[tuple[str, ...]] = set()
    for number, row in enumerate(rows, start=1):
        for key in product(*(sorted(row.results.get(gene, ("any",))) for gene in genes)):
            if key in seen:
                raise KnowledgeError(f"{path}: row {number}: {', '.join(key)} stands in another row, too")
            seen.add(key)


def _facts(items: Any, where: str, value_sets: frozenset[str]) -> tuple[Fact, ...]:
    found = []
    for item in items:
        only_keys(item, {"name", "when"}, where)
        name = required(item, "name", where)
        found.append(
            Fact(name, parse_condition(required(item, "when", where), f"{where}: {name}", value_sets))
        )
    return tuple(found)


def _row(value: Mapping[str, Any], where: str, genes: tuple[str, ...], facts: frozenset[str]) -> Row:
    only_keys(value, {*genes, "if", "low", "high", "doses", "steps", "refused"}, where)
    groups = tuple(frozenset(group) for group in value.get("if", ()))
    unknown = sorted(frozenset().union(*groups) - facts)
    if unknown:
        raise KnowledgeError(f"{where}: there is no fact {', '.join(unknown)} in this table")
    if ("refused" in value) == ("low" in value and "high" in value):
        raise KnowledgeError(f"{where}: a row has either 'low' and 'high', or 'refused'")
    if value.get("refused", REFUSALS[0]) not in REFUSALS:
        raise KnowledgeError(f"{where}: 'refused' is one of {', '.join(REFUSALS)}")
    return Row(
        results={gene: frozenset(value[gene]) for gene in genes if gene in value},
        facts=groups,
        low=decimal(value["low"], where) if "low" in value else None,
        high=decimal(value["high"], where) if "high" in value else None,
        doses=int(value.get("doses", 0)),
        steps=tuple(decimal(text, where) for text in value.get("steps", ())),
        refused=value.get("refused", ""),
    )


def _share(
    value: Mapping[str, Any], path: Path, genes: frozenset[str], value_sets: frozenset[str]
) -> ShareOfUsual:
    only_keys(value, _COMMON | {"reference", "usual", "against", "doses"}, str(path))
    if value["period"] != "day":
        raise KnowledgeError(f"{path}: usual doses are those of a day")
    _known_genes(value["reference"], genes, path)
    return ShareOfUsual(
        id=value["id"],
        name=required(value, "name", str(path)),
        reference=dict(value["reference"]),
        usual=tuple(_usual(item, f"{path}: usual", value_sets) for item in value["usual"]),
        ranges=_ranges(value, path),
        against=_facts(value.get("against", ()), str(path), value_sets),
        doses=int(value.get("doses", 0)),
        notes=tuple(value.get("notes", ())),
    )


def _usual(value: Mapping[str, Any], where: str, value_sets: frozenset[str]) -> UsualFor:
    when = parse_condition(required(value, "when", where), where, value_sets)
    if "ask" in value:
        only_keys(value, {"when", "ask"}, where)
        return UsualFor(when, ask=value["ask"])
    only_keys(value, {"name", "when", "low", "high", "unit", "cite", "confidence"}, where)
    if value.get("unit") not in SIZE_OF:
        raise KnowledgeError(f"{where}: 'unit' is one of {', '.join(SIZE_OF)}")
    dose = UsualDose(
        name=required(value, "name", where),
        low=decimal(required(value, "low", where), where),
        high=decimal(required(value, "high", where), where),
        unit=value["unit"],
        cite=required(value, "cite", where),
    )
    return UsualFor(when, dose)
