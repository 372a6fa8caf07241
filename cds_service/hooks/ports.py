"""What the use cases need from outside, as interfaces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from cds_service.core.errors import PgxCdsError
from cds_service.fhir.access import TokenSource
from cds_service.fhir.deadline import Deadline
from cds_service.fhir.fetch_errors import FhirFetchError
from cds_service.fhir.paging import Resource, SearchAnswer
from cds_service.fhir.search import Read, Search


class FhirPort(Protocol):
    """
    One FHIR server, asked with the access token of one call. Methods may run in several threads at once.

    They raise `FhirFetchError` where there is no answer at all, and return by the deadline.
    """

    def read(self, query: Read, deadline: Deadline) -> Resource:
        """Read one resource."""

    def search(self, query: Search, deadline: Deadline) -> SearchAnswer:
        """Run a search and read its pages."""

    def batch(
        self, queries: Sequence[Read | Search], deadline: Deadline
    ) -> list[SearchAnswer | FhirFetchError] | None:
        """Ask several things in one request; None where they have to be asked one by one."""

    @property
    def is_unknown(self) -> bool:
        """Whether nobody knows yet if this server takes a batch."""

    def learn(self) -> None:
        """Find out if this server takes a batch, for the calls to come."""

    def no_more_batches(self) -> None:
        """From now on everything is asked one by one."""

    def follow(self, bundle: Resource, deadline: Deadline) -> SearchAnswer:
        """All entries of a Bundle at hand and of the pages after it."""

    def fetch_reference(self, reference: str, deadline: Deadline) -> Resource:
        """Read what a reference names."""


class FhirConnector(Protocol):
    """Makes the connection to a FHIR server."""

    def open(self, base_url: str, token: str | TokenSource | None) -> FhirPort:
        """Prepare to ask a server; sends nothing. Raises `FhirFetchError` if it may not be called."""


class OwnAccess(Protocol):
    """Where this service can sign in by itself."""

    def find(self, caller: str, base_url: str) -> TokenSource | None:
        """What gives tokens for a server that a caller names; None if there is no such access."""


class FhirServers(Protocol):
    """Which FHIR servers may be called."""

    def allows(self, base_url: str) -> bool:
        """Whether a server may be called with a token."""

    def allows_without_token(self, base_url: str) -> bool:
        """Whether a server may be called without one: a test server that the site has named."""


@dataclass(frozen=True, slots=True)
class Feedback:
    """
    What became of one card.

    Args:
        service: Service id.
        card: UUID of the card.
        outcome: `accepted` or `overridden`.
        at: Time as the client wrote it, RFC 3339.
        suggestions: UUIDs of the accepted suggestions, comma separated.
        reason: Code of the override reason. The free comment may hold patient data and is not kept.
        caller: Issuer of the token it came with; blank if calls need none, or nobody noted it.
        tenant: The organisation inside the issuer; blank if it has none.
    """

    service: str
    card: str
    outcome: str
    at: str
    suggestions: str = ""
    reason: str = ""
    caller: str = ""
    tenant: str = ""


class SettledBy(Enum):
    """What has to happen before a card need not come again."""

    SHOWING = "shown"
    ANSWER = "answer"
    REASON = "reason"


@dataclass(frozen=True, slots=True)
class Told:
    """
    That somebody was told something, without saying who or what: both values are keyed hashes.

    Args:
        key: Of person, encounter, user and what was said.
        card: Of the card's identifier, which an answer names.
        settled_by: When it need not be said again.
        accepting_settles: True if the order stays when a suggestion is accepted. Where it is replaced, the
            same drug ordered again is worth saying again.
    """

    key: str
    card: str
    settled_by: SettledBy
    accepting_settles: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """
    A client's answer to a card.

    Args:
        card: As in `Told`.
        accepted: True if a suggestion was accepted, False if the card was overridden.
        with_reason: A coded reason came with it.
    """

    card: str
    accepted: bool
    with_reason: bool


class MemoryUnavailableError(PgxCdsError):
    """The memory of alerts could not be read or written. Nothing is wrong with the advice itself."""


class AlertMemory(Protocol):
    """What was shown lately, for all processes of a site. Raises `MemoryUnavailableError` only."""

    def remember(self, told: Sequence[Told], seconds: int) -> None:
        """Keep these for some time."""

    def settled(self, told: Sequence[Told]) -> frozenset[str]:
        """The keys of those that were settled by another card than the one at hand."""

    def answer(self, answers: Sequence[Answer]) -> None:
        """Note what became of cards; unknown ones are ignored."""


class HeldBack(Enum):
    """Why a card was made and not shown."""

    SILENT_RULE = "silent-rule"
    BELOW_FLOOR = "below-floor"
    REPEATED = "repeated"


class Tally(Protocol):
    """Counts what was held back."""

    def count(self, held_back: Sequence[tuple[HeldBack, str]]) -> None:
        """Count reasons and rules, one for each card. Raises `MemoryUnavailableError` only."""
