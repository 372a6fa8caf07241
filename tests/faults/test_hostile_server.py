"""An order, and a FHIR server that fails in every way: an honest card in time, and no token elsewhere."""

from __future__ import annotations

import socket
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from tests import fakes
from tests.fakes import TOKEN, Behaviour, FakeFhirServer, bundle, outcome
from tests.faults import servers
from tests.faults.conftest import (
    NOT_CHECKED,
    RIGHT,
    ROOMY_MS,
    SELECT,
    assert_in_time,
    authorization,
    order_select,
)
from tests.requests_made import call, draft, genotype

OTHER_GENE = bundle([genotype("CYP2D6", "*1/*1")])


def test_a_good_server_gets_the_right_card(roomy_service: FlaskClient, server: FakeFhirServer) -> None:
    """What all the others are compared with."""
    assert order_select(roomy_service, server.base).summaries == [RIGHT]


# -- no usable answer at all --

BROKEN: list[tuple[str, Behaviour]] = [
    ("hangs", fakes.hang),
    ("hangs up", fakes.hang_up),
    ("one byte a second", servers.one_byte_a_second),
    ("trickling headers", fakes.trickle_headers),
    ("trickling body", fakes.trickle_body),
    ("interim answers for ever", servers.continue_for_ever),
    ("not HTTP", servers.no_http),
    ("body cut short", fakes.cut_short),
    ("500", fakes.status(500)),
    ("503", fakes.status(503)),
    ("a web page", fakes.say(b"<html>Sign in</html>", "text/html")),
    ("JSON as plain text", fakes.say(b"{}", "text/plain")),
    ("no content type", fakes.say(bundle(), "")),
    ("truncated JSON", servers.truncated_json),
    ("nested without end", fakes.say(b"[" * 100_000)),
    ("50 MB", servers.fifty_megabytes),
    ("body without end", fakes.flood),
    ("gzip bomb", fakes.gzip_bomb),
    ("gzip bomb in a gzip bomb", servers.packed_twice),
    ("not gzip as it says", lambda handler, _: _wrongly_packed(handler)),
]
STATUSES: list[tuple[str, Behaviour]] = [
    (str(code), fakes.status(code)) for code in (400, 401, 403, 404, 429)
]
FAULT_AS_ANSWER: list[tuple[str, Behaviour]] = [("OperationOutcome", fakes.say(outcome("exception")))]
REFUSED = STATUSES + FAULT_AS_ANSWER


def cases(*lists: list[tuple[str, Behaviour]]) -> list[object]:
    return [pytest.param(behaviour, id=name) for found in lists for name, behaviour in found]


def _wrongly_packed(handler: fakes._Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "application/fhir+json")
    handler.send_header("Content-Encoding", "gzip")
    handler.send_header("Content-Length", "2")
    handler.end_headers()
    handler.wfile.write(b"{}")


@pytest.mark.parametrize("behaviour", cases(BROKEN, REFUSED))
def test_without_the_results_the_card_says_that_the_drug_was_not_checked(
    service: FlaskClient, server: FakeFhirServer, behaviour: Behaviour
) -> None:
    servers.everywhere(server, behaviour)
    answer = order_select(service, server.base)
    assert answer.summaries == [NOT_CHECKED]
    assert answer.cards[0]["indicator"] == "info"
    assert_in_time(answer)


@pytest.mark.parametrize("behaviour", cases(BROKEN, FAULT_AS_ANSWER))
def test_with_the_results_but_without_knowing_the_consents_nothing_genetic_is_said(
    service: FlaskClient, server: FakeFhirServer, behaviour: Behaviour
) -> None:
    server.behave("Consent", behaviour)
    answer = order_select(service, server.base)
    assert answer.summaries == [NOT_CHECKED]
    assert "CYP2C19" not in answer.text
    assert_in_time(answer)


@pytest.mark.parametrize("behaviour", cases(STATUSES))
def test_a_server_that_keeps_no_consents_does_not_stop_the_card(
    roomy_service: FlaskClient, server: FakeFhirServer, behaviour: Behaviour
) -> None:
    server.behave("Consent", behaviour)
    assert order_select(roomy_service, server.base).summaries == [RIGHT]


