"""Transplants of somebody else's blood stem cells: from then on blood tells of the donor's genes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from cds_service.fhir.values import concept_texts, day, mapping, text

Json = Mapping[str, Any]

_CELLS = re.compile(
    r"stem[- ]cell|bone marrow|h(?:a)?ematopoietic|cord blood|\b(?:hsct|hct|bmt)\b", re.IGNORECASE
)
_FOREIGN = re.compile(
    r"\ballo(?:gen|genic|geneic|\b)|haplo-?identical|cord blood|related donor", re.IGNORECASE
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
    >>> grafted_on([{**done, "code": {"text": "Autologous stem cell transplant"}}]) is None
    True
    """
    days = [_day(resource) for resource in resources if _is_graft(resource)]
    return min(days, default=None)


def _is_graft(resource: Json) -> bool:
    if resource.get("resourceType") not in ("Procedure", "Condition"):
        return False
    if _NOT_DONE & {text(resource.get("status")), *_verification(resource)}:
        return False
    words = " | ".join(concept_texts(resource.get("code")))
    return _CELLS.search(words) is not None and _FOREIGN.search(words) is not None


def _verification(resource: Json) -> set[str]:
    codings = mapping(resource.get("verificationStatus")).get("coding")
    return {text(mapping(item).get("code")) for item in codings} if isinstance(codings, list) else set()


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
