"""Tumour markers: a test of its own code or name, in tumour tissue or in what a tumour sheds."""

from __future__ import annotations

import re

from cds_service.core.evidence import Origin, ResultKind, Use
from cds_service.fhir.readers import words
from cds_service.fhir.readers.laboratory import NO_CALL_TEXT
from cds_service.fhir.readers.meaning import Meaning
from cds_service.fhir.readers.presence import found_in, not_performed
from cds_service.fhir.readers.stated import Stated, Value

_BETWEEN = re.compile(r"\s*[;,]\s+|\.\s+|\s+but\s+")


def read_biomarker(value: Value, gene: str) -> list[Stated]:
    """
    Read a tumour marker. Its origin is always somatic.

    `allele` holds what the marker is about, in the words of the test, because protein, copy number and change
    of one gene are different markers. A number stands in the text, and as `score` if it is exact.
    """
    answer, meaning = value.answer, value.meaning
    if answer.is_empty and not answer.absent:
        return []
    text = answer.words
    about = about_of(meaning)
    if value.term(gene) == words.DOCUMENT or words.is_narrative(text):
        title = meaning.name or text[: words.LONGEST_RESULT]
        return [Stated(ResultKind.DOCUMENT, title, Use.CONTEXT, Origin.SOMATIC, about)]
    parts = _contrasting(text)
    if parts:
        return [
            Stated(
                ResultKind.BIOMARKER,
                part,
                Use.YES,
                Origin.SOMATIC,
                about,
                found,
                significance=words.significance_in(part),
            )
            for part, found in parts
        ]
    return [
        Stated(
            ResultKind.BIOMARKER,
            text or NO_CALL_TEXT,
            Use.NO if not_performed(value, gene) else Use.YES,
            Origin.SOMATIC,
            about,
            _present(value, gene),
            score=answer.amount if not answer.comparator else None,
            significance=words.significance_in(text),
        )
    ]


def about_of(meaning: Meaning) -> str:
    """What a marker is about: what its code stands for, and the name, which may say it in more detail."""
    if meaning.coded and meaning.allele:
        return f"{meaning.allele} {meaning.name}".rstrip()
    return meaning.allele or meaning.name


def _contrasting(text: str) -> list[tuple[str, bool]]:
    """The parts of a text such as `L858R detected, T790M not detected`, if each says one thing clearly."""
    parts = [part for part in _BETWEEN.split(text) if part]
    said = [(part, words.presence_of(part)) for part in parts if words.names_a_change(part)]
    clear = [(part, found) for part, found in said if found is not None]
    if len(clear) < len(parts) or {found for _, found in clear} != {True, False}:
        return []
    return clear


def _present(value: Value, gene: str) -> bool | None:
    """Positive or negative as far as stated; a named change without a word beside it was found."""
    present = found_in(value, gene)
    text = value.answer.first
    if present is None and words.names_a_change(text) and not words.is_doubtful(text):
        return True
    return present
