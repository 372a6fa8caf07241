"""Answers of genomics operations that hold no resource: whether an allele was found at all."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cds_service.core.evidence import ReportedResult, ResultKind
from cds_service.fhir.readers import notices
from cds_service.fhir.readers.desk import Desk
from cds_service.fhir.values import Json, codings, mapping, mappings, resource_key, text

_ALLELE = re.compile(r"\*\s?[0-9][0-9A-Za-z:.]*")


def has_bare_answers(parameters: Json) -> bool:
    """True if a parameter says whether something is there without the resource that shows it."""
    return any(_is_bare(parameter) for parameter in mappings(parameters.get("parameter")))


def read_operation(desk: Desk, parameters: Json) -> list[ReportedResult]:
    """
    Read the alleles that were asked for and not found.

    That is as good as the genotypes the server has, which the result says; what was found comes as an
    Observation of its own. Such an answer names no patient: it belongs to whom the operation was called for.
    """
    return [
        ReportedResult(
            gene,
            ResultKind.ALLELE_PRESENCE,
            asked,
            resource_key(parameters) or "Parameters",
            allele=allele,
            present=False,
            notices=(notices.not_found_by_search(gene),),
        )
        for parameter in mappings(parameters.get("parameter"))
        if _is_bare(parameter)
        for asked in _asked(parameter)
        for gene, allele in _alleles(desk, asked)
    ]


def _is_bare(parameter: Json) -> bool:
    parts = mappings(parameter.get("part"))
    denied = any(text(part.get("name")) == "presence" and part.get("valueBoolean") is False for part in parts)
    return denied and not any("resource" in part for part in parts)


def _asked(parameter: Json) -> Iterator[str]:
    """The alleles of a parameter, as text or as a code."""
    for part in mappings(parameter.get("part")):
        if text(part.get("name")) == "haplotypeItem":
            coded = codings({"coding": [mapping(part.get("valueCoding"))]})
            yield from filter(None, [text(part.get("valueString")), *(c.display or c.code for c in coded)])


def _alleles(desk: Desk, asked: str) -> Iterator[tuple[str, str]]:
    """Gene and allele, if the text names one of each."""
    genes, alleles = desk.codes.genes_named(asked), _ALLELE.findall(asked)
    if len(genes) == len(alleles) == 1:
        yield genes[0], alleles[0].replace(" ", "")
