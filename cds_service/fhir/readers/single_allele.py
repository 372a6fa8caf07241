"""Tests for one star allele: is it there or not. The other allele of the person is not stated."""

from __future__ import annotations

from cds_service.core.evidence import ResultKind, Use
from cds_service.fhir.readers import words
from cds_service.fhir.readers.laboratory import NO_CALL_TEXT
from cds_service.fhir.readers.presence import found_in, not_performed
from cds_service.fhir.readers.stated import Stated, Value

_KINDS = frozenset({"", "genotype", "sequencing", "presence"})


def is_of_one_allele(value: Value, gene: str) -> bool:
    """
    True for a test named after one star allele, whose answer is no genotype but says what was found.

    A test that names the change of DNA besides is a test of that change.
    """
    meaning, answer = value.meaning, value.answer
    if meaning.kind not in _KINDS or meaning.narrative or meaning.allele:
        return False
    if len(words.star_alleles(meaning.name)) != 1:
        return False
    if answer.is_empty:
        return bool(answer.absent)
    if answer.amount is not None or any(words.looks_like_genotype(text) for text in answer.texts):
        return False
    if found_in(value, gene) is not None or not_performed(value, gene):
        return True
    term = value.term(gene).lower()
    return term in words.UNDECIDED or term in words.NO_CALL


def read_single_allele(value: Value, gene: str) -> list[Stated]:
    """Read the answer; one that is unsure, and a failed test, come out as neither present nor absent."""
    answer = value.answer
    return [
        Stated(
            ResultKind.ALLELE_PRESENCE,
            answer.words or NO_CALL_TEXT,
            Use.NO if not_performed(value, gene) else Use.YES,
            allele=words.star_alleles(value.meaning.name)[0],
            present=found_in(value, gene),
            zygosity=words.zygosity_in(answer.first),
        )
    ]
