"""Answers one hook call, and tells the observers how it went."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from cds_service.core.errors import InputError, MissingDataError
from cds_service.hooks.definitions import ServiceDefinition
from cds_service.hooks.request import HookRequest, parse_request
from cds_service.hooks.trail import CallObserver, CallOutcome, CallRecord, Trail, card_entry


class Judge(Protocol):
    """What turns a request into an answer."""

    def evaluate(self, request: HookRequest, trail: Trail | None = None) -> dict[str, Any]:
        """The answer. What happens on the way is noted in the trail."""


@dataclass(frozen=True, slots=True)
class Answering:
    """
    Calls from body to answer.

    Args:
        judge: Judges the request.
        observers: Told of every call, also of those that were refused or failed.
        clock: Seconds that never run backwards.
    """

    judge: Judge
    observers: Sequence[CallObserver]
    clock: Callable[[], float]

    def answer(
        self, service: ServiceDefinition, body: bytes, caller: str, tenant: str = ""
    ) -> dict[str, Any]:
        """
        The answer to a call.

        Args:
            service: Which one was called.
            body: As it came.
            caller: Issuer of the call's token; blank if calls need none.
            tenant: The organisation inside the issuer; blank if it has none.

        Raises:
            InputError: The request cannot be used.
            MissingDataError: There is no way to the results.
        """
        trail = Trail(self.clock)
        request: HookRequest | None = None
        try:
            request = replace(parse_request(body, service.hook), caller=caller, tenant=tenant)
            answer = self.judge.evaluate(request, trail)
        except Exception as error:  # told to the observers, then left to whoever maps faults to answers
            record = CallRecord(
                service.id, _outcome(error), body, request, fault=type(error).__name__, **_noted(trail)
            )
            self._tell(record)
            raise
        cards = tuple(card_entry(card) for card in answer["cards"])
        outcome = CallOutcome.CARDS if cards else CallOutcome.SILENT
        self._tell(CallRecord(service.id, outcome, body, request, answer, cards, **_noted(trail)))
        return answer

    def _tell(self, record: CallRecord) -> None:
        for observer in self.observers:
            observer.called(record)


def _noted(trail: Trail) -> dict[str, Any]:
    trail.end()
    return {
        "rules": trail.rules,
        "gaps": tuple(trail.gaps),
        "unit": trail.unit,
        "stages": dict(trail.stages),
        "steps": tuple(trail.steps),
        "gathered": tuple(trail.data),
        "settled": trail.settled,
    }


def _outcome(error: Exception) -> CallOutcome:
    if isinstance(error, InputError):
        return CallOutcome.REFUSED
    return CallOutcome.NO_DATA if isinstance(error, MissingDataError) else CallOutcome.FAULT
