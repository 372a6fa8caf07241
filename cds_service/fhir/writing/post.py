"""Sends a transaction to a FHIR server that is allowed, and says what became of each entry."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import requests

from cds_service.fhir.deadline import Deadline
from cds_service.fhir.fetch_errors import FetchProblem, FhirFetchError
from cds_service.fhir.transport import Limits, Transport
from cds_service.fhir.values import mapping, mappings, text
from cds_service.fhir.writing.bundle import WrittenResults

_FHIR_JSON = "application/fhir+json"
_STATUS = re.compile(r"(\d{3})\b")
_CREATED, _THERE = 201, 200


@dataclass(frozen=True, slots=True)
class EntryOutcome:
    """
    What became of one entry.

    Args:
        address: Its `fullUrl` in the transaction.
        kind: Resource type.
        status: HTTP status the server gave it; 0 if it said nothing about this entry.
        location: Where it is now, `Type/id` with or without a version; empty if not told.
    """

    address: str
    kind: str
    status: int
    location: str = ""

    @property
    def created(self) -> bool:
        """It is new on the server."""
        return self.status == _CREATED

    @property
    def there(self) -> bool:
        """It is on the server: created now, or found there."""
        return self.status in (_CREATED, _THERE)


@dataclass(frozen=True, slots=True)
class Posted:
    """The outcome of a transaction, entry by entry, in the order they were sent."""

    outcomes: tuple[EntryOutcome, ...]

    @property
    def complete(self) -> bool:
        """Whether everything is on the server now."""
        return all(outcome.there for outcome in self.outcomes)

    @property
    def created(self) -> int:
        """How many entries are new."""
        return sum(outcome.created for outcome in self.outcomes)


class _Sender(Transport):
    """The connections to one server, for sending."""

    def send(self, url: str, body: bytes, token: str | None, deadline: Deadline) -> Mapping[str, Any]:
        """POST a Bundle; never repeated, although a repetition would create nothing twice."""
        headers = {"Accept": _FHIR_JSON, "Content-Type": _FHIR_JSON}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        return self._exchange(requests.Request("POST", url, headers=headers, data=body), deadline, "Bundle")


def post_results(
    written: WrittenResults,
    base_url: str,
    *,
    token: str | None,
    allows: Callable[[str], bool],
    deadline: Deadline,
    verify: bool | str = True,
) -> Posted:
    """
    Send a transaction.

    Args:
        written: What to send.
        base_url: The server's base URL.
        token: Access token for this server; None for one that needs none.
        allows: Whether a base URL may be called; asked before anything is sent.
        deadline: When the answer must be complete.
        verify: Check of the server's certificate; a path names a file of accepted authorities.

    Returns:
        The outcome of each entry.

    Raises:
        FhirFetchError: The server may not be called, refused the transaction as a whole, or gave no usable
            answer. Then nothing is known to have been stored; it is safe to send the same again.
    """
    if not allows(base_url):
        raise FhirFetchError(FetchProblem.NOT_ALLOWED)
    sender = _Sender(Limits(), 1, verify)
    try:
        answer = sender.send(base_url.rstrip("/"), written.as_bytes(), token, deadline)
    finally:
        sender.close()
    if answer.get("resourceType") != "Bundle":
        outcome = answer.get("resourceType") == "OperationOutcome"
        raise FhirFetchError(FetchProblem.OUTCOME if outcome else FetchProblem.NOT_FHIR, "Bundle")
    base = base_url.rstrip("/") + "/"
    return Posted(tuple(_outcomes(written.document["entry"], mappings(answer.get("entry")), base)))


def _outcomes(
    sent: Sequence[Mapping[str, Any]], answered: Sequence[Mapping[str, Any]], base: str
) -> list[EntryOutcome]:
    """Each entry with its answer; the specification has them in the same order."""
    told = [*answered[: len(sent)], *[{}] * (len(sent) - len(answered))]
    found = []
    for entry, answer in zip(sent, told, strict=True):
        response = mapping(answer.get("response"))
        status = _STATUS.match(text(response.get("status")))
        found.append(
            EntryOutcome(
                entry["fullUrl"],
                entry["resource"]["resourceType"],
                int(status.group(1)) if status else 0,
                text(response.get("location")).removeprefix(base),
            )
        )
    return found
