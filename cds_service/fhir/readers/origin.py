"""Germline or somatic: what the record says, and what it says by its surroundings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from cds_service.core.evidence import Origin
from cds_service.fhir.readers.desk import Desk
from cds_service.fhir.readers.frame import Frame
from cds_service.fhir.readers.meaning import Meaning
from cds_service.fhir.values import Json, codings, concept_texts, mappings, text

SOURCE_CLASS = "48002-0"
_BLOOD = re.compile(
    r"\b(?:ct|cf)dna\b|\bcell[- ]free\b|\bliquid\b|\bcirculating\b|\bplasma\b|\bblood\b|\bserum\b",
    re.IGNORECASE,
)
_EXTENSION = "observation-geneticsGenomicSourceClass"
_GERMLINE = frozenset({"germline", "likely germline", "de novo"})


class Source(NamedTuple):
    """Where the DNA comes from, and whether a stated germline source contradicts a tumour specimen."""

    origin: Origin
    contradicts: bool = False


def source_of(
    desk: Desk, frame: Frame, observation: Json, parts: Mapping[str, list[Json]], meaning: Meaning
) -> Source:
    """
    Where the tested DNA comes from.

    A change without a stated source is of unknown origin, unless its surroundings speak of a tumour;
    genotypes and phenotypes are germline by kind of test.
    """
    tumour = frame.somatic or meaning.somatic
    stated = ""
    if SOURCE_CLASS in parts or "extension" in observation:
        stated = _stated(desk.codes.answers, parts, observation)
    if "somatic" in stated:
        return Source(Origin.SOMATIC)
    if stated in _GERMLINE:
        return Source(Origin.UNKNOWN, True) if tumour else Source(Origin.GERMLINE)
    if tumour or desk.tumour_context(observation, frame.source):
        return Source(Origin.SOMATIC)
    return Source(Origin.UNKNOWN if stated or meaning.kind == "variant" else Origin.GERMLINE)


def in_blood(desk: Desk, frame: Frame, observation: Json) -> bool:
    """
    True if the test name, the specimen or a remark says that blood or plasma was tested.

    For a solid tumour that is a liquid biopsy; whether it is one, the marker tells.
    """
    method = concept_texts(observation.get("method"))
    notes = [text(note.get("text")) for note in mappings(observation.get("note"))]
    said = (*concept_texts(observation.get("code")), desk.specimen_words(observation), *method, *notes)
    report = desk.report_of.get(frame.source)
    said += (*concept_texts(report.get("code")), desk.specimen_words(report)) if report else ()
    return any(_BLOOD.search(words) for words in said)


def _stated(answers: Mapping[str, str], parts: Mapping[str, list[Json]], observation: Json) -> str:
    """The stated source class as a term, or empty; a word that is no term counts as it is written."""
    concepts = [component.get("valueCodeableConcept") for component in parts.get(SOURCE_CLASS, ())]
    if not concepts and "extension" in observation:
        concepts = [
            extension.get("valueCodeableConcept")
            for extension in mappings(observation["extension"])
            if text(extension.get("url")).endswith(_EXTENSION)
        ]
    for concept in concepts:
        coded = next((answers[c.code] for c in codings(concept) if c.code in answers), "")
        if coded:
            return coded
        if words := concept_texts(concept):
            return words[0].lower()
    return ""
