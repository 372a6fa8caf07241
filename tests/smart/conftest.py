"""The detail view before three EHRs of the tests, and the demo on a port of its own for real browsers."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.serving import make_server

from cds_service.settings import Settings
from cds_service.web.app import Application
from cds_service.wsgi import build_app
from tests.fakes import FakeFhirServer, Resource
from tests.requests_made import genotype
from tests.sign_in import pem
from tests.smart.ehr import APP_KEY, CLIENT_ID, KID, PATIENT, SECRET, Ehr

BASE = "https://pgx.example.org"
FRAME = "https://ehr.example.org"
#: Kinds of console messages that a page must not cause; a broken content policy is one.
FAULTS = ("error", "warning")
KINDS = ("public", "secret", "key")


@dataclass(frozen=True, slots=True)
class Site:
    """The service, and the FHIR servers of the EHRs that may open its view, by kind of registration."""

    app: Application
    servers: dict[str, FakeFhirServer]
    store: Path


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("smart")
    (folder / "key.pem").write_bytes(pem(APP_KEY))
    (folder / "secret").write_text(f"{SECRET}\n", encoding="ascii")
    more = {"public": {}, "secret": {"secretFile": "secret"}, "key": {"keyFile": "key.pem", "kid": KID}}
    servers = {kind: FakeFhirServer() for kind in KINDS}
    entries = [{"url": servers[kind].base, "clientId": CLIENT_ID, **more[kind]} for kind in KINDS]
    (folder / "smart.json").write_text(json.dumps({"servers": entries, "frameAncestors": [FRAME]}))
    settings = Settings(
        public_url=BASE,
        fhir_allow="http://127.0.0.1:*",
        smart=folder / "smart.json",
        store_url=f"sqlite:///{folder / 'store.sqlite'}",
    )
    with servers["public"], servers["secret"], servers["key"]:
        yield Site(build_app(settings), servers, folder / "store.sqlite")


@pytest.fixture
def ehr(site: Site) -> Ehr:
    """The EHR where the app is public, with a patient whose CYP2C19 was tested."""
    return installed(site, "public")


def installed(site: Site, kind: str) -> Ehr:
    server = site.servers[kind]
    server.resources[:] = record()
    server.requests.clear()
    server.behaviours.clear()
    found = Ehr(server, kind)
    found.install()
    return found


def record(**patient: object) -> list[Resource]:
    return [
        {"resourceType": "Patient", "id": PATIENT, "name": [{"given": ["Ann"], "family": "Roe"}], **patient},
        genotype("CYP2C19", "*2/*2", subject={"reference": f"Patient/{PATIENT}"}),
    ]


@pytest.fixture
def browser(site: Site) -> Iterator[FlaskClient]:
    """A browser at the service; it keeps cookies and follows no redirects."""
    with site.app.test_client() as found:
        yield found


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the demo, as `pgx-cds demo` runs it."""
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    store = tmp_path_factory.mktemp("demo") / "store.sqlite"
    settings = Settings(
        require_jwt=False, public_url=f"http://127.0.0.1:{port}", store_url=f"sqlite:///{store}"
    )
    app = build_app(settings, demo=True)
    server = make_server("127.0.0.1", port, app, threaded=True, fd=listening.fileno())
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{port}"
    server.shutdown()
    thread.join(10)
    listening.close()
