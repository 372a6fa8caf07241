"""Which gene a result is about, and what to make of it when the record contradicts itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from cds_service.core.model import Notice
from cds_service.fhir.readers import notices
from cds_service.fhir.readers.lexicon import Lexicon
from cds_service.fhir.readers.meaning import Meaning
from cds_service.fhir.values import Json, mappings, text

GENE_STUDIED = "48018-6"

#: Digits and signs of alleles. Such a text names no gene, which saves looking for one.
_ALLELES_ONLY = re.compile(r"[\d\s*/|+.xN_-]*")

_POSITION = re.compile(r"rs[0-9]+")

Parts = Mapping[str, list[Json]]


class Genes(NamedTuple):
    """
    Args:
        symbols: The genes, usually one; empty if none of ours is named.
        by_name: Recognised from a test name only.
        notices: What did not fit together.
        certain: False if the value names another gene than the test does.
        other: The gene is stated, and it is none of ours.
        foreign: Genes that are stated beside ours and are none of ours.
    """

    symbols: tuple[str, ...] = ()
    by_name: bool = False
    notices: tuple[Notice, ...] = ()
    certain: bool = True
    other: bool = False
    foreign: tuple[str, ...] = ()


def genes_of(lexicon: Lexicon, observation: Json, parts: Parts, meaning: Meaning, value: str) -> Genes:
    """
    Find the gene, by the most reliable place that names one.

    That is: component 48018-6, the genetics extension, the value itself, the test code, the test name. Where
    the stated gene and the value differ, the value is followed, and the result must not drive a finding.
    """
    stated = _stated(lexicon, observation, parts)
    if (
        stated is not None
        and len(stated.symbols) == 1
        and _ALLELES_ONLY.fullmatch(value.removeprefix(stated.symbols[0]))
    ):
        return stated
    named = lexicon.codes.genes_named(value) if value and not _ALLELES_ONLY.fullmatch(value) else ()
    if stated is not None:
        return _checked(stated, named)
    if not meaning.genes:
        return Genes(named)
    symbols = lexicon.codes.symbols
    ours = tuple(gene for gene in meaning.genes if gene in symbols)
    return _checked(Genes(ours, by_name=not meaning.genes_coded, other=not ours), named)


def _checked(found: Genes, named: tuple[str, ...]) -> Genes:
    """The genes, narrowed to those that the value names."""
    # A position that belongs to no gene may stand beside any: it does not contradict one.
    named = tuple(gene for gene in named if gene in found.symbols or not _POSITION.fullmatch(gene))
    if not named or not found.symbols or named == found.symbols:
        return found
    narrowed = tuple(gene for gene in found.symbols if gene in named)
    if narrowed:
        return found._replace(symbols=narrowed)
    differing = notices.gene_disagrees(named[0], found.symbols[0])
    return found._replace(symbols=named[:1], notices=(*found.notices, differing), certain=False)


def _stated(lexicon: Lexicon, observation: Json, parts: Parts) -> Genes | None:
    """The genes of component 48018-6, else of the genetics extension; None if there is neither."""
    concepts: list[object] = []
    for component in parts.get(GENE_STUDIED, ()):
        concepts.append(component.get("valueCodeableConcept") or {"text": text(component.get("valueString"))})
    if not concepts and "extension" in observation:
        concepts = [
            extension.get("valueCodeableConcept")
            for extension in mappings(observation["extension"])
            if text(extension.get("url")).endswith("observation-geneticsGene")
        ]
    if not concepts:
        return None
    found: dict[str, None] = {}
    foreign: dict[str, None] = {}
    disagreeing: list[Notice] = []
    for concept in concepts:
        gene, agrees, other = lexicon.gene(concept)
        if other:
            foreign[other.upper()] = None
        if gene:
            found[gene] = None
            if not agrees:
                disagreeing.append(notices.gene_code_disagrees(gene))
    return Genes(tuple(found), notices=tuple(disagreeing), other=not found, foreign=tuple(foreign))
