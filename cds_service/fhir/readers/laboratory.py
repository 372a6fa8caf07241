"""Genotypes, phenotypes, scores and typings: the value tells what it is, the test code only helps."""

from __future__ import annotations

import re
from decimal import Decimal

from cds_service.core.evidence import ResultKind, Use
from cds_service.fhir.readers import notices, words
from cds_service.fhir.readers.stated import Stated, Value

NO_CALL_TEXT = "No call"
#: Reasons for a missing value that mean: nobody tried.
NOT_DONE = frozenset({"not-performed", "not-applicable", "not-asked", "asked-declined", "not-permitted"})

_SCORE = re.compile(
    r"(?:(?:activity )?score|AS)?\s*[:=]?\s*(?:[<>]=?|[≤≥])?\s*(\d{1,2}(?:\.\d{1,3})?)(?:\s*\(.*\))?",
    re.IGNORECASE,
)
#: A number with or without a unit: of a test known by its gene only, it may count anything.
_NUMBER = re.compile(r"[<>=≤≥~\s]*[+-]?\d+(?:[.,]\d+)?(?:\s?[^\W\d][^>]*|\s?%[^>]*)?")

_GENOTYPE_TESTS = frozenset({"genotype", "typing", "haplotype"})
_TESTS = _GENOTYPE_TESTS | {"phenotype", "score"}


def read_laboratory(value: Value, gene: str) -> list[Stated]:
    """
    Read the value of a test of one gene.

    A value in the shape of alleles is a diplotype, a word of the term list a phenotype, whatever the test
    code says. Other values of a genotype, phenotype or score test are passed on as written, and so are words
    under the bare name of a gene. Values of a test whose name says more than the gene, but not what it asks
    for, are not.
    """
    answer = value.answer
    if answer.amount is not None:
        return _of_number(value)
    if answer.is_empty:
        return _of_absence(value) if answer.absent else []
    genotype = _genotype(value, gene)
    if genotype:
        alleles, limits = words.without_limits(genotype) if " " in genotype else (genotype, "")
        return [Stated(ResultKind.DIPLOTYPE, alleles, limits=limits), *_remark(value, gene, genotype)]
    terms = _terms(value, gene)
    phenotypes = _phenotypes(value, terms)
    if phenotypes:
        return _stated_phenotypes(value, gene, phenotypes)
    return _of_other_words(value, gene, terms)


def _genotype(value: Value, gene: str) -> str:
    """
    The first text in the shape of alleles, completed by the position of the test name.

    Empty if none is, or if an earlier text says that there is no result.
    """
    name, texts, codes = value.meaning.name, value.answer.texts, value.answer.codes
    for text in texts:
        if words.looks_like_genotype(text) and not _is_sentence(text):
            return words.with_position(text, name)
        if words.is_repeat_count(text, name):
            return f"TA {text}"
        if len(texts) > 1 and text not in codes and value.lexicon.term(text, gene).term in words.NO_RESULT:
            return ""
    return ""


def _is_sentence(text: str) -> bool:
    """A narrative that mentions alleles is no genotype; a long typing without blanks is."""
    return words.is_narrative(text) and "hla#" not in text and text.count(" ") > 4


def _remark(value: Value, gene: str, genotype: str) -> list[Stated]:
    """A phenotype behind the alleles, as in `*3/*3 (Poor Metabolizer)`, if only one is mentioned."""
    if not words.may_name_a_class(genotype) or words.is_doubtful(genotype):
        return []
    found = value.codes.phenotypes_in(genotype, gene)
    return _stated_phenotypes(value, gene, {found[0]: genotype}) if len(found) == 1 else []


def _terms(value: Value, gene: str) -> dict[str, str]:
    """Each known term of the answer -> the words or code it was read from."""
    found: dict[str, str] = {}
    for code in value.answer.codes:
        term = value.codes.answers.get(code)
        if term:
            found.setdefault(term, code)
    for text in value.answer.words_only:
        term = value.lexicon.term(text, gene).term
        if term:
            found[term] = text
    return found


