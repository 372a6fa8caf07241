"""Where the public keys of an EHR come from: the clients file, or an address that the clients file lists."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import structlog

from cds_service.core.errors import PgxCdsError
from cds_service.trust.keys import ALGORITHMS, KeyProblemError, VerificationKey, read_key

_log = structlog.get_logger("pgx_cds.trust")

#: An unknown kid leads to at most one question in this time, whoever sends how many of them.
ASK_AGAIN_SECONDS = 300
#: After a question without an answer.
TRY_AGAIN_SECONDS = 30
#: For so long a key is good without asking again; a key the EHR withdraws is refused after this time.
FRESH_SECONDS = 3600
#: For so long while the address does not answer: an outage there must not end the advice here.
LONGEST_USE_SECONDS = 24 * 3600
_MOST_KEYS = 100

#: GETs a JSON object in bounded time and size, without redirects; raises a `PgxCdsError` if it cannot.
FetchJson = Callable[[str], Mapping[str, Any]]


class KeySource(Protocol):
    """Finds the keys of one client; may be called from several threads."""

    def find(self, kid: str, jku: str | None) -> VerificationKey | None:
        """
        The key with an id, or None.

        Args:
            kid: As the token names it.
            jku: Where the token says its key is to be had; None if it says nothing.
        """
        ...


@dataclass(frozen=True, slots=True)
class FileKeys:
    """Keys that stand in the clients file. Where a token says its key comes from does not matter then."""

    keys: Mapping[str, VerificationKey] = field(default_factory=dict, repr=False)

    def find(self, kid: str, jku: str | None) -> VerificationKey | None:  # noqa: ARG002
        """See `KeySource`."""
        return self.keys.get(kid)


class PublishedKeys:
    """
    The key set at one address, kept and asked for again as rarely as it can be.

    Args:
        url: By https; from the clients file, never from a token.
        fetch: Asks for it.
        clock: Seconds that never run backwards.
        allowed: Algorithms the client may use; other keys of the set are passed over.
    """

    def __init__(
        self,
        url: str,
        fetch: FetchJson,
        clock: Callable[[], float],
        allowed: Collection[str] = ALGORITHMS,
    ) -> None:
        self.url = url
        self._fetch = fetch
        self._clock = clock
        self._allowed = allowed
        self._lock = threading.Lock()
        self._keys: Mapping[str, VerificationKey] = {}
        self._fetched_at = self._next_question_at = float("-inf")

    def find(self, kid: str) -> VerificationKey | None:
        """The key with an id; asks the address only if it is not at hand, or was not seen for an hour."""
        key = self._keys.get(kid)
        if key is not None and self._clock() - self._fetched_at <= FRESH_SECONDS:
            return key
        # With a key at hand nobody waits for another thread's question.
        if self._clock() >= self._next_question_at and self._lock.acquire(blocking=key is None):
            try:
                self._renew()
            finally:
                self._lock.release()
        elif key is None:
            with self._lock:  # another thread is asking just now
                pass
        usable = self._clock() - self._fetched_at <= LONGEST_USE_SECONDS
        return self._keys.get(kid) if usable else None

    def _renew(self) -> None:
        """Ask, unless another thread has done so while this one waited."""
        if self._clock() < self._next_question_at:
            return
        try:
            keys = _usable(self._fetch(self.url), self._allowed)
        except PgxCdsError as error:
            self._next_question_at = self._clock() + TRY_AGAIN_SECONDS
            _log.error("key set cannot be read", url=self.url, reason=str(error))
            return
        self._keys, self._fetched_at = keys, self._clock()
        self._next_question_at = self._fetched_at + ASK_AGAIN_SECONDS
        _log.info("key set read", url=self.url, keys=len(keys))


@dataclass(frozen=True, slots=True)
class ClientKeys:
    """
    All keys of a client: those of the file first, then the published ones.

    Args:
        given: From the clients file.
        published: From the listed addresses.
    """

    given: FileKeys
    published: tuple[PublishedKeys, ...]

    def find(self, kid: str, jku: str | None) -> VerificationKey | None:
        """See `KeySource`. A token that names an address that is not listed is not believed at all."""
        if jku is not None and self.published and jku not in {source.url for source in self.published}:
            return None
        key = self.given.find(kid, jku)
        asked = (source for source in self.published if jku in (None, source.url))
        return key or next((found for source in asked if (found := source.find(kid))), None)


def _usable(document: Mapping[str, Any], allowed: Collection[str]) -> Mapping[str, VerificationKey]:
    """The keys of a published set that can be used; others stand there for other purposes."""
    listed = document.get("keys")
    if not isinstance(listed, list) or len(listed) > _MOST_KEYS:
        raise KeyProblemError(f"not a key set: there is no list `keys` with at most {_MOST_KEYS} entries")
    return {key.kid: key for key in _read(listed, allowed)}


def _read(listed: Iterable[object], allowed: Collection[str]) -> Iterable[VerificationKey]:
    for data in listed:
        try:
            yield read_key(data, allowed)
        except KeyProblemError:
            continue
