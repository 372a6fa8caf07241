"""Variant Observations: one place in the genome, and what was found there."""

from __future__ import annotations

import re
from collections.abc import Sequence

from cds_service.core.evidence import Origin
from cds_service.fhir.writing import ig
from cds_service.fhir.writing.ig import Built
from cds_service.fhir.writing.results import GeneResult, Position, VariantCall
from cds_service.fhir.writing.sheet import Sheet, component

_RS = re.compile(r"rs\d+")
_HGVS = {
    ig.CODING_HGVS: re.compile(r"N[MR]_\d+\.\d+:[cn]\.\S+"),
    ig.GENOMIC_HGVS: re.compile(r"NC_\d+\.\d+:[gm]\.\S+"),
}
_SAID = {True: "present", False: "absent", None: "no call"}
_SOURCES = {Origin.GERMLINE: "germline", Origin.UNKNOWN: "unknown"}


def write_variant(sheet: Sheet, result: GeneResult, call: VariantCall) -> str:
    """Enter one variant; returns its address."""
    return sheet.observation(
        result,
        ig.loinc(ig.VARIANT, f"{result.gene} variant"),
        profile="variant",
        valueCodeableConcept=sheet.answer(_SAID[call.present], _SAID[call.present].capitalize()),
        component=_components(sheet, result.gene, call),
    )


def _components(sheet: Sheet, gene: str, call: VariantCall) -> list[Built]:
    found = [sheet.studied(gene)]
    found += _names([*dict.fromkeys((*call.names, *_built_names(call)))])
    if call.at is not None:
        found += _place(call.at, call.ref, call.alt)
    if call.zygosity:
        found.append(component(ig.ZYGOSITY, sheet.answer(call.zygosity)))
    if call.significance:
        found.append(component(ig.SIGNIFICANCE, sheet.answer(call.significance)))
    found.append(component(ig.SOURCE_CLASS, sheet.answer(_SOURCES[call.origin])))
    return found


def _built_names(call: VariantCall) -> list[str]:
    """
    What follows from the position alone: HGVS for one base, SPDI where several bases change.

    Insertions and deletions have more than one VCF spelling, and only one of them leads to the right HGVS
    name; SPDI says exactly what was called. It counts from zero.
    """
    if call.at is None or not call.ref or not call.alt:
        return [call.at.name] if call.at is not None and call.at.name else []
    place = call.at
    own = [place.name] if place.name else []
    if len(call.ref) == len(call.alt) == 1:
        kind = "m" if place.sequence.startswith("NC_012920") else "g"
        change = "=" if call.ref == call.alt else f">{call.alt}"
        return [*own, f"{place.sequence}:{kind}.{place.position}{call.ref}{change}"]
    return [*own, f"{place.sequence}:{place.position - 1}:{call.ref}:{call.alt}"]


def _names(names: Sequence[str]) -> list[Built]:
    """Each name in the component that is made for its kind; of HGVS there is room for one of each kind."""
    found: list[Built] = []
    taken: set[str] = set()
    for name in names:
        code = next((code for code, pattern in _HGVS.items() if pattern.fullmatch(name)), "")
        if code and code not in taken:
            taken.add(code)
            found.append(component(code, ig.concept(ig.HGVS, name, name)))
        elif _RS.fullmatch(name):
            found.append(component(ig.VARIATION_NAME, ig.concept(ig.DBSNP, name, name)))
        else:
            found.append(component(ig.VARIATION_NAME, {"text": name}))
    return found


def _place(at: Position, ref: str, alt: str) -> list[Built]:
    last = at.position + max(len(ref), 1) - 1
    place: Built = {"low": {"value": at.position}, "high": {"value": last}}
    found = [
        component(ig.REFERENCE_SEQUENCE, ig.concept(ig.REFSEQ, at.sequence)),
        component(ig.ASSEMBLY, ig.GRCH38),
        {"code": ig.loinc(ig.EXACT_RANGE), "valueRange": place},
        component(ig.COUNTING, ig.ONE_BASED),
    ]
    found += [component(ig.REF_ALLELE, ref)] if ref else []
    return found + ([component(ig.ALT_ALLELE, alt)] if alt else [])
