"""What every result needs, whatever it states: its status, date, laboratory, limits, and whose DNA it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from cds_service.core.evidence import Use
from cds_service.fhir.readers.desk import Desk, says_tumour
from cds_service.fhir.readers.words import states_limits
from cds_service.fhir.values import NOTHING, Json, codings, day, mapping, mappings, reference_key, text

#: Status of an Observation or a report -> whether it may be used. "unknown" is used, with a notice.
USES = {
    "final": Use.YES,
    "amended": Use.YES,
    "corrected": Use.YES,
    "appended": Use.YES,
    "modified": Use.YES,
    "unknown": Use.YES,
    "registered": Use.PENDING,
    "preliminary": Use.PENDING,
    "partial": Use.PENDING,
    "cancelled": Use.NO,
    "entered-in-error": Use.NO,
}
#: Elements that may hold remarks, or say whose DNA it is. Most Observations have none of them.
_REMARKABLE = frozenset({"specimen", "method", "note", "focus"})
_STRICTEST = (Use.NO, Use.PENDING, Use.YES)
_LONGEST_LIMITS = 300

#: Specimens without blood cells; saliva and cheek swabs hold some.
_BLOODLESS = re.compile(r"\b(?:fibroblasts?|skin|hair|nails?)\b", re.IGNORECASE)
_DONOR = re.compile(r"\bdonor(?:'s)?\b", re.IGNORECASE)
_NO_DONOR = re.compile(r"\brecipient\b|\bnot (?:the|a|of the) donor\b|\bdonor[- ]specific\b", re.IGNORECASE)


class Frame(NamedTuple):
    """
    What every result of an Observation shares.

    Args:
        source: `Observation/<id>`, or `DiagnosticReport/<id>#<id>` for a contained one.
        use: By status.
        measured_on, laboratory, limits, donor: As in `ReportedResult`.
        somatic: The specimen is a tumour.
        status_unknown: The laboratory does not know the status.
        liquid: Blood was tested for what a tumour sheds into it.
        own_tissue: The specimen holds no blood.
    """

    source: str
    use: Use
    measured_on: date | None = None
    laboratory: str = ""
    limits: str = ""
    donor: bool = False
    somatic: bool = False
    status_unknown: bool = False
    liquid: bool = False
    own_tissue: bool = False


def frame_of(desk: Desk, observation: Json, source: str, parent: Json = NOTHING) -> Frame:
    """
    Read what stands around a value.

    Args:
        desk: The call.
        observation: Holds the value.
        source: How the result will be named.
        parent: The report it is contained in.

    A result without a status is used like one whose status the laboratory does not know; with a status that
    FHIR does not know it is not, and waits for one: passed over, both would look like "not tested".
    """
    status = observation.get("status")
    use = Use.YES if status == "final" and not parent else use_of(observation, parent)
    if use is None:
        use, status = (Use.PENDING, status) if "status" in observation else (Use.YES, "unknown")
    measured = day(observation.get("effectiveDateTime"))
    if measured is None:
        measured = measured_on(observation, parent or desk.report_of.get(source, NOTHING))
    who = laboratory(desk, observation, parent) if parent or "performer" in observation else ""
    unknown = status == "unknown"
    if _REMARKABLE.isdisjoint(observation):
        return Frame(source, use, measured, who, "", False, False, unknown)
    specimen = desk.specimen_words(observation)
    remarks = [*_remarks(observation)]
    donor = _is_donor(observation, [specimen, *remarks])
    return Frame(
        source,
        use,
        measured,
        who,
        limits_in(remarks),
        donor,
        says_tumour(specimen),
        unknown,
        own_tissue=_BLOODLESS.search(specimen) is not None,
    )


def use_of(resource: Json, parent: Json = NOTHING) -> Use | None:
    """What the status allows, no more than the containing report allows; None for an unreadable status."""
    own = _status_use(resource)
    if not parent:
        return own
    outer = _status_use(parent)
    if own is None:
        return outer if "status" not in resource else None
    return own if outer is None else _STRICTEST[min(_STRICTEST.index(own), _STRICTEST.index(outer))]


def _status_use(resource: Json) -> Use | None:
    status = resource.get("status")
    if not isinstance(status, str):
        return None
    return USES.get(status) or USES.get(status.strip().lower())


def measured_on(observation: Json, report: Json = NOTHING) -> date | None:
    """The best date: specimen taken, else that of the report, else issued, else last changed."""
    return (
        _effective(observation)
        or (_effective(report) if report else None)
        or day(observation.get("issued"))
        or day(report.get("issued"))
        or day(mapping(observation.get("meta")).get("lastUpdated"))
    )


def _effective(resource: Json) -> date | None:
    found = day(resource.get("effectiveDateTime")) or day(resource.get("effectiveInstant"))
    if found or "effectivePeriod" not in resource:
        return found
    period = mapping(resource["effectivePeriod"])
    return day(period.get("start")) or day(period.get("end"))


def laboratory(desk: Desk, resource: Json, parent: Json = NOTHING) -> str:
    """Who performed the test: the name beside the reference, else that of the organisation it points at."""
    for holder in (resource, parent) if parent else (resource,):
        for performer in mappings(holder["performer"]) if "performer" in holder else ():
            name = text(performer.get("display"))
            if not name and "reference" in performer:
                name = text(desk.by_key.get(reference_key(performer), NOTHING).get("name"))
            if name:
                return name[:120]
    return ""


def _remarks(observation: Json) -> Iterator[str]:
    """Method and notes, each once, as written."""
    method = mapping(observation.get("method"))
    words = [text(method.get("text")) or next((c.display for c in codings(method) if c.display), "")]
    words += [text(note.get("text")) for note in mappings(observation.get("note"))]
    yield from dict.fromkeys(word for word in words if word)


def limits_in(remarks: list[str]) -> str:
    """Those remarks that say what a test did not or could not see, at most 300 characters."""
    stated = [" ".join(remark.split()) for remark in remarks if states_limits(remark)]
    return " ".join(stated)[:_LONGEST_LIMITS].rstrip()


def _is_donor(observation: Json, words: list[str]) -> bool:
    """True if the focus, the specimen, the method or a note says that a donor's DNA was tested."""
    focus = [text(reference.get("display")) for reference in mappings(observation.get("focus"))]
    return any(says_donor(word) for word in (*focus, *words))


def says_donor(words: str) -> bool:
    """True if words speak of a donor and do not contrast it with the recipient."""
    return bool(words) and _DONOR.search(words) is not None and _NO_DONOR.search(words) is None