@pytest.mark.parametrize("behaviour", cases(BROKEN[::4], REFUSED))
def test_what_is_not_needed_for_the_answer_may_fail(
    roomy_service: FlaskClient, server: FakeFhirServer, behaviour: Behaviour
) -> None:
    for kind in ("Condition", "Encounter", "DiagnosticReport"):
        server.behave(kind, behaviour)
    answer = order_select(roomy_service, server.base)
    assert answer.summaries == [RIGHT]
    assert_in_time(answer, ROOMY_MS)


def test_nobody_listens(service: FlaskClient) -> None:
    with FakeFhirServer() as gone:
        base = gone.base
    answer = order_select(service, base)
    assert answer.summaries == [NOT_CHECKED]
    assert_in_time(answer)


def test_nobody_accepts(service: FlaskClient) -> None:
    """The line is full: the network neither refuses nor connects."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        address = listening.getsockname()
        with socket.create_connection(address):
            answer = order_select(service, f"http://127.0.0.1:{address[1]}/fhir")
    assert answer.summaries == [NOT_CHECKED]
    assert_in_time(answer)


def test_a_drug_that_only_the_server_can_name_is_told_to_be_unknown(
    service: FlaskClient, server: FakeFhirServer
) -> None:
    servers.everywhere(server, fakes.hang)
    order = draft(medicationReference={"reference": "Medication/m1"})
    del order["medicationCodeableConcept"]
    answer = order_select(service, server.base, order=order)
    assert answer.summaries == ["This order was not checked: the drug was not recognised"]
    assert_in_time(answer)


# -- part of an answer --


@pytest.mark.parametrize(
    "behaviour",
    cases(
        [
            ("pages in a circle", servers.paging_in_a_circle(OTHER_GENE)),
            ("pages without end", servers.pages_without_end),
            (
                "next page at another host",
                servers.page_elsewhere(OTHER_GENE, "http://127.0.0.1:9/fhir?page=2"),
            ),
            (
                "an error among the entries",
                fakes.say(bundle([genotype("CYP2D6", "*1/*1"), outcome("exception")])),
            ),
            ("only an error", fakes.say(bundle([outcome("exception")]))),
        ]
    ),
)
def test_results_that_are_not_all_and_do_not_matter_are_no_reason_for_silence(
    service: FlaskClient, server: FakeFhirServer, behaviour: Behaviour
) -> None:
    server.behave("Observation", behaviour)
    answer = order_select(service, server.base)
    assert answer.summaries == [NOT_CHECKED]
    assert_in_time(answer)


def test_a_result_that_was_read_before_the_fault_is_used_and_the_gap_is_told(
    roomy_service: FlaskClient, server: FakeFhirServer
) -> None:
    server.behave("Observation", servers.paging_in_a_circle(bundle([genotype("CYP2C19", "*2/*2")])))
    answer = order_select(roomy_service, server.base)
    assert answer.summaries == [RIGHT]
    assert "Not all results could be read" in answer.cards[0]["detail"]


def test_a_warning_among_the_entries_takes_nothing_away(
    roomy_service: FlaskClient, server: FakeFhirServer
) -> None:
    entries = [outcome("processing", "warning"), genotype("CYP2C19", "*2/*2")]
    server.behave("Observation", fakes.say(bundle(entries)))
    answer = order_select(roomy_service, server.base)
    assert answer.summaries == [RIGHT]
    assert "secret-id" not in answer.text


def test_no_results_and_a_laboratory_search_that_fails_are_no_reason_for_silence(
    service: FlaskClient, server: FakeFhirServer
) -> None:
    def by_category_only(handler: fakes._Handler, asked: fakes.Asked) -> None:
        if "category" in dict(asked.parameters):
            fakes.hang_up(handler, asked)
        else:
            handler.send(200, bundle())

    server.behave("Observation", by_category_only)
    assert order_select(service, server.base).summaries == [NOT_CHECKED]


# -- somebody else's data --


def test_results_of_somebody_else_among_the_answers_are_not_used(
    roomy_service: FlaskClient, server: FakeFhirServer
) -> None:
    stranger = {"reference": f"Patient/{servers.STRANGER}"}
    mixed = [genotype("CYP2C19", "*1/*1", "x", subject=stranger), genotype("CYP2C19", "*2/*2")]
    server.behave("Observation", fakes.say(bundle(mixed)))
    assert order_select(roomy_service, server.base).summaries == [RIGHT]
    server.behave("Observation", fakes.say(bundle([genotype("CYP2C19", "*2/*2", subject=stranger)])))
    assert order_select(roomy_service, server.base).summaries == []


def test_a_server_that_answers_for_somebody_else_is_not_believed(
    service: FlaskClient, server: FakeFhirServer
) -> None:
    servers.everywhere(server, servers.of_somebody_else)
    answer = order_select(service, server.base)
    assert answer.summaries == [NOT_CHECKED]
    assert servers.STRANGER not in answer.text


# -- the token --

LURES: list[tuple[str, Callable[[str], Behaviour]]] = [
    *(
        (f"redirect {code}", lambda url, code=code: fakes.redirect_to(url, code))
        for code in (301, 302, 303, 307, 308)
    ),
    ("next page", lambda url: servers.page_elsewhere(OTHER_GENE, url)),
    ("OperationOutcome", lambda _: fakes.say(outcome("login"))),
    ("error", lambda _: fakes.status(500)),
]


@pytest.mark.parametrize("lure", [pytest.param(lure, id=name) for name, lure in LURES])
@pytest.mark.parametrize("method", ["", "POST "])
def test_the_token_goes_to_no_other_host_and_into_no_answer_or_log(
    service: FlaskClient,
    server: FakeFhirServer,
    other_host: FakeFhirServer,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    lure: Callable[[str], Behaviour],
    method: str,
) -> None:
    for kind in servers.KINDS:
        server.behave(f"{method}{kind}", lure(f"{other_host.base}/Observation?patient=p1"))
    answer = order_select(service, server.base)
    if not method:
        assert answer.summaries == [NOT_CHECKED]
    assert other_host.requests == []
    assert TOKEN not in answer.text + "".join(capfd.readouterr()) + caplog.text
    # What a server is able to do is asked without a token.
    with_token = [asked for asked in server.requests if not asked.path.endswith("/metadata")]
    assert {asked.headers.get("Authorization") for asked in with_token} == {f"Bearer {TOKEN}"}


def test_a_redirect_is_not_followed_on_the_same_host_either(
    service: FlaskClient, server: FakeFhirServer
) -> None:
    server.behave("Observation", fakes.redirect_to(f"{server.base}/Elsewhere"))
    assert order_select(service, server.base).summaries == [NOT_CHECKED]
    assert server.asked("Elsewhere") == []


def test_a_page_of_the_prefetch_cannot_lead_the_token_away(
    service: FlaskClient, server: FakeFhirServer, other_host: FakeFhirServer
) -> None:
    page = {**OTHER_GENE, "link": [{"relation": "next", "url": f"{other_host.base}/Observation?page=2"}]}
    answer = order_select(service, server.base, prefetch={"results": page})
    assert answer.summaries == [NOT_CHECKED]
    assert other_host.requests == []


@pytest.mark.parametrize(
    "base", ["http://localhost:{port}/fhir", "http://127.0.0.1:{port}/other", "{base}/../x"]
)
def test_a_server_that_is_not_listed_is_never_asked(
    service: FlaskClient, other_host: FakeFhirServer, base: str
) -> None:
    port = other_host.origin.rpartition(":")[2]
    url = base.format(port=port, base=other_host.base)
    body = {**call(draft(), results=None), "fhirServer": url, "fhirAuthorization": authorization()}
    assert service.post(SELECT, json=body).status_code in (400, 412)
    assert other_host.requests == []
