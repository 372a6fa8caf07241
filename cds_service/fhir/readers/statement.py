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
_NOT_A_FINDING = re.compile(
    r"\bfamily\b|\b(?:mother|father|sibling|brother|sister|parent|son|daughter|child)\b|\bruled? out\b"
    r"|\br/o\b|\bsuspect\w*|\bscreening\b|\bno (?:evidence|history)\b|\bnot (?:a|an)\b|\?|\bpending\b"
    r"|\btested for\b",
    re.IGNORECASE,
)


def read_statement(desk: Desk, resource: Json) -> list[ReportedResult | Notice]:
    """
    Read an entry such as `CYP2C19 poor metabolizer` or `HLA-B*57:01 positive`.

    It is read only if its words name exactly one gene and one class, and only where the entry still stands.
    Entries of relatives, of suspicions and of tests are not findings. A note beside an allergy is context.
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
    terms = desk.codes.phenotypes_in(sentence, genes[0])
    if len(terms) != 1:
        return []
    return [_result(resource, genes[0], ResultKind.PHENOTYPE, terms[0], use)]


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
