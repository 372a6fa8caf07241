"""Reading from the EHR's FHIR server with the access token of one hook call."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from typing import Any

from cds_service.fhir.access import Access, TokenSource
from cds_service.fhir.batch import answers_in, batch_of
from cds_service.fhir.breaker import Breaker
from cds_service.fhir.cache import AnswerCache, CacheKey
from cds_service.fhir.deadline import Deadline
from cds_service.fhir.fetch_errors import FetchProblem, FhirFetchError
from cds_service.fhir.paging import (
    Page,
    Resource,
    SearchAnswer,
    is_harmless,
    outcome_notices,
    read_page,
    url_within,
    without_repeats,
)
from cds_service.fhir.profiles import PLAIN, ServerProfile
from cds_service.fhir.search import Read, Search
from cds_service.fhir.server import Listener, Server
from cds_service.fhir.transport import Limits, Transport, problem_of_status

#: Servers that are remembered with their open connections.
_MOST_SERVERS = 32
#: Answers to a POST search by which servers say that they only know GET.
_NO_POST = frozenset({400, 404, 405, 415, 501})
#: Answers by which servers say that they take no batch, or fail at it; then everything is asked one by one.
_NO_BATCH = frozenset({400, 403, 404, 405, 413, 415, 422, 500, 501})
_NO_BATCH_PROBLEMS = frozenset({FetchProblem.REDIRECT, FetchProblem.NOT_FHIR, FetchProblem.TOO_LARGE})
#: Those to a POST search that cannot be about the parameters of this one search.
_NEVER_POST = frozenset({405, 415, 501})


class FhirClient:
    """
    All FHIR servers this process may ask; one per process, used by all threads.

    Args:
        allows: Whether a base URL may be called. Asked for every connection: the URL comes from the caller.
        connections: Connections kept open to one server; at least as many as there are fetching threads.
        limits: Bounds of one call.
        verify: Check of server certificates; a path names a file of accepted authorities.
        cache: Remembers answers for a short time; None = nothing is remembered.
        clock: Seconds that never run backwards, for the pauses of servers that fail.
        listen: Is told of each request.
        profile_of: Base URL -> how that server wants to be asked.
    """

    def __init__(
        self,
        *,
        allows: Callable[[str], bool],
        connections: int = 16,
        limits: Limits | None = None,
        verify: bool | str = True,
        cache: AnswerCache | None = None,
        clock: Callable[[], float] = time.monotonic,
        listen: Listener | None = None,
        profile_of: Callable[[str], ServerProfile] = lambda _: PLAIN,
    ) -> None:
        self._allows = allows
        self._connections = connections
        self._limits = limits or Limits()
        self._verify = verify
        self._cache = cache
        self._clock = clock
        self._listen = listen
        self._profile_of = profile_of
        self._lock = Lock()
        self._servers: OrderedDict[str, Server] = OrderedDict()

    def open(self, base_url: str, token: str | TokenSource | None) -> FhirSession:
        """
        Prepare to ask one server in one call. Nothing is sent yet.

        Args:
            base_url: The server's base URL; a slash at the end does not matter.
            token: The access token of the call, or where to get one of our own; None for a server that
                needs none.

        Raises:
            FhirFetchError: The server may not be called.
        """
        if not self._allows(base_url):
            raise FhirFetchError(FetchProblem.NOT_ALLOWED)
        return FhirSession(self._server(base_url.rstrip("/")), Access(token))

    def close(self) -> None:
        """Close all idle connections."""
        with self._lock:
            for server in self._servers.values():
                server.close()
            self._servers.clear()

    def _server(self, base: str) -> Server:
        with self._lock:
            server = self._servers.get(base)
            if server is None:
                transport = Transport(self._limits, self._connections, self._verify)
                breaker = Breaker(self._clock)
                parts = (self._limits, transport, breaker, self._cache, self._listen, self._profile_of(base))
                server = Server(base, *parts, at_once=self._connections)
                self._servers[base] = server
            self._servers.move_to_end(base)
            if len(self._servers) > _MOST_SERVERS:
                self._servers.popitem(last=False)[1].close()
            return server


class FhirSession:
    """
    One FHIR server, asked in one call. Its methods may run in several threads at once.

    Every method raises `FhirFetchError` where there is no answer at all.
    """

    def __init__(self, server: Server, access: Access) -> None:
        self._server = server
        self._access = access

    def __repr__(self) -> str:
        """Without the token."""
        return f"FhirSession({self._server.base!r})"

    def read(self, query: Read, deadline: Deadline) -> Resource:
        """Read one resource; it has the type that was asked for."""
        resource = self._get(f"{self._server.base}/{query.path}", query.kind, deadline)
        if resource["resourceType"] != query.kind:
            raise FhirFetchError(_problem_of_type(resource), query.kind)
        return resource

    def fetch_reference(self, reference: str, deadline: Deadline) -> Resource:
        """
        Read what a reference names, if this server keeps it.

        Args:
            reference: `Type/id`, or absolute and below this server's base.
            deadline: When the answer must be complete.
        """
        query = Read.parse(reference.removeprefix(f"{self._server.base}/"))
        if query is None:
            raise FhirFetchError(FetchProblem.OTHER_SERVER)
        return self.read(query, deadline)

    def search(self, query: Search, deadline: Deadline) -> SearchAnswer:
        """
        Run a search and read its pages.

        A search whose URL would be too long goes out as POST `_search`, or, where the server does not know
        that, as several GETs, whose answers are merged.
        """
        key = self._server.cache_key(query, self._access, deadline)
        answer = self._server.remembered(key)
        if answer is None:
            answer = self._search(query, deadline)
            self._server.remember(key, answer)
        return answer

    def batch(
        self, queries: Sequence[Read | Search], deadline: Deadline
    ) -> list[SearchAnswer | FhirFetchError] | None:
        """
        Ask several things in one request, if this server takes that.

        A server that refuses a batch once is not sent another one while this process lives.

        Returns:
            An answer or a fault for each query, in their order. None where they have to be asked one by one.
        """
        if len(queries) < 2 or not self._server.takes_batch:
            return None
        try:
            keys = [self._key(query, deadline) for query in queries]
        except FhirFetchError as error:
            return [error] * len(queries)
        found: list[SearchAnswer | FhirFetchError | None] = [self._server.remembered(key) for key in keys]
        places = [place for place, answer in enumerate(found) if answer is None]
        answers = self._in_one([queries[place] for place in places], deadline) if places else []
        if answers is None:
            return None
        for place, answer in zip(places, answers, strict=True):
            found[place] = answer
            if isinstance(answer, SearchAnswer):
                self._server.remember(keys[place], answer)
        return [answer for answer in found if answer is not None]

    def _key(self, query: Read | Search, deadline: Deadline) -> CacheKey | None:
        return self._server.cache_key(query, self._access, deadline) if isinstance(query, Search) else None

    def _in_one(
        self, queries: Sequence[Read | Search], deadline: Deadline
    ) -> list[SearchAnswer | FhirFetchError] | None:
        shaped = [self._shaped(query) for query in queries]
        try:
            bundle = self._server.post_bundle(batch_of(shaped), self._access, deadline, "Bundle")
        except FhirFetchError as error:
            if error.status not in _NO_BATCH and error.problem not in _NO_BATCH_PROBLEMS:
                return [error] * len(queries)
            bundle = {}
        answers = answers_in(bundle, len(queries))
        if answers is None:
            self._server.takes_batch = False
            return None
        return [
            self._part(query, status, resource, deadline)
            for query, (status, resource) in zip(shaped, answers, strict=True)
        ]

    @property
    def is_unknown(self) -> bool:
        """Whether nobody knows yet if this server takes a batch."""
        return self._server.takes_batch is None

    def learn(self) -> None:
        """Find out if this server takes a batch, for the calls to come. Never raises `FhirFetchError`."""
        self._server.learn()

    def no_more_batches(self) -> None:
        """From now on everything is asked one by one: a batch took too long."""
        self._server.takes_batch = False

    def _part(
        self, query: Read | Search, status: int, resource: Resource | None, deadline: Deadline
    ) -> SearchAnswer | FhirFetchError:
        """One answer of a batch, with the pages that follow it."""
        if not 200 <= status < 300 or resource is None:
            return FhirFetchError(problem_of_status(status), query.kind, status)
        wanted = query.kind if isinstance(query, Read) else "Bundle"
        if resource["resourceType"] != wanted:
            return FhirFetchError(_problem_of_type(resource), query.kind)
        return (
            SearchAnswer((resource,))
            if isinstance(query, Read)
            else self._pages(resource, query.kind, deadline)
        )

    def _shaped(self, query: Read | Search) -> Read | Search:
        return self._server.profile.shaped(query) if isinstance(query, Search) else query

    def follow(self, bundle: Resource, deadline: Deadline) -> SearchAnswer:
        """
        Read the pages after a Bundle that is at hand already.

        The answer holds the entries of the Bundle, too. Never raises `FhirFetchError`: what cannot be read is
        the answer's `problem`.
        """
        return self._pages(bundle, "Bundle", deadline)

    def _search(self, query: Search, deadline: Deadline) -> SearchAnswer:
        query = self._server.profile.shaped(query)
        room = self._server.limits.url_chars - len(self._server.base) - 1
        if len(query.path) <= room:
            return self._search_by_get(query, deadline)
        if self._server.takes_post:
            try:
                return self._pages(self._post(query, deadline), query.kind, deadline)
            except FhirFetchError as error:
                if error.status not in _NO_POST:
                    raise
                self._server.takes_post = error.status not in _NEVER_POST
        return self._search_in_parts(query, room, deadline)

    def _search_by_get(self, query: Search, deadline: Deadline) -> SearchAnswer:
        bundle = self._get(f"{self._server.base}/{query.path}", query.kind, deadline)
        return self._pages(_bundle(bundle, query.kind), query.kind, deadline)

    def _search_in_parts(self, query: Search, room: int, deadline: Deadline) -> SearchAnswer:
        """Several shorter searches; after a first answer, a failure only makes the whole incomplete."""
        answers: list[SearchAnswer] = []
        for part in query.split(room):
            try:
                answers.append(self._search_by_get(part, deadline))
            except FhirFetchError as error:
                if not answers:
                    raise
                answers.append(SearchAnswer(problem=error.problem))
        return _merged(answers)

    def _post(self, query: Search, deadline: Deadline) -> Resource:
        url = f"{self._server.base}/{query.kind}/_search"
        answer = self._server.post_form(url, query.form, self._access, deadline, query.kind)
        return _bundle(answer, query.kind)

    def _get(self, url: str, kind: str, deadline: Deadline) -> Mapping[str, Any]:
        return self._server.get(url, self._access, deadline, kind)

    def _pages(self, bundle: Resource, kind: str, deadline: Deadline) -> SearchAnswer:
        """Collect pages until there is no next one, or a bound, an error or a bad link ends it."""
        page = read_page(bundle)
        collected = [page]
        visited: set[str] = set()
        problem = self._too_many(collected)
        while page.next_link and problem is None:
            url = url_within(self._server.base, page.next_link)
            if url is None or url in visited:
                problem = FetchProblem.PAGE_LINK
                break
            visited.add(url)
            try:
                page = read_page(_bundle(self._get(url, kind, deadline), kind))
            except FhirFetchError as error:
                problem = error.problem
                break
            collected.append(page)
            problem = self._too_many(collected)
        return _answer(collected, problem)

    def _too_many(self, pages: list[Page]) -> FetchProblem | None:
        """Whether there are more pages than may be read; what has been read stays."""
        limits = self._server.limits
        entries = sum(len(page.resources) for page in pages)
        full = len(pages) >= limits.pages or entries >= limits.entries
        return FetchProblem.TOO_MANY if full and pages[-1].next_link else None


def _bundle(resource: Resource, kind: str) -> Resource:
    if resource["resourceType"] != "Bundle":
        raise FhirFetchError(_problem_of_type(resource), kind)
    return resource


def _problem_of_type(resource: Resource) -> FetchProblem:
    is_outcome = resource["resourceType"] == "OperationOutcome"
    return FetchProblem.OUTCOME if is_outcome else FetchProblem.NOT_FHIR


def _answer(pages: list[Page], problem: FetchProblem | None) -> SearchAnswer:
    outcomes = [outcome for page in pages for outcome in page.outcomes]
    if problem is None and any(not is_harmless(outcome) for outcome in outcomes):
        # The server itself says that the search did not go as asked.
        problem = FetchProblem.OUTCOME
    return SearchAnswer(
        resources=tuple(resource for page in pages for resource in page.resources),
        notices=outcome_notices(outcomes),
        problem=problem,
    )


def _merged(answers: list[SearchAnswer]) -> SearchAnswer:
    """Several answers as one; a resource that came twice stays once."""
    notices = (notice for answer in answers for notice in answer.notices)
    return SearchAnswer(
        resources=without_repeats(resource for answer in answers for resource in answer.resources),
        notices=tuple(dict.fromkeys(notices)),
        problem=next((answer.problem for answer in answers if answer.problem), None),
    )
