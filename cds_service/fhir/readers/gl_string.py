"""HLA typings as GL strings, the notation of the immunogenetics community."""

from __future__ import annotations

import re

from cds_service.core.evidence import ReportedResult, ResultKind
from cds_service.fhir.readers import notices
from cds_service.fhir.readers.answer import answer_of
from cds_service.fhir.readers.case import Case
from cds_service.fhir.readers.stated import Stated
from cds_service.fhir.readers.words import looks_like_genotype
from cds_service.fhir.values import mappings, reference_key

_PREFIX = re.compile(r"^hla#[^#]*#")
_ALLELE = re.compile(r"(?:HLA-)?[A-Z]{1,3}\d{0,2}\*\d{2,3}(?::[0-9A-Z]+)*[A-Z]?")
_OPERATORS = re.compile(r"[+/|~]")


def is_gl_string(text: str) -> bool:
    """True for a text with the prefix of a GL string."""
    return _PREFIX.match(text) is not None


def read_gl_string(case: Case) -> list[ReportedResult]:
    """
    One result for each locus that is a gene of ours; operators and ambiguity stay as they are.

    A locus with an allele that is not written like one is replaced by the two single alleles it was derived
    from, if they are at hand.
    """
    results = []
    loci = _PREFIX.sub("", case.value.answer.first).split("^")
    for locus in loci:
        genes = case.desk.codes.genes_named(locus) or (case.subject.genes if len(loci) == 1 else ())
        if not genes:
            continue
        if all(_ALLELE.fullmatch(allele.strip()) for allele in _OPERATORS.split(locus)):
            results.append(case.result(genes[0], Stated(ResultKind.DIPLOTYPE, locus)))
        else:
            text = _from_single_alleles(case) or locus
            malformed = (notices.typing_malformed(genes[0]),)
            results.append(case.result(genes[0], Stated(ResultKind.DIPLOTYPE, text, notices=malformed)))
    return results


def _from_single_alleles(case: Case) -> str:
    """The two alleles the typing says it was derived from, or empty."""
    found = []
    for reference in mappings(case.entry.get("derivedFrom")):
        allele = case.desk.by_key.get(reference_key(reference), {})
        found += [t for t in answer_of(allele).texts if looks_like_genotype(t)][:1]
    return "+".join(found) if len(found) == 2 else ""
