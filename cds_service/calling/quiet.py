"""Keeps what the C library prints out of a command's standard error, and adds it to the one clear line."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from cds_service.core.errors import InputError


@contextmanager
def quiet_library() -> Iterator[TextIO]:
    """
    Catch standard error at the level of the operating system.

    Yields:
        A stream to the real standard error, for progress.

    Raises:
        InputError: The one raised inside, with what the library said about it.
    """
    own = os.dup(2)
    with tempfile.TemporaryFile() as caught, os.fdopen(own, "w", buffering=1) as real:
        os.dup2(caught.fileno(), 2)
        try:
            yield real
        except InputError as error:
            said = _first_error(caught)
            raise InputError(f"{error}: {said}" if said else str(error)) from None
        finally:
            os.dup2(own, 2)


def _first_error(caught: object) -> str:
    stream = caught
    stream.seek(0)  # type: ignore[attr-defined]
    lines = stream.read(50000).decode("utf-8", "replace").splitlines()  # type: ignore[attr-defined]
    errors = [line.partition("] ")[2].strip() for line in lines if line.startswith("[E::")]
    return errors[0][:200] if errors else ""
