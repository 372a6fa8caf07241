"""Remembers complete answers to searches for genomic results, for a short time and for one token only."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import blake2b
from threading import Lock

import orjson
from cachetools import TTLCache

from cds_service.fhir.paging import SearchAnswer
from cds_service.fhir.search import Search

#: Bytes of JSON that are kept in one process, and of one answer.
MOST_BYTES = 32_000_000
MOST_BYTES_OF_ONE = 1_000_000


@dataclass(frozen=True, slots=True)
class CacheKey:
    """
    Whose answer it is.

    Args:
        server: Base URL.
        holder: Keyed hash of the access token: what one user may see, another one may not.
        query: The whole search; the patient is one of its parameters.
    """

    server: str
    holder: bytes
    query: Search = field(repr=False)


class AnswerCache:
    """
    A bounded memory of search answers; one per process, used by all threads.

    Kept are only answers that are complete, have something in them and came without a word of warning.
    "No result" is not kept: a result that arrives while somebody waits for it is seen at once. Answers are
    held as bytes, so that no call can change what another one reads.

    Args:
        seconds: Life of an answer.
        keeps: Which searches may be remembered at all.
        clock: Seconds that never run backwards.
        most_bytes: Size of everything that is kept.
    """

    def __init__(
        self,
        seconds: float,
        keeps: Callable[[Search], bool],
        *,
        clock: Callable[[], float] = time.monotonic,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self._keeps = keeps
        # With a key of this process the hash is of no use to anybody else.
        self._secret = secrets.token_bytes(32)
        self._lock = Lock()
        self._answers: TTLCache[CacheKey, bytes] = TTLCache(most_bytes, seconds, timer=clock, getsizeof=len)

    def key(self, server: str, token: str | None, query: Search) -> CacheKey | None:
        """Where the answer to a search is kept; None if it is none of those that are."""
        return CacheKey(server, self._holder(token), query) if self._keeps(query) else None

    def get(self, key: CacheKey) -> SearchAnswer | None:
        """The remembered answer; None if there is none any more."""
        with self._lock:
            kept = self._answers.get(key)
        return SearchAnswer(tuple(orjson.loads(kept))) if kept is not None else None

    def put(self, key: CacheKey, answer: SearchAnswer) -> None:
        """Remember an answer, if it is one that may be."""
        if not answer.complete or answer.notices or not answer.resources:
            return
        try:
            kept = orjson.dumps(answer.resources)
        except orjson.JSONEncodeError:
            return  # what can be read may be nested too deep to be written
        if len(kept) > MOST_BYTES_OF_ONE:
            return
        with self._lock:
            if len(kept) <= self._answers.maxsize:
                self._answers[key] = kept

    def forget(self, server: str, token: str | None) -> None:
        """Drop everything that was read from a server with a token that the server now refuses."""
        holder = self._holder(token)
        with self._lock:
            for key in [key for key in self._answers if (key.server, key.holder) == (server, holder)]:
                self._answers.pop(key, None)

    def _holder(self, token: str | None) -> bytes:
        # An open server has one holder of its own: no token has the empty mark.
        text = b"" if token is None else b"token " + token.encode("utf8", "surrogatepass")
        return blake2b(text, key=self._secret, digest_size=16).digest()
