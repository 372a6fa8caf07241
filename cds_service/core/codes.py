"""Codes of genomic results: which gene a code means, and what a coded answer says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class TestCode:
    """
    What a laboratory test code stands for.

    Args:
        kind: `genotype`, `haplotype`, `variant`, `phenotype`, `score`, `presence`, `typing`, `panel`, `report`,
            `biomarker`, `implication`, `sequencing`, `component`, ...
        genes: HGNC symbols; empty if the gene stands elsewhere in the result.
        allele: For `presence`: the allele, such as `*57:01`.
    """

    kind: str
    genes: tuple[str, ...] = ()
    allele: str = ""


@dataclass(frozen=True, slots=True)
class GenomicCodes:
    """
    All code tables the readers use.

    Args:
        tests: `(system, code)` -> meaning. `system` is the URI as published; LOINC is `http://loinc.org`.
            Local codes of a site are added here.
        answers: Coded answer -> term (`LA9657-3` -> `Poor Metabolizer`); codes are unique over systems.
        answer_words: Answer in words, lower case -> term.
        gene_by_hgnc: HGNC number without prefix (`2621`) -> symbol.
        symbols: All gene symbols of the knowledge base.
    """

    tests: Mapping[tuple[str, str], TestCode] = field(default_factory=dict)
    answers: Mapping[str, str] = field(default_factory=dict)
    answer_words: Mapping[str, str] = field(default_factory=dict)
    gene_by_hgnc: Mapping[str, str] = field(default_factory=dict)
    symbols: frozenset[str] = frozenset()
