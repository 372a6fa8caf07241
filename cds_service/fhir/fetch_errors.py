"""What can go wrong when the EHR's FHIR server is asked."""

from __future__ import annotations

from enum import Enum

from cds_service.core.errors import FhirServerError


class FetchProblem(Enum):
    """Why an answer could not be had, by key."""

    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    NOT_FOUND = "not-found"
    BAD_REQUEST = "bad-request"
    SERVER_ERROR = "server-error"
    REDIRECT = "redirect"
    NOT_FHIR = "not-fhir"
    OUTCOME = "outcome"
    TOO_LARGE = "too-large"
    TOO_MANY = "too-many"
    PAGE_LINK = "page-link"
    OTHER_SERVER = "other-server"
    NOT_ALLOWED = "not-allowed"
    PAUSED = "paused"


_SENTENCES = {
    FetchProblem.TIMEOUT: "did not answer in time",
    FetchProblem.UNREACHABLE: "could not be reached, or broke the connection",
    FetchProblem.REFUSED: "refused the access token",
    FetchProblem.NOT_FOUND: "does not have it",
    FetchProblem.BAD_REQUEST: "did not accept the request",
    FetchProblem.SERVER_ERROR: "reported an error of its own",
    FetchProblem.REDIRECT: "pointed elsewhere, and redirects are not followed",
    FetchProblem.NOT_FHIR: "answered something that is not FHIR JSON",
    FetchProblem.OUTCOME: "answered with an OperationOutcome",
    FetchProblem.TOO_LARGE: "sent more than is read at once",
    FetchProblem.TOO_MANY: "has more entries than are read in one call",
    FetchProblem.PAGE_LINK: "gave a link to the next page that leaves the server or leads in a circle",
    FetchProblem.OTHER_SERVER: "is not where this resource is kept",
    FetchProblem.NOT_ALLOWED: "is not on the list of servers that may be called (PGX_CDS_FHIR_ALLOW)",
    FetchProblem.PAUSED: "failed several times in a row and is left alone for some seconds",
}


class FhirFetchError(FhirServerError):
    """
    A request to the FHIR server had no usable answer.

    The message names the kind of resource and the problem, never the address, the query, the token or an id.

    Args:
        problem: What went wrong.
        kind: The resource type that was asked for; empty if there was none.
        status: The HTTP status; 0 if there was none.

    >>> str(FhirFetchError(FetchProblem.SERVER_ERROR, "Observation", 503))
    'FHIR server, Observation: it reported an error of its own (HTTP 503)'
    """

    def __init__(self, problem: FetchProblem, kind: str = "", status: int = 0) -> None:
        subject = f", {kind}" if kind else ""
        code = f" (HTTP {status})" if status else ""
        super().__init__(f"FHIR server{subject}: it {_SENTENCES[problem]}{code}")
        self.problem = problem
        self.kind = kind
        self.status = status
