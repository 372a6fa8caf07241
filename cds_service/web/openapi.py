"""`/openapi.json`: what the endpoints take and give, for programs."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import orjson
from flask import Blueprint, Response

from cds_service import __version__
from cds_service.web.outcome import json_response


def openapi_document() -> dict[str, Any]:
    """The description, with the version of this program. Tests hold it against what really happens."""
    text = files("cds_service.web").joinpath("static/openapi.json").read_bytes()
    document: dict[str, Any] = orjson.loads(text)
    document["info"]["version"] = __version__
    return document


def openapi_blueprint() -> Blueprint:
    """The endpoint."""
    blueprint = Blueprint("openapi", __name__)
    document = openapi_document()

    @blueprint.get("/openapi.json")
    def describe() -> Response:
        return json_response(document)

    return blueprint
