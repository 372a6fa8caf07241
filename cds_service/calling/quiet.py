"""Keeps what the C library prints out of a command's standard error, and adds it to the one clear line."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO, TextIO

from cds_service.core.errors import InputError

_MOST = 50_000


@dataclass(frozen=True, slots=True)
class Quiet:
    """
    Standard error while it is caught.

    Args:
        terminal: The real one, for progress.
    """

    terminal: TextIO
    _caught: BinaryIO

    def errors(self) -> list[str]:
        """The errors that the library has told so far."""
        self._caught.seek(0)
        lines = self._caught.read(_MOST).decode("utf-8", "replace").splitlines()
        return [line.partition("] ")[2].strip()[:200] for line in lines if line.startswith("[E::")]


def _unnamed_file() -> BinaryIO:
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("stderr"), "w+b")
    import tempfile  # takes a while to load

    return tempfile.TemporaryFile()  # type: ignore[return-value]


@contextmanager
def quiet_library() -> Iterator[Quiet]:
    """
    Catch standard error at the level of the operating system.

    Raises:
        InputError: The one raised inside, with what the library said about it.
    """
    own = os.dup(2)
    with _unnamed_file() as caught, os.fdopen(own, "w", buffering=1) as real:
        quiet = Quiet(real, caught)
        os.dup2(caught.fileno(), 2)
        try:
            yield quiet
        except InputError as error:
            said = next((one for one in quiet.errors() if one not in str(error)), "")
            raise InputError(f"{error}: {said}" if said else str(error)) from None
        finally:
            os.dup2(own, 2)
