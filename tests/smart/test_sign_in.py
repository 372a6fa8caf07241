"""From the launch to a view: what is asked of the EHR, and everything that must not open one."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from cds_service.fhir.fetch_errors import FhirFetchError
from cds_service.fhir.smart_server import SmartServers
from cds_service.trust.smart_clients import SmartClient
from tests.smart.conftest import BASE, FRAME, KINDS, Site, installed
from tests.smart.ehr import CLIENT_ID, Ehr


def launch(browser: FlaskClient, ehr: Ehr, **query: str) -> TestResponse:
    asked = {"iss": ehr.server.base, "launch": "opaque", **query}
    return browser.get("/smart/launch", base_url=BASE, query_string=asked)


def come_back(browser: FlaskClient, answer: dict[str, str]) -> TestResponse:
    return browser.get("/smart/callback", base_url=BASE, query_string=answer)


def open_view(browser: FlaskClient, ehr: Ehr) -> TestResponse:
    return come_back(browser, ehr.sign_in(launch(browser, ehr).headers["Location"]))


def look(browser: FlaskClient, answer: TestResponse) -> TestResponse:
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return browser.get(answer.headers["Location"], base_url=BASE)


def is_refused(answer: TestResponse, status: int, words: str) -> bool:
    text = answer.get_data(as_text=True)
    assert answer.status_code == status, text
    return words in text and "No results of any patient are shown." in text and "CYP2C19" not in text


@pytest.mark.parametrize("kind", KINDS)
def test_an_app_of_each_kind_gets_to_the_view(site: Site, browser: FlaskClient, kind: str) -> None:
    page = look(browser, open_view(browser, installed(site, kind)))
    assert page.status_code == 200
    text = page.get_data(as_text=True)
    assert "Ann Roe" in text
    assert "*2/*2" in text
    assert "Poor Metabolizer" in text


def test_the_browser_is_sent_to_the_ehr_with_what_smart_asks_for(browser: FlaskClient, ehr: Ehr) -> None:
    asked = dict(parse_qsl(urlsplit(launch(browser, ehr).headers["Location"]).query))
    assert asked["response_type"] == "code"
    assert asked["redirect_uri"] == f"{BASE}/smart/callback"
    assert asked["launch"] == "opaque"
    assert asked["scope"].split()[:3] == ["launch", "openid", "fhirUser"]
    assert "patient/Observation.rs" in asked["scope"].split()
    assert len(asked["code_challenge"]) == 43
    assert "offline_access" not in asked["scope"]


def test_without_a_launch_the_ehr_has_to_ask_for_the_patient(browser: FlaskClient, ehr: Ehr) -> None:
    answer = browser.get("/smart/launch", base_url=BASE, query_string={"iss": ehr.server.base})
    asked = dict(parse_qsl(urlsplit(answer.headers["Location"]).query))
    assert asked["scope"].split()[0] == "launch/patient"
    assert "launch" not in asked


def test_without_an_ehr_the_listed_ones_are_offered(browser: FlaskClient, site: Site) -> None:
    page = browser.get("/smart/launch", base_url=BASE)
    assert page.status_code == 200
    assert all(server.base in page.get_data(as_text=True) for server in site.servers.values())


@pytest.mark.parametrize(
    "server",
    [
        "https://evil.example/fhir",
        "http://169.254.169.254/latest",
        "{base}/other",
        "{base}@evil.example",
        "{base}?x=",
        "{base}#",
        "javascript:alert(1)",
        "<script>alert(1)</script>",
    ],
)
def test_a_server_that_is_not_listed_is_never_asked(browser: FlaskClient, ehr: Ehr, server: str) -> None:
    answer = launch(browser, ehr, iss=server.replace("{base}", ehr.server.base))
    assert is_refused(answer, 403, "may not open this page")
    assert ehr.server.requests == []
    assert "evil" not in answer.get_data(as_text=True)
    assert "alert(1)" not in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    "configuration",
    [
        {"token_endpoint": "https://evil.example/token"},
        {"authorization_endpoint": "https://evil.example/authorize"},
        {"jwks_uri": "http://127.0.0.1:1/keys"},
        {"token_endpoint": None},
    ],
    ids=["token", "authorize", "keys", "none"],
)
def test_endpoints_elsewhere_are_not_used(site: Site, configuration: dict[str, Any]) -> None:
    ehr = installed(site, "secret")
    ehr.install(**configuration)
    with pytest.raises(FhirFetchError):
        SmartServers().configuration(SmartClient(ehr.server.base, CLIENT_ID))


def test_a_listed_authorization_server_may_be_elsewhere(site: Site) -> None:
    ehr = installed(site, "secret")
    ehr.install(token_endpoint="https://sign-in.example.org/tenant/token")
    app = SmartClient(ehr.server.base, CLIENT_ID, authorization_server="https://sign-in.example.org")
    assert SmartServers().configuration(app).token == "https://sign-in.example.org/tenant/token"


def test_an_older_server_is_asked_for_rights_in_its_words(site: Site) -> None:
    ehr = installed(site, "secret")
    ehr.install(capabilities=["launch-ehr"])
    app = SmartClient(ehr.server.base, CLIENT_ID)
    assert not SmartServers().configuration(app).version_2
    assert "patient/Observation.read" in app.scopes(standalone=False, version_2=False).split()


# -- coming back --


def test_a_state_nobody_gave_is_refused(browser: FlaskClient, ehr: Ehr) -> None:
    answer = ehr.sign_in(launch(browser, ehr).headers["Location"])
    assert is_refused(come_back(browser, {**answer, "state": "0" * 32}), 400, "could not be completed")
    assert ehr.server.asked("token") == []


def test_another_browser_cannot_use_the_answer(site: Site, browser: FlaskClient, ehr: Ehr) -> None:
    answer = ehr.sign_in(launch(browser, ehr).headers["Location"])
    with site.app.test_client() as other:
        assert is_refused(come_back(other, answer), 400, "could not be completed")
        name = next(cookie for cookie in jar(browser) if cookie.startswith("pgx-launch-"))
        other.set_cookie(name, "made-up", domain="pgx.example.org", path="/smart/callback")
        assert is_refused(come_back(other, answer), 400, "cannot be used")
    assert ehr.server.asked("token") == []


def jar(browser: FlaskClient) -> list[str]:
    return [key[2] for key in browser._cookies]


def test_an_answer_is_good_once(browser: FlaskClient, ehr: Ehr) -> None:
    first = launch(browser, ehr)
    name = next(cookie for cookie in jar(browser) if cookie.startswith("pgx-launch-"))
    cookie = browser.get_cookie(name, domain="pgx.example.org", path="/smart/callback")
    answer = ehr.sign_in(first.headers["Location"])
    assert come_back(browser, answer).status_code == 303
    assert is_refused(come_back(browser, answer), 400, "could not be completed")
    assert cookie is not None
    browser.set_cookie(name, cookie.value, domain="pgx.example.org", path="/smart/callback")
    assert is_refused(come_back(browser, answer), 400, "cannot be used")
    assert len(ehr.server.asked("token")) == 1


def test_a_code_the_ehr_does_not_take_opens_nothing(browser: FlaskClient, ehr: Ehr) -> None:
    answer = ehr.sign_in(launch(browser, ehr).headers["Location"])
    refused = come_back(browser, {**answer, "code": "code-of-another"})
    assert is_refused(refused, 400, "refused the sign-in")


def test_a_refusal_of_the_ehr_is_told_in_our_words(browser: FlaskClient, ehr: Ehr) -> None:
    answer = ehr.sign_in(launch(browser, ehr).headers["Location"])
    denied = {"state": answer["state"], "error": "access_denied", "error_description": "<b>Ann Roe</b>"}
    page = come_back(browser, denied)
    assert is_refused(page, 403, "did not give access")
    assert "Roe" not in page.get_data(as_text=True)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"token_type": "mac"}, "no usable access"),
        ({"token_type": None}, "no usable access"),
        ({"access_token": ""}, "no usable access"),
        ({"access_token": "two words"}, "no usable access"),
        ({"access_token": "line\r\nX-Header: 1"}, "no usable access"),
        ({"patient": None}, "No patient was chosen"),
        ({"patient": "../Patient?x=1"}, "No patient was chosen"),
        ({"patient": 7}, "No patient was chosen"),
        ({"id_token": "not.a.token"}, "could not be trusted"),
        ({"id_token": 7}, "could not be trusted"),
    ],
)
def test_an_unusable_answer_of_the_token_endpoint_opens_nothing(
    browser: FlaskClient, ehr: Ehr, answer: dict[str, Any], words: str
) -> None:
    ehr.answer = answer
    assert is_refused(open_view(browser, ehr), 400, words)


@pytest.mark.parametrize("status", [401, 500, 302])
def test_an_error_of_the_token_endpoint_opens_nothing(browser: FlaskClient, ehr: Ehr, status: int) -> None:
    body = b'{"error": "server_error"}'
    ehr.server.behave("token", lambda handler, _: handler.send(status, body, "application/json"))
    wanted = (400, "refused the sign-in") if status == 401 else (502, "did not answer")
    assert is_refused(open_view(browser, ehr), *wanted)


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "another-app"},
        {"iss": "https://evil.example"},
        {"exp": 1},
    ],
    ids=str,
)
def test_an_identity_of_another_sign_in_opens_nothing(
    browser: FlaskClient, ehr: Ehr, claims: dict[str, Any]
) -> None:
    ehr.claims = claims
    assert is_refused(open_view(browser, ehr), 400, "could not be trusted")


def test_an_identity_signed_by_somebody_else_opens_nothing(browser: FlaskClient, ehr: Ehr) -> None:
    ehr.signing_key = rsa.generate_private_key(65537, 2048)
    assert is_refused(open_view(browser, ehr), 400, "could not be trusted")


def test_a_key_need_not_be_named_where_there_is_one_alone(browser: FlaskClient, ehr: Ehr) -> None:
    ehr.kid = None
    assert open_view(browser, ehr).status_code == 303
    other = jwt.algorithms.RSAAlgorithm.to_jwk(
        rsa.generate_private_key(65537, 2048).public_key(), as_dict=True
    )
    ehr.install({**other, "kid": "next", "alg": "RS256", "use": "sig"})
    assert is_refused(open_view(browser, ehr), 400, "could not be trusted")
    ehr.kid = "ehr"
    assert open_view(browser, ehr).status_code == 303


# -- the session --


def test_cookies_are_kept_from_scripts_and_other_paths(browser: FlaskClient, ehr: Ehr) -> None:
    answer = open_view(browser, ehr)
    cookie = next(line for line in answer.headers.getlist("Set-Cookie") if line.startswith("pgx-view="))
    handle = answer.headers["Location"].rsplit("/", 1)[1]
    parts = {part.strip().split("=")[0]: part.strip().partition("=")[2] for part in cookie.split(";")}
    assert {"HttpOnly", "Secure", "Partitioned"} <= set(parts)
    assert (parts["SameSite"], parts["Path"]) == ("None", f"/smart/view/{handle}")


def test_a_view_is_open_only_in_its_own_browser(site: Site, browser: FlaskClient, ehr: Ehr) -> None:
    address = open_view(browser, ehr).headers["Location"]
    with site.app.test_client() as other:
        assert is_refused(other.get(address, base_url=BASE), 403, "This page is closed")
        other.set_cookie("pgx-view", "made-up", domain="pgx.example.org", path=urlsplit(address).path)
        assert is_refused(other.get(address, base_url=BASE), 403, "This page is closed")


def test_a_closed_view_stays_closed(browser: FlaskClient, ehr: Ehr) -> None:
    address = open_view(browser, ehr).headers["Location"]
    path = urlsplit(address).path
    cookie = browser.get_cookie("pgx-view", domain="pgx.example.org", path=path)
    assert browser.post(f"{address}/close", base_url=BASE).status_code == 200
    assert is_refused(browser.get(address, base_url=BASE), 403, "This page is closed")
    assert cookie is not None
    browser.set_cookie("pgx-view", cookie.value, domain="pgx.example.org", path=path)
    assert is_refused(browser.get(address, base_url=BASE), 403, "This page is closed")


def test_a_view_ends_with_its_token(browser: FlaskClient, ehr: Ehr) -> None:
    ehr.answer = {"expires_in": 0}
    address = open_view(browser, ehr).headers["Location"]
    assert is_refused(browser.get(address, base_url=BASE), 403, "This page is closed")


def test_two_patients_in_two_tabs_are_not_mixed_up(browser: FlaskClient, ehr: Ehr) -> None:
    first = open_view(browser, ehr)
    ehr.server.resources.append({"resourceType": "Patient", "id": "p2", "name": [{"text": "Bob Poe"}]})
    ehr.answer = {"patient": "p2"}
    second = open_view(browser, ehr)
    assert "Bob Poe" in look(browser, second).get_data(as_text=True)
    again = look(browser, first).get_data(as_text=True)
    assert "Ann Roe" in again
    assert "Bob Poe" not in again


def test_the_token_goes_to_its_server_alone_and_is_stored_sealed(
    site: Site, browser: FlaskClient, ehr: Ehr
) -> None:
    other = installed(site, "key")
    page = look(browser, open_view(browser, ehr))
    token = str(ehr.server.token)
    sent = [asked for asked in ehr.server.requests if asked.headers.get("Authorization") == f"Bearer {token}"]
    assert {asked.kind for asked in sent} >= {"Patient", "Observation"}
    assert other.server.requests == []
    assert token not in page.get_data(as_text=True)
    store = json.dumps(stored(site))
    assert "view_sessions" in store
    assert token not in store
    # Whole words of the record: three letters come up in sealed text by chance.
    assert not any(word in store for word in ("family", "birthDate", "Observation", "metabolizer"))


def stored(site: Site) -> list[str]:
    """Everything in the files of the store, as text."""
    return [path.read_bytes().decode("latin-1") for path in site.store.parent.glob("store.sqlite*")]


@pytest.mark.parametrize("path", ["launch", "callback?state=x", "view/" + "0" * 32, "launch?iss=x"])
def test_every_page_is_protected(browser: FlaskClient, path: str) -> None:
    answer = browser.get(f"/smart/{path}", base_url=BASE)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert f"frame-ancestors {FRAME}" in policy
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_nothing_of_the_patient_is_in_an_address(browser: FlaskClient, ehr: Ehr) -> None:
    first = launch(browser, ehr)
    second = come_back(browser, ehr.sign_in(first.headers["Location"]))
    for answer in (first, second):
        assert "p1" not in answer.headers["Location"].split("/")
        assert "Roe" not in answer.headers["Location"]
        assert str(ehr.server.token) not in answer.headers["Location"]
