"""One line of the log for each call: what it was and how it went, without data of any person."""

from __future__ import annotations

import structlog

from cds_service.hooks.trail import CallOutcome, CallRecord

_log = structlog.get_logger("pgx_cds.call")


class CallLog:
    """
    A `CallObserver` that writes one line.

    `instance` is the random identifier that the EHR gave the call: with it, both sides find the same call.
    """

    def called(self, record: CallRecord) -> None:
        """See `CallObserver`."""
        request = record.request
        write = _log.error if record.outcome is CallOutcome.FAULT else _log.info
        write(
            "call",
            service=record.service,
            outcome=record.outcome.value,
            instance=request.hook_instance if request is not None else "",
            issuer=request.caller if request is not None else "",
            tenant=request.tenant if request is not None else "",
            cards=[f"{card.indicator} {card.topic}" for card in record.cards],
            missing=list(dict.fromkeys(f"{need} {gap.value}" for need, gap in record.gaps)),
            fault=record.fault,
            milliseconds=round(record.seconds * 1000, 1),
            stages={stage.value: round(seconds * 1000, 1) for stage, seconds in record.stages.items()},
        )
