"""What a laboratory says a result means for a medicine: background, never a result of its own."""

from __future__ import annotations

from cds_service.core.evidence import Origin, ReportedResult, ResultKind, Use
from cds_service.fhir.readers import notices
from cds_service.fhir.readers.answer import Answer, answer_of
from cds_service.fhir.readers.case import Case
from cds_service.fhir.readers.genes import GENE_STUDIED
from cds_service.fhir.readers.stated import Stated
from cds_service.fhir.values import Json, codings, mappings, reference_key


def read_implication(case: Case) -> list[ReportedResult]:
    """
    Read the class an implication states, as context for its gene.

    The gene is that of the results it was derived from. From results of two genes the class belongs to the
    pair, so nothing is stated for either of them.
    """
    answer = _statement(case)
    genes = case.subject.genes or _genes_behind(case)
    if len(genes) != 1 or not answer.texts:
        return []
    gene = genes[0]
    known = case.desk.codes
    term = case.value._replace(answer=answer).term(gene)
    old = (notices.old_term(term),) if any(known.is_old(text, gene) for text in answer.texts) else ()
    text = term if term in known.phenotypes else answer.first
    said = Stated(ResultKind.PHENOTYPE, text, Use.CONTEXT, _origin(case), notices=old)
    return [case.result(gene, said)]


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
    found: dict[str, None] = {}
    for result in _results_behind(case):
        for component in mappings(result.get("component")):
            if any(coded.code == GENE_STUDIED for coded in codings(component.get("code"))):
                for words in answer_of(component).texts:
                    found.update(dict.fromkeys(case.desk.codes.genes_named(words)))
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
