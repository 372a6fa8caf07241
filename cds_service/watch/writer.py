"""Writes what calls leave behind without letting a call wait for it."""

from __future__ import annotations

import atexit
import os
from collections import deque
from collections.abc import Callable, Collection
from threading import Condition, Lock, Thread
from typing import Generic, TypeVar

import structlog

_log = structlog.get_logger("pgx_cds.audit")
_T = TypeVar("_T")

#: Entries that wait at most, some minutes of a large hospital; more are lost, and counted as lost.
MOST_WAITING = 10_000
_AT_ONCE = 500
_PAUSE_SECONDS = 1.0
#: Entries are collected for so long: a write for each would take the processor from calls at the same time.
_COLLECT_SECONDS = 0.25
#: How long the end of a process may wait for the last entries.
_LAST_SECONDS = 5.0


class Writer(Generic[_T]):
    """
    One thread that writes in batches. If writing fails it tries again until it succeeds.

    Made before the workers are forked; each process starts its own thread with its first entry.

    Args:
        write: Writes a batch; raises if it cannot.
        lost: Is told of each entry that is given up.
        after: Is called now and then after a batch, such as to delete what is old.
        most: Entries that wait at most.
        pause: Seconds between two tries.
    """

    def __init__(
        self,
        write: Callable[[Collection[_T]], None],
        lost: Callable[[], None],
        after: Callable[[], None] = lambda: None,
        *,
        most: int = MOST_WAITING,
        pause: float = _PAUSE_SECONDS,
    ) -> None:
        self._write, self._lost, self._after = write, lost, after
        self._most, self._pause = most, pause
        self._fork_lock = Lock()
        self._process = -1

    def put(self, entry: _T) -> None:
        """Have an entry written soon. Never waits, never raises."""
        self._own()
        with self._changed:
            if len(self._waiting) >= self._most:
                self._lost()
                return
            self._waiting.append(entry)
            if len(self._waiting) in (1, _AT_ONCE):
                self._changed.notify_all()

    def flush(self, seconds: float = _LAST_SECONDS) -> bool:
        """Wait until everything is written; returns whether it is."""
        if self._process != os.getpid():
            return True
        with self._changed:
            self._hurry += 1
            self._changed.notify_all()
            try:
                return self._changed.wait_for(lambda: not self._waiting and not self._busy, seconds)
            finally:
                self._hurry -= 1

    def check(self) -> str:
        """How many entries wait. Raises the fault that keeps them from being written."""
        if self._process != os.getpid():
            return "nothing written yet"
        with self._changed:
            if self._fault is not None:
                raise self._fault
            return f"{len(self._waiting)} waiting"

    def _own(self) -> None:
        """The state of this process: what a fork left behind belongs to another one."""
        if self._process == os.getpid():
            return
        with self._fork_lock:
            if self._process == os.getpid():
                return
            self._waiting: deque[_T] = deque()
            self._changed = Condition()
            self._busy = False
            self._hurry = 0
            self._fault: Exception | None = None
            Thread(target=self._run, name="audit", daemon=True).start()
            atexit.register(self.flush)
            self._process = os.getpid()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting)
                self._changed.wait_for(self._is_enough, _COLLECT_SECONDS)
                batch = [self._waiting.popleft() for _ in range(min(_AT_ONCE, len(self._waiting)))]
                self._busy = True
            fault = self._try(batch)
            with self._changed:
                self._busy, self._fault = False, fault
                if fault is not None:
                    self._put_back(batch)
                    self._changed.wait(self._pause)
                self._changed.notify_all()

    def _is_enough(self) -> bool:
        """Whether writing need not wait for more entries."""
        return self._hurry > 0 or len(self._waiting) >= _AT_ONCE

    def _try(self, batch: Collection[_T]) -> Exception | None:
        try:
            self._write(batch)
        except Exception as error:  # whatever is wrong with the store, the calls go on and this tries again
            if self._fault is None:
                _log.error("audit_not_written", kind=type(error).__name__)
            return error
        try:
            self._after()
        except Exception as error:  # what was written is written
            _log.error("audit_not_pruned", kind=type(error).__name__)
        return None

    def _put_back(self, batch: list[_T]) -> None:
        """In front of the others, as far as there is room."""
        while batch and len(self._waiting) < self._most:
            self._waiting.appendleft(batch.pop())
        for _ in batch:
            self._lost()
