"""Small hand-made payloads, and one way to read them."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from cds_service.core.codes import GenomicCodes
from cds_service.core.evidence import ReportedResult
from cds_service.curation.genomic_codes import load_genomic_codes
from cds_service.fhir.readers import Readings, read_results

Json = dict[str, Any]

PATIENT = "p1"
LOINC = "http://loinc.org"
LOCAL = "urn:oid:1.2.3.4"
TBD = "http://hl7.org/fhir/uv/genomics-reporting/CodeSystem/tbd-codes-cs"


@cache
def codes() -> GenomicCodes:
    known = load_genomic_codes(Path(__file__).parents[3] / "knowledge" / "codes")
    metabolizers = frozenset({"Normal Metabolizer", "Intermediate Metabolizer", "Poor Metabolizer"})
    return replace(known, classes={"CYP2C9": metabolizers, "CYP2C19": metabolizers})


def read(*resources: Any) -> Readings:
    return read_results(resources, codes=codes(), patient_id=PATIENT)


def only(*resources: Any) -> ReportedResult:
    """The one result of these resources."""
    (result,) = read(*resources).results
    return result


def keys(readings: Readings) -> list[str]:
    return [notice.key for notice in readings.notices]


def concept(*codings: tuple[str, str, str], text: str = "") -> Json:
    names = ("system", "code", "display")
    made: Json = {"coding": [dict(zip(names, coding, strict=True)) for coding in codings]} if codings else {}
    return {**made, "text": text} if text else made


def loinc(code: str, display: str = "") -> Json:
    return concept((LOINC, code, display))


def local(name: str, code: str = "X1") -> Json:
    return concept((LOCAL, code, name), text=name)


def observation(code: Json, ident: str = "o1", **elements: Any) -> Json:
    frame: Json = {
        "resourceType": "Observation",
        "id": ident,
        "status": "final",
        "code": code,
        "subject": {"reference": f"Patient/{PATIENT}"},
        "effectiveDateTime": "2024-05-14",
    }
    return {name: value for name, value in {**frame, **elements}.items() if value is not None}


def lab(name: str, value: str, ident: str = "o1", **elements: Any) -> Json:
    """A laboratory Observation with a local code, a test name and a text."""
    return observation(local(name), ident, valueString=value, **elements)


def component(code: str, value: Json | str) -> Json:
    kind = "valueString" if isinstance(value, str) else "valueCodeableConcept"
    return {"code": loinc(code), kind: value}


def gene(symbol: str, number: str = "", system: str = "http://www.genenames.org") -> Json:
    """Component 48018-6; with a number its HGNC code, else text only."""
    value = concept((system, number, symbol)) if number else {"text": symbol}
    return component("48018-6", value)


def genotype(symbol: str, value: Json | str, ident: str = "o1", **elements: Any) -> Json:
    """Genomics Reporting Genotype."""
    stated = {"text": value} if isinstance(value, str) else value
    parts = elements.pop("component", [gene(symbol)])
    return observation(loinc("84413-4"), ident, valueCodeableConcept=stated, component=parts, **elements)


def haplotype(symbol: str, allele: str, ident: str, **elements: Any) -> Json:
    return observation(
        loinc("84414-2"), ident, valueCodeableConcept={"text": allele}, component=[gene(symbol)], **elements
    )


def variant(
    symbol: str, *parts: Json, answer: Json | None = None, ident: str = "o1", **elements: Any
) -> Json:
    """Genomics Reporting Variant, present unless another answer is given."""
    genes = [gene(name) for name in symbol.split(",") if name]
    value = answer or loinc("LA9633-4", "Present")
    return observation(
        loinc("69548-6"), ident, valueCodeableConcept=value, component=[*genes, *parts], **elements
    )


def bundle(*resources: Any, **elements: Any) -> Json:
    entries = [{"resource": resource} for resource in resources]
    return {"resourceType": "Bundle", "type": "searchset", "entry": entries, **elements}
