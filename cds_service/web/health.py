"""Whether the process lives, and whether it can do its work."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask import Blueprint, Response

from cds_service.core.errors import NewerStoreError
from cds_service.web.outcome import json_response


def health_blueprint(checks: Mapping[str, Callable[[], str]]) -> Blueprint:
    """
    `/health/live` and `/health/ready`.

    Args:
        checks: Name -> function that returns a short description, or raises if that part is not usable.
    """
    blueprint = Blueprint("health", __name__, url_prefix="/health")

    @blueprint.get("/live")
    def live() -> Response:
        return json_response({"status": "alive"})

    @blueprint.get("/ready")
    def ready() -> Response:
        found: dict[str, str] = {}
        status = 200
        for name, check in checks.items():
            try:
                found[name] = check()
            except NewerStoreError as error:
                found[name] = f"not usable: {error}"
                status = 503
            except Exception as error:  # readiness has to name every broken part, whatever broke it
                found[name] = f"not usable ({type(error).__name__})"
                status = 503
        return json_response({"status": "ready" if status == 200 else "not ready", "checks": found}, status)

    return blueprint
