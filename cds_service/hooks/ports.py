"""What the use cases need from outside, as interfaces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from cds_service.fhir.access import TokenSource
from cds_service.fhir.deadline import Deadline
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
    """

    service: str
    card: str
    outcome: str
    at: str
    suggestions: str = ""
    reason: str = ""
