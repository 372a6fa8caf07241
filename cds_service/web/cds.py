"""The CDS Hooks endpoints: discovery, service calls, feedback."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from flask import Blueprint, Response, request
from werkzeug.exceptions import NotFound, UnsupportedMediaType

from cds_service.hooks.definitions import SERVICES, ServiceDefinition
from cds_service.web.outcome import json_response


class CdsService(Protocol):
    """What the endpoints call."""

    def discovery(self) -> dict[str, Any]:
        """The discovery document."""
        ...

    def evaluate(self, service: ServiceDefinition, body: bytes, caller: str) -> dict[str, Any]:
        """The answer to a hook call. The caller is the issuer of its token; blank if calls need none."""
        ...

    def feedback(self, service: ServiceDefinition, body: bytes) -> None:
        """Keep what became of the cards. Returns only after it is stored."""
        ...


def cds_blueprint(service: CdsService, authenticate: Callable[[], str]) -> Blueprint:
    """
    The endpoints.

    Args:
        service: The use cases.
        authenticate: Says who calls; raises `Unauthorized` if the current request may not.
    """
    blueprint = Blueprint("cds", __name__, url_prefix="/cds-services")

    @blueprint.get("", strict_slashes=False)
    def discover() -> Response:
        authenticate()
        return json_response(service.discovery())

    @blueprint.post("/<service_id>")
    def call(service_id: str) -> Response:
        caller = authenticate()
        return json_response(service.evaluate(_definition(service_id), _body(), caller))

    @blueprint.post("/<service_id>/feedback")
    def feedback(service_id: str) -> Response:
        authenticate()
        service.feedback(_definition(service_id), _body())
        return Response(status=200)

    return blueprint


def _definition(service_id: str) -> ServiceDefinition:
    definition = SERVICES.get(service_id)
    if definition is None:
        raise NotFound
    return definition


def _body() -> bytes:
    if request.mimetype not in ("application/json", "application/fhir+json"):
        raise UnsupportedMediaType
    return request.get_data(cache=False)
