"""An open session as a view of the record."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from uuid import uuid4

from cds_service.core.audit_entry import SHEET, VIEW
from cds_service.hooks.request import Authorization, HookRequest
from cds_service.hooks.trail import ViewRecord
from cds_service.overview.build import OverviewMaker
from cds_service.overview.values import DrugAnswer, Level, Overview
from cds_service.smart.session import Session

__all__ = ["SHEET", "VIEW", "SessionView", "Viewed"]

#: Is told of each page.
Viewed = Callable[[ViewRecord], None]


@dataclass(frozen=True, slots=True)
class SessionView:
    """
    Reads the record with a session's access, each time anew: nothing of it is kept.

    Args:
        makers: FHIR server -> what makes its views, by the choices of its site.
        viewed: Is told of each page, also of one that failed.
        clock: Seconds that never run backwards.
    """

    makers: Mapping[str, OverviewMaker]
    viewed: Viewed
    clock: Callable[[], float]

    def show(self, session: Session, page: str) -> Overview:
        """The view of the session's patient, for one page."""
        request = HookRequest(
            hook="patient-view",
            hook_instance=str(uuid4()),
            patient_id=session.patient,
            user_id=session.user,
            encounter_id=session.encounter or None,
            fhir_server=session.server,
            authorization=Authorization(session.token, session.scope, session.patient),
        )
        began = self.clock()
        try:
            overview = self.makers[session.server].make(request, session.context)
        except Exception as error:  # noted, then left to the page that says so
            self.viewed(ViewRecord(page, "fault", request, fault=type(error).__name__))
            raise
        self.viewed(
            ViewRecord(
                page,
                overview.state.value,
                request,
                repr(replace(overview, read_on="")).encode(),
                tuple(dict.fromkeys(rule for answer in overview.answers for rule in _telling(answer))),
                tuple(f"{need}: {why}" for need, why in overview.gaps),
                self.clock() - began,
            )
        )
        return overview


def _telling(answer: DrugAnswer) -> tuple[str, ...]:
    """The rules of an answer that asks for something."""
    return () if answer.level in (Level.NONE, Level.USUAL) else answer.rules
