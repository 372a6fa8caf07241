"""Whom and what FHIR references name, relative or absolute."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_PATIENT = re.compile(r"(?:.*/)?Patient/([^/|#?]+)(?:/_history/[^/]*)?/?")
_LOCAL = re.compile(r"(?:.*/)?([A-Z][A-Za-z]+/[^/|#?]+?)(?:/_history/[^/]*)?/?")


def local(reference: str) -> str:
    """
    A reference as `Type/id`, without server and version; as it is if it has no such end.

    >>> local("https://ehr.example.org/fhir/MedicationRequest/7/_history/2"), local("#med"), local("rx0")
    ('MedicationRequest/7', '#med', 'rx0')
    """
    match = _LOCAL.fullmatch(reference)
    return match[1] if match else reference


def patient_named(reference: object) -> str | None:
    """
    The id of the patient that a FHIR Reference names; None if it names none, or none that can be read.

    The server part is not compared: behind a proxy the same server has several names.

    >>> patient_named({"reference": "https://ehr.example.org/fhir/Patient/p1"})
    'p1'
    >>> patient_named({"reference": "Group/p1"}) is None, patient_named("Patient/p1") is None
    (True, True)
    """
    text = reference.get("reference") if isinstance(reference, dict) else None
    match = _PATIENT.fullmatch(text) if isinstance(text, str) else None
    return match[1] if match else None


def is_about_another(resource: Mapping[str, Any], patient_id: str) -> bool:
    """
    Whether a resource says that it belongs to another patient, or is another patient.

    A resource that names nobody is not about another.
    """
    if resource.get("resourceType") == "Patient":
        ident = resource.get("id")
        return isinstance(ident, str) and ident != patient_id
    for field in ("subject", "patient"):
        reference = resource.get(field)
        person = None if reference is None else patient_named(reference)
        if person is not None and person != patient_id:
            return True
    return False
