"""One Observation: what it says, put into its frame."""

from __future__ import annotations

from collections.abc import Iterator

from cds_service.core.evidence import Origin, ReportedResult, ResultKind, Use
from cds_service.core.model import Notice
from cds_service.fhir.readers import notices, words
from cds_service.fhir.readers.answer import answer_of
from cds_service.fhir.readers.biomarker import about_of
from cds_service.fhir.readers.case import Case
from cds_service.fhir.readers.content import Content, contents_of, part_statements
from cds_service.fhir.readers.desk import Desk
from cds_service.fhir.readers.frame import frame_of
from cds_service.fhir.readers.gl_string import is_gl_string, read_gl_string
from cds_service.fhir.readers.haplotype import Haplotype, read_haplotype
from cds_service.fhir.readers.implication import read_implication
from cds_service.fhir.readers.origin import in_blood, source_of
from cds_service.fhir.readers.shapes import is_biomarker, state
from cds_service.fhir.readers.stated import Attributed, Stated, Value, result_of
from cds_service.fhir.readers.variant import VARIANT, genes_hinted_at, read_variant
from cds_service.fhir.values import NOTHING, Json, mappings

Item = ReportedResult | Notice | Haplotype

#: Elements that may name a gene where code and name of the test do not.
_MAY_NAME_GENES = frozenset({"component", "extension"})
_GENOTYPE_OR_CLASS = frozenset({"genotype", "phenotype"})
#: Where a result without a value of its own has it.
_ELSEWHERE = frozenset({"hasMember", "derivedFrom", "related"})
#: Kinds that hold no result, or one that other Observations repeat.
_NO_RESULT = frozenset(
    ("report", "region", "phase", "grouper", "component", "enzyme", "significance", "consequence")
)


def read_observation(desk: Desk, observation: Json, source: str, parent: Json = NOTHING) -> list[Item] | None:
    """
    Read all results of an Observation.

    Args:
        desk: The call.
        observation: The resource; whom it is about is asked by the caller.
        source: How its results are named.
        parent: The report that contains it.

    Returns:
        Results, single alleles and notices; an empty list if it holds nothing genomic. None if it has no
        code.
    """
    meaning = desk.lexicon.meaning(observation.get("code"))
    if not meaning.readable:
        return None
    if meaning.kind == "report" and _is_result(desk, observation):
        meaning = meaning._replace(kind="", coded=False)
    if meaning.kind in _NO_RESULT:
        return []
    is_test = meaning.kind or meaning.genes or meaning.pharmacogenomic
    if not is_test and _MAY_NAME_GENES.isdisjoint(observation):
        return []
    content = contents_of(desk.lexicon).of(observation, meaning)
    if not content.is_ours:
        return []
    frame = frame_of(desk, observation, source, parent)
    parts = content.parts if content.names_source else NOTHING
    origin = source_of(desk, frame, observation, parts, meaning).origin
    if (origin is not Origin.GERMLINE or _is_marker(content)) and in_blood(desk, frame, observation):
        frame = frame._replace(liquid=True)
    if content.said is None:
        subject = content.subject._replace(origin=origin)
        case = Case(desk, frame, observation, content.parts, content.value, subject)
        return [*_in_context(case, is_other=content.is_other)]
    items: list[Item] = []
    for said in content.said:
        if isinstance(said, Notice):
            items.append(said)
        else:
            subject = said.subject if origin is Origin.GERMLINE else said.subject._replace(origin=origin)
            items.append(result_of(frame, subject, said.gene, said.said))
    return items


def _is_result(desk: Desk, observation: Json) -> bool:
    """True for alleles, or components with results, under the code of a whole report."""
    parts = (desk.lexicon.meaning(part.get("code")) for part in mappings(observation.get("component")))
    return any(words.looks_like_genotype(text) for text in answer_of(observation).texts) or any(
        part.kind in _GENOTYPE_OR_CLASS for part in parts
    )


def _is_marker(content: Content) -> bool:
    """True if something is said about a tumour, whatever the surroundings are."""
    said = content.said or ()
    return any(isinstance(each, Attributed) and each.said.origin is Origin.SOMATIC for each in said)


def _in_context(case: Case, *, is_other: bool) -> Iterator[Item]:
    """What an Observation says together with others."""
    kind = case.value.meaning.kind
    if kind == "variant":
        yield from _of_variant(case, is_other=is_other)
    elif kind == "implication":
        yield from read_implication(case)
    elif is_gl_string(case.value.answer.first):
        yield from read_gl_string(case)
    elif case.value.answer.is_empty:
        yield from _without_value(case)
    elif case.subject.genes:
        yield from read_haplotype(case, case.subject.genes[0])
    elif not is_other:
        yield notices.gene_not_stated(1)


def _of_variant(case: Case, *, is_other: bool) -> list[Item]:
    """A change; without a stated gene it is about that of its name or transcript."""
    if case.subject.genes or is_other:
        return [*read_variant(case)]
    hinted = genes_hinted_at(case)
    if not hinted:
        return [notices.gene_not_stated(1)]
    return [*read_variant(case._replace(subject=case.subject._replace(genes=hinted, by_name=True)))]


def _without_value(case: Case) -> Iterator[Item]:
    """A test without a value of its own: it may stand in components, or not be ready."""
    statements = _statements_of_parts(case)
    for said in statements:
        yield said if isinstance(said, Notice) else result_of(case.frame, case.subject, said.gene, said.said)
    if statements or case.frame.use is Use.NO:
        return
    for gene in case.subject.genes:
        if case.frame.use is Use.PENDING:
            yield case.result(gene, _awaited(case.value))
            continue
        yield notices.without_value(gene)
        if _ELSEWHERE.isdisjoint(case.entry):
            # Reported, and not sent: what it says stands on a page somewhere.
            name = case.value.meaning.name or gene
            yield case.result(gene, Stated(ResultKind.DOCUMENT, name, Use.CONTEXT))


def _awaited(value: Value) -> Stated:
    """A result that is on its way, in the form it will have."""
    meaning = value.meaning
    if is_biomarker(value, meaning.genes):
        return Stated(ResultKind.BIOMARKER, "", origin=Origin.SOMATIC, allele=about_of(meaning))
    kind = ResultKind.VARIANT if meaning.kind == "sequencing" else ResultKind.DIPLOTYPE
    return Stated(kind, "")


def _statements_of_parts(case: Case) -> list[Attributed | Notice]:
    """The diplotype in a component for the variant, or results in others."""
    if case.value.meaning.kind == "genotype" and case.subject.genes and case.parts.get(VARIANT):
        answer = answer_of(case.parts[VARIANT][0])
        return state(case.value._replace(answer=answer), case.subject)
    return [*part_statements(case.desk.lexicon, case.entry, case.subject)]
