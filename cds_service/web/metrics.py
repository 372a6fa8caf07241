"""`/metrics` for Prometheus, and the count of answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from flask import Blueprint, Flask, Response, request

#: All figures, and the media type of their text.
Exposition = Callable[[], tuple[bytes, str]]


class Figures(Protocol):
    """What counts, and shows what was counted."""

    def answered(self, route: str, status: int) -> None:
        """An answer went out."""

    def exposition(self) -> tuple[bytes, str]:
        """All figures, and the media type of their text."""
        ...


def metrics_blueprint(exposition: Exposition) -> Blueprint:
    """
    The endpoint.

    Args:
        exposition: Gives the text.
    """
    blueprint = Blueprint("metrics", __name__)

    @blueprint.get("/metrics")
    def metrics() -> Response:
        text, kind = exposition()
        return Response(text, content_type=kind)

    return blueprint


def count_answers(app: Flask, answered: Callable[[str, int], None]) -> None:
    """
    Tell of each answer, by its route as it was declared: an address may hold anything.

    Args:
        app: The application.
        answered: Is told route and status.
    """

    @app.after_request
    def count(response: Response) -> Response:
        answered(request.url_rule.rule if request.url_rule else "none", response.status_code)
        return response
