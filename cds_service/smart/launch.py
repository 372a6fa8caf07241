"""From the EHR's launch to a session: authorization code with PKCE, each step bound to one browser."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any
from urllib.parse import urlencode

from cds_service.core.errors import PgxCdsError
from cds_service.fhir.fetch_errors import FhirFetchError
from cds_service.fhir.smart_server import SmartConfiguration, SmartServers
from cds_service.smart.session import Pending, Session, SessionStore, Ticket, keep, read
from cds_service.trust.id_tokens import IdTokenError, check_id_token
from cds_service.trust.sealing import new_handle
from cds_service.trust.smart_clients import SmartClient, SmartClients

#: Signing in at the EHR may take this long.
PENDING_SECONDS = 600
LONGEST_SECONDS = 3600
_LIFE_IF_UNSAID = 300
_MOST_CHARACTERS = 4_096
_TOKEN = re.compile(r"[\x21-\x7e]+")
_ID = re.compile(r"[A-Za-z0-9.\-]{1,64}")


class Refusal(Enum):
    """Why a view is not opened."""

    UNKNOWN_SERVER = "unknown-server"
    SERVER = "server"
    STATE = "state"
    DENIED = "denied"
    CODE = "code"
    TOKEN = "token"
    IDENTITY = "identity"
    NO_PATIENT = "no-patient"


class LaunchError(PgxCdsError):
    """
    The view is not opened.

    Args:
        reason: For the page.
        why: For the log; holds nothing that was sent.
    """

    def __init__(self, reason: Refusal, why: str = "") -> None:
        super().__init__(f"{reason.value}: {why}" if why else reason.value)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Started:
    """Where to send the browser, and what it has to bring back (the handle is the `state`)."""

    url: str
    ticket: Ticket


@dataclass(frozen=True, slots=True)
class Launcher:
    """
    Opens views; one per process.

    Args:
        clients: The EHRs that may.
        servers: Asks them.
        store: Keeps what has begun and what is open.
        clock: Seconds since 1970.
    """

    clients: SmartClients
    servers: SmartServers
    store: SessionStore
    clock: Callable[[], float]

    def start(self, server: str, launch: str | None, redirect_uri: str) -> Started:
        """
        Begin to sign in.

        Args:
            server: The `iss` that the browser brought; only listed ones are ever asked.
            launch: The EHR's handle of its context; None = the user opens the view without the EHR.
            redirect_uri: Our address for the answer.

        Raises:
            LaunchError: The server is not listed, or does not say where to sign in.
        """
        app = self.clients.find(server)
        if app is None:
            raise LaunchError(Refusal.UNKNOWN_SERVER)
        if launch is not None and not 0 < len(launch) <= _MOST_CHARACTERS:
            raise LaunchError(Refusal.STATE, "launch is empty or too long")
        configuration = self._configuration(app)
        pending = Pending(app.server, secrets.token_urlsafe(48), new_handle(), redirect_uri)
        ticket = keep(self.store, pending, self.clock() + PENDING_SECONDS)
        query = {
            "response_type": "code",
            "client_id": app.client_id,
            "redirect_uri": redirect_uri,
            "scope": app.scopes(standalone=launch is None, version_2=configuration.version_2),
            "state": ticket.handle,
            "nonce": pending.nonce,
            "aud": app.server,
            "code_challenge": _challenge(pending.verifier),
            "code_challenge_method": "S256",
            **({} if launch is None else {"launch": launch}),
        }
        return Started(f"{configuration.authorize}?{urlencode(query)}", ticket)

    def finish(self, state: str, secret: str, code: str, error: str = "") -> tuple[Ticket, Session]:
        """
        Open the view with what the EHR sent back.

        Args:
            state: Which sign-in it answers; good once.
            secret: From the cookie of that sign-in.
            code: The authorization code.
            error: The EHR's code of a refusal; blank = none.

        Raises:
            LaunchError: Anything about it is wrong.
        """
        pending = read(self.store.take(state, self.clock()), secret, Pending)
        app = self.clients.find(pending.server) if pending is not None else None
        if pending is None or app is None:
            raise LaunchError(Refusal.STATE, "unknown, used before, too old, or from another browser")
        if error:
            raise LaunchError(Refusal.DENIED, "the EHR refused")
        if not 0 < len(code) <= _MOST_CHARACTERS:
            raise LaunchError(Refusal.CODE, "no code")
        configuration = self._configuration(app)
        answer = self._exchange(app, configuration, code, pending)
        user = self._user(app, configuration, answer, pending)
        session = self._session(app, answer, user)
        return keep(self.store, session, session.until), session

    def session(self, ticket: Ticket) -> Session | None:
        """The open view of a browser; None if there is none, or its time is over."""
        return read(self.store.get(ticket.handle, self.clock()), ticket.secret, Session)

    def close(self, ticket: Ticket) -> None:
        """Forget an open view, if it is this browser's."""
        if self.session(ticket) is not None:
            self.store.take(ticket.handle, self.clock())

    # -- asking the EHR --

    def _configuration(self, app: SmartClient) -> SmartConfiguration:
        try:
            return self.servers.configuration(app)
        except FhirFetchError as error:
            raise LaunchError(Refusal.SERVER, f"smart-configuration, {error.problem.value}") from None

    def _exchange(
        self, app: SmartClient, configuration: SmartConfiguration, code: str, pending: Pending
    ) -> Mapping[str, Any]:
        try:
            answer = self.servers.exchange(
                app,
                configuration.token,
                code=code,
                verifier=pending.verifier,
                redirect_uri=pending.redirect_uri,
            )
        except FhirFetchError as error:
            refused = 400 <= error.status < 500
            raise LaunchError(
                Refusal.CODE if refused else Refusal.SERVER, f"token endpoint, {error.problem.value}"
            ) from None
        kind, token = answer.get("token_type"), answer.get("access_token")
        if not isinstance(kind, str) or kind.lower() != "bearer":
            raise LaunchError(Refusal.TOKEN, "not a bearer token")
        if not isinstance(token, str) or not _TOKEN.fullmatch(token):
            raise LaunchError(Refusal.TOKEN, "no usable access token")
        return answer

    def _user(
        self,
        app: SmartClient,
        configuration: SmartConfiguration,
        answer: Mapping[str, Any],
        pending: Pending,
    ) -> str:
        """Who looks, by a checked identity token; blank if none came."""
        token = answer.get("id_token")
        if token is None:
            return ""
        try:
            claims = check_id_token(
                str(token),
                self.servers.keys(configuration),
                issuer=configuration.issuer,
                client_id=app.client_id,
                nonce=pending.nonce,
            )
        except (IdTokenError, FhirFetchError) as error:
            raise LaunchError(Refusal.IDENTITY, str(error)) from None
        return _text(claims.get("fhirUser"))

    def _session(self, app: SmartClient, answer: Mapping[str, Any], user: str) -> Session:
        patient = _text(answer.get("patient")).removeprefix("Patient/")
        if not _ID.fullmatch(patient):
            raise LaunchError(Refusal.NO_PATIENT)
        encounter = _text(answer.get("encounter")).removeprefix("Encounter/")
        return Session(
            server=app.server,
            token=str(answer["access_token"]),
            patient=patient,
            scope=_text(answer.get("scope")),
            user=user,
            encounter=encounter if _ID.fullmatch(encounter) else "",
            context=_context(answer.get("appContext")),
            until=self.clock() + _life(answer.get("expires_in")),
        )


def _challenge(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def _context(value: object) -> str:
    text = _text(value)
    return text if len(text) <= _MOST_CHARACTERS else ""


def _life(seconds: object) -> float:
    """For how long the view stays open: as long as the token, never longer than an hour."""
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return _LIFE_IF_UNSAID
    return min(max(float(seconds), 0.0), LONGEST_SECONDS)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
