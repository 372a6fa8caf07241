"""Definitions of alleles fit to the positions, and to the alleles and functions of the gene."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cds_service.core.definitions import CallingMethod, GeneDefinition
from cds_service.core.errors import KnowledgeError
from cds_service.core.genes import Gene
from cds_service.curation.context import Context, Fault
from cds_service.curation.definitions import (
    DEFINITION_COLUMNS,
    DEFINITIONS,
    POSITION_COLUMNS,
    POSITIONS,
    definition_of,
)
from cds_service.curation.files import rows_of

name = "definitions"


def run(context: Context) -> Iterator[Fault]:
    """What keeps a gene from being called, gene by gene."""
    for path, document in context.files_of("genes/*/gene.json"):
        folder = path.rpartition("/")[0]
        tables = {file: context.tables.get(f"{folder}/{file}") for file in (POSITIONS, DEFINITIONS)}
        calling = document.get("calling")
        if calling is None:
            for file, text in tables.items():
                if text is not None:
                    yield Fault(f"{folder}/{file}", "", "nobody reads it: gene.json has no 'calling'; add it")
            continue
        gene = context.knowledge.genes.get(document.get("gene", "")) if context.knowledge else None
        try:
            definition = _definition(folder, calling, tables)
        except KnowledgeError as error:
            yield Fault(path, "calling", str(error))
            continue
        except (KeyError, TypeError, ValueError, AttributeError):
            # The check of the schemas says where it is another.
            yield Fault(path, "calling", "has another shape than its schema says; correct the form first")
            continue
        if gene is not None:
            for what in faults_in(definition, gene):
                yield Fault(path, "calling", what)


def _definition(folder: str, calling: Mapping[str, Any], tables: Mapping[str, str | None]) -> GeneDefinition:
    texts = {}
    for file, text in tables.items():
        if text is None:
            raise KnowledgeError(f"{folder}/{file}: the file is missing")
        texts[file] = text
    positions = rows_of(texts[POSITIONS], POSITION_COLUMNS, f"{folder}/{POSITIONS}")
    rows = rows_of(texts[DEFINITIONS], DEFINITION_COLUMNS, f"{folder}/{DEFINITIONS}")
    return definition_of(folder.rpartition("/")[2], calling, positions, rows, folder)


def faults_in(definition: GeneDefinition, gene: Gene) -> Iterator[str]:
    """What definitions and the gene's table say against each other."""
    reported = [definition.report_as.get(allele.name, allele.name) for allele in definition.alleles]
    if definition.fallback:
        reported += definition.fallback.alleles.values()
    for allele in dict.fromkeys(reported):
        if allele not in gene.alleles:
            yield f"alleles.tsv has no '{allele}', which definitions.tsv defines; add it"
    if definition.method is CallingMethod.VARIANT_LIST:
        functions = {gene.alleles[allele].function for allele in reported if allele in gene.alleles}
        for function in sorted(str(function) for function in functions - set(definition.worst_first)):
            yield f"'worst_first' lacks the function '{function}'; add it where it belongs"
    yield from _same_bases(definition)


def _same_bases(definition: GeneDefinition) -> Iterator[str]:
    """Two alleles of the same bases can never be told apart."""
    reference = {site.position: (site.ref,) for site in definition.positions if not site.extra}
    seen: dict[tuple[object, ...], str] = {}
    for allele in definition.alleles:
        full = {**reference, **{place: tuple(sorted(bases)) for place, bases in allele.bases.items()}}
        other = seen.setdefault(tuple(sorted(full.items())), allele.name)
        if other != allele.name:
            yield f"'{other}' and '{allele.name}' have the same bases; nothing can tell them apart"
