"""Faults, as opposed to clinical uncertainty (which is a value)."""

from __future__ import annotations


class PgxCdsError(Exception):
    """Base of all faults this package raises on purpose. The message names the place and the remedy."""


class KnowledgeError(PgxCdsError):
    """A file of `knowledge/` is missing, malformed or contradicts another one."""


class InputError(PgxCdsError):
    """
    What the caller sent cannot be used.

    Args:
        message: What is wrong and what to do, without echoing the value that was sent.
        location: Where it stands, as a path such as `context.draftOrders`.
    """

    def __init__(self, message: str, location: str = "") -> None:
        super().__init__(message)
        self.location = location


class NewerStoreError(PgxCdsError):
    """The store was written by a newer program; this one may misread it. The message holds two numbers."""


class MissingDataError(PgxCdsError):
    """Data the call cannot do without were neither sent nor reachable (HTTP 412)."""


class NotKeptError(PgxCdsError):
    """What was to be kept could not be; whoever sent it still has it and may send it again (HTTP 503)."""


class FhirServerError(PgxCdsError):
    """The EHR's FHIR server refused, failed, or answered something that is not FHIR."""
