"""Bodies that were made to break the reader: refused or answered soon, without a word of what was sent."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.attacks.conftest import EHR, good_token, post
from tests.ehr import BODY, PUBLIC, SELECT
from tests.requests_made import call, draft, genotype

GOOD = json.dumps(BODY)
MARK = "MARK-OF-A-PATIENT"


def with_text(old: str, new: str) -> bytes:
    assert old in GOOD
    return GOOD.replace(old, new, 1).encode()


def deep(opening: str, closing: str, levels: int) -> bytes:
    return with_text('"prefetch": {', f'"prefetch": {{"x": {opening * levels}{closing * levels}, ')


REFUSED: dict[str, tuple[int, bytes]] = {
    "nothing": (400, b""),
    "half of it": (400, GOOD.encode()[: len(GOOD) // 2]),
    "two documents": (400, GOOD.encode() * 2),
    "a trailing comma": (400, GOOD.encode()[:-1] + b",}"),
    "a comment": (400, b"/* x */" + GOOD.encode()),
    "a patient named twice": (400, with_text('"patientId":', f'"patientId": "{MARK}", "patientId":')),
    "a context named twice": (400, with_text('"context":', '"context": {}, "context":')),
    "an allergy list named twice": (400, with_text('"prefetch": {', '"prefetch": {"consents": null, ')),
    "a name twice, once in escapes": (400, with_text('"hook":', '"h\\u006fok": "x", "hook":')),
    "65 levels of lists": (400, deep("[", "]", 65)),
    "a million levels of lists": (400, deep("[", "]", 1_000_000)),
    "100,000 levels of objects": (400, deep('{"a":', "}", 100_000).replace(b":}", b":1}")),
    "UTF-16": (400, GOOD.encode("utf-16")),
    "Latin-1": (400, with_text('"Practitioner/1"', '"Practitioner/M\u00fcller"').decode().encode("latin-1")),
    "UTF-8 that is none": (400, GOOD.encode().replace(b"Practitioner/1", b"Practitioner/\xc0\xaf")),
    "half a surrogate": (400, with_text('"Practitioner/1"', '"\\ud800"')),
    "NaN": (400, with_text('"prefetch": {', '"prefetch": {"x": NaN, ')),
    "a text instead of an object": (400, b'"' + b"a" * 100_000 + b'"'),
    "a number of 100,000 digits": (400, b"9" * 100_000),
    "a patient id that is a path": (400, with_text('"patientId": "p1"', '"patientId": "../../x"')),
    "a patient id that is a query": (400, with_text('"patientId": "p1"', '"patientId": "p1&_count=9"')),
    "a patient id with a line break": (400, with_text('"patientId": "p1"', '"patientId": "p1\\r\\nX: y"')),
    "an access token with a line break": (
        400,
        with_text(
            '"hook":',
            '"fhirServer": "https://ehr.example.org/fhir", '
            f'"fhirAuthorization": {{"access_token": "a\\r\\nX: {MARK}"}}, "hook":',
        ),
    ),
    "eleven megabytes": (413, b" " * (11 * 1024 * 1024)),
}


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_and_not_echoed(service: FlaskClient, name: str) -> None:
    status, body = REFUSED[name]
    answer = post(service, good_token(), body)
    assert answer.status == status, answer.text
    assert MARK not in answer.text
    assert json.loads(answer.text)["resourceType"] == "OperationOutcome"


ANSWERED: dict[str, bytes] = {
    "a number too large for any machine": with_text(
        '"prefetch": {', '"prefetch": {"x": 1e308, "y": -1e-400, '
    ),
    "64 levels": deep("[", "]", 60),
    "colons, quotes and brackets in texts": with_text('"prefetch": {', '"prefetch": {"x": "[{\\":\\\\", '),
    "the same name in neighbours": with_text('"prefetch": {', '"prefetch": {"x": [{"a": 1}, {"a": 1}], '),
    "50,000 empty entries": with_text('"prefetch": {', f'"prefetch": {{"x": [{"{}," * 50_000}1], '),
    "a text of a megabyte": with_text('"prefetch": {', f'"prefetch": {{"x": "{"a" * 1_000_000}", '),
}


@pytest.mark.parametrize("name", ANSWERED)
def test_what_is_only_odd_is_answered(service: FlaskClient, name: str) -> None:
    answer = post(service, good_token(), ANSWERED[name])
    assert answer.status == 200, answer.text
    assert len(json.loads(answer.text)["cards"]) == 1


@pytest.mark.parametrize(
    "kind",
    [
        "text/plain",
        "text/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/xml",
        "application/json; charset=utf-16",
        "application/json; charset=latin-1",
        "application/json-patch+json",
        "",
    ],
)
def test_other_media_types_and_charsets_are_refused(service: FlaskClient, kind: str) -> None:
    answer = post(service, good_token(), GOOD.encode(), content_type=kind)
    assert answer.status == 415


@pytest.mark.parametrize(
    "kind", ["application/json", "application/json; charset=UTF-8", "application/fhir+json"]
)
def test_json_in_utf8_is_taken_under_its_names(service: FlaskClient, kind: str) -> None:
    assert post(service, good_token(), GOOD.encode(), content_type=kind).status == 200


def test_a_packed_body_is_refused_unread(service: FlaskClient) -> None:
    packed = gzip.compress(b"[" * 50_000_000)
    for coding in ("gzip", "deflate", "br", "GZIP"):
        answer = post(service, good_token(), packed, headers={"Content-Encoding": coding})
        assert answer.status == 415


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "GET"])
def test_other_methods_are_refused(service: FlaskClient, method: str) -> None:
    answer = service.open(SELECT, method=method)
    assert answer.status_code == 405
    assert "cds_service" not in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    "path",
    [
        "/cds-services/../cds-services/pgx-order-select",
        "/cds-services/%2e%2e/metrics",
        "/cds-services/pgx-order-select%00",
        "/cds-services/" + "a" * 5000,
        "/.env",
        "/console",
        "/static/../../pyproject.toml",
    ],
)
def test_other_paths_are_not_there(service: FlaskClient, path: str) -> None:
    answer = service.post(path, json=BODY, headers=EHR.bearer(path))
    assert answer.status_code in (401, 404, 405)


EVIL = "<img src=x onerror=alert(1)> [click](javascript:alert(1)) </td><script>alert(1)</script>"


def shown(card: dict[str, Any]) -> str:
    """What a page shows of a card, Markdown and HTML included."""
    return json.dumps({key: value for key, value in card.items() if key not in ("suggestions", "links")})


@pytest.mark.parametrize("place", ["the drug", "the drug without a code", "result", "gene", "reason"])
def test_a_script_in_the_record_is_not_carried_to_the_screen(service: FlaskClient, place: str) -> None:
    """Some pages show Markdown with the HTML in it."""
    order = draft()
    result = genotype("CYP2C19", "*2/*2")
    if place.startswith("the drug"):
        order["medicationCodeableConcept"]["text"] = EVIL
        if "without" in place:
            order["medicationCodeableConcept"]["coding"][0]["code"] = "999999999"
    elif place == "reason":
        order["reasonCode"][0]["text"] = EVIL
    elif place == "gene":
        result["component"][0]["valueCodeableConcept"]["text"] = f"CYP2C19 {EVIL}"
    else:
        result["valueCodeableConcept"]["text"] = f"CYP2C19 *2/*2 {EVIL}"
    answer = post(service, good_token(), call(order, results=(result,)))
    for card in json.loads(answer.text)["cards"]:
        assert not any(part in shown(card) for part in ("<img", "<script", "</td", "](java"))


def test_answers_tell_browsers_to_run_and_keep_nothing(service: FlaskClient) -> None:
    for answer in (service.get("/health/live"), service.post(SELECT, json={}), service.get("/nothing")):
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert "Set-Cookie" not in answer.headers


def test_a_feedback_that_no_database_could_hold_is_kept_as_far_as_it_can_be(service: FlaskClient) -> None:
    entry = {"card": "c1", "outcome": "overridden", "outcomeTimestamp": "2026-11-21T10:00:00Z"}
    odd = {**entry, "card": "c\x00", "overrideReason": {"reason": {"code": "x\x00y"}}}
    reason = {**entry, "overrideReason": {"reason": {"code": "x\x00'); DROP TABLE feedback; --"}}}
    path = f"{SELECT}/feedback"
    many = [{**entry, "card": f"card-{number}"} for number in range(20_000)]
    for entries, status in (([odd], 400), ([odd, reason], 200), (many, 200)):
        token = EHR.token(PUBLIC + path)
        assert post(service, token, {"feedback": entries}, path=path).status == status
    assert service.get("/health/ready").status_code == 200
