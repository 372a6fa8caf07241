"""One request to one FHIR server: bounded in time and size, never redirected, never logged."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import orjson
import requests
from urllib3 import Timeout
from urllib3.exceptions import HTTPError

from cds_service.fhir.bounded_http import BoundedAdapter
from cds_service.fhir.deadline import Deadline
from cds_service.fhir.fetch_errors import FetchProblem, FhirFetchError

_CHUNK = 16_384
_LEFTOVER = 65_536
_JSON_TYPES = frozenset(
    {
        "application/fhir+json",
        "application/json",
        "application/json+fhir",
        "application/jwk-set+json",
        "text/json",
    }
)
_PLAIN = {"Accept": "application/json"}
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_FHIR = {"Content-Type": "application/fhir+json"}
_WORTH_A_SECOND_TRY = frozenset({502, 503, 504})
_PROBLEM_OF_STATUS = {
    401: FetchProblem.REFUSED,
    403: FetchProblem.REFUSED,
    404: FetchProblem.NOT_FOUND,
    410: FetchProblem.NOT_FOUND,
    413: FetchProblem.TOO_LARGE,
}


@dataclass(frozen=True, slots=True)
class Limits:
    """
    How much is asked of one FHIR server in one call.

    Args:
        connect_seconds: Longest wait for a connection, also when there is more time left.
        page_bytes: Largest answer, after decompression.
        pages: Most pages of one search.
        entries: Most entries of one search, over all pages.
        url_chars: Longest URL that is sent; proxies commonly stop at 2,000 characters and a little more.
        statement_seconds: Longest wait for a CapabilityStatement, for which no call waits.
    """

    connect_seconds: float = 1.0
    page_bytes: int = 10_000_000
    pages: int = 20
    entries: int = 2_000
    url_chars: int = 1_800
    statement_seconds: float = 10.0


class _Session(requests.Session):
    """A session that keeps nothing between calls but connections."""

    def __init__(self, connections: int, verify: bool | str) -> None:
        super().__init__()
        # Otherwise a .netrc file would replace the caller's token, and a proxy variable would see it.
        self.trust_env = False
        self.verify = verify
        # A cookie set in one user's call must not travel with another user's.
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        adapter = BoundedAdapter(connections)
        self.mount("https://", adapter)
        self.mount("http://", adapter)

    def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002
        """Nowhere: even without following, requests would read the whole body of a redirect."""
        return None


class Transport:
    """The connections to one FHIR server, shared by all calls of the process."""

    def __init__(self, limits: Limits, connections: int, verify: bool | str) -> None:
        # Its warnings and debug lines hold whole URLs, and these hold patient ids.
        logging.getLogger("urllib3").setLevel(logging.CRITICAL)
        self._limits = limits
        self._session = _Session(connections, verify)

    def get(self, url: str, token: str | None, deadline: Deadline, kind: str) -> Mapping[str, Any]:
        """
        GET a JSON object; tried once more after a broken connection or a 502, 503, 504.

        Args:
            url: The whole address; the caller has checked that it is on this server.
            token: Bearer token, or None for an open server.
            deadline: When the answer must be complete.
            kind: Resource type, for messages.

        Raises:
            FhirFetchError: No usable answer.
        """
        request = requests.Request("GET", url, headers=_headers(token))
        return _resource(self._asked(request, deadline, kind), kind)

    def get_plain(self, url: str, deadline: Deadline, about: str) -> Mapping[str, Any]:
        """GET a JSON object that is no FHIR resource, without any token. Otherwise as `get`."""
        return self._asked(requests.Request("GET", url, headers=_PLAIN), deadline, about)

    def post_form(
        self, url: str, form: str, token: str | None, deadline: Deadline, kind: str
    ) -> Mapping[str, Any]:
        """POST a search form, which changes nothing; otherwise as `get`."""
        request = requests.Request("POST", url, headers={**_headers(token), **_FORM}, data=form)
        return _resource(self._asked(request, deadline, kind), kind)

    def post_bundle(
        self, url: str, bundle: bytes, token: str | None, deadline: Deadline, kind: str
    ) -> Mapping[str, Any]:
        """POST a Bundle that asks for things and changes nothing; otherwise as `get`."""
        request = requests.Request("POST", url, headers={**_headers(token), **_FHIR}, data=bundle)
        return _resource(self._asked(request, deadline, kind), kind)

    def post_plain(
        self, url: str, form: str, deadline: Deadline, about: str, *, authorization: str = ""
    ) -> Mapping[str, Any]:
        """POST a form to what is no FHIR endpoint, without any token; never repeated."""
        headers = {**_PLAIN, **_FORM, **({"Authorization": authorization} if authorization else {})}
        request = requests.Request("POST", url, headers=headers, data=form)
        return self._exchange(request, deadline, about)

    def close(self) -> None:
        """Close the idle connections."""
        self._session.close()

    def _asked(self, request: requests.Request, deadline: Deadline, kind: str) -> Mapping[str, Any]:
        """Once more where that helps: a server may close an idle connection just as the request is sent."""
        try:
            return self._exchange(request, deadline, kind)
        except FhirFetchError as error:
            if deadline.passed or not _worth_a_second_try(error):
                raise
        return self._exchange(request, deadline, kind)

    def _exchange(self, request: requests.Request, deadline: Deadline, kind: str) -> Mapping[str, Any]:
        left = deadline.remaining()
        if left <= 0:
            raise FhirFetchError(FetchProblem.TIMEOUT, kind)
        timeout = Timeout(total=left, connect=min(left, self._limits.connect_seconds))
        # Errors of requests carry the URL: ours are raised outside the handlers, so that none is chained.
        try:
            with self._session.send(
                self._session.prepare_request(request),
                timeout=timeout,  # type: ignore[arg-type]
                allow_redirects=False,
                stream=True,
            ) as response:
                return self._read(response, deadline, kind)
        except requests.Timeout:
            problem = FetchProblem.TIMEOUT
        except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError):
            problem = FetchProblem.TIMEOUT if deadline.passed else FetchProblem.UNREACHABLE
        except (requests.RequestException, HTTPError):
            problem = FetchProblem.NOT_FHIR
        raise FhirFetchError(problem, kind)

    def _read(self, response: requests.Response, deadline: Deadline, kind: str) -> Mapping[str, Any]:
        status = response.status_code
        if status != 200:
            self._drain(response, deadline)
            raise FhirFetchError(problem_of_status(status), kind, status)
        if _media_type(response) not in _JSON_TYPES:
            raise FhirFetchError(FetchProblem.NOT_FHIR, kind, status)
        return _parse(self._body(response, deadline, kind), kind)

    def _body(self, response: requests.Response, deadline: Deadline, kind: str) -> bytes:
        body = bytearray()
        for chunk in response.iter_content(_CHUNK):
            body += chunk
            if len(body) > self._limits.page_bytes:
                raise FhirFetchError(FetchProblem.TOO_LARGE, kind)
            if deadline.passed:
                raise FhirFetchError(FetchProblem.TIMEOUT, kind)
        return bytes(body)

    def _drain(self, response: requests.Response, deadline: Deadline) -> None:
        """Read a short error body, so that its connection can be used again."""
        declared = response.headers.get("Content-Length", "")
        if declared.isdecimal() and int(declared) <= _LEFTOVER and not deadline.passed:
            with suppress(requests.RequestException):  # the status is known: it is the answer
                for _ in response.iter_content(_CHUNK):
                    pass


def _headers(token: str | None) -> dict[str, str]:
    # Otherwise HAPI FHIR answers a search as it did within the last minute, and hides what has just come.
    headers = {"Accept": "application/fhir+json", "Cache-Control": "no-cache"}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    return headers


def _worth_a_second_try(error: FhirFetchError) -> bool:
    return error.problem is FetchProblem.UNREACHABLE or error.status in _WORTH_A_SECOND_TRY


def problem_of_status(status: int) -> FetchProblem:
    """What a status other than 200 means."""
    if 300 <= status < 400:
        return FetchProblem.REDIRECT
    if status >= 500:
        return FetchProblem.SERVER_ERROR
    return _PROBLEM_OF_STATUS.get(status, FetchProblem.BAD_REQUEST)


def _media_type(response: requests.Response) -> str:
    return response.headers.get("Content-Type", "").split(";")[0].strip().lower()


def _parse(body: bytes, kind: str) -> Mapping[str, Any]:
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        document = None  # its message would quote the document
    if not isinstance(document, dict):
        raise FhirFetchError(FetchProblem.NOT_FHIR, kind)
    return document


def _resource(document: Mapping[str, Any], kind: str) -> Mapping[str, Any]:
    if not isinstance(document.get("resourceType"), str):
        raise FhirFetchError(FetchProblem.NOT_FHIR, kind)
    return document
