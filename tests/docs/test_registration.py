"""The calls and answers of the registration guide are what the program does."""

from __future__ import annotations

import json
import re

import pytest
from flask.testing import FlaskClient

from tests.docs.pages import ROOT, text_of
from tests.fakes import FakeFhirServer, Resource
from tests.requests_made import Json

GUIDE = "docs/registration.md"
EXAMPLES = ROOT / "docs" / "examples"
#: Example -> service, status, and the kind of FHIR server that is asked: none, with a token, or without one.
CALLS = {
    "epic-order-select": ("pgx-order-select", 200, ""),
    "epic-stripped": ("pgx-order-select", 400, ""),
    "oracle-patient-view": ("pgx-patient-view", 200, ""),
    "sandbox-order-select": ("pgx-order-select", 200, ""),
    "sandbox-no-drug": ("pgx-order-select", 200, ""),
    "smart-launcher-order-sign": ("pgx-order-sign", 200, "token"),
    "hapi-order-select": ("pgx-order-select", 200, "open"),
}


def record() -> list[Resource]:
    """The record of the patient all examples are about."""
    bundle = json.loads((ROOT / "fhir_fixtures/patients/pgx-stent.json").read_text("utf8"))
    return [entry["resource"] for entry in bundle["entry"]]


def answered(client: FlaskClient, name: str, **changes: object) -> tuple[int, Json]:
    service, _, _ = CALLS[name]
    body = {**json.loads((EXAMPLES / f"{name}.json").read_text("utf8")), **changes}
    answer = client.post(f"/cds-services/{service}", json=body)
    return answer.status_code, answer.get_json()


@pytest.mark.parametrize("name", CALLS)
def test_the_call_gets_the_answer_beside_it(client: FlaskClient, name: str) -> None:
    _, status, asked = CALLS[name]
    if asked:
        call = json.loads((EXAMPLES / f"{name}.json").read_text("utf8"))
        token = call["fhirAuthorization"]["access_token"] if asked == "token" else None
        with FakeFhirServer(record(), token=token) as server:
            found = answered(client, name, fhirServer=server.base)
            assert server.requests, "nothing was asked of the FHIR server"
    else:
        found = answered(client, name)
    assert found[0] == status
    text = json.dumps(found[1], indent=2, ensure_ascii=False) + "\n"
    assert text == (EXAMPLES / f"{name}.answer.json").read_text("utf8")


def test_every_example_is_in_the_guide_with_its_answer_and_summary() -> None:
    text = text_of(GUIDE)
    flowing = " ".join(text.split())
    files = {path.name for path in EXAMPLES.glob("*.json")}
    assert files == {f"{name}{end}" for name in CALLS for end in (".json", ".answer.json")}
    assert set(re.findall(r"\(examples/([\w.-]+)\)", text)) == files
    for name in CALLS:
        answer = json.loads((EXAMPLES / f"{name}.answer.json").read_text("utf8"))
        for card in answer.get("cards", ()):
            assert card["summary"] in flowing


def test_the_guide_counts_and_names_the_prefetch_templates(client: FlaskClient) -> None:
    text = text_of(GUIDE)
    services = client.get("/cds-services").get_json()["services"]
    prefetch = {service["hook"]: service["prefetch"] for service in services}
    assert f"lists {len(prefetch['order-sign'])} templates" in text
    assert f"`patient-view` has {len(prefetch['patient-view'])} of them" in text
    assert [key for key in prefetch["order-sign"] if f"`{key}`" not in text] == []


def test_an_example_names_nobody() -> None:
    for path in EXAMPLES.glob("*.json"):
        assert not re.search(r'"(birthDate|family|given|telecom)"', path.read_text("utf8")), path.name
