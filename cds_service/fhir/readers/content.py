"""What an Observation says by itself, whoever it is about and whenever it was measured."""

from __future__ import annotations

import marshal
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from cds_service.core.evidence import Origin
from cds_service.core.model import Notice
from cds_service.fhir.readers import notices
from cds_service.fhir.readers.answer import answer_of
from cds_service.fhir.readers.genes import genes_of
from cds_service.fhir.readers.gl_string import is_gl_string
from cds_service.fhir.readers.lexicon import Lexicon
from cds_service.fhir.readers.meaning import Meaning
from cds_service.fhir.readers.origin import SOURCE_CLASS
from cds_service.fhir.readers.panel import parts_with_results
from cds_service.fhir.readers.shapes import state, state_loci
from cds_service.fhir.readers.stated import Attributed, Subject, Value
from cds_service.fhir.values import NOTHING, Json, mappings

#: Kinds whose meaning depends on other resources of the call.
_IN_CONTEXT = frozenset({"variant", "implication", "haplotype"})
#: Kinds for which a missing value says something.
_TESTS = frozenset({"genotype", "haplotype", "phenotype", "presence", "typing", "biomarker", "sequencing"})
#: Everything a content is read from.
_ELEMENTS = (
    "code",
    "valueString",
    "valueCodeableConcept",
    "valueQuantity",
    "valueInteger",
    "valueBoolean",
    "dataAbsentReason",
    "component",
    "extension",
)
_MOST_REMEMBERED = 4096
_LARGEST_REMEMBERED = 2000
_LONGEST_REMEMBERED = 60


class Content(NamedTuple):
    """
    What code, value and components say.

    Args:
        said: Statements and notices; None if other resources or the status have to be asked.
        is_ours: False if it is about no gene and no test of ours.
        names_source: Its source class is stated.
        value, subject, parts, is_other: What it was read from, for those that need more.
    """

    said: tuple[Attributed | Notice, ...] | None
    is_ours: bool
    names_source: bool
    value: Value
    subject: Subject
    parts: Mapping[str, list[Json]]
    is_other: bool


class Contents:
    """
    Contents with a memory: laboratories send the same few hundred results again and again.

    Only short statements are remembered, never a narrative, a date or a person.
    """

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._known: dict[bytes, Content] = {}

    def of(self, observation: Json, meaning: Meaning) -> Content:
        """The content of an Observation."""
        key = _key(observation)
        known = self._known.get(key) if key else None
        if known is not None:
            return known
        found = content_of(self._lexicon, observation, meaning)
        if key and _may_be_remembered(found):
            if len(self._known) >= _MOST_REMEMBERED:
                self._known.clear()
            self._known[key] = found
        return found


@lru_cache(maxsize=4)
def contents_of(lexicon: Lexicon) -> Contents:
    """The memory that belongs to a lexicon."""
    return Contents(lexicon)


def _key(observation: Json) -> bytes:
    """The content as bytes; empty if it is too large, or no JSON."""
    elements = [(name, observation[name]) for name in _ELEMENTS if name in observation]
    try:
        # Version 2 of the format: later ones write equal values differently.
        key = marshal.dumps(elements, 2)
    except ValueError:
        return b""
    return key if len(key) <= _LARGEST_REMEMBERED else b""


def _may_be_remembered(content: Content) -> bool:
    if content.said is None:
        return False
    texts = (said.said.text for said in content.said if isinstance(said, Attributed))
    return content.is_ours and all(len(text) <= _LONGEST_REMEMBERED for text in texts)


def content_of(lexicon: Lexicon, observation: Json, meaning: Meaning) -> Content:
    """What an Observation says by itself."""
    parts, holds_results = _parts(lexicon, observation)
    answer = answer_of(observation)
    found = genes_of(lexicon, observation, parts, meaning, answer.first)
    by_name = found.by_name or not (meaning.coded or parts)
    subject = Subject(
        found.symbols, by_name, found.notices, found.certain, Origin.GERMLINE, meaning.donor, found.foreign
    )
    value = Value(lexicon, meaning, answer)
    is_ours = meaning.coded or bool(found.symbols or parts) or meaning.kind in ("panel", "typing")
    said = None
    if is_ours and not _needs_context(value):
        said = (*_own_statements(value, subject, is_other=found.other),)
        if holds_results and meaning.kind != "biomarker":
            said += (*part_statements(lexicon, observation, subject),)
    names_source = SOURCE_CLASS in parts or "extension" in observation
    return Content(said, is_ours, names_source, value, subject, parts, found.other)


def _parts(lexicon: Lexicon, observation: Json) -> tuple[Mapping[str, list[Json]], bool]:
    """Components by their LOINC or provisional code, and whether some may hold results of their own."""
    if "component" not in observation:
        return NOTHING, False
    found: dict[str, list[Json]] = {}
    holds_results = False
    for component in mappings(observation["component"]):
        part = lexicon.part(component.get("code"))
        holds_results = holds_results or not part.describes
        for code in part.codes:
            found.setdefault(code, []).append(component)
    return found, holds_results


def _needs_context(value: Value) -> bool:
    """True if other resources or the status decide what is said."""
    if value.meaning.kind in _IN_CONTEXT or is_gl_string(value.answer.first):
        return True
    return value.meaning.kind in _TESTS and value.answer.is_empty and not value.answer.absent


def _own_statements(value: Value, subject: Subject, *, is_other: bool) -> list[Attributed | Notice]:
    """What the Observation's own value says."""
    if value.answer.is_empty and (not value.answer.absent or value.meaning.kind == "panel"):
        return []
    if value.meaning.kind == "typing" and len(subject.genes) != 1:
        return state_loci(value, subject)
    if subject.genes:
        return state(value, subject)
    needs_gene = value.meaning.coded and value.meaning.kind == "genotype" and not is_other
    return [notices.gene_not_stated(1)] if needs_gene else []


def part_statements(lexicon: Lexicon, observation: Json, subject: Subject) -> Iterator[Attributed | Notice]:
    """What components say."""
    for value, about in parts_with_results(lexicon, mappings(observation.get("component")), subject):
        yield from state(value, about)
