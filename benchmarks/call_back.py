"""A call without prefetch, against a FHIR server that takes 20 ms for each answer."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path
from threading import Thread
from typing import Any

import orjson
from flask import Flask, Response, request
from werkzeug.serving import WSGIRequestHandler, make_server

from benchmarks.made_calls import ACCESS, SERVICE, Resource, record, without_prefetch
from cds_service.settings import Settings
from cds_service.wsgi import build_app

LATENCY = 0.020
_WARM_UP = 5


def run(rounds: int = 60) -> dict[str, Any]:
    """
    Median time of the call, of its slowest single request, and how many requests it made.

    Args:
        rounds: Calls that are measured.
    """
    resources = record("pgx-stent")
    patient = next(r["id"] for r in resources if r["resourceType"] == "Patient")
    stub = Stub(resources)
    server = make_server("127.0.0.1", 0, stub.app, threaded=True, request_handler=Quiet)
    Thread(target=server.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{server.server_port}/fhir"
    body = orjson.dumps({**without_prefetch(patient), "fhirServer": base, "fhirAuthorization": ACCESS})
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(
            require_jwt=False, fhir_allow=base, store_url=f"sqlite:///{Path(folder) / 'store.sqlite'}"
        )
        client = build_app(settings).test_client()
        times, slowest, asked = [], [], []
        for number in range(rounds + _WARM_UP):
            stub.seconds.clear()
            began = time.perf_counter()
            answer = client.post(SERVICE, data=body, content_type="application/json")
            seconds = time.perf_counter() - began
            if answer.status_code != 200 or "Replace" not in answer.get_json()["cards"][0]["summary"]:
                raise RuntimeError(f"a wrong answer: {answer.status_code}")
            if number >= _WARM_UP:
                times.append(seconds * 1000)
                slowest.append(max(stub.seconds) * 1000)
                asked.append(len(stub.seconds))
    server.shutdown()
    found = {
        "latency_ms": LATENCY * 1000,
        "requests": statistics.median(asked),
        "call_ms": round(statistics.median(times), 1),
        "slowest_request_ms": round(statistics.median(slowest), 1),
    }
    found["added_ms"] = round(found["call_ms"] - found["slowest_request_ms"], 1)
    found["ratio"] = round(found["call_ms"] / found["slowest_request_ms"], 2)
    print(
        f"call-back: {found['requests']:.0f} requests of {LATENCY * 1000:.0f} ms, "
        f"call {found['call_ms']} ms, {found['added_ms']} ms over its slowest request"
    )
    return found


class Quiet(WSGIRequestHandler):
    """Keeps connections open, as servers do, and writes no line for each request."""

    protocol_version = "HTTP/1.1"

    def log_request(self, *_: object) -> None:
        """Say nothing."""


class Stub:
    """
    Answers searches by type alone, and notes how long each request was here.

    Args:
        resources: What there is, of one patient.
        latency: Seconds each answer takes.
    """

    def __init__(self, resources: list[Resource], latency: float = LATENCY) -> None:
        self._latency = latency
        self.seconds: list[float] = []
        self.app = Flask("stub")
        self._resources = resources
        self.app.add_url_rule("/fhir/<kind>", view_func=self._search)
        self.app.add_url_rule("/fhir/<kind>/<ident>", view_func=self._read)

    def _search(self, kind: str) -> Response:
        entries = [{"resource": item} for item in self._resources if item["resourceType"] == kind]
        if kind == "Observation" and "laboratory" in request.query_string.decode():
            entries = []
        return self._after_a_while({"resourceType": "Bundle", "type": "searchset", "entry": entries})

    def _read(self, kind: str, ident: str) -> Response:
        found = [r for r in self._resources if (r["resourceType"], r["id"]) == (kind, ident)]
        return self._after_a_while(found[0])

    def _after_a_while(self, body: Resource) -> Response:
        began = time.perf_counter()
        time.sleep(self._latency)
        answer = Response(orjson.dumps(body), mimetype="application/fhir+json")
        self.seconds.append(time.perf_counter() - began)
        return answer
