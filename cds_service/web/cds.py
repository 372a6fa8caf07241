"""The CDS Hooks endpoints: discovery, service calls, feedback."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from flask import Blueprint, Response, request
from werkzeug.exceptions import Forbidden, NotFound, RequestEntityTooLarge, UnsupportedMediaType

from cds_service.hooks.definitions import SERVICES, ServiceDefinition
from cds_service.trust.callers import Caller
from cds_service.web.gate import Gate
from cds_service.web.outcome import json_response

_JSON_TYPES = frozenset({"application/json", "application/fhir+json"})
#: JSON is UTF-8; whoever says otherwise would be read as something else than was sent.
_CHARSETS = frozenset({"utf-8", "utf8", "us-ascii"})


class CdsService(Protocol):
    """What the endpoints call."""

    def discovery(self, caller: Caller) -> dict[str, Any]:
        """The discovery document, with what this caller may use."""
        ...

    def evaluate(self, service: ServiceDefinition, body: bytes, caller: Caller) -> dict[str, Any]:
        """The answer to a hook call."""
        ...

    def feedback(self, service: ServiceDefinition, body: bytes, caller: Caller) -> None:
        """Keep what became of the cards. Returns only after it is stored."""
        ...


def cds_blueprint(
    service: CdsService, authenticate: Callable[[], Caller], gate: Gate, feedback_gate: Gate
) -> Blueprint:
    """
    The endpoints.

    Args:
        service: The use cases.
        authenticate: Says who calls; raises `Unauthorized` if the current request may not.
        gate: Refuses calls there is no room for.
        feedback_gate: The same for feedback: what users decided is taken while calls are refused, and a store
            that hangs stops no call.
    """
    blueprint = Blueprint("cds", __name__, url_prefix="/cds-services")

    @blueprint.get("", strict_slashes=False)
    def discover() -> Response:
        return json_response(service.discovery(authenticate()))

    @blueprint.post("/<service_id>")
    def call(service_id: str) -> Response:
        with gate.entered():
            caller = authenticate()
            return json_response(service.evaluate(_definition(service_id, caller), _body(), caller))

    @blueprint.post("/<service_id>/feedback")
    def feedback(service_id: str) -> Response:
        with feedback_gate.entered():
            caller = authenticate()
            service.feedback(_definition(service_id, caller), _body(), caller)
        return Response(status=200)

    return blueprint


def _definition(service_id: str, caller: Caller) -> ServiceDefinition:
    definition = SERVICES.get(service_id)
    if definition is None:
        raise NotFound
    if not caller.rights.may_call(service_id):
        raise Forbidden
    return definition


def _body() -> bytes:
    charset = request.mimetype_params.get("charset", "utf-8").lower()
    packed = request.headers.get("Content-Encoding", "identity").lower()
    if request.mimetype not in _JSON_TYPES or charset not in _CHARSETS or packed != "identity":
        raise UnsupportedMediaType
    body = request.get_data(cache=False)
    # A body whose length was not announced is cut off at the limit without a word.
    if request.max_content_length is not None and len(body) >= request.max_content_length:
        raise RequestEntityTooLarge
    return body
