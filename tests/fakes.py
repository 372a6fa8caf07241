"""Stand-ins for the world outside: a FHIR server on the loopback interface that behaves well or badly."""

from __future__ import annotations

import gzip
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

Resource = dict[str, Any]
TOKEN = "token-of-this-call"


class Clock:
    """Stands still until somebody turns it."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@dataclass(frozen=True, slots=True)
class Asked:
    """One request that the server received."""

    method: str
    path: str
    parameters: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]

    @property
    def kind(self) -> str:
        """The resource type, first step below the base."""
        return self.path.removeprefix("/fhir").strip("/").split("/")[0]


@dataclass
class FakeFhirServer:
    """
    A FHIR server with a few resources; start it with `with FakeFhirServer([...]) as server`.

    Reads and searches need the token (None: an open server). A search matches type, `patient`/`subject` and
    `code`, knows nothing else, and pages by `_count`. `behave("Observation", ...)` replaces the answers
    for one resource type, `behave("POST Observation", ...)` those for one method and type.
    """

    resources: list[Resource] = field(default_factory=list)
    token: str | None = TOKEN
    requests: list[Asked] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.stopped = threading.Event()
        self.behaviours: dict[str, Behaviour] = {}
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.fake = self
        self._scheme = "http"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )

    @property
    def origin(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self._server.server_address[1]}"

    @property
    def base(self) -> str:
        return f"{self.origin}/fhir"

    def use_tls(self, context: ssl.SSLContext) -> None:
        """Speak TLS; before the start."""
        # Each connection shakes hands in its own thread: a client that breaks it off stops no other.
        self._server.socket = context.wrap_socket(
            self._server.socket, server_side=True, do_handshake_on_connect=False
        )
        self._scheme = "https"

    def behave(self, what: str, behaviour: Behaviour) -> None:
        self.behaviours[what] = behaviour

    def asked(self, kind: str) -> list[Asked]:
        """The requests for one resource type."""
        return [request for request in self.requests if request.kind == kind]

    def __enter__(self) -> FakeFhirServer:
        self._thread.start()
        return self

    def __exit__(self, *unused: object) -> None:
        self.stopped.set()
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    fake: FakeFhirServer

    def handle_error(self, *unused: object) -> None:
        """Clients hang up on a server that misbehaves: that is what the tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:  # noqa: N802
        url = urlsplit(self.path)
        self._answer(url.path, parse_qsl(url.query, keep_blank_values=True))

    def do_POST(self) -> None:  # noqa: N802
        url = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        self._answer(url.path.removesuffix("/_search"), parse_qsl(body, keep_blank_values=True))

    def _answer(self, path: str, parameters: list[tuple[str, str]]) -> None:
        asked = Asked(self.command, path, tuple(parameters), dict(self.headers))
        fake = self.server.fake
        fake.requests.append(asked)
        behaviours = fake.behaviours
        behaviour = (
            behaviours.get(f"{asked.method} {asked.kind}") or behaviours.get(asked.kind) or answer_well
        )
        behaviour(self, asked)

    def send(self, status: int, body: Resource | bytes, media_type: str = "application/fhir+json") -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *unused: object) -> None:
        """Stay silent."""


Behaviour = Callable[[_Handler, Asked], None]


def answer_well(handler: _Handler, asked: Asked) -> None:
    fake = handler.server.fake
    steps = [step for step in asked.path.removeprefix("/fhir").split("/") if step]
    if fake.token is not None and asked.headers.get("Authorization") != f"Bearer {fake.token}":
        handler.send(401, outcome("login"))
    elif len(steps) == 2:
        found = [r for r in fake.resources if [r["resourceType"], r["id"]] == steps]
        handler.send(200 if found else 404, found[0] if found else outcome("not-found"))
    elif len(steps) == 1:
        handler.send(200, _search(fake, asked))
    else:
        handler.send(404, outcome("not-found"))


def _search(fake: FakeFhirServer, asked: Asked) -> Resource:
    given = dict(asked.parameters)
    found = [r for r in fake.resources if r["resourceType"] == asked.kind and _matches(r, given)]
    start, size = int(given.get("_offset", 0)), int(given.get("_count", 1000))
    page, following = found[start : start + size], ""
    if start + size < len(found):
        kept = [(name, value) for name, value in asked.parameters if name != "_offset"]
        following = f"{fake.base}/{asked.kind}?{urlencode([*kept, ('_offset', str(start + size))])}"
    return bundle(page, next_url=following)


def _matches(resource: Resource, given: Mapping[str, str]) -> bool:
    wanted = given.get("patient") or given.get("subject")
    person = (resource.get("subject") or resource.get("patient") or {}).get("reference", "")
    codings = resource.get("code", {}).get("coding", [])
    tokens = {f"{coding['system']}|{coding['code']}" for coding in codings}
    asked_codes = set(given["code"].split(",")) if "code" in given else tokens
    return (not wanted or person.endswith(f"Patient/{wanted}")) and (
        tokens == asked_codes or bool(tokens & asked_codes)
    )


