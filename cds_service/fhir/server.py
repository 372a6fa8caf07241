"""One FHIR server between calls: its connections, its habits, and whether it is worth asking now."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from threading import BoundedSemaphore, Lock
from typing import Any

from cds_service.fhir.access import Access
from cds_service.fhir.batch import takes_batches
from cds_service.fhir.breaker import Breaker
from cds_service.fhir.cache import AnswerCache, CacheKey
from cds_service.fhir.deadline import Deadline
from cds_service.fhir.fetch_errors import FetchProblem, FhirFetchError
from cds_service.fhir.paging import SearchAnswer
from cds_service.fhir.profiles import PLAIN, ServerProfile
from cds_service.fhir.search import Search
from cds_service.fhir.transport import Limits, Transport

#: A request that had less time than this to begin with says nothing about the server when it is late.
_FAIR_SECONDS = 0.25
#: The server is there, whatever it thinks of the request.
_ANSWERS = frozenset({FetchProblem.REFUSED, FetchProblem.NOT_FOUND, FetchProblem.BAD_REQUEST})
_NOT_IMPLEMENTED = 501
_UNAUTHORIZED = 401
#: How often a CapabilityStatement that is late is asked for.
_STATEMENT_TRIES = 3
_MAY_PASS = frozenset({FetchProblem.TIMEOUT, FetchProblem.UNREACHABLE, FetchProblem.SERVER_ERROR})

_Exchange = Callable[[str | None], Mapping[str, Any]]
#: Is told of each request: resource type, key of the problem or `ok`. Called in many threads.
Listener = Callable[[str, str], None]


class Server:
    """
    What is known of one FHIR server; shared by all calls of the process.

    Args:
        base: Base URL without a slash at the end.
        limits: Bounds of one call.
        transport: Its connections.
        breaker: Leaves it alone while it fails.
        cache: Remembers answers; None where nothing is remembered.
        listen: Is told of each request, and of each that was not sent because the server is left alone.
        profile: How it wants to be asked.
        at_once: Requests that are under way at the same time; further ones wait.
    """

    def __init__(
        self,
        base: str,
        limits: Limits,
        transport: Transport,
        breaker: Breaker,
        cache: AnswerCache | None,
        listen: Listener | None = None,
        profile: ServerProfile = PLAIN,
        at_once: int = 32,
    ) -> None:
        self.base = base
        self._lines = BoundedSemaphore(at_once)
        self.limits = limits
        self.profile = profile
        self.takes_post = profile.post_search
        #: Whether batches are taken; None = nobody knows yet.
        self.takes_batch = {"yes": True, "no": False}.get(profile.batch)
        self._statement = Lock()
        self._statement_tries = _STATEMENT_TRIES
        self._transport = transport
        self._breaker = breaker
        self._cache = cache
        self._listen = listen

    def get(self, url: str, access: Access, deadline: Deadline, kind: str) -> Mapping[str, Any]:
        """GET a resource with the access of one call. Raises `FhirFetchError`."""
        return self._asked(
            lambda token: self._transport.get(url, token, deadline, kind), access, deadline, kind
        )

    def post_form(
        self, url: str, form: str, access: Access, deadline: Deadline, kind: str
    ) -> Mapping[str, Any]:
        """POST a search form with the access of one call. Raises `FhirFetchError`."""
        return self._asked(
            lambda token: self._transport.post_form(url, form, token, deadline, kind), access, deadline, kind
        )

    def post_bundle(self, bundle: bytes, access: Access, deadline: Deadline, kind: str) -> Mapping[str, Any]:
        """POST a batch with the access of one call. Raises `FhirFetchError`."""
        return self._asked(
            lambda token: self._transport.post_bundle(self.base, bundle, token, deadline, kind),
            access,
            deadline,
            kind,
        )

    def learn(self) -> None:
        """
        Ask for the CapabilityStatement, if nobody has or is asking, and remember whether batches are taken.

        Never raises: a server that does not answer this in a few tries is asked one by one. Everybody may
        read the statement, so no token is sent. Building it takes some servers many seconds, which says
        nothing about how they answer calls: the breaker is not told.
        """
        if self.takes_batch is not None or not self._statement.acquire(blocking=False):
            return
        try:
            if self.takes_batch is None:
                self.takes_batch = self._says_batch()
        finally:
            self._statement.release()

    def _says_batch(self) -> bool | None:
        self._statement_tries -= 1
        deadline = Deadline.after(self.limits.statement_seconds, time.monotonic)
        kind = "CapabilityStatement"
        try:
            statement = self._transport.get_plain(f"{self.base}/metadata", deadline, kind)
        except FhirFetchError as error:
            self._tell(kind, error.problem.value)
            again = error.problem in _MAY_PASS and self._statement_tries > 0
            return None if again else False
        self._tell(kind, "ok")
        return takes_batches(statement)

    def close(self) -> None:
        """Close the idle connections."""
        self._transport.close()

    # -- answers that are remembered --

    def cache_key(self, query: Search, access: Access, deadline: Deadline) -> CacheKey | None:
        """Where this call's answer to a search is kept; None if it is not. May have to get a token first."""
        if self._cache is None:
            return None
        return self._cache.key(self.base, access.token(deadline), query)

    def remembered(self, key: CacheKey | None) -> SearchAnswer | None:
        """What the same token was answered a short while ago."""
        return self._cache.get(key) if self._cache is not None and key is not None else None

    def remember(self, key: CacheKey | None, answer: SearchAnswer) -> None:
        """Keep an answer for the next call with the same token."""
        if self._cache is not None and key is not None:
            self._cache.put(key, answer)

    # -- asking --

    def _asked(self, exchange: _Exchange, access: Access, deadline: Deadline, kind: str) -> Mapping[str, Any]:
        """Ask; a token of our own that the server no longer takes is replaced once."""
        token = access.token(deadline)
        try:
            return self._watched(exchange, token, access, deadline, kind)
        except FhirFetchError as error:
            if error.status != _UNAUTHORIZED:
                raise
            if self._cache is not None:
                self._cache.forget(self.base, token)
            if not access.may_renew(token):
                raise
        return self._watched(exchange, access.token(deadline), access, deadline, kind)

    def _watched(
        self, exchange: _Exchange, token: str | None, access: Access, deadline: Deadline, kind: str
    ) -> Mapping[str, Any]:
        """Ask unless the server is left alone, and tell the breaker how it went."""
        if not self._breaker.admits(access.ticket):
            self._tell(kind, FetchProblem.PAUSED.value)
            raise FhirFetchError(FetchProblem.PAUSED, kind)
        if not self._lines.acquire(timeout=max(0.0, deadline.remaining())):
            self._tell(kind, FetchProblem.TIMEOUT.value)
            raise FhirFetchError(FetchProblem.TIMEOUT, kind)
        had_time = deadline.remaining() >= _FAIR_SECONDS
        try:
            answer = exchange(token)
        except FhirFetchError as error:
            self._tell(kind, error.problem.value)
            if _is_failure(error, had_time):
                self._breaker.failed(access.ticket)
            elif error.problem in _ANSWERS:
                self._breaker.answered()
            raise
        finally:
            self._lines.release()
        self._breaker.answered()
        self._tell(kind, "ok")
        return answer

    def _tell(self, kind: str, outcome: str) -> None:
        if self._listen is not None:
            self._listen(kind, outcome)


def _is_failure(error: FhirFetchError, had_time: bool) -> bool:
    if error.problem is FetchProblem.TIMEOUT:
        return had_time
    if error.problem is FetchProblem.SERVER_ERROR:
        return error.status != _NOT_IMPLEMENTED
    return error.problem is FetchProblem.UNREACHABLE
