"""Names that the Genomics Reporting guide (STU3, 3.0.0) gives its shapes; no code here is a result."""

from __future__ import annotations

from typing import Any

from cds_service.core.errors import InputError
from cds_service.fhir.values import LOINC, TBD_CODES

Built = dict[str, Any]

_PROFILES = "http://hl7.org/fhir/uv/genomics-reporting/StructureDefinition"
GENE_NAMES = "http://www.genenames.org"
HGVS = "http://varnomen.hgvs.org"
DBSNP = "http://www.ncbi.nlm.nih.gov/projects/SNP"
REFSEQ = "http://www.ncbi.nlm.nih.gov/refseq"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
RELATED_ARTIFACT = "http://hl7.org/fhir/StructureDefinition/workflow-relatedArtifact"
URIS = "urn:ietf:rfc:3986"
_ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
_CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
_SECTION = "http://terminology.hl7.org/CodeSystem/v2-0074"

GENOTYPE, HAPLOTYPE, VARIANT, REGION, REPORT = "84413-4", "84414-2", "69548-6", "53041-0", "51969-4"
GENE_STUDIED, VARIATION_NAME = "48018-6", "81252-9"
CODING_HGVS, GENOMIC_HGVS = "48004-6", "81290-9"
REFERENCE_SEQUENCE, ASSEMBLY, EXACT_RANGE, COUNTING = "48013-7", "62374-4", "81254-5", "92822-6"
REF_ALLELE, ALT_ALLELE, ZYGOSITY, SOURCE_CLASS = "69547-8", "69551-0", "53034-5", "48002-0"
SIGNIFICANCE = "53037-8"
MEDICATION, EVIDENCE_LEVEL = "51963-7", "93044-6"
IMPLICATION, CONCLUSION = "therapeutic-implication", "conclusion-string"

GENETICS: Built = {"coding": [{"system": _SECTION, "code": "GE"}]}
CATEGORIES: list[Built] = [{"coding": [{"system": _CATEGORY, "code": "laboratory"}]}, GENETICS]
GRCH38: Built = {"coding": [{"system": LOINC, "code": "LA26806-2", "display": "GRCh38"}]}
ONE_BASED: Built = {
    "coding": [{"system": LOINC, "code": "LA30102-0", "display": "1-based character counting"}]
}

#: Version of each chromosome's RefSeq record in GRCh38 (assembly GCF_000001405), chromosomes 1 to 22.
_VERSIONS = (11, 12, 12, 12, 10, 12, 14, 11, 12, 11, 10, 12, 11, 9, 10, 10, 11, 10, 10, 11, 9, 11)
_OTHERS = {"X": "NC_000023.11", "Y": "NC_000024.10", "M": "NC_012920.1", "MT": "NC_012920.1"}


def profile(name: str) -> Built:
    """The `meta` that claims a profile of the guide."""
    return {"profile": [f"{_PROFILES}/{name}"]}


def extension_url(name: str) -> str:
    """The address of an extension of the guide."""
    return f"{_PROFILES}/{name}"


def loinc(code: str, text: str = "") -> Built:
    """A concept with one LOINC code."""
    return concept(LOINC, code, text=text)


def provisional(code: str) -> Built:
    """A concept with one of the guide's provisional codes."""
    return concept(TBD_CODES, code)


def concept(system: str, code: str, display: str = "", text: str = "") -> Built:
    """A concept with one code; with its text alone if there is no code."""
    coding = {"system": system, "code": code, "display": display}
    found: Built = {"coding": [{name: value for name, value in coding.items() if value}]} if code else {}
    return {**found, "text": text} if text else found


def absent(code: str, text: str = "") -> Built:
    """Why there is no value."""
    return concept(_ABSENT, code, text=text)


def grch38_accession(chromosome: str) -> str:
    """
    The RefSeq accession of a chromosome of GRCh38.

    Raises:
        InputError: There is no such chromosome.

    >>> grch38_accession("chr10"), grch38_accession("M")
    ('NC_000010.11', 'NC_012920.1')
    """
    name = chromosome.removeprefix("chr")
    if name in _OTHERS:
        return _OTHERS[name]
    if name.isdecimal() and 1 <= int(name) <= len(_VERSIONS):
        return f"NC_{int(name):06}.{_VERSIONS[int(name) - 1]}"
    raise InputError("a chromosome is written chr1 to chr22, chrX, chrY or chrM", "chromosome")
