"""An open session as a view of the record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import uuid4

from cds_service.hooks.request import Authorization, HookRequest
from cds_service.overview.build import OverviewMaker
from cds_service.overview.values import Overview
from cds_service.smart.session import Session


@dataclass(frozen=True, slots=True)
class SessionView:
    """
    Reads the record with a session's access, each time anew: nothing of it is kept.

    Args:
        makers: FHIR server -> what makes its views, by the choices of its site.
    """

    makers: Mapping[str, OverviewMaker]

    def show(self, session: Session) -> Overview:
        """The view of the session's patient."""
        request = HookRequest(
            hook="patient-view",
            hook_instance=str(uuid4()),
            patient_id=session.patient,
            user_id=session.user,
            encounter_id=session.encounter or None,
            fhir_server=session.server,
            authorization=Authorization(session.token, session.scope, session.patient),
        )
        return self.makers[session.server].make(request, session.context)
