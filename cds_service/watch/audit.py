"""Makes an audit entry of each call, and of each page of the detail view."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import uuid4

import orjson

from cds_service.core.audit_entry import AuditEntry
from cds_service.hooks.request import HookRequest
from cds_service.hooks.trail import CallRecord, ViewRecord


class PersonKeys(Protocol):
    """Makes keys that name nobody."""

    def patient(self, ident: str) -> str:
        """The key of a patient."""

    def user(self, reference: str) -> str:
        """The key of a user."""


@dataclass(frozen=True, slots=True)
class Auditor:
    """
    Puts an entry into the audit for each call; a `CallObserver`.

    Args:
        put: Takes entries; never waits, never raises.
        keys: Makes keys of patients and users.
        knowledge: Release and hash of the knowledge.
        version: Version of the program.
        now: The time, in UTC.
    """

    put: Callable[[AuditEntry], None]
    keys: PersonKeys
    knowledge: str
    version: str
    now: Callable[[], datetime]

    def called(self, record: CallRecord) -> None:
        """See `CallObserver`."""
        request = record.request
        answer = orjson.dumps(record.answer) if record.answer is not None else b""
        self.put(
            AuditEntry(
                id=str(uuid4()),
                at=self._at(),
                service=record.service,
                outcome=record.outcome.value,
                **self._who(request),
                unit=_clean(record.unit, 120),
                request_hash=hashlib.sha256(record.body).hexdigest(),
                answer_hash=hashlib.sha256(answer).hexdigest() if answer else "",
                knowledge=self.knowledge,
                version=self.version,
                rules=record.rules,
                cards=record.cards,
                gaps=tuple(dict.fromkeys(f"{need}: {gap.value}" for need, gap in record.gaps)),
                microseconds=round(record.seconds * 1_000_000),
                note=record.fault,
            )
        )

    def viewed(self, record: ViewRecord) -> None:
        """A page of the detail view was shown, or failed. The caller is the EHR's FHIR server."""
        request = record.request
        self.put(
            AuditEntry(
                id=str(uuid4()),
                at=self._at(),
                service=record.page,
                outcome=record.outcome,
                instance=request.hook_instance,
                caller=_clean(request.fhir_server or "", 500),
                patient=self.keys.patient(request.patient_id),
                user=self.keys.user(request.user_id) if request.user_id else "",
                answer_hash=hashlib.sha256(record.content).hexdigest() if record.content else "",
                knowledge=self.knowledge,
                version=self.version,
                rules=record.rules,
                gaps=record.gaps,
                microseconds=round(record.seconds * 1_000_000),
                note=record.fault,
            )
        )

    def _at(self) -> str:
        return self.now().isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def _who(self, request: HookRequest | None) -> dict[str, str]:
        if request is None:
            return {}
        return {
            "instance": request.hook_instance.lower(),
            "caller": _clean(request.caller, 500),
            "tenant": _clean(request.tenant, 200),
            "patient": self.keys.patient(request.patient_id),
            "user": self.keys.user(request.user_id),
        }


def _clean(text: str, longest: int) -> str:
    """Without what a database may refuse: one such entry would hold up all others."""
    return "".join(sign if sign.isprintable() else " " for sign in text[:longest])
