"""Reads `knowledge/value_sets/`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from cds_service.core.conditions import Condition
from cds_service.core.model import RXNORM, Coding
from cds_service.core.value_sets import ValueSet
from cds_service.curation.conditions import parse_condition
from cds_service.curation.files import read_json, read_tsv


def load_value_sets(folder: Path, base: Callable[[str], tuple[str, ...]]) -> dict[str, ValueSet]:
    """
    Read all sets of codes from `value_sets.tsv`.

    Args:
        folder: `knowledge/value_sets`.
        base: RxNorm code -> base ingredients, which medications are read into.
    """
    exact: dict[str, set[Coding]] = {}
    prefixes: dict[str, list[tuple[str, str]]] = {}
    for row in read_tsv(folder / "value_sets.tsv", ("name", "system", "code", "match")):
        exact.setdefault(row["name"], set())
        if row["match"] == "prefix":
            prefixes.setdefault(row["name"], []).append((row["system"], row["code"]))
        else:
            codes = base(row["code"]) if row["system"] == RXNORM else (row["code"],)
            exact[row["name"]].update(Coding(row["system"], code) for code in codes)
    return {
        name: ValueSet(name, frozenset(codes), tuple(sorted(prefixes.get(name, ()))))
        for name, codes in exact.items()
    }


def load_computed(folder: Path, names: frozenset[str]) -> dict[str, Condition]:
    """Read the named conditions that are computed from the record, from `computed.json`."""
    path = folder / "computed.json"
    value = read_json(path)
    return {
        name: parse_condition(condition, f"{path}: {name}", names)
        for name, condition in value["conditions"].items()
    }
