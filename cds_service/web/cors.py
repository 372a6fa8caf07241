"""Cross-origin rules: browsers may call the CDS endpoints from listed origins, without cookies."""

from __future__ import annotations

from flask import Flask, Response, request

_METHODS = "GET, POST, OPTIONS"
_HEADERS = "authorization, content-type, accept"


def allow_origins(app: Flask, origins: tuple[str, ...]) -> None:
    """
    Add CORS headers to every answer, errors included, and answer preflights without authentication.

    Args:
        app: The application.
        origins: Listed origins; `*` allows any.
    """

    @app.before_request
    def preflight() -> Response | None:
        if request.method == "OPTIONS" and request.headers.get("Access-Control-Request-Method"):
            return Response(status=204)
        return None

    @app.after_request
    def add_headers(response: Response) -> Response:
        origin = request.headers.get("Origin")
        if not origin:
            return response
        if "*" in origins:
            response.headers["Access-Control-Allow-Origin"] = "*"
        elif origin in origins:
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers.add("Vary", "Origin")
        else:
            return response
        response.headers["Access-Control-Allow-Methods"] = _METHODS
        response.headers["Access-Control-Allow-Headers"] = _HEADERS
        response.headers["Access-Control-Max-Age"] = "600"
        if request.headers.get("Access-Control-Request-Private-Network"):
            # A public page, such as the CDS Hooks Sandbox, that calls a service in the local network.
            response.headers["Access-Control-Allow-Private-Network"] = "true"
        return response
