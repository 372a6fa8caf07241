"""What the chart says in its own words: problem list, flags, allergy entries."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from cds_service.core.evidence import ReportedResult, ResultKind, Use
from cds_service.core.model import Notice
from cds_service.fhir.readers import notices, words
from cds_service.fhir.readers.desk import Desk
from cds_service.fhir.values import (
    Json,
    codings,
    concept_texts,
    day,
    mapping,
    mappings,
    resource_key,
    resource_type,
    text,
)

STATEMENTS = frozenset({"Condition", "AllergyIntolerance", "Flag"})

_WRONG = frozenset({"refuted", "entered-in-error"})
_UNCERTAIN = frozenset({"unconfirmed", "provisional", "differential"})
_OVER = frozenset({"resolved", "remission", "inactive"})
#: What problem lists put between the words of a class.
_BETWEEN = re.compile(r"\bdrug\b|\bof\b|\s+", re.IGNORECASE)
#: Problems about a test, or about what was not found, that name alleles all the same.
_NO_TRAIT = re.compile(r"\b(?:test\w*|counsel\w*|exclu\w+|unlikely|normal)\b", re.IGNORECASE)
_NOT_A_FINDING = re.compile(
    r"\bfamily\b|\b(?:mother|father|sibling|brother|sister|parent|son|daughter|child)\b|\bruled? out\b"
    r"|\br/o\b|\bsuspect\w*|\bscreening\b|\bno (?:evidence|history)\b|\bnot (?:a|an)\b|\?|\bpending\b"
    r"|\btested for\b",
    re.IGNORECASE,
)


def read_statement(desk: Desk, resource: Json) -> list[ReportedResult | Notice]:
    """
    Read an entry such as `CYP2C19 poor metabolizer`, `CYP2C19 *2/*2` or `HLA-B*57:01 positive`.

    It is read only if its words name exactly one gene, and one class or alleles, and only where the entry
    still stands. Entries of relatives, of suspicions and of tests are not findings. A note beside an allergy
    is context.
    """
    found = []
    for sentence, use in _sentences(resource):
        found = _read(desk, resource, sentence, use)
        if found:
            break
    state = _state(resource)
    if not found or state & _WRONG:
        return []
    if state & _OVER:
        return [notices.trait_resolved(found[0].gene)]
    return [*found]


def _sentences(resource: Json) -> Iterator[tuple[str, Use]]:
    """The words of an entry, and how far they may be used."""
    use = Use.CONTEXT if _state(resource) & _UNCERTAIN else Use.YES
    for words_of_code in concept_texts(resource.get("code")):
        yield words_of_code, use
    for reaction in mappings(resource.get("reaction")):
        for manifestation in mappings(reaction.get("manifestation")):
            yield from ((said, Use.CONTEXT) for said in concept_texts(manifestation))
    for note in mappings(resource.get("note")):
        yield text(note.get("text")), Use.CONTEXT


def _read(desk: Desk, resource: Json, sentence: str, use: Use) -> list[ReportedResult]:
    """The result of one sentence, if it is about one gene and says one thing."""
    if not sentence or _NOT_A_FINDING.search(sentence):
        return []
    genes = desk.codes.genes_named(sentence)
    alleles = [allele for allele in words.hla_alleles(sentence) if allele[0] in desk.codes.symbols]
    if len(alleles) == 1 and set(genes) <= {alleles[0][0]}:
        gene, allele = alleles[0]
        present = words.presence_of(sentence)
        if present is None:
            return []
        return [_result(resource, gene, ResultKind.ALLELE_PRESENCE, sentence, use, allele, present)]
    if len(genes) != 1 or alleles:
        return []
    terms = _classes(desk, sentence, genes[0])
    if terms:
        return [_result(resource, genes[0], ResultKind.PHENOTYPE, terms[0], use)] if len(terms) == 1 else []
    return _alleles(desk, resource, genes[0], sentence, use)


def _classes(desk: Desk, sentence: str, gene: str) -> tuple[str, ...]:
    """The classes a sentence mentions, also with words between: `Poor (drug, CYP2C19) metabolizer`."""
    short = desk.codes.term(sentence, gene)
    if short in desk.codes.phenotypes:
        return (short,)
    bare = _BETWEEN.sub(" ", re.sub(re.escape(gene), " ", sentence, flags=re.IGNORECASE))
    return desk.codes.phenotypes_in(sentence, gene) or desk.codes.phenotypes_in(bare, gene)


def _alleles(desk: Desk, resource: Json, gene: str, sentence: str, use: Use) -> list[ReportedResult]:
    """Alleles or a named change, if nothing is denied or doubted; what a tumour may have is no trait."""
    if words.is_doubtful(sentence) or words.is_narrative(sentence) or _NO_TRAIT.search(sentence):
        return []
    if gene in desk.codes.tumour_genes:
        return []
    allele = desk.codes.named(sentence).allele
    if allele:
        return [_result(resource, gene, ResultKind.VARIANT, sentence, use, allele, present=True)]
    if gene not in desk.codes.classes or not words.looks_like_genotype(sentence):
        return []
    return [_result(resource, gene, ResultKind.DIPLOTYPE, sentence, use)]


def _result(
    resource: Json,
    gene: str,
    kind: ResultKind,
    said: str,
    use: Use,
    allele: str = "",
    present: bool | None = None,
) -> ReportedResult:
    return ReportedResult(
        gene,
        kind,
        said[: words.LONGEST_RESULT],
        resource_key(resource) or resource_type(resource),
        use,
        allele=allele,
        present=present,
        zygosity=words.zygosity_in(said),
        measured_on=_noted_on(resource),
        by_name=True,
        ehr_statement=True,
    )


def _noted_on(resource: Json) -> date | None:
    period = mapping(resource.get("period"))
    dates = (resource.get("recordedDate"), resource.get("onsetDateTime"), period.get("start"))
    last = mapping(resource.get("meta")).get("lastUpdated")
    return next((found for value in (*dates, last) if (found := day(value))), None)


def _state(resource: Json) -> set[str]:
    """All status codes of an entry in one set; a Flag has one of its own."""
    state = {text(resource.get("status")).lower()}
    for name in ("clinicalStatus", "verificationStatus"):
        state.update(coded.code.lower() for coded in codings(resource.get(name)))
        state.add(text(mapping(resource.get(name)).get("text")).lower())
    return state - {""}
