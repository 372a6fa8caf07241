"""Whom a resource is about. A result of somebody else must never reach a patient's card."""

from __future__ import annotations

from cds_service.fhir.values import NOTHING, Json, mappings, reference_key

OURS, OTHER, NOBODY = "patient", "other", "nobody"

#: What a focus may be that has DNA of its own.
_PEOPLE = frozenset({"Patient", "RelatedPerson", "Group"})


def about(patient: str, resource: Json, parent: Json = NOTHING) -> str:
    """
    Whom a resource is about.

    Args:
        patient: `Patient/<id>`.
        resource: With `subject` or `patient`; references may be absolute or carry a version.
        parent: The report it is contained in, whose subject counts for it too.

    Returns:
        `OURS`; `OTHER` if any reference is to somebody else, also a focus such as an organ donor's record;
        `NOBODY` if there is no reference that can be compared.
    """
    subject = resource.get("subject")
    if (
        isinstance(subject, dict)
        and subject.get("reference") == patient
        and not parent
        and "focus" not in resource
    ):
        return OURS
    keys = {_subject(resource), _subject(parent), *_focus(resource)} - {""}
    if not keys:
        return NOBODY
    if keys - {patient}:
        return OTHER
    return OURS if patient in (_subject(resource), _subject(parent)) else NOBODY


def _subject(resource: Json) -> str:
    """The subject as `Type/id`; empty if there is none, or one inside the resource itself."""
    key = reference_key(resource.get("subject")) or reference_key(resource.get("patient"))
    return "" if key.startswith("#") else key


def _focus(resource: Json) -> set[str]:
    """The people the result is really about, such as a parent; a specimen or a device is nobody."""
    keys = (reference_key(focus) for focus in mappings(resource.get("focus")))
    return {key for key in keys if key.partition("/")[0] in _PEOPLE}
