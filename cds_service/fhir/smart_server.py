"""What the detail view asks an EHR besides FHIR (SMART App Launch): where to sign in, tokens, keys."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any, Protocol
from urllib.parse import urlencode

from cachetools import TTLCache

from cds_service.fhir.deadline import Deadline
from cds_service.fhir.fetch_errors import FetchProblem, FhirFetchError
from cds_service.fhir.transport import Limits, Transport

_ABOUT = "sign-in"
_SECONDS = 8.0
#: A configuration and a key set hardly ever change; a key that is missing is looked for anew after this.
_REMEMBERED_SECONDS = 300.0
_MOST_SERVERS = 64
_LIMITS = Limits(connect_seconds=3.0, page_bytes=500_000)


class AppAtServer(Protocol):
    """Who we are at one EHR."""

    @property
    def server(self) -> str:
        """Base URL of its FHIR server."""

    def accepts_endpoint(self, url: str) -> bool:
        """Whether an address that the server names may be used."""

    def token_form(self, endpoint: str, now: float) -> Mapping[str, str]:
        """How we say who we are, in the form of a token request."""

    @property
    def token_header(self) -> str:
        """How we say who we are, as a header; blank if not so."""


@dataclass(frozen=True, slots=True)
class SmartConfiguration:
    """
    Where an EHR signs people in.

    Args:
        authorize: For the browser.
        token: For us.
        keys: Key set of identity tokens; blank if none is named.
        issuer: Who writes identity tokens; the FHIR server where none is named.
        version_2: Whether scopes end with `.rs`.
    """

    authorize: str
    token: str
    keys: str = ""
    issuer: str = ""
    version_2: bool = False


class SmartServers:
    """
    Asks EHRs; one per process. Only addresses are asked that the app's entry of this EHR accepts.

    Args:
        verify: Check of server certificates, as for FHIR servers.
        clock: Seconds that never run backwards.
        wall: Seconds since 1970.
    """

    def __init__(
        self,
        verify: bool | str = True,
        *,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._transport = Transport(_LIMITS, 4, verify)
        self._clock = clock
        self._wall = wall
        self._known: TTLCache[str, SmartConfiguration] = TTLCache(_MOST_SERVERS, _REMEMBERED_SECONDS, clock)
        self._lock = Lock()

    def configuration(self, app: AppAtServer) -> SmartConfiguration:
        """
        The server's `.well-known/smart-configuration`.

        Raises:
            FhirFetchError: There is none, or it names an address that is not on the list.
        """
        with self._lock:
            known = self._known.get(app.server)
        if known is not None:
            return known
        found = _configuration(self._get(f"{app.server}/.well-known/smart-configuration"), app)
        with self._lock:
            self._known[app.server] = found
        return found

    def exchange(
        self, app: AppAtServer, endpoint: str, *, code: str, verifier: str, redirect_uri: str
    ) -> Mapping[str, Any]:
        """
        The answer of the token endpoint to an authorization code; never repeated.

        Raises:
            FhirFetchError: There was none, or it was a refusal.
        """
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
            **app.token_form(endpoint, self._wall()),
        }
        return self._transport.post_plain(
            endpoint, urlencode(form), self._deadline(), _ABOUT, authorization=app.token_header
        )

    def keys(self, configuration: SmartConfiguration) -> tuple[Mapping[str, Any], ...]:
        """The key set of identity tokens. Raises `FhirFetchError`."""
        if not configuration.keys:
            return ()
        found = self._get(configuration.keys).get("keys")
        return tuple(key for key in found if isinstance(key, dict)) if isinstance(found, list) else ()

    def close(self) -> None:
        """Close the idle connections."""
        self._transport.close()

    def _get(self, url: str) -> Mapping[str, Any]:
        return self._transport.get_plain(url, self._deadline(), _ABOUT)

    def _deadline(self) -> Deadline:
        return Deadline.after(_SECONDS, self._clock)


def _configuration(document: Mapping[str, Any], app: AppAtServer) -> SmartConfiguration:
    capabilities = document.get("capabilities")
    issuer = document.get("issuer")
    return SmartConfiguration(
        authorize=_endpoint(document, "authorization_endpoint", app),
        token=_endpoint(document, "token_endpoint", app),
        keys=_endpoint(document, "jwks_uri", app) if document.get("jwks_uri") else "",
        issuer=issuer if isinstance(issuer, str) and issuer else app.server,
        version_2=isinstance(capabilities, list) and "permission-v2" in capabilities,
    )


def _endpoint(document: Mapping[str, Any], name: str, app: AppAtServer) -> str:
    url = document.get(name)
    if not isinstance(url, str):
        raise FhirFetchError(FetchProblem.NOT_FHIR, _ABOUT)
    if not app.accepts_endpoint(url):
        raise FhirFetchError(FetchProblem.REDIRECT, _ABOUT)
    return url
