"""Formulas and tables of doses: an answer of their drug uses them, and the gene can have their results."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from cds_service.core.genes import Gene
from cds_service.curation.context import Context, Fault

name = "calculators"


def run(context: Context) -> Iterator[Fault]:
    """Calculators nobody asks, and results that cannot occur."""
    used = _used(context)
    for path, document in context.files_of("calculators/*.json"):
        id_ = PurePosixPath(path).stem
        if document["drug"] not in used.get(id_, set()):
            yield Fault(
                path, "drug", f'no answer of {document["drug"]} uses it; remove it or "calculate" with it'
            )
        for number in _unreachable(document):
            yield Fault(path, f"row {number}", "an earlier row comes before it in every case; remove one")
        for gene, results in _results(document):
            known = context.knowledge.genes.get(gene) if context.knowledge else None
            for result in sorted(results if known else ()):
                if known and not _occurs(result, known):
                    yield Fault(path, gene, f"'{result}' is no pair of alleles and no class of the gene")


def _unreachable(document: Mapping[str, Any]) -> Iterator[int]:
    """Rows of a table that an earlier one always comes before."""
    rows = document.get("rows", ())
    for place, row in enumerate(rows):
        if any(_covers(earlier, row, document["genes"]) for earlier in rows[:place]):
            yield place + 1


def _covers(earlier: Mapping[str, Any], row: Mapping[str, Any], genes: Sequence[str]) -> bool:
    """True if the earlier row fits whenever the other one does."""
    results = all(gene not in earlier or set(row.get(gene, ())) <= set(earlier[gene]) for gene in genes)
    named = all(gene not in earlier or gene in row for gene in genes)
    asked = [set(group) for group in row.get("if", ())]
    return (
        results and named and all(any(one <= set(group) for one in asked) for group in earlier.get("if", ()))
    )


def _used(context: Context) -> Mapping[str, set[str]]:
    """Calculator -> drugs whose answers use it."""
    found: dict[str, set[str]] = {}
    for document in context.rule_files.values():
        for rule in document["rules"]:
            for branch in rule["branches"]:
                for id_ in branch.get("calculate", ()):
                    found.setdefault(id_, set()).add(document["drug"])
    return found


def _results(document: Mapping[str, Any]) -> Iterator[tuple[str, set[str]]]:
    for entry in document.get("genes", ()):
        if isinstance(entry, str):
            yield entry, {result for row in document["rows"] for result in row.get(entry, ())}
        else:
            yield entry["gene"], set(entry["add"])
    for item in document.get("adjust", ()):
        # A person has two alleles; any second one will do.
        yield item["gene"], {f"{allele}/{allele}" for allele in item["alleles"]}
    for gene, result in document.get("reference", {}).items():
        yield gene, {result}


def _occurs(result: str, gene: Gene) -> bool:
    alleles = result.split("/")
    return (
        result in gene.phenotypes
        or result in set(gene.pairs.values())
        or (
            len(alleles) == 2
            and alleles == sorted(alleles)
            and all(allele in gene.alleles for allele in alleles)
        )
    )
