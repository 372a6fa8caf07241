"""Several results in the components of one Observation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from cds_service.fhir.readers.answer import answer_of
from cds_service.fhir.readers.genes import GENE_STUDIED
from cds_service.fhir.readers.lexicon import Lexicon
from cds_service.fhir.readers.meaning import Meaning
from cds_service.fhir.readers.stated import Subject, Value
from cds_service.fhir.values import Json

_RESULT_KINDS = frozenset({"genotype", "phenotype", "score", "presence", "typing", "biomarker", "sequencing"})
_GENE_NAMES = frozenset({"gene", "gene name", "gene symbol", "gene studied", "gene tested"})
_VALUE_NAMES = frozenset({"result", "results", "value", "call", "interpretation"})


class _Part(NamedTuple):
    """A component that holds a result, and the gene that an earlier component named for it."""

    entry: Json
    meaning: Meaning
    gene: str


def parts_with_results(
    lexicon: Lexicon, components: Sequence[Json], outer: Subject
) -> Iterator[tuple[Value, Subject]]:
    """Each component that holds a result of its own; `outer` is the subject of their Observation."""
    for part in _result_parts(lexicon, components):
        answer = answer_of(part.entry)
        subject = _subject_of(lexicon, part, outer)
        if subject.genes and (not answer.is_empty or answer.absent):
            yield Value(lexicon, part.meaning, answer), subject


def _result_parts(lexicon: Lexicon, components: Sequence[Json]) -> Iterator[_Part]:
    """
    The components that hold results of their own.

    Most name their gene themselves. In lists of `Gene`, `Result`, `Interpretation` the order carries the
    meaning: each `Gene` begins a new group, and a group may lack any of the others.
    """
    gene = ""
    for entry in components:
        meaning = lexicon.meaning(entry.get("code"))
        if _names_gene(lexicon, entry, meaning):
            named = lexicon.codes.genes_named(" | ".join(answer_of(entry).texts))
            gene = named[0] if named else ""
        elif meaning.kind in _RESULT_KINDS or (
            meaning.genes and not meaning.coded and meaning.kind != "enzyme"
        ):
            yield _Part(entry, meaning, gene)
        elif gene and meaning.name.lower() in _VALUE_NAMES:
            yield _Part(entry, meaning._replace(kind="", narrative=False), gene)


def _names_gene(lexicon: Lexicon, entry: Json, meaning: Meaning) -> bool:
    """True for a component whose value is a gene."""
    if GENE_STUDIED in lexicon.part_codes(entry.get("code")):
        return True
    return meaning.name.lower() in _GENE_NAMES and not meaning.genes


def _subject_of(lexicon: Lexicon, part: _Part, outer: Subject) -> Subject:
    """The gene of a component; without one of its own that of its group, else of its Observation."""
    meaning = part.meaning
    own = meaning.genes or ((part.gene,) if part.gene else ())
    return outer._replace(
        genes=tuple(gene for gene in own or outer.genes if gene in lexicon.codes.symbols),
        by_name=not meaning.coded or (outer.by_name and not meaning.genes_coded),
        notices=() if own else outer.notices,
        certain=True if own else outer.certain,
        donor=outer.donor or meaning.donor,
    )