def _phenotypes(value: Value, terms: dict[str, str]) -> dict[str, str]:
    """The phenotypes among the terms, without those that another one spells out."""
    known, kind = value.codes.phenotypes, value.meaning.kind
    if kind in _GENOTYPE_TESTS:
        terms = {term: said for term, said in terms.items() if term.lower() not in words.UNDECIDED}
    elif "indeterminate" in terms and kind == "phenotype":
        terms = {**terms, "Indeterminate": terms["indeterminate"]}
    found = {term: said for term, said in terms.items() if term in known}
    if len(found) < 2:
        return found
    return {t: said for t, said in found.items() if not any(o.endswith(f" {t}") for o in found)}


def _stated_phenotypes(value: Value, gene: str, found: dict[str, str]) -> list[Stated]:
    """One statement for each phenotype of the answer; more than one means that code and words disagree."""
    disagree = (notices.answers_disagree(gene),) if len(found) > 1 else ()
    results = []
    for term, said in found.items():
        old = (notices.old_term(term),) if value.lexicon.term(said, gene).is_old else ()
        results.append(Stated(ResultKind.PHENOTYPE, term, notices=(*disagree, *old)))
    return results


def _of_other_words(value: Value, gene: str, terms: dict[str, str]) -> list[Stated]:
    """A value that is neither alleles nor a phenotype."""
    kind, text = value.meaning.kind, value.answer.first
    if words.NOT_PERFORMED in terms:
        return [Stated(ResultKind.DIPLOTYPE, text, Use.NO)]
    undecided = any(term.lower() in words.UNDECIDED for term in terms)
    if not words.NO_CALL.isdisjoint(terms) or (undecided and kind in _GENOTYPE_TESTS):
        return [_no_call("" if text.lower() == NO_CALL_TEXT.lower() else text)]
    if words.DOCUMENT in terms or (words.is_narrative(text) and kind in _TESTS):
        return [Stated(ResultKind.DOCUMENT, value.meaning.name or text[: words.LONGEST_RESULT], Use.CONTEXT)]
    if words.PENDING in terms:
        return [Stated(ResultKind.DIPLOTYPE, text, Use.PENDING)]
    if value.meaning.narrative:
        return []
    if kind not in _TESTS:
        return [Stated(ResultKind.DIPLOTYPE, text)] if _is_said_of_the_gene(value, gene, text) else []
    if kind == "score":
        number = _SCORE.fullmatch(text)
        score = Decimal(number.group(1)) if number else None
        return [Stated(ResultKind.ACTIVITY_SCORE, text, score=score)]
    return _as_written(value, gene, text)


def _is_said_of_the_gene(value: Value, gene: str, text: str) -> bool:
    """
    True for words under a test that is named by the gene and nothing else, and for "found" under any.

    Such a result exists, whatever it says: passed over, it would look like "not tested".
    """
    if value.meaning.kind:
        return False
    named = value.codes.symbol(value.meaning.name) == gene or value.term(gene) in words.PRESENT
    return named and not words.is_narrative(text) and _NUMBER.fullmatch(text) is None


def _as_written(value: Value, gene: str, text: str) -> list[Stated]:
    """A value in words of its own; `Poor` alone is enough where the test says that it asks for the class."""
    if value.meaning.kind != "phenotype":
        return [Stated(ResultKind.DIPLOTYPE, text, limits=text if "resolution" in text.lower() else "")]
    endings = ("function", "metabolizer") if "function" in value.meaning.name.lower() else ("metabolizer",)
    for ending in endings:
        completed = f"{text} {ending}"
        term = value.lexicon.term(completed, gene).term
        if term in value.codes.phenotypes:
            return _stated_phenotypes(value, gene, {term: completed})
    return [Stated(ResultKind.PHENOTYPE, text)]


def _of_number(value: Value) -> list[Stated]:
    """A number is a result only of an activity score."""
    answer = value.answer
    if value.meaning.kind != "score" and "score" not in answer.unit.lower():
        return []
    return [Stated(ResultKind.ACTIVITY_SCORE, answer.quantity, score=answer.amount)]


def _of_absence(value: Value) -> list[Stated]:
    """No value, but a reason for it."""
    if value.meaning.kind not in _TESTS and not value.meaning.coded:
        return []
    if value.answer.absent in NOT_DONE:
        return [Stated(ResultKind.DIPLOTYPE, "Not performed", Use.NO)]
    return [_no_call(value.answer.reason)]


def _no_call(reason: str) -> Stated:
    """The laboratory tried and has no result. Said as a genotype, so that it never counts as "not tested"."""
    return Stated(ResultKind.DIPLOTYPE, NO_CALL_TEXT, limits=reason[:300])
