"""What is kept between two requests of one browser, and the port to where it is kept."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Protocol, TypeVar

from cds_service.trust.sealing import new_handle, new_secret, seal, unseal

_Kept = TypeVar("_Kept", "Pending", "Session")


class SessionStore(Protocol):
    """Keeps sealed content for some time; shared by all processes of the service."""

    def put(self, handle: str, sealed: bytes, until: float) -> None:
        """Keep it until a moment, in seconds since 1970."""

    def get(self, handle: str, now: float) -> bytes | None:
        """What is kept; None if there is nothing, or its time is over."""

    def take(self, handle: str, now: float) -> bytes | None:
        """As `get`, and it is gone; of several that ask at once, one gets it."""


@dataclass(frozen=True, slots=True)
class Pending:
    """
    A sign-in that has begun.

    Args:
        server: FHIR server as our configuration writes it.
        verifier: What proves that the code is ours (PKCE).
        nonce: What the identity token must repeat.
        redirect_uri: Where the EHR sends the browser back to.
    """

    server: str
    verifier: str = field(repr=False)
    nonce: str = field(repr=False)
    redirect_uri: str


@dataclass(frozen=True, slots=True)
class Session:
    """
    One opened view: one patient, at one server, for as long as the access token is good.

    Args:
        server: FHIR server.
        token: Access token; sent to this server alone.
        patient: Whom the EHR chose.
        scope: What was granted, in the server's words.
        user: Who looks, as the EHR names them; blank if it did not say.
        encounter: Encounter of the launch; blank = none.
        context: What the card that led here said (`appContext`); blank = nothing.
        until: End, in seconds since 1970.
    """

    server: str
    token: str = field(repr=False)
    patient: str = field(repr=False)
    scope: str = ""
    user: str = field(default="", repr=False)
    encounter: str = field(default="", repr=False)
    context: str = field(default="", repr=False)
    until: float = 0.0


@dataclass(frozen=True, slots=True)
class Ticket:
    """
    What a browser needs to get at what is kept for it.

    Args:
        handle: Names it; may stand in an address.
        secret: Opens it; stands in a cookie alone.
    """

    handle: str
    secret: str = field(repr=False)


def keep(store: SessionStore, content: Pending | Session, until: float) -> Ticket:
    """Seal and store something for one browser."""
    ticket = Ticket(new_handle(), new_secret())
    store.put(ticket.handle, seal([type(content).__name__, asdict(content)], ticket.secret), until)
    return ticket


def read(sealed: bytes | None, secret: str, kind: type[_Kept]) -> _Kept | None:
    """What was kept; None if it is not there, was sealed with another secret, or is something else."""
    found: Any = None if sealed is None else unseal(sealed, secret)
    if not isinstance(found, list) or found[0] != kind.__name__:
        return None
    return kind(**found[1])
