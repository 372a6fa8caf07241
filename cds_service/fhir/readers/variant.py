"""Changes reported one by one: Genomics Reporting Variant, and single-variant tests."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cds_service.core.evidence import Origin, ReportedResult, ResultKind, Use
from cds_service.fhir.readers import notices, words
from cds_service.fhir.readers.answer import answer_of
from cds_service.fhir.readers.case import Case
from cds_service.fhir.readers.genes import GENE_STUDIED
from cds_service.fhir.readers.laboratory import NO_CALL_TEXT
from cds_service.fhir.readers.origin import Source, source_of
from cds_service.fhir.readers.presence import found_in, not_performed
from cds_service.fhir.readers.stated import Stated, Value
from cds_service.fhir.values import Json, mapping, number

VARIANT = "81252-9"
#: Components that hold names of the change, the one for people first.
NAMES = (VARIANT, "48004-6", "81290-9", "48005-3", "81291-7")
_ZYGOSITY = "53034-5"
_SIGNIFICANCE = "53037-8"
_REFERENCE, _ALTERNATIVE = "69547-8", "69551-0"
_SEQUENCE, _RANGE, _COUNTING = "48013-7", "81254-5", "92822-6"
_ONE_BASED, _ZERO_BASED = "LA30102-0", "LA30100-4"

_HGVS = re.compile(r"(?:[A-Z]{2}_?\d+(?:\.\d+)?(?:\([^)]*\))?:)?([cgmnp])\.(\S+)")
_RS = re.compile(r"rs\d{3,}")
#: Ids of a variant database, alone or with its name, are no names of a change.
_IS_NUMBER = re.compile(r"(?:ClinVar\b\D*)?\d+", re.IGNORECASE)
_BASES = re.compile(r"[ACGT]+")
_HARMLESS = frozenset({"benign", "likely benign"})
_STAR_PAIR = re.compile(r"\*\d\S*\s*/\s*\*\d")


def read_variant(case: Case) -> list[ReportedResult]:
    """
    Read one change; for a fusion, or a list of genes in which nothing was found, once for each gene.

    `allele` is the name a gene table is most likely to know: the change of the transcript or of the
    mitochondrial genome, else an rs number, else the words. `text` holds all names, because tables differ in
    which they use.
    """
    names = list(dict.fromkeys(_names(case)))
    pair = next((name for name in names if _STAR_PAIR.search(name)), "")
    if pair:
        return [case.result(gene, Stated(ResultKind.DIPLOTYPE, pair)) for gene in case.subject.genes[:1]]
    meaning = case.value.meaning
    source = source_of(case.desk, case.frame, case.entry, case.parts, meaning)
    is_reference = _letters(case, _REFERENCE) == _letters(case, _ALTERNATIVE) != ""
    partners = case.subject.foreign if source.origin is Origin.SOMATIC and case.subject.genes else ()
    genes = (*case.subject.genes, *partners)
    if len(genes) == 2 and source.origin is Origin.SOMATIC and found_in(case.value, genes[0]):
        # One change in two genes joins them.
        joined = "::".join(_in_their_order(case, genes))
        names = names if any("::" in name for name in names) else [joined, *names]
    return [case.result(gene, _stated(case, gene, names, source, is_reference)) for gene in genes]


def _in_their_order(case: Case, genes: tuple[str, ...]) -> list[str]:
    """The genes in the order of their components, where those name them."""
    said = " | ".join(text for part in case.parts.get(GENE_STUDIED, ()) for text in answer_of(part).texts)
    return sorted(genes, key=said.find)


def _stated(case: Case, gene: str, names: list[str], source: Source, is_reference: bool) -> Stated:
    """The change as a statement about one gene."""
    present = found_in(case.value, gene)
    significance = _significance(case, gene)
    remarks = [notices.source_class_disagrees(gene)] if source.contradicts else []
    if present and is_reference:
        present = False
        remarks.append(notices.reference_confirmed(gene))
    said = _said(case.value, gene)
    harmless = significance in _HARMLESS
    return Stated(
        ResultKind.VARIANT,
        _text(case, names, present, said),
        Use.NO if said == words.NOT_PERFORMED or harmless else Use.CONTEXT if source.contradicts else Use.YES,
        source.origin,
        _allele(names, gene) or case.value.meaning.allele,
        present,
        _zygosity(case, gene, names),
        significance=significance,
        notices=tuple(remarks),
    )


def _zygosity(case: Case, gene: str, names: list[str]) -> str:
    """Stated in its component, else in the value or a name."""
    component = _term(case, _ZYGOSITY, gene)
    return words.zygosity_in(component) or words.zygosity_in(f"{case.value.answer.first} {' '.join(names)}")


def _significance(case: Case, gene: str) -> str:
    """Stated on the change, else by an implication that refers to it."""
    return _term(case, _SIGNIFICANCE, gene) or case.desk.significance.get(case.frame.source, "")


def genes_hinted_at(case: Case) -> tuple[str, ...]:
    """The genes that a name of the change mentions, or whose transcript it is on."""
    names = list(_names(case))
    for name in names:
        named = case.desk.codes.genes_named(name)
        if named:
            return named
    for code in (*names, *_values(case, "51958-7")):
        accession = re.match(r"([A-Z]{2}_\d+)", code)
        gene = case.desk.codes.transcripts.get(accession.group(1), "") if accession else ""
        if gene:
            return (gene,)
    return ()


def _names(case: Case) -> Iterator[str]:
    """All names of the change, those for people first; built from the position if there is no other."""
    found = [name for code in NAMES for name in _values(case, code)]
    if found:
        yield from found
    else:
        built = _from_position(case)
        if built:
            yield built


def _values(case: Case, code: str) -> Iterator[str]:
    """Each component with this code: its HGVS name if it has one; for the variant itself all its names."""
    for component in case.parts.get(code, ()):
        texts = answer_of(component).texts
        if code == VARIANT:
            yield from (name for name in texts if not _IS_NUMBER.fullmatch(name))
        elif texts:
            yield next((name for name in texts if _HGVS.match(name)), texts[0])


def _text(case: Case, names: list[str], present: bool | None, said: str) -> str:
    """All names, each once; what a longer one says is not repeated. Genomic names keep their sequence."""
    kept: list[str] = []
    for name in names:
        found = _HGVS.match(name)
        bare = f"{found.group(1)}.{found.group(2)}" if found and found.group(1) != "g" else name
        if not any(bare in other for other in kept):
            kept.append(bare)
    joined = "; ".join(kept)
    if present is None:
        return f"{said}: {joined}" if joined else said
    return joined or case.value.answer.first or ("Present" if present else "Absent")


def _said(value: Value, gene: str) -> str:
    """Why nothing is known, if nothing is: not performed, no call, or the laboratory's own word."""
    if not_performed(value, gene):
        return words.NOT_PERFORMED
    if value.term(gene) in words.NO_CALL or value.answer.absent:
        return NO_CALL_TEXT
    return value.answer.first or "Not stated"


