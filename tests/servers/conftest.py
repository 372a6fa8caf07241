"""
A FHIR server nobody here wrote, with the fixture patients on it, and the service that asks it.

`FHIR_URL` names any server that lets itself be written to. Without it one is started: Medplum's router, or
with `FHIR_SERVER=hapi` HAPI's JPA server.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import requests
from werkzeug.serving import make_server

from cds_service.settings import Settings
from cds_service.wsgi import build_app
from tests.servers.hapi_server import hapi
from tests.servers.medplum_server import medplum
from tests.servers.patients import INDEX, Json, deleted, written
from tests.servers.processes import NoServerError
from tests.servers.recorder import Recorder

#: What `FHIR_SERVER` may name.
_OURS = {"medplum": medplum, "hapi": hapi}
#: Written to a server that was just started, so it may take its time.
_WRITE_SECONDS = 120
#: Somebody else, whose data the answers about the others must not hold.
NEIGHBOUR = "pgx-two-labs"


@pytest.fixture(scope="session")
def fhir_url(say: list[str]) -> Iterator[str]:
    """The server's base URL."""
    named = os.environ.get("FHIR_URL", "").rstrip("/")
    server = os.environ.get("FHIR_SERVER") or "medplum"
    with ExitStack() as stack:
        try:
            url = named or stack.enter_context(_OURS[server]())
        except NoServerError as error:
            say.append(f"tests/servers: skipped: no {server} to test with: {error}; FHIR_URL can name one")
            pytest.skip(say[-1])
        say.append(f"tests/servers: tested with {named or server}")
        yield url


@pytest.fixture(scope="session")
def fhir_server(fhir_url: str) -> Iterator[Recorder]:
    """The server with the prescriber and one patient on it, behind a recorder."""
    lasting = ("practitioners", f"patients/{NEIGHBOUR}")
    for name in lasting:
        carried_out(fhir_url, written(name))
    with Recorder(fhir_url) as recorder:
        yield recorder
    for name in reversed(lasting):
        carried_out(fhir_url, deleted(name))


@pytest.fixture(scope="module", params=[patient["id"] for patient in INDEX])
def patient(fhir_server: Recorder, request: pytest.FixtureRequest) -> Iterator[str]:
    """
    Each fixture patient in turn, on the server beside the neighbour.

    One at a time: Medplum's memory evaluates every search against every resource of the type.
    """
    name = f"patients/{request.param}"
    carried_out(fhir_server.target, written(name))
    yield str(request.param)
    if request.param != NEIGHBOUR:
        carried_out(fhir_server.target, deleted(name))


def carried_out(url: str, transaction: Json) -> None:
    """Send a transaction; it has to succeed as a whole."""
    answer = requests.post(
        url, json=transaction, headers={"Content-Type": "application/fhir+json"}, timeout=_WRITE_SECONDS
    )
    assert answer.status_code == 200, answer.text[:2000]
    status = {entry["response"]["status"][:3] for entry in answer.json()["entry"]}
    assert status <= {"200", "201", "204"}, answer.text[:2000]


@pytest.fixture(scope="session")
def plain_service(fhir_server: Recorder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """
    The demo, served, for a site that wants its FHIR server asked by single searches.

    Its own FHIR endpoint over the fixture files is at `/fhir`.
    """
    folder = tmp_path_factory.mktemp("plain")
    site = folder / "site.json"
    site.write_text(json.dumps({"fhirServers": {fhir_server.base: "plain"}}), encoding="utf8")
    with served(folder, site=site) as url:
        yield url


@pytest.fixture(scope="session")
def service(fhir_server: Recorder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The demo for a site that says its FHIR server takes batches: statements come late on a busy machine."""
    folder = tmp_path_factory.mktemp("service")
    site = folder / "site.json"
    site.write_text(json.dumps({"fhirServers": {fhir_server.base: "hapi"}}), encoding="utf8")
    with served(folder, site=site) as url:
        yield url


@contextmanager
def served(folder: Path, **more: Any) -> Iterator[str]:
    """A service on a port of its own."""
    store = f"sqlite:///{folder / 'feedback.sqlite'}"
    settings = Settings(require_jwt=False, store_url=store, deadline_fetch_ms=20_000, **more)
    server = make_server("127.0.0.1", 0, build_app(settings, demo=True), threaded=True)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
