"""Every JSON file can be read, and the folder as a whole compiles as the service compiles it."""

from __future__ import annotations

from collections.abc import Iterator

from cds_service.curation.context import Context, Fault

name = "readable"


def run(context: Context) -> Iterator[Fault]:
    """Files that are no JSON object, and what stops the compiler."""
    for path, reason in context.unreadable.items():
        yield Fault(path, "", reason)
    if context.not_compiled:
        yield Fault("", "", f"the folder does not compile: {context.not_compiled}")
