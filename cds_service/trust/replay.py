"""A token counts once: in this process, and in all that share the store."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from typing import Protocol

import structlog
from cachetools import TTLCache

_log = structlog.get_logger("pgx_cds.trust")

#: A store that failed is not asked for so long: calls must not all wait for it.
REST_SECONDS = 5
_MOST_REMEMBERED = 100_000


class UsedTokens(Protocol):
    """The memory that several processes share."""

    def add(self, digest: str, expires: int) -> bool:
        """
        Remember a token until it expires.

        Args:
            digest: Of the token's issuer and id, 64 characters.
            expires: Seconds since 1970.

        Returns:
            Whether it was not there before; of calls at the same time one gets True.
        """
        ...


class ReplayGuard:
    """
    Remembers the ids of tokens until they expire.

    If the shared memory fails, this process's own one counts alone, and an error is logged: the advice goes
    on, and readiness says that the store is not usable.

    Args:
        shared: None = one process alone.
        longest_life: Seconds after which no token is good any more.
        clock: Seconds since 1970.
    """

    def __init__(self, shared: UsedTokens | None, longest_life: int, clock: Callable[[], float]) -> None:
        self._shared = shared
        self._clock = clock
        self._own: TTLCache[str, bool] = TTLCache(_MOST_REMEMBERED, longest_life, timer=clock)
        self._lock = threading.Lock()
        self._rests_until = float("-inf")

    def first_use(self, issuer: str, token_id: str, expires: int) -> bool:
        """Whether a token was not used before; from now on it was."""
        digest = hashlib.sha256(f"{issuer}\0{token_id}".encode("utf8", "surrogatepass")).hexdigest()
        with self._lock:
            if digest in self._own:
                return False
            self._own[digest] = True
        if self._shared is None or self._clock() < self._rests_until:
            return True
        try:
            return self._shared.add(digest, expires)
        except Exception as error:  # whatever a database driver raises
            self._rests_until = self._clock() + REST_SECONDS
            _log.error("used tokens are not shared: the store failed", kind=type(error).__name__)
            return True
