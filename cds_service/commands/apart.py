"""Runs a piece of work in a child process, so that a fault of a C library ends in one clear line."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Callable
from types import FrameType

from cds_service.core.errors import InputError

#: Signals by which the operating system ends a program that is at fault itself.
_FAULTS = frozenset({signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT, signal.SIGFPE, signal.SIGILL})
_INTERRUPTED = 130
#: Objects made between two looks for garbage. A child lives for one piece of work, and most of what it makes
#: is tables that it needs to the end.
_OBJECTS = 100_000


def in_child(work: Callable[[], int], about: str) -> int:
    """
    Do some work in a child process and wait for it.

    Args:
        work: Gives the exit code; what it prints is printed.
        about: What is named if the child dies, a file for instance.

    Returns:
        The exit code; 128 and the number of the signal if somebody ended the child.

    Raises:
        InputError: The child died of a fault.
    """
    if not hasattr(os, "fork"):
        return work()
    sys.stdout.flush()
    sys.stderr.flush()
    number = os.waitstatus_to_exitcode(_run(work))
    if number >= 0:
        return number
    if -number in _FAULTS:
        name = signal.Signals(-number).name
        raise InputError(f"{about}: the library that reads it broke down ({name}); the file must be damaged")
    return 128 - number


def _work_and_end(work: Callable[[], int]) -> None:
    """What the child does: nothing of the parent's own ending may run in it."""
    code = 1
    try:
        gc.freeze()
        gc.set_threshold(_OBJECTS)
        code = work()
        sys.stdout.flush()
    except BrokenPipeError:
        code = 0
    except KeyboardInterrupt:
        code = _INTERRUPTED
    except BaseException:
        sys.excepthook(*sys.exc_info())  # type: ignore[arg-type]
    finally:
        os._exit(code)


def _run(work: Callable[[], int]) -> int:
    """The child's status. Who wants to end the parent ends the child first, from the first moment on."""
    child = 0
    early: list[int] = []

    def pass_on(number: int, _frame: FrameType | None) -> None:
        if child:
            os.kill(child, number)
        else:
            early.append(number)

    before = signal.signal(signal.SIGTERM, pass_on)
    try:
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGTERM, before)
            _work_and_end(work)
        for number in early:
            os.kill(child, number)
        while True:
            try:
                return os.waitpid(child, 0)[1]
            except KeyboardInterrupt:
                continue
    finally:
        signal.signal(signal.SIGTERM, before)
