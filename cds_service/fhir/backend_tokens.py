"""Access tokens of our own (SMART Backend Services): got by a signed assertion, kept until they expire."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from typing import Any, Protocol
from urllib.parse import urlencode

from cds_service.fhir.access import TokenSource
from cds_service.fhir.deadline import Deadline
from cds_service.fhir.fetch_errors import FetchProblem, FhirFetchError
from cds_service.fhir.transport import Limits, Transport

_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_ABOUT = "sign-in"
_TOKEN = re.compile(r"[\x21-\x7e]+")
#: A token is given up this long before it expires, so that it is still good when it arrives.
_EARLY_SECONDS = 30.0
_LIFE_IF_UNSAID, _LONGEST_LIFE = 300.0, 3600.0
#: After a failure, for the requests of the same moment.
_FAILED_SECONDS = 1.0
#: A token this young that the server refuses is not followed by another one.
_YOUNG_SECONDS = 10.0


class Credentials(Protocol):
    """How we sign in at one FHIR server."""

    @property
    def server(self) -> str:
        """Base URL without a slash at the end."""
        ...

    @property
    def scope(self) -> str:
        """What we ask for."""
        ...

    @property
    def token_endpoint(self) -> str:
        """Where; blank = where the server's SMART configuration says."""
        ...

    def is_for(self, base_url: str) -> bool:
        """Whether a base URL means this server."""
        ...

    def accepts_endpoint(self, url: str) -> bool:
        """Whether tokens may be asked for at an address that the server named."""
        ...

    def assertion(self, audience: str, now: float) -> str:
        """A signed statement who we are."""
        ...


class BackendTokens:
    """
    Our tokens for one server; a `TokenSource`. One token serves all calls until it expires.

    Args:
        credentials: How we sign in.
        transport: Connections to the token endpoint.
        clock: Seconds that never run backwards, for the life of tokens.
        wall: Seconds since 1970, for assertions.
    """

    def __init__(
        self,
        credentials: Credentials,
        transport: Transport,
        *,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._credentials = credentials
        self._transport = transport
        self._clock = clock
        self._wall = wall
        self._lock = Lock()
        self._token: str | None = None
        self._since = self._until = 0.0
        self._failed: FetchProblem | None = None
        self._failed_until = 0.0

    def __repr__(self) -> str:
        """Without the token."""
        return f"BackendTokens({self._credentials.server!r})"

    def token(self, deadline: Deadline) -> str:
        """See `TokenSource`. While one thread asks, the others wait for what it gets."""
        if not self._lock.acquire(timeout=deadline.remaining()):
            raise FhirFetchError(FetchProblem.TIMEOUT, _ABOUT)
        try:
            if self._token is not None and self._clock() < self._until:
                return self._token
            if self._failed is not None and self._clock() < self._failed_until:
                raise FhirFetchError(self._failed, _ABOUT)
            return self._renewed(deadline)
        finally:
            self._lock.release()

    def refused(self, token: str) -> bool:
        """See `TokenSource`. A new token is not replaced at once: a strict server would be asked for ever."""
        with self._lock:
            if token != self._token:
                return True
            if self._clock() - self._since < _YOUNG_SECONDS:
                return False
            self._token = None
            return True

    def _renewed(self, deadline: Deadline) -> str:
        try:
            answer = self._ask(deadline)
        except FhirFetchError as error:
            self._token, self._failed = None, error.problem
            self._failed_until = self._clock() + _FAILED_SECONDS
            raise
        life = _life(answer)
        self._token, self._failed, self._since = str(answer["access_token"]), None, self._clock()
        self._until = self._since + max(life / 2, life - _EARLY_SECONDS)
        return self._token

    def _ask(self, deadline: Deadline) -> Mapping[str, Any]:
        endpoint = self._credentials.token_endpoint or self._named_endpoint(deadline)
        form = {
            "grant_type": "client_credentials",
            "scope": self._credentials.scope,
            "client_assertion_type": _ASSERTION_TYPE,
            "client_assertion": self._credentials.assertion(endpoint, self._wall()),
        }
        try:
            answer = self._transport.post_plain(endpoint, urlencode(form), deadline, _ABOUT)
        except FhirFetchError as error:
            refused = 400 <= error.status < 500
            problem, status = FetchProblem.REFUSED if refused else error.problem, error.status
        else:
            if _is_bearer_token(answer):
                return answer
            problem, status = FetchProblem.NOT_FHIR, 200
        raise FhirFetchError(problem, _ABOUT, status)

    def _named_endpoint(self, deadline: Deadline) -> str:
        """The token endpoint of the server's SMART configuration, if it is on the server's own host."""
        url = f"{self._credentials.server}/.well-known/smart-configuration"
        endpoint = self._transport.get_plain(url, deadline, _ABOUT).get("token_endpoint")
        if not isinstance(endpoint, str):
            raise FhirFetchError(FetchProblem.NOT_FHIR, _ABOUT)
        if not self._credentials.accepts_endpoint(endpoint):
            raise FhirFetchError(FetchProblem.REDIRECT, _ABOUT)
        return endpoint


class OwnTokens:
    """
    All accesses of our own; one per process.

    Args:
        credentials: By who may have us use them: an EHR never gets data with another EHR's access.
        limits: Bounds of one request.
        verify: Check of server certificates, as for FHIR servers.
    """

    def __init__(
        self, credentials: Mapping[str, Sequence[Credentials]], limits: Limits, verify: bool | str = True
    ) -> None:
        self._sources: dict[str, list[tuple[Credentials, TokenSource]]] = {
            caller: [(one, BackendTokens(one, Transport(limits, 2, verify))) for one in listed]
            for caller, listed in credentials.items()
        }

    def find(self, caller: str, base_url: str) -> TokenSource | None:
        """What gives tokens for a server that a caller names; None if we have no access of our own there."""
        listed = self._sources.get(caller, ())
        return next((source for credentials, source in listed if credentials.is_for(base_url)), None)


def _is_bearer_token(answer: Mapping[str, Any]) -> bool:
    """Whether an answer holds a token that can be sent as a header."""
    token, kind = answer.get("access_token"), answer.get("token_type")
    return (
        isinstance(token, str)
        and _TOKEN.fullmatch(token) is not None
        and isinstance(kind, str)
        and kind.lower() == "bearer"
    )


def _life(answer: Mapping[str, Any]) -> float:
    """For how many seconds a token may be used."""
    seconds = answer.get("expires_in")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return _LIFE_IF_UNSAID
    return min(max(float(seconds), 0.0), _LONGEST_LIFE)
