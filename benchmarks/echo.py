"""The least a service could do: parse the request and send it back."""

from __future__ import annotations

import orjson
from flask import Flask, Response, request

app = Flask("echo")


@app.post("/")
def echo() -> Response:
    """The request as the answer."""
    return Response(orjson.dumps(orjson.loads(request.get_data())), mimetype="application/json")


@app.get("/")
def ready() -> str:
    """Says that the server is there."""
    return "ready"
