"""A span for each call and for each of its stages, for sites that collect them by OpenTelemetry."""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib.util import find_spec
from typing import TYPE_CHECKING

from cds_service.hooks.trail import CallObserver, CallOutcome, CallRecord

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer

_NANOSECONDS = 1_000_000_000


class Spans:
    """
    A `CallObserver`; made after the call, so that nothing waits for it while a call is answered.

    The span of a call is below the one that is current, such as that of the HTTP request. It holds no data of
    any person: what the line of the log holds, and no more.

    Args:
        tracer: Takes the spans.
        now: Nanoseconds since 1970.
    """

    def __init__(self, tracer: Tracer, now: Callable[[], int] = time.time_ns) -> None:
        self._tracer, self._now = tracer, now

    def called(self, record: CallRecord) -> None:
        """See `CallObserver`."""
        from opentelemetry.trace import Status, StatusCode, set_span_in_context

        end = self._now()
        start = end - round(record.seconds * _NANOSECONDS)
        span = self._tracer.start_span(record.service, start_time=start, attributes=_attributes(record))
        if not span.is_recording():  # nobody collects
            span.end(end)
            return
        inside = set_span_in_context(span)
        for stage, since, until in record.steps:
            begin, stop = (start + round(seconds * _NANOSECONDS) for seconds in (since, until))
            self._tracer.start_span(stage.value, inside, start_time=begin).end(stop)
        if record.outcome is CallOutcome.FAULT:
            span.set_status(Status(StatusCode.ERROR))
        span.end(end)


def spans() -> list[CallObserver]:
    """The observer, where the library is there; without somebody who collects, its spans go nowhere."""
    if find_spec("opentelemetry") is None:
        return []
    from opentelemetry.trace import get_tracer

    return [Spans(get_tracer("pgx_cds"))]


def _attributes(record: CallRecord) -> dict[str, str | int | tuple[str, ...]]:
    request = record.request
    found: dict[str, str | int | tuple[str, ...]] = {
        "pgx_cds.outcome": record.outcome.value,
        "pgx_cds.cards": len(record.cards),
        "pgx_cds.missing": tuple(dict.fromkeys(f"{need} {gap.value}" for need, gap in record.gaps)),
        "pgx_cds.fault": record.fault,
    }
    if request is not None:
        found |= {
            "pgx_cds.instance": request.hook_instance,
            "pgx_cds.issuer": request.caller,
            "pgx_cds.tenant": request.tenant,
        }
    return {name: value for name, value in found.items() if value not in ("", ())}