def bundle(resources: Iterable[Resource] = (), *, next_url: str = "", self_url: str = "") -> Resource:
    """A searchset; without `entry` if there are no resources."""
    found: Resource = {"resourceType": "Bundle", "type": "searchset"}
    links = [("self", self_url), ("next", next_url)]
    if any(url for _, url in links):
        found["link"] = [{"relation": relation, "url": url} for relation, url in links if url]
    entries = [{"resource": resource} for resource in resources]
    return {**found, "entry": entries} if entries else found


def outcome(code: str, severity: str = "error") -> Resource:
    issue = {"severity": severity, "code": code, "diagnostics": "about Patient/secret-id"}
    return {"resourceType": "OperationOutcome", "issue": [issue]}


def observation(ident: str, patient: str = "p1", code: str = "84413-4", **more: Any) -> Resource:
    coding = {"system": "http://loinc.org", "code": code}
    return {
        "resourceType": "Observation",
        "id": ident,
        "status": "final",
        "code": {"coding": [coding]},
        "subject": {"reference": f"Patient/{patient}"},
        **more,
    }


# -- misbehaviour --


def status(code: int, issue: str = "exception") -> Behaviour:
    """Answer with an error status and an OperationOutcome."""
    return lambda handler, _: handler.send(code, outcome(issue))


def say(body: Resource | bytes, media_type: str = "application/fhir+json") -> Behaviour:
    """Answer 200 with this body, whatever was asked."""
    return lambda handler, _: handler.send(200, body, media_type)


def first(*behaviours: Behaviour) -> Behaviour:
    """One behaviour after the other; the last one stays."""
    waiting = list(behaviours)
    return lambda handler, asked: (waiting.pop(0) if len(waiting) > 1 else waiting[0])(handler, asked)


def hang(handler: _Handler, _: Asked) -> None:
    """Accept the request and never answer."""
    handler.server.fake.stopped.wait(20)
    handler.close_connection = True


def slow(seconds: float) -> Behaviour:
    """Answer well, but late."""

    def behaviour(handler: _Handler, asked: Asked) -> None:
        time.sleep(seconds)
        answer_well(handler, asked)

    return behaviour


def hang_up(handler: _Handler, _: Asked) -> None:
    """Close the connection without a word."""
    handler.connection.shutdown(socket.SHUT_RDWR)
    handler.close_connection = True


def trickle_headers(handler: _Handler, _: Asked) -> None:
    """One byte of the head every 20 ms, for ever."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    _trickle(handler, b"X-Filler: a")


def trickle_body(handler: _Handler, _: Asked) -> None:
    """A proper head, then one byte of the body every 20 ms, for ever."""
    handler.wfile.write(
        b"HTTP/1.1 200 OK\r\nContent-Type: application/fhir+json\r\nContent-Length: 100000\r\n\r\n"
    )
    _trickle(handler, b'{"resourceType": "Bundle"}')


def _trickle(handler: _Handler, data: bytes) -> None:
    handler.close_connection = True
    place = 0
    while not handler.server.fake.stopped.wait(0.02):
        handler.wfile.write(data[place : place + 1] or b" ")
        place += 1


def cut_short(handler: _Handler, _: Asked) -> None:
    """Promise more bytes than are sent."""
    handler.wfile.write(
        b"HTTP/1.1 200 OK\r\nContent-Type: application/fhir+json\r\nContent-Length: 500\r\n\r\n{"
    )
    handler.connection.shutdown(socket.SHUT_RDWR)
    handler.close_connection = True


def flood(handler: _Handler, _: Asked) -> None:
    """A chunked body without end."""
    head = "HTTP/1.1 200 OK\r\nContent-Type: application/fhir+json\r\nTransfer-Encoding: chunked\r\n\r\n"
    handler.wfile.write(head.encode())
    handler.close_connection = True
    while not handler.server.fake.stopped.is_set():
        handler.wfile.write(b"2000\r\n" + b" " * 0x2000 + b"\r\n")


def gzip_bomb(handler: _Handler, _: Asked) -> None:
    """Few bytes that unpack to twenty million."""
    data = gzip.compress(b" " * 20_000_000)
    handler.send_response(200)
    handler.send_header("Content-Type", "application/fhir+json")
    handler.send_header("Content-Encoding", "gzip")
    handler.send_header("Content-Length", str(len(data)))
    handler.end_headers()
    handler.wfile.write(data)


def redirect_to(url: str, code: int = 302) -> Behaviour:
    def behaviour(handler: _Handler, _: Asked) -> None:
        handler.send_response(code)
        handler.send_header("Location", url)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return behaviour


def pages_for_ever(handler: _Handler, asked: Asked) -> None:
    """Every page has one new entry and a next link to a page that was never seen."""
    number = int(dict(asked.parameters).get("page", 0))
    link = f"{handler.server.fake.base}/{asked.kind}?page={number + 1}"
    handler.send(200, bundle([observation(f"o{number}")], next_url=link))
