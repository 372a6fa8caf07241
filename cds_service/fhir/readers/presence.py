"""Tests for one HLA allele: is it there or not."""

from __future__ import annotations

from cds_service.core.evidence import ResultKind, Use
from cds_service.fhir.readers import words
from cds_service.fhir.readers.laboratory import NO_CALL_TEXT, NOT_DONE, read_laboratory
from cds_service.fhir.readers.stated import Stated, Value


def read_presence(value: Value, gene: str) -> list[Stated]:
    """
    Read a presence test. A typing that stands in its place is read as one.

    An answer that is unsure, and a test that failed, come out as neither present nor absent. Words that
    nobody knows are passed on as written: the laboratory has a result, and it cannot be read.
    """
    answer = value.answer
    if answer.is_empty and not answer.absent:
        return []
    present = found_in(value, gene)
    if present is None and any(_is_typing(text) for text in answer.texts):
        return read_laboratory(value, gene)
    if present is None and in_unknown_words(value, gene):
        return [Stated(ResultKind.DIPLOTYPE, answer.first)]
    unsaid = NO_CALL_TEXT if present is None else "Present" if present else "Absent"
    return [
        Stated(
            ResultKind.ALLELE_PRESENCE,
            answer.first or answer.reason or unsaid,
            Use.NO if not_performed(value, gene) else Use.YES,
            allele=value.meaning.allele,
            present=present,
        )
    ]


def found_in(value: Value, gene: str) -> bool | None:
    """What the answer says: coded first, then a known word, then the words of a sentence."""
    answer, lexicon = value.answer, value.lexicon
    if answer.flag is not None:
        return answer.flag
    terms = [lexicon.codes.answers.get(code, "") for code in answer.codes]
    terms += [lexicon.term(text, gene).term for text in answer.words_only]
    found = {term in words.PRESENT for term in terms if term in words.PRESENT or term in words.ABSENT}
    if len(found) == 1:
        return found.pop()
    if found or any(term.lower() in words.UNDECIDED or term in words.NO_CALL for term in terms):
        return None
    return next((said for text in answer.texts if (said := words.presence_of(text)) is not None), None)


def in_unknown_words(value: Value, gene: str) -> bool:
    """True if there is an answer in words, and they are none of those that are known, nor doubts."""
    answer = value.answer
    known = [value.lexicon.codes.answers.get(code, "") for code in answer.codes]
    known += [value.lexicon.term(text, gene).term for text in answer.words_only]
    return bool(answer.first) and not any(known) and not words.is_doubtful(answer.first)


def not_performed(value: Value, gene: str) -> bool:
    """True if the answer says that the test was not done."""
    return value.answer.absent in NOT_DONE or value.term(gene) == words.NOT_PERFORMED


def _is_typing(text: str) -> bool:
    return words.looks_like_genotype(text) and not words.is_doubtful(text)
