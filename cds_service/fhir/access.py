"""With what one call may ask a FHIR server."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from cds_service.fhir.breaker import Ticket
from cds_service.fhir.deadline import Deadline


class TokenSource(Protocol):
    """Gives access tokens for one server; methods may run in several threads at once."""

    def token(self, deadline: Deadline) -> str:
        """A token that is good now. Raises `FhirFetchError` if there is none to be had in time."""
        ...

    def refused(self, token: str) -> bool:
        """The server refused this token. Returns whether asking for another one makes sense."""
        ...


@dataclass(frozen=True, slots=True)
class Access:
    """
    One call's access to one server.

    Args:
        given: The token that came with the call, a source of tokens of our own, or None for an open server.
        ticket: Under which the call's failures are counted.
    """

    given: str | TokenSource | None = field(repr=False)
    ticket: Ticket = field(default_factory=Ticket)

    def token(self, deadline: Deadline) -> str | None:
        """The token to send."""
        if self.given is None or isinstance(self.given, str):
            return self.given
        return self.given.token(deadline)

    def may_renew(self, token: str | None) -> bool:
        """Whether it makes sense to ask for another token after the server refused this one."""
        if self.given is None or isinstance(self.given, str) or token is None:
            return False
        return self.given.refused(token)
