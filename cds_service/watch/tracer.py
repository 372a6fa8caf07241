"""Writes a trace of each call into a folder, where a site asks for it. Traces hold patient data."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from uuid import uuid4

import orjson
import structlog

from cds_service.hooks.trace import Trace, write_trace
from cds_service.hooks.trail import CallRecord

_log = structlog.get_logger("pgx_cds.trace")


@dataclass(frozen=True, slots=True)
class Tracer:
    """
    A `CallObserver` that writes one file for each call that could be read.

    Args:
        folder: Where to.
        knowledge: Release and hash of the knowledge.
        version: Version of the program.
        site: The site profile as its file stands; empty = built-in.
        today: Day of the call.
    """

    folder: Path
    knowledge: str
    version: str
    site: str
    today: Callable[[], date]

    def called(self, record: CallRecord) -> None:
        """See `CallObserver`. A file that cannot be written is logged, and the answer goes out."""
        if record.request is None:
            return
        try:
            write_file(
                self.folder / f"{record.request.hook_instance}-{uuid4().hex[:8]}.json", self.trace(record)
            )
        except (OSError, ValueError, TypeError) as error:
            _log.error("trace_not_written", kind=type(error).__name__)

    def trace(self, record: CallRecord) -> Trace:
        """The trace of a call."""
        assert record.request is not None
        return Trace(
            hook=record.request.hook,
            body=_without_token(record.body),
            caller=record.request.caller,
            gathered=record.gathered,
            today=self.today(),
            knowledge=self.knowledge,
            site=self.site,
            version=self.version,
            answer=orjson.dumps(record.answer) if record.answer is not None else b"",
            fault=record.fault,
            settled=record.settled,
        )


def write_file(path: Path, trace: Trace) -> None:
    """Write a trace for its owner alone; an existing file is replaced only if it is the owner's."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(descriptor, 0o600)
        file.write(write_trace(trace))


def _without_token(body: bytes) -> bytes:
    """A request without its access token, which no answer depends on; otherwise as it came."""
    document = orjson.loads(body)
    access = document.get("fhirAuthorization")
    if not access:
        return body
    return orjson.dumps({**document, "fhirAuthorization": {**access, "access_token": "removed"}})
