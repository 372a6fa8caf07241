"""What a laboratory says a result means for a medicine: the class it names there is the weakest of all."""

from __future__ import annotations

from cds_service.core.evidence import Origin, ReportedResult, ResultKind, Use
from cds_service.fhir.readers import notices
from cds_service.fhir.readers.answer import Answer, answer_of
from cds_service.fhir.readers.case import Case
from cds_service.fhir.readers.content import contents_of
from cds_service.fhir.readers.stated import Stated
from cds_service.fhir.values import Json, mappings, reference_key


def read_implication(case: Case) -> list[ReportedResult]:
    """
    Read the class an implication states for the gene of the results it was derived from.

    A class is marked as implied: it counts only where the laboratory reports nothing else of the gene. From
    results of two genes the class belongs to the pair; it is that of one of them only if no other has such a
    class. Other statements are not used, save for what is said of a tumour.
    """
    answer = _statement(case)
    if not answer.texts:
        return []
    genes = case.subject.genes or _genes_behind(case)
    return [case.result(gene, _said(case, answer, gene)) for gene in _meant(case, answer, genes)]


def _meant(case: Case, answer: Answer, genes: tuple[str, ...]) -> tuple[str, ...]:
    """The gene, or the only one of several that can have the stated class."""
    if len(genes) < 2:
        return genes
    known = case.desk.codes
    able = tuple(gene for gene in genes if _term(case, answer, gene) in known.classes.get(gene, ()))
    return able if len(able) == 1 else ()


def _term(case: Case, answer: Answer, gene: str) -> str:
    return case.value._replace(answer=answer).term(gene)


def _said(case: Case, answer: Answer, gene: str) -> Stated:
    known, term, origin = case.desk.codes, _term(case, answer, gene), _origin(case)
    old = (notices.old_term(term),) if any(known.is_old(text, gene) for text in answer.texts) else ()
    is_class = term in known.phenotypes
    use = Use.YES if is_class or (term and origin is Origin.SOMATIC) else Use.NO
    text = term if is_class else answer.first
    return Stated(ResultKind.PHENOTYPE, text, use, origin, notices=old, implied=is_class)


def _statement(case: Case) -> Answer:
    """The class: the value of the Observation in the first edition of the guide, a component since."""
    if not case.value.answer.is_empty:
        return case.value.answer
    for component in mappings(case.entry.get("component")):
        if case.desk.lexicon.meaning(component.get("code")).kind == "implication":
            return answer_of(component)
    return Answer()


def _genes_behind(case: Case) -> tuple[str, ...]:
    """The genes of the results the implication was derived from."""
    lexicon = case.desk.lexicon
    found: dict[str, None] = {}
    for result in _results_behind(case):
        content = contents_of(lexicon).of(result, lexicon.meaning(result.get("code")))
        found.update(dict.fromkeys(content.subject.genes))
    return tuple(found)


def _results_behind(case: Case) -> list[Json]:
    base = case.frame.source.partition("#")[0]
    keys = [reference_key(reference) for reference in mappings(case.entry.get("derivedFrom"))]
    whole = [f"{base}{key}" if key.startswith("#") else key for key in keys]
    return [case.desk.by_key[key] for key in whole if key in case.desk.by_key]


def _origin(case: Case) -> Origin:
    """Somatic if a result behind it is; otherwise as the test name and the specimen say."""
    somatic = any(
        "LA6684-0" in answer_of(component).codes
        for result in _results_behind(case)
        for component in mappings(result.get("component"))
    )
    return (
        Origin.SOMATIC
        if somatic or case.desk.tumour_context(case.entry, case.frame.source)
        else case.subject.origin
    )
