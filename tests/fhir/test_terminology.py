"""Code systems in every spelling that clients use."""

from __future__ import annotations

import pytest

from cds_service.core.model import Coding
from cds_service.fhir.terminology import coding, system_name


@pytest.mark.parametrize(
    ("system", "expected"),
    [
        ("http://www.nlm.nih.gov/research/umls/rxnorm", "rxnorm"),
        ("http://www.nlm.nih.gov/research/umls/rxnorm/", "rxnorm"),
        ("https://www.nlm.nih.gov/research/umls/RxNorm", "rxnorm"),
        ("urn:oid:2.16.840.1.113883.6.88", "rxnorm"),
        ("URN:OID:2.16.840.1.113883.6.88", "rxnorm"),
        ("2.16.840.1.113883.6.88", "rxnorm"),
        ("http://snomed.info/sct", "snomed"),
        ("http://snomed.info/sct/731000124108", "snomed"),
        ("http://snomed.info/sct|http://snomed.info/sct/900000000000207008", "snomed"),
        ("urn:oid:2.16.840.1.113883.6.96", "snomed"),
        ("http://hl7.org/fhir/sid/icd-10-cm", "icd10cm"),
        ("urn:oid:2.16.840.1.113883.6.90", "icd10cm"),
        ("http://www.whocc.no/atc", "atc"),
        ("http://www.whocc.no/ATC ", "atc"),
        ("urn:oid:2.16.840.1.113883.6.73", "atc"),
        ("http://loinc.org", "loinc"),
        ("urn:oid:2.16.840.1.113883.6.1", "loinc"),
        ("http://hl7.org/fhir/sid/icd-10", "icd10cm"),
        ("urn:oid:2.16.840.1.113883.6.69", "urn:oid:2.16.840.1.113883.6.69"),
        ("", ""),
        (None, ""),
        (["http://loinc.org"], ""),
    ],
)
def test_a_system_has_one_name(system: object, expected: str) -> None:
    assert system_name(system) == expected


@pytest.mark.parametrize(
    ("system", "code", "expected"),
    [
        ("http://snomed.info/sct", " 26643006 ", Coding("snomed", "26643006")),
        ("http://www.nlm.nih.gov/research/umls/rxnorm", 103, Coding("rxnorm", "103")),
        ("http://www.whocc.no/atc", "l01bb02", Coding("atc", "L01BB02")),
        ("http://hl7.org/fhir/sid/icd-10-cm", "i24.9", Coding("icd10cm", "I24.9")),
        ("http://example.org/x", "aB", Coding("http://example.org/x", "aB")),
        (None, "x", Coding("", "x")),
        ("http://loinc.org", "", None),
        ("http://loinc.org", None, None),
        ("http://loinc.org", True, None),
        ("http://loinc.org", {"code": "1"}, None),
    ],
)
def test_a_code_is_brought_into_the_form_that_is_compared(
    system: object, code: object, expected: Coding | None
) -> None:
    assert coding(system, code) == expected
