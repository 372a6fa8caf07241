"""`/openapi.json` is OpenAPI, names every route and status, and real answers fit it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from werkzeug.test import TestResponse

from cds_service import __version__
from cds_service.hooks.definitions import SERVICES
from cds_service.settings import Settings
from cds_service.trust.callers import ANYONE
from cds_service.watch.metrics import Metrics
from cds_service.web.app import create_app
from cds_service.web.gate import Room
from cds_service.wsgi import build_app
from tests.ehr import PUBLIC, Ehr, clients_file
from tests.requests_made import call, draft, genotype

SELECT = "/cds-services/pgx-order-select"
TEMPLATE, FEEDBACK = "/cds-services/{service}", "/cds-services/{service}/feedback"
BODY = call(draft(), results=(genotype("CYP2C19", "*2/*2"),))
ENTRY = {"card": "c", "outcome": "overridden", "outcomeTimestamp": "2026-11-21T10:00:00Z"}
MANY = b" " * (11 * 1024 * 1024)


@pytest.fixture(scope="module")
def document(client: FlaskClient) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/openapi.json").get_json()
    return found


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    """Asks for tokens and trusts nobody; its store is no database any more."""
    store = tmp_path_factory.mktemp("store") / "store.sqlite"
    app = build_app(Settings(require_jwt=True, store_url=f"sqlite:///{store}"))
    for file in store.parent.iterdir():
        file.write_bytes(b"this is no database" * 400)
    return app.test_client()


HASTY = Ehr("https://hasty.example.org", more={"callsPerMinute": 1})
BOUND = Ehr("https://bound.example.org", number=1, more={"services": ["pgx-order-sign"]})


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    """Trusts two EHRs: one has no call left, one may not use `pgx-order-select`."""
    folder = tmp_path_factory.mktemp("guarded")
    clients = clients_file(folder, HASTY.entry, BOUND.entry)
    settings = Settings(clients=clients, store_url=f"sqlite:///{folder}/store.sqlite", public_url=PUBLIC)
    found = build_app(settings).test_client()
    assert found.get("/cds-services", headers=HASTY.bearer("/cds-services")).status_code == 200
    return found


class Failing:
    """A service with a fault in it."""

    def discovery(self, *_: object) -> dict[str, Any]:
        raise KeyError

    def evaluate(self, *_: object) -> dict[str, Any]:
        raise KeyError("the name of a patient")

    def feedback(self, *_: object) -> None:
        raise KeyError("the name of a patient")


@pytest.fixture(scope="module")
def failing() -> FlaskClient:
    app = create_app(Failing(), authenticate=lambda: ANYONE, checks={}, figures=Metrics())
    return app.test_client()


@pytest.fixture(scope="module")
def busy() -> FlaskClient:
    """Has no room for a call."""
    room = Room(active=0, waiting=0)
    parts = {"authenticate": lambda: ANYONE, "checks": {}, "figures": Metrics()}
    return create_app(Failing(), **parts, room=room, feedback_room=room).test_client()


def answers(
    client: FlaskClient, strict: FlaskClient, failing: FlaskClient, guarded: FlaskClient, busy: FlaskClient
) -> dict[tuple[str, str], TestResponse]:
    """`(path of the document, status)` -> a real answer, for everything that can happen."""
    found: dict[tuple[str, str], TestResponse] = {}

    def note(path: str, answer: TestResponse) -> None:
        found[path, str(answer.status_code)] = answer

    def post(path: str, body: Any, to: FlaskClient = client, kind: str = "application/json") -> TestResponse:
        return to.post(path, data=body if isinstance(body, bytes) else json.dumps(body), content_type=kind)

    for path in ("/cds-services", "/health/live", "/health/ready", "/metrics", "/openapi.json", "/report"):
        note(path, client.get(path))
    note("/report", client.get("/report?since=yesterday"))
    for path in ("/cds-services", "/health/ready", "/report"):
        note(path, strict.get(path))
    for path in ("/cds-services", "/report"):
        note(path, guarded.get(path, headers=HASTY.bearer(path)))
    for template, right in ((TEMPLATE, BODY), (FEEDBACK, {"feedback": [ENTRY]})):
        path = template.replace("{service}", "pgx-order-select")
        note(template, post(path, right))
        note(template, post(path, b"{"))
        note(template, post(path, right, to=strict))
        note(template, post(path.replace("select", "none"), right))
        note(template, post(path, MANY))
        note(template, post(path, right, kind="text/plain"))
        note(template, post(path, right, to=failing))
        for ehr in (HASTY, BOUND):
            note(template, guarded.post(path, json=right, headers=ehr.bearer(path)))
    note(TEMPLATE, post(SELECT, call(draft(), results=None)))
    note(TEMPLATE, post(SELECT, BODY, to=busy))
    note(FEEDBACK, post(f"{SELECT}/feedback", {"feedback": [ENTRY]}, to=busy))
    return found


@pytest.fixture(scope="module")
def real(
    client: FlaskClient, strict: FlaskClient, failing: FlaskClient, guarded: FlaskClient, busy: FlaskClient
) -> dict[tuple[str, str], TestResponse]:
    return answers(client, strict, failing, guarded, busy)


def test_it_is_openapi_and_has_the_version_of_the_program(document: dict[str, Any]) -> None:
    OpenAPIV31SpecValidator(document).validate()
    assert document["info"]["version"] == __version__


def test_it_names_every_route_and_method_of_the_service(
    client: FlaskClient, document: dict[str, Any]
) -> None:
    rules = [
        rule for rule in client.application.url_map.iter_rules() if not rule.endpoint.startswith("sandbox")
    ]
    served = {
        (re.sub(r"<(?:\w+:)?(\w+?)(?:_id)?>", r"{\1}", rule.rule), method.lower())
        for rule in rules
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    described = {(path, method) for path, methods in document["paths"].items() for method in methods}
    assert described == served


def test_it_names_every_service_and_hook(document: dict[str, Any]) -> None:
    for path in (TEMPLATE, FEEDBACK):
        (parameter,) = document["paths"][path]["post"]["parameters"]
        assert parameter["schema"]["enum"] == sorted(SERVICES)
    hooks = document["components"]["schemas"]["HookRequest"]["properties"]["hook"]["enum"]
    assert hooks == sorted({service.hook for service in SERVICES.values()})


def test_it_names_every_status_that_can_happen_and_no_other(
    document: dict[str, Any], real: dict[tuple[str, str], TestResponse]
) -> None:
    described = {
        (path, status)
        for path, methods in document["paths"].items()
        for operation in methods.values()
        for status in operation["responses"]
    }
    assert described == set(real)


def test_real_answers_fit_their_schemas(
    document: dict[str, Any], real: dict[tuple[str, str], TestResponse]
) -> None:
    for (path, status), answer in real.items():
        (operation,) = document["paths"][path].values()
        described = operation["responses"][status]
        if "$ref" in described:
            described = document["components"]["responses"][described["$ref"].split("/")[-1]]
        content = described.get("content", {})
        if not content:
            assert answer.data == b""
            continue
        assert answer.mimetype in content, (path, status)
        schema = {**content[answer.mimetype]["schema"], "components": document["components"]}
        if answer.is_json:
            faults = list(Draft202012Validator(schema).iter_errors(answer.get_json()))
            assert [fault.message for fault in faults] == [], (path, status)


@pytest.mark.parametrize("folder", ["pgx-order-select"])
def test_the_stored_request_and_answer_fit(folder: str, document: dict[str, Any]) -> None:
    for case in (Path("fhir_fixtures") / "hooks" / folder).iterdir():
        for file, name in (("request.json", "HookRequest"), ("expected.json", "Cards")):
            schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
            value = json.loads((case / file).read_text(encoding="utf8"))
            assert [fault.message for fault in Draft202012Validator(schema).iter_errors(value)] == []


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"cards": [{}]},
        {"cards": [{"uuid": "x", "summary": "a" * 140, "indicator": "info", "detail": "d"}]},
    ],
)
def test_the_schema_of_cards_refuses_what_is_none(broken: dict[str, Any], document: dict[str, Any]) -> None:
    schema = {"$ref": "#/components/schemas/Cards", "components": document["components"]}
    assert not Draft202012Validator(schema).is_valid(broken)


def test_a_fault_shows_nothing_of_the_request(failing: FlaskClient) -> None:
    answer = failing.post(SELECT, json=BODY)
    assert answer.status_code == 500
    assert "patient" not in answer.get_data(as_text=True)
