"""One alert for one draft: what was settled at order-select is not shown again at order-sign."""

from __future__ import annotations

import hmac
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol

import structlog

from cds_service.core.finding import Finding
from cds_service.core.sameness import mark
from cds_service.core.urgency import Urgency
from cds_service.hooks.call_options import CallOptions
from cds_service.hooks.ports import AlertMemory, Answer, Feedback, MemoryUnavailableError, SettledBy, Told
from cds_service.hooks.request import HookRequest

_log = structlog.get_logger("pgx_cds.repeats")

Card = Mapping[str, Any]
#: Actions of suggestions that take the drug out of the order.
_REPLACING = frozenset({"delete", "update"})


class Filter(Enum):
    """For which calls repeated alerts are left out."""

    ASKED = "asked"
    ALWAYS = "always"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class RepeatChoices:
    """
    What a site chooses about repeated alerts.

    Args:
        filter: `ASKED`: for calls that ask for it by the options of HL7's guide on drug interactions.
        shown_is_enough: The loudest card that need not come again once it was shown; louder ones come until
            they are answered. None = every card has to be answered.
        minutes: For how long.
    """

    filter: Filter = Filter.ASKED
    shown_is_enough: Urgency | None = Urgency.INFO
    minutes: int = 60


class ToldBefore(Protocol):
    """Who knows what was shown before."""

    def settled(
        self, made: Sequence[tuple[Finding, Card]], request: HookRequest, options: CallOptions
    ) -> frozenset[str]:
        """UUIDs of the cards that this user need not see again."""

    def remember(
        self, shown: Sequence[tuple[Finding, Card]], request: HookRequest, options: CallOptions
    ) -> None:
        """Keep in mind what is shown now."""


@dataclass(frozen=True, slots=True)
class SettledThen:
    """What was settled when a call was first answered, for answering it again; a `ToldBefore`."""

    cards: frozenset[str]

    def settled(
        self,
        made: Sequence[tuple[Finding, Card]],  # noqa: ARG002
        request: HookRequest,  # noqa: ARG002
        options: CallOptions,  # noqa: ARG002
    ) -> frozenset[str]:
        """See `ToldBefore`."""
        return self.cards

    def remember(
        self, shown: Sequence[tuple[Finding, Card]], request: HookRequest, options: CallOptions
    ) -> None:
        """Nothing: nobody is shown anything."""


@dataclass(frozen=True, slots=True)
class Repeats:
    """
    Knows what one user was told lately about one patient, in one encounter.

    A memory that cannot be read or written never fails a call: then cards are shown again.

    Args:
        memory: Where it is kept.
        secret: Key of the hashes; the same in all processes that share the memory.
        choices: The site's.
    """

    memory: AlertMemory
    secret: bytes
    choices: RepeatChoices = RepeatChoices()

    def settled(
        self, made: Sequence[tuple[Finding, Card]], request: HookRequest, options: CallOptions
    ) -> frozenset[str]:
        """UUIDs of the cards that this user need not see again; only at signing."""
        if request.hook != "order-sign" or not self._applies(options.filter_repeats) or not made:
            return frozenset()
        told = {card["uuid"]: self._told(finding, card, request) for finding, card in made}
        try:
            keys = self.memory.settled(list(told.values()))
        except MemoryUnavailableError as error:
            _log.warning("memory not read: cards are shown again", reason=str(error))
            return frozenset()
        return frozenset(uuid for uuid, item in told.items() if item.key in keys)

    def remember(
        self, shown: Sequence[tuple[Finding, Card]], request: HookRequest, options: CallOptions
    ) -> None:
        """Keep in mind what is shown now, if the client wants it for this hook."""
        asked = {"order-select": options.remember, "order-sign": options.filter_repeats}
        if request.hook not in asked or not self._applies(asked[request.hook]) or not shown:
            return
        try:
            told = [self._told(finding, card, request) for finding, card in shown]
            self.memory.remember(told, self.choices.minutes * 60)
        except MemoryUnavailableError as error:
            _log.warning("memory not written: cards will be shown again", reason=str(error))

    def answered(self, entries: Collection[Feedback], caller: str, tenant: str = "") -> None:
        """Note the answers of a feedback call."""
        if self.choices.filter is Filter.NEVER or not entries:
            return
        answers = [
            Answer(self._hash(caller, tenant, entry.card), entry.outcome == "accepted", bool(entry.reason))
            for entry in entries
        ]
        try:
            self.memory.answer(answers)
        except MemoryUnavailableError as error:
            _log.warning("memory not written: cards will be shown again", reason=str(error))

    def _applies(self, asked: bool) -> bool:
        return self.choices.filter is Filter.ALWAYS or (asked and self.choices.filter is Filter.ASKED)

    def _told(self, finding: Finding, card: Card, request: HookRequest) -> Told:
        return Told(
            key=self._hash(
                request.caller,
                request.tenant,
                request.fhir_server or "",
                request.patient_id,
                request.encounter_id or "",
                request.user_id,
                card["source"]["topic"]["code"],
                *mark(finding),
            ),
            card=self._hash(request.caller, request.tenant, card["uuid"]),
            settled_by=self._settled_by(finding.urgency),
            accepting_settles=not any(kind in _REPLACING for kind in _kinds(card)),
        )

    def _settled_by(self, urgency: Urgency) -> SettledBy:
        order, enough = tuple(Urgency), self.choices.shown_is_enough
        if enough is not None and order.index(urgency) <= order.index(enough):
            return SettledBy.SHOWING
        return SettledBy.REASON if urgency is Urgency.CRITICAL else SettledBy.ANSWER

    def _hash(self, *parts: str) -> str:
        """As JSON, so that no two lists of parts look alike."""
        return hmac.digest(self.secret, json.dumps(parts).encode(), "sha256").hex()


def _kinds(card: Card) -> list[str]:
    return [action["type"] for suggestion in card.get("suggestions", ()) for action in suggestion["actions"]]
