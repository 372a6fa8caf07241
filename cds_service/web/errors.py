"""Faults -> HTTP status and OperationOutcome."""

from __future__ import annotations

import structlog
from flask import Flask, Response
from werkzeug.exceptions import HTTPException, ServiceUnavailable, TooManyRequests

from cds_service.core.errors import InputError, MissingDataError, NotKeptError
from cds_service.web.gate import RETRY_AFTER
from cds_service.web.outcome import problem

_log = structlog.get_logger("pgx_cds.web")

_WORDS = {
    401: "This call needs a valid signed token.",
    403: "This client may not use this service.",
    404: "There is nothing at this address. The services are listed at /cds-services.",
    405: "This address does not take this method.",
    413: "The request is larger than this service accepts.",
    415: "The body must be JSON in UTF-8, not compressed, sent as application/json.",
    503: "The service is busy. The order was not checked, and nothing was stored.",
    429: "This client calls too often. The order was not checked.",
}


def map_errors(app: Flask) -> None:
    """Register the mapping: every error answer is an OperationOutcome and shows nothing of the request."""

    @app.errorhandler(InputError)
    def bad_input(error: InputError) -> Response:
        return problem(400, str(error), error.location)

    @app.errorhandler(MissingDataError)
    def missing_data(error: MissingDataError) -> Response:
        return problem(412, str(error))

    @app.errorhandler(NotKeptError)
    def not_kept(error: NotKeptError) -> Response:
        _log.error("not kept", kind=str(error))
        answer = problem(503, str(error))
        answer.headers["Retry-After"] = str(RETRY_AFTER)
        return answer

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> Response:
        status = error.code or 500
        answer = problem(status, _WORDS.get(status, "The request cannot be answered."))
        if isinstance(error, TooManyRequests | ServiceUnavailable) and isinstance(error.retry_after, int):
            answer.headers["Retry-After"] = str(error.retry_after)
        return answer

    @app.errorhandler(Exception)
    def fault(error: Exception) -> Response:
        # The text of an unexpected exception may hold data of a patient: only its type is logged.
        _log.error("unexpected fault", kind=type(error).__name__, where=where(error))
        return problem(500, "The service failed. The order was not checked.")


def where(error: Exception) -> str:
    """Module and line in which an exception arose."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return ""
    return f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}"
