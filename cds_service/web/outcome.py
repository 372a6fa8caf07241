"""Errors as FHIR OperationOutcome."""

from __future__ import annotations

from typing import Any

import orjson
from flask import Response

#: HTTP status -> issue type of FHIR.
_ISSUE = {
    400: "invalid",
    401: "security",
    403: "forbidden",
    404: "not-found",
    405: "not-supported",
    412: "incomplete",
    413: "too-long",
    415: "not-supported",
    429: "throttled",
    500: "exception",
    503: "transient",
}


def operation_outcome(status: int, message: str, location: str = "") -> dict[str, Any]:
    """An OperationOutcome with one issue. Never put values, tokens or names into the message."""
    issue: dict[str, Any] = {
        "severity": "error",
        "code": _ISSUE.get(status, "processing"),
        "diagnostics": message,
        "details": {"text": message},
    }
    if location:
        issue["expression"] = [location]
    return {"resourceType": "OperationOutcome", "issue": [issue]}


def problem(status: int, message: str, location: str = "") -> Response:
    """An error answer."""
    return json_response(operation_outcome(status, message, location), status)


def json_response(value: Any, status: int = 200) -> Response:
    """A JSON answer, written by orjson."""
    return Response(orjson.dumps(value), status=status, mimetype="application/json")
