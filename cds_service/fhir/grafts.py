"""Transplants of somebody else's blood stem cells: from then on blood tells of the donor's genes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from cds_service.fhir.values import concept_texts, day, mapping, status_of

Json = Mapping[str, Any]

_CELLS = re.compile(
    r"stem[- ]cell|bone marrow|h(?:a)?ematopoietic|cord blood|\b(?:hsct|hct|bmt)\b", re.IGNORECASE
)
_FOREIGN = re.compile(
    r"\ballo(?:gen|genic|geneic|\b)|haplo-?identical|cord blood|related donor", re.IGNORECASE
)
#: Of one that may come, and of somebody who gives.
_NO_RECIPIENT = re.compile(
    r"\b(?:donation|candidate|evaluation|eligib|planned|await|waiting|referr|family history)|\bdonor of\b",
    re.IGNORECASE,
)
_NOT_DONE = frozenset(
    {"preparation", "not-done", "cancelled", "entered-in-error", "stopped", "on-hold", "refuted"}
)


def grafted_on(resources: Iterable[Json]) -> date | None:
    """
    The day of the first transplant of foreign stem cells that the record names; None if it names none.

    A transplant without a date is taken to be older than every result. One's own stem cells change nothing.

    >>> done = {"resourceType": "Procedure", "status": "completed", "performedDateTime": "2025-10-16",
    ...         "code": {"text": "Allogeneic hematopoietic stem cell transplant"}}
    >>> grafted_on([done])
    datetime.date(2025, 10, 16)
    >>> others = ("Autologous stem cell transplant", "Evaluation for allogeneic stem cell transplant")
    >>> [grafted_on([{**done, "code": {"text": text}}]) for text in others]
    [None, None]
    """
    days = [_day(resource) for resource in resources if _is_graft(resource)]
    return min(days, default=None)


def _is_graft(resource: Json) -> bool:
    if resource.get("resourceType") not in ("Procedure", "Condition"):
        return False
    if _NOT_DONE & {status_of(resource, "status"), status_of(resource, "verificationStatus")}:
        return False
    words = " | ".join(concept_texts(resource.get("code")))
    is_foreign = _CELLS.search(words) is not None and _FOREIGN.search(words) is not None
    return is_foreign and _NO_RECIPIENT.search(words) is None


def _day(resource: Json) -> date:
    performed, onset = mapping(resource.get("performedPeriod")), mapping(resource.get("onsetPeriod"))
    said = (
        resource.get("performedDateTime"),
        performed.get("start"),
        resource.get("onsetDateTime"),
        onset.get("start"),
        resource.get("recordedDate"),
    )
    return next((found for found in map(day, said) if found), date.min)
