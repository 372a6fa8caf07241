"""The Flask application, put together from parts that are handed in."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask import Blueprint, Flask, Response

from cds_service.trust.callers import Caller
from cds_service.web.cds import CdsService, cds_blueprint
from cds_service.web.cors import allow_origins
from cds_service.web.errors import map_errors
from cds_service.web.gate import FEEDBACK, Gate, Room
from cds_service.web.health import health_blueprint
from cds_service.web.metrics import Figures, count_answers, metrics_blueprint
from cds_service.web.openapi import openapi_blueprint
from cds_service.web.report import ReportPage, report_blueprint

#: The type of the application, for those who only pass it on.
Application = Flask

#: Larger than any real hook call with prefetch; a larger body is refused before it is read.
MOST_BYTES = 10 * 1024 * 1024

#: An answer for programs is no page: a browser that is made to show one loads and runs nothing.
_NO_CONTENT = "default-src 'none'; frame-ancestors 'none'"


def create_app(
    service: CdsService,
    *,
    authenticate: Callable[[], Caller],
    checks: Mapping[str, Callable[[], str]],
    figures: Figures,
    report: ReportPage | None = None,
    cors_origins: tuple[str, ...] = ("*",),
    room: Room = Room(),  # noqa: B008  a value
    feedback_room: Room = FEEDBACK,
    pages: Blueprint | None = None,
) -> Flask:
    """
    Build the application.

    Args:
        service: The use cases.
        authenticate: Says who calls; raises `Unauthorized` if the current request may not.
        checks: Readiness checks.
        figures: Counts answers, and shows what was counted.
        report: Makes the page of the report; None = there is none.
        cors_origins: Origins browsers may call from.
        room: How many calls this process works on at once.
        feedback_room: The same of feedback.
        pages: The detail view; None where the site has none.
    """
    app = Flask("cds_service.web", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MOST_BYTES
    app.url_map.strict_slashes = False
    map_errors(app)
    allow_origins(app, cors_origins)
    count_answers(app, figures.answered)
    app.register_blueprint(cds_blueprint(service, authenticate, Gate(room), Gate(feedback_room)))
    app.register_blueprint(health_blueprint(checks))
    app.register_blueprint(metrics_blueprint(figures.exposition))
    app.register_blueprint(openapi_blueprint())
    if report is not None:
        app.register_blueprint(report_blueprint(report, authenticate))
    if pages is not None:
        app.register_blueprint(pages)

    @app.after_request
    def harden(response: Response) -> Response:
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers.setdefault("Referrer-Policy", "no-referrer")
        if response.is_json:  # pages bring their own
            response.headers.setdefault("Content-Security-Policy", _NO_CONTENT)
        return response

    return app