def _allele(names: list[str], gene: str) -> str:
    """The name a gene table is most likely to know."""
    by_letter: dict[str, str] = {}
    for name in names:
        found = _HGVS.match(name)
        if found:
            whole = name if found.group(1) == "g" else f"{found.group(1)}.{found.group(2)}"
            by_letter.setdefault(found.group(1), whole)
        for change in words.dna_changes(name):
            by_letter.setdefault(change[0], change)
    in_dbsnp = next((found.group() for name in names if (found := _RS.search(name))), "")
    spoken = next((name for name in names if not _HGVS.match(name) and not words.is_doubtful(name)), "")
    spoken = re.sub(rf"^{re.escape(gene)}(?:\s*:(?!:)\s*|\s+)", "", spoken)
    best = (by_letter.get("c"), by_letter.get("m"), in_dbsnp, spoken, by_letter.get("p"), by_letter.get("g"))
    return next((name for name in best if name), "")


def _term(case: Case, code: str, gene: str) -> str:
    """The term of a coded component, or its word in lower case; empty without the component."""
    for component in case.parts.get(code, ()):
        value = case.value._replace(answer=answer_of(component))
        term = value.term(gene) or value.answer.first.lower()
        if term:
            return term
    return ""


def _letters(case: Case, code: str) -> str:
    """Reference or alternative bases."""
    for component in case.parts.get(code, ()):
        first = answer_of(component).first.upper()
        if _BASES.fullmatch(first):
            return first
    return ""


def _from_position(case: Case) -> str:
    """A genomic name of a single-base change, if sequence, position, counting and both bases are stated."""
    reference, alternative = _letters(case, _REFERENCE), _letters(case, _ALTERNATIVE)
    sequence = next((code for c in case.parts.get(_SEQUENCE, ()) for code in answer_of(c).codes), "")
    ranges: list[Json] = [mapping(c.get("valueRange")) for c in case.parts.get(_RANGE, ())]
    start = number(mapping(ranges[0].get("low")).get("value")) if ranges else None
    counting = {code for component in case.parts.get(_COUNTING, ()) for code in answer_of(component).codes}
    if not sequence or start is None or len(reference) != 1 or len(alternative) != 1:
        return ""
    if counting == {_ONE_BASED}:
        return f"{sequence}:g.{int(start)}{reference}>{alternative}"
    return f"{sequence}:g.{int(start) + 1}{reference}>{alternative}" if counting == {_ZERO_BASED} else ""
