"""Tests of whole genes, and tests of one named variant, reported as text."""

from __future__ import annotations

from cds_service.core.evidence import ResultKind, Use
from cds_service.fhir.readers import words
from cds_service.fhir.readers.laboratory import NO_CALL_TEXT
from cds_service.fhir.readers.presence import found_in, in_unknown_words, not_performed
from cds_service.fhir.readers.stated import Stated, Value


def read_sequencing(value: Value, gene: str) -> list[Stated]:
    """
    Read a text such as `Pathogenic variant c.664C>T (p.Arg222Ter), heterozygous`: one statement a change.

    A text without a change says whether the variant of the test, or anything at all, was found. If nobody
    knows its words, it is passed on as written.
    """
    answer = value.answer
    text = answer.words if answer.amount is None else ""
    if not text and not answer.absent:
        return []
    if value.term(gene) == words.DOCUMENT:
        return [Stated(ResultKind.DOCUMENT, value.meaning.name or text, Use.CONTEXT)]
    present = found_in(value, gene)
    changes = words.dna_changes(text) if present is not False else []
    if present is None and changes and not words.is_doubtful(text):
        present = True
    graded = words.significance_in(text)
    if present is None and words.says_both(text):
        # What was found and what was not stand in one list, which is taken apart like a genotype.
        return [Stated(ResultKind.DIPLOTYPE, text)]
    if present is None and not (changes or graded) and in_unknown_words(value, gene):
        return [Stated(ResultKind.DIPLOTYPE, text)]
    return [
        Stated(
            ResultKind.VARIANT,
            text or NO_CALL_TEXT,
            Use.NO if not_performed(value, gene) else Use.YES,
            allele=change,
            present=present,
            zygosity=words.zygosity_in(text),
            significance=graded,
        )
        for change in changes or [value.meaning.allele]
    ]


def is_of_all_genes(value: Value, genes: tuple[str, ...]) -> bool:
    """True if the answer of a test of several genes holds for each of them: nothing was found."""
    return len(genes) < 2 or found_in(value, genes[0]) is False
