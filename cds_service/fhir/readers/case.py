"""One Observation with everything around it, for the readers that need more than its value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from cds_service.core.evidence import ReportedResult
from cds_service.fhir.readers.desk import Desk
from cds_service.fhir.readers.frame import Frame
from cds_service.fhir.readers.stated import Stated, Subject, Value, result_of
from cds_service.fhir.values import Json


class Case(NamedTuple):
    """
    Args:
        desk: The call.
        frame: Status, date, laboratory.
        entry: The Observation or component that holds the value.
        parts: Its components by LOINC or provisional code.
        value: The value and its test.
        subject: The genes it is about.
    """

    desk: Desk
    frame: Frame
    entry: Json
    parts: Mapping[str, list[Json]]
    value: Value
    subject: Subject

    def result(self, gene: str, said: Stated) -> ReportedResult:
        """A statement about a gene as a result."""
        return result_of(self.frame, self.subject, gene, said)
