"""`/report`: what became of the cards, for those who may call the service."""

from __future__ import annotations

import re
from collections.abc import Callable

from flask import Blueprint, Response, request
from werkzeug.exceptions import BadRequest

from cds_service.trust.callers import Caller

_DAY = re.compile(r"(\d{4}-\d\d-\d\d)?")
#: Nothing but what the page itself brings.
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; frame-ancestors 'none'"
)

#: Makes the page for the calls of one caller, from a day on and before a day; an empty day is open.
ReportPage = Callable[[Caller, str, str], str]


def report_blueprint(make: ReportPage, authenticate: Callable[[], Caller]) -> Blueprint:
    """
    The endpoint.

    Args:
        make: Makes the page.
        authenticate: Says who calls; raises `Unauthorized` if the current request may not.
    """
    blueprint = Blueprint("report", __name__)

    @blueprint.get("/report")
    def report() -> Response:
        caller = authenticate()
        since, until = request.args.get("since", ""), request.args.get("until", "")
        if not _DAY.fullmatch(since) or not _DAY.fullmatch(until):
            raise BadRequest
        response = Response(make(caller, since, until), mimetype="text/html")
        response.headers["Content-Security-Policy"] = _POLICY
        return response

    return blueprint
