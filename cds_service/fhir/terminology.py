"""Which code system a URI or OID means."""

from __future__ import annotations

from functools import lru_cache

from cds_service.core.model import ATC, ICD10CM, LOINC, RXNORM, SNOMED, Coding

#: Every spelling seen in the field, lower case, without `urn:oid:`, scheme, version and trailing slash.
_SYSTEMS = {
    "www.nlm.nih.gov/research/umls/rxnorm": RXNORM,
    "nlm.nih.gov/research/umls/rxnorm": RXNORM,
    "2.16.840.1.113883.6.88": RXNORM,
    "snomed.info/sct": SNOMED,
    "2.16.840.1.113883.6.96": SNOMED,
    "hl7.org/fhir/sid/icd-10-cm": ICD10CM,
    "2.16.840.1.113883.6.90": ICD10CM,
    # WHO's edition, of which ICD-10-CM is a finer division; US systems also write their own codes with it.
    "hl7.org/fhir/sid/icd-10": ICD10CM,
    "2.16.840.1.113883.6.3": ICD10CM,
    "www.whocc.no/atc": ATC,
    "whocc.no/atc": ATC,
    "fhir.de/codesystem/bfarm/atc": ATC,
    "fhir.de/codesystem/dimdi/atc": ATC,
    "2.16.840.1.113883.6.73": ATC,
    "loinc.org": LOINC,
    "2.16.840.1.113883.6.1": LOINC,
}
# The usual spellings are found without any work on the text.
_USUAL = {
    "http://www.nlm.nih.gov/research/umls/rxnorm": RXNORM,
    "http://snomed.info/sct": SNOMED,
    "http://hl7.org/fhir/sid/icd-10-cm": ICD10CM,
    "http://www.whocc.no/atc": ATC,
    "http://loinc.org": LOINC,
}


def system_name(system: object) -> str:
    """
    The short name of a code system, for comparing.

    Case, a trailing slash, `http` or `https`, `urn:oid:` and a version do not matter. A national edition of
    SNOMED CT (`http://snomed.info/sct/731000124108`) is SNOMED CT.

    Returns:
        `rxnorm`, `snomed`, `icd10cm`, `atc` or `loinc`; any other URI as it was sent; empty if it is no text.

    >>> system_name("urn:oid:2.16.840.1.113883.6.88"), system_name("HTTP://LOINC.org/")
    ('rxnorm', 'loinc')
    >>> system_name("http://example.org/local")
    'http://example.org/local'
    """
    if not isinstance(system, str):
        return ""
    return _USUAL.get(system) or _SYSTEMS.get(_plain(system)) or system


def coding(system: object, code: object) -> Coding | None:
    """
    A code for comparing; None if there is no code.

    ATC and ICD-10-CM codes are written in capitals, as their publishers do. A number instead of a text is
    accepted.
    """
    if isinstance(code, int) and not isinstance(code, bool):
        code = str(code) if abs(code) < 10**20 else ""
    if not isinstance(code, str):
        return None
    return _coding(system if isinstance(system, str) else "", code)


@lru_cache(maxsize=4096)  # the same codes come back with every call about a patient
def _coding(system: str, code: str) -> Coding | None:
    name, code = system_name(system), code.strip()
    return Coding(name, code.upper() if name in (ATC, ICD10CM) else code) if code else None


def _plain(system: str) -> str:
    text = system.strip().lower().partition("|")[0].rstrip("/")
    for prefix in ("urn:oid:", "https://", "http://"):
        text = text.removeprefix(prefix)
    return "snomed.info/sct" if text.startswith("snomed.info/sct/") else text
