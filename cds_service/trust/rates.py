"""How many calls one client may make, so that one EHR that runs wild does not keep the others waiting."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable

from cachetools import LRUCache

from cds_service.trust.callers import Caller

_MOST_CALLERS = 10_000
#: Parts of a call that adding up many small parts may lose.
_ROUNDING = 1e-6


class CallRates:
    """
    A bucket for each caller that holds the calls of a minute and fills up evenly.

    Counted in each process by itself: one count for all would cost every call a question to the store.

    Args:
        clock: Seconds that never run backwards.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        #: Caller -> calls left, and when that was counted.
        self._left: LRUCache[Caller, tuple[float, float]] = LRUCache(_MOST_CALLERS)

    def wait_seconds(self, caller: Caller) -> int:
        """Count a call. 0 if it may go on; otherwise in how many seconds the next one may."""
        most = caller.rights.calls_per_minute
        now = self._clock()
        with self._lock:
            left, counted_at = self._left.get(caller, (float(most), now))
            left = min(float(most), left + (now - counted_at) * most / 60)
            allowed = left >= 1 - _ROUNDING
            self._left[caller] = (left - allowed, now)
        return 0 if allowed else math.ceil((1 - left) * 60 / most)
