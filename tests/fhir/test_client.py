"""The client of the EHR's FHIR server, against a server on the loopback interface that may misbehave."""

from __future__ import annotations

import json
import logging
import threading
import time
import traceback
from collections.abc import Iterator

import pytest

from cds_service.fhir.client import FhirClient, FhirSession
from cds_service.fhir.deadline import Deadline
from cds_service.fhir.fetch_errors import FetchProblem, FhirFetchError
from cds_service.fhir.search import Read, Search
from cds_service.fhir.transport import Limits
from tests import fakes
from tests.fakes import TOKEN, FakeFhirServer, bundle, observation

RESULTS = Search("Observation", (("patient", "p1"),))
PATIENT = {"resourceType": "Patient", "id": "p1"}


@pytest.fixture
def server() -> Iterator[FakeFhirServer]:
    resources = [
        PATIENT,
        observation("a"),
        observation("b"),
        observation("c"),
        observation("x", patient="p2"),
    ]
    with FakeFhirServer(resources) as running:
        yield running


@pytest.fixture
def session(server: FakeFhirServer) -> Iterator[FhirSession]:
    client = client_with()
    yield client.open(server.base, TOKEN)
    client.close()


def client_with(**limits: float) -> FhirClient:
    return FhirClient(allows=lambda _: True, limits=Limits(**limits))  # type: ignore[arg-type]


def within(seconds: float = 5.0) -> Deadline:
    return Deadline.after(seconds, time.monotonic)


def ids(resources: tuple[fakes.Resource, ...]) -> list[str]:
    return [resource["id"] for resource in resources]


def test_reads_one_resource_with_token_and_fhir_media_type(
    server: FakeFhirServer, session: FhirSession
) -> None:
    assert session.read(Read("Patient", "p1"), within()) == PATIENT
    asked = server.requests[0]
    assert (asked.method, asked.path) == ("GET", "/fhir/Patient/p1")
    assert asked.headers["Accept"] == "application/fhir+json"
    assert asked.headers["Cache-Control"] == "no-cache"
    assert asked.headers["Authorization"] == f"Bearer {TOKEN}"


def test_searches_all_pages(server: FakeFhirServer, session: FhirSession) -> None:
    answer = session.search(Search("Observation", (("patient", "p1"), ("_count", "2"))), within())
    assert ids(answer.resources) == ["a", "b", "c"]
    assert answer.complete
    assert len(server.requests) == 2


def test_an_empty_searchset_is_a_complete_answer(session: FhirSession) -> None:
    answer = session.search(Search("Condition", (("patient", "p1"),)), within())
    assert (answer.resources, answer.complete) == ((), True)


def test_an_open_server_gets_no_authorization_header(server: FakeFhirServer) -> None:
    server.token = None
    client_with().open(server.base, None).read(Read("Patient", "p1"), within())
    assert "Authorization" not in server.requests[0].headers


def test_a_slash_after_the_base_does_not_matter(server: FakeFhirServer) -> None:
    client_with().open(f"{server.base}/", TOKEN).read(Read("Patient", "p1"), within())
    assert server.requests[0].path == "/fhir/Patient/p1"


def test_connections_are_used_again(server: FakeFhirServer, session: FhirSession) -> None:
    ports = set()

    def note_port(handler: fakes._Handler, asked: fakes.Asked) -> None:
        ports.add(handler.client_address[1])
        fakes.answer_well(handler, asked)

    server.behave("Patient", note_port)
    server.behave("Encounter", note_port)
    for _ in range(3):
        session.read(Read("Patient", "p1"), within())
        with pytest.raises(FhirFetchError):
            session.read(Read("Encounter", "none"), within())
    assert len(ports) == 1


def test_a_server_that_is_not_allowed_is_never_opened(server: FakeFhirServer) -> None:
    client = FhirClient(allows=lambda _: False)
    with pytest.raises(FhirFetchError) as error:
        client.open(server.base, TOKEN)
    assert error.value.problem is FetchProblem.NOT_ALLOWED
    assert server.requests == []


# -- misbehaviour --

QUICK_FAILURES = [
    pytest.param(fakes.status(401), FetchProblem.REFUSED, id="401"),
    pytest.param(fakes.status(403), FetchProblem.REFUSED, id="403"),
    pytest.param(fakes.status(404), FetchProblem.NOT_FOUND, id="404"),
    pytest.param(fakes.status(422), FetchProblem.BAD_REQUEST, id="422"),
    pytest.param(fakes.status(429), FetchProblem.BAD_REQUEST, id="429"),
    pytest.param(fakes.status(500), FetchProblem.SERVER_ERROR, id="500"),
    pytest.param(fakes.status(503), FetchProblem.SERVER_ERROR, id="503 twice"),
    pytest.param(fakes.hang_up, FetchProblem.UNREACHABLE, id="hangs up twice"),
    pytest.param(fakes.cut_short, FetchProblem.UNREACHABLE, id="body cut short"),
    pytest.param(fakes.say(b"<html>", "text/html"), FetchProblem.NOT_FHIR, id="a web page"),
    pytest.param(fakes.say(b'{"resourceType":"Bund'), FetchProblem.NOT_FHIR, id="truncated JSON"),
    pytest.param(fakes.say(b"\xff\xfe{"), FetchProblem.NOT_FHIR, id="not UTF-8"),
    pytest.param(fakes.say(b"[]"), FetchProblem.NOT_FHIR, id="a JSON array"),
    pytest.param(fakes.say(b"[" * 100_000), FetchProblem.NOT_FHIR, id="nested too deep"),
    pytest.param(fakes.say({"entry": []}), FetchProblem.NOT_FHIR, id="no resourceType"),
    pytest.param(fakes.say(PATIENT), FetchProblem.NOT_FHIR, id="another resource instead of a Bundle"),
    pytest.param(fakes.say(fakes.outcome("exception")), FetchProblem.OUTCOME, id="OperationOutcome with 200"),
    pytest.param(fakes.flood, FetchProblem.TOO_LARGE, id="body without end"),
    pytest.param(fakes.gzip_bomb, FetchProblem.TOO_LARGE, id="gzip bomb"),
]


@pytest.mark.parametrize(("behaviour", "problem"), QUICK_FAILURES)
def test_a_useless_answer_is_a_named_problem(
    server: FakeFhirServer, session: FhirSession, behaviour: fakes.Behaviour, problem: FetchProblem
) -> None:
    server.behave("Observation", behaviour)
    with pytest.raises(FhirFetchError) as error:
        session.search(RESULTS, within())
    assert error.value.problem is problem


@pytest.mark.parametrize(
    "behaviour",
    [fakes.hang, fakes.trickle_headers, fakes.trickle_body],
    ids=["hangs", "trickles headers", "trickles body"],
)
def test_a_slow_server_does_not_outlast_the_deadline(
    server: FakeFhirServer, session: FhirSession, behaviour: fakes.Behaviour
) -> None:
    server.behave("Observation", behaviour)
    started = time.monotonic()
    with pytest.raises(FhirFetchError) as error:
        session.search(RESULTS, within(0.3))
    assert time.monotonic() - started < 4.0
    assert error.value.problem is FetchProblem.TIMEOUT
    assert len(server.requests) == 1


def test_nothing_is_sent_after_the_deadline(server: FakeFhirServer, session: FhirSession) -> None:
    with pytest.raises(FhirFetchError) as error:
        session.search(RESULTS, within(-1))
    assert error.value.problem is FetchProblem.TIMEOUT
    assert server.requests == []


def test_a_server_that_is_not_there_is_unreachable(server: FakeFhirServer) -> None:
    with FakeFhirServer() as gone:
        base = gone.base
    with pytest.raises(FhirFetchError) as error:
        client_with().open(base, TOKEN).search(RESULTS, within())
    assert error.value.problem is FetchProblem.UNREACHABLE


@pytest.mark.parametrize("failure", [fakes.status(502), fakes.status(503), fakes.status(504), fakes.hang_up])
def test_a_get_is_tried_a_second_time(
    server: FakeFhirServer, session: FhirSession, failure: fakes.Behaviour
) -> None:
    server.behave("Observation", fakes.first(failure, fakes.answer_well))
    assert ids(session.search(RESULTS, within()).resources) == ["a", "b", "c"]
    assert len(server.requests) == 2


@pytest.mark.parametrize("code", [400, 401, 404, 500])
def test_other_errors_are_not_tried_again(server: FakeFhirServer, session: FhirSession, code: int) -> None:
    server.behave("Observation", fakes.status(code))
    with pytest.raises(FhirFetchError):
        session.search(RESULTS, within())
    assert len(server.requests) == 1


def test_the_second_try_stays_inside_the_deadline(server: FakeFhirServer, session: FhirSession) -> None:
    server.behave("Observation", fakes.first(fakes.status(503), fakes.hang))
    started = time.monotonic()
    with pytest.raises(FhirFetchError) as error:
        session.search(RESULTS, within(0.3))
    assert time.monotonic() - started < 4.0
    assert error.value.problem is FetchProblem.TIMEOUT


def test_a_redirect_to_another_host_is_not_followed(server: FakeFhirServer, session: FhirSession) -> None:
    with FakeFhirServer() as other:
        server.behave("Observation", fakes.redirect_to(f"{other.base}/Observation"))
        with pytest.raises(FhirFetchError) as error:
            session.search(RESULTS, within())
        assert error.value.problem is FetchProblem.REDIRECT
        assert other.requests == []


def test_the_size_limit_holds_exactly(server: FakeFhirServer) -> None:
    body = bundle([observation("a")])
    session = client_with(page_bytes=2_000).open(server.base, TOKEN)
    padded = json.dumps(body).encode().ljust(2_000)
    server.behave("Observation", fakes.say(padded))
    assert ids(session.search(RESULTS, within()).resources) == ["a"]
    server.behave("Observation", fakes.say(padded + b" "))
    with pytest.raises(FhirFetchError) as error:
        session.search(RESULTS, within())
    assert error.value.problem is FetchProblem.TOO_LARGE


def test_cookies_do_not_travel_to_the_next_call(server: FakeFhirServer, session: FhirSession) -> None:
    def set_cookie(handler: fakes._Handler, _: fakes.Asked) -> None:
        handler.send_response(200)
        handler.send_header("Set-Cookie", "user=somebody; Path=/")
        handler.send_header("Content-Type", "application/fhir+json")
        handler.send_header("Content-Length", "28")
        handler.end_headers()
        handler.wfile.write(b'{"resourceType": "Patient"} ')

    server.behave("Patient", set_cookie)
    session.read(Read("Patient", "p1"), within())
    session.read(Read("Patient", "p1"), within())
    assert "Cookie" not in server.requests[1].headers


# -- paging --


@pytest.mark.parametrize(
    "link", ["Observation?page=2", "?page=2", "{base}/Observation?page=2", "{base}?page=2"]
)
def test_links_below_the_base_are_followed(server: FakeFhirServer, session: FhirSession, link: str) -> None:
    first = bundle([observation("a")], next_url=link.replace("{base}", server.base))
    behaviour = fakes.first(fakes.say(first), fakes.say(bundle([observation("b")])))
    server.behave("Observation", behaviour)
    server.behave("", behaviour)
    answer = session.search(RESULTS, within())
    assert (ids(answer.resources), answer.problem) == (["a", "b"], None)


@pytest.mark.parametrize(
    "link",
    [
        "{other}/Observation?page=2",
        "{origin}/admin",
        "{base}/../admin",
        "{base}/%2e%2e/admin",
        "{base}/..%2fadmin",
        "{base}/..;/admin",
        "{base}s/Observation",
        "//example.org/fhir/Observation",
        "http://user@{host}/fhir/Observation",
        "{base}\\@example.org/",
        "file:///etc/passwd",
        "{base}/Observation?page=2\r\nX: y",
        "http://[",
    ],
)
def test_links_that_leave_the_base_are_not_followed(
    server: FakeFhirServer, session: FhirSession, link: str
) -> None:
    with FakeFhirServer() as other:
        names = {"other": other.base, "origin": server.origin, "base": server.base}
        for name, value in {**names, "host": server.origin.removeprefix("http://")}.items():
            link = link.replace("{" + name + "}", value)
        server.behave("Observation", fakes.say(bundle([observation("a")], next_url=link)))
        answer = session.search(RESULTS, within())
        assert (ids(answer.resources), answer.problem) == (["a"], FetchProblem.PAGE_LINK)
        assert len(server.requests) == 1
        assert other.requests == []


def test_a_circle_of_pages_ends(server: FakeFhirServer, session: FhirSession) -> None:
    server.behave(
        "Observation", fakes.say(bundle([observation("a")], next_url=f"{server.base}/Observation?p=2"))
    )
    answer = session.search(RESULTS, within())
    assert answer.problem is FetchProblem.PAGE_LINK
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("limits", "pages"), [({"pages": 4}, 4), ({"entries": 3}, 3)], ids=["pages", "entries"]
)
def test_endless_new_pages_end(server: FakeFhirServer, limits: dict[str, float], pages: int) -> None:
    server.behave("Observation", fakes.pages_for_ever)
    answer = client_with(**limits).open(server.base, TOKEN).search(RESULTS, within())
    assert (len(answer.resources), answer.problem) == (pages, FetchProblem.TOO_MANY)
    assert len(server.requests) == pages


def test_exactly_as_many_pages_as_allowed_is_complete(server: FakeFhirServer) -> None:
    session = client_with(pages=3).open(server.base, TOKEN)
    answer = session.search(Search("Observation", (("patient", "p1"), ("_count", "1"))), within())
    assert (ids(answer.resources), answer.problem) == (["a", "b", "c"], None)


def test_what_was_read_before_a_failing_page_is_kept(server: FakeFhirServer, session: FhirSession) -> None:
    first = bundle([observation("a")], next_url=f"{server.base}/Observation?page=2")
    server.behave("Observation", fakes.first(fakes.say(first), fakes.status(500)))
    answer = session.search(RESULTS, within())
    assert (ids(answer.resources), answer.problem) == (["a"], FetchProblem.SERVER_ERROR)


def test_unreadable_entries_are_skipped(server: FakeFhirServer, session: FhirSession) -> None:
    odd = {
        "resourceType": "Bundle",
        "link": "none",
        "entry": [None, {}, {"resource": []}, {"resource": {"id": "1"}}],
    }
    odd["entry"] += [{"resource": observation("a")}]  # type: ignore[operator]
    server.behave("Observation", fakes.say(odd))
    assert ids(session.search(RESULTS, within()).resources) == ["a"]


def test_outcome_entries_become_notices_without_their_text(
    server: FakeFhirServer, session: FhirSession
) -> None:
    entries = [fakes.outcome("processing", "warning"), observation("a")]
    server.behave("Observation", fakes.say(bundle(entries)))
    answer = session.search(RESULTS, within())
    assert ids(answer.resources) == ["a"]
    assert [(n.key, dict(n.slots)) for n in answer.notices] == [
        ("fhir-outcome", {"severity": "warning", "code": "processing"})
    ]
    assert answer.complete


def test_an_outcome_entry_that_reports_an_error_makes_the_answer_incomplete(
    server: FakeFhirServer, session: FhirSession
) -> None:
    server.behave("Observation", fakes.say(bundle([fakes.outcome("exception"), observation("a")])))
    assert session.search(RESULTS, within()).problem is FetchProblem.OUTCOME


def test_a_bundle_at_hand_is_continued(server: FakeFhirServer, session: FhirSession) -> None:
    first = bundle([observation("z")], next_url=f"{server.base}/Observation?patient=p1")
    assert ids(session.follow(first, within()).resources) == ["z", "a", "b", "c"]


# -- long searches --

CODES = [f"http://loinc.org|{number}-0" for number in range(10_000, 10_200)]
LONG = Search("Observation", (("patient", "p1"), ("code", ",".join([*CODES, "http://loinc.org|84413-4"]))))


def test_a_long_search_goes_out_as_post(server: FakeFhirServer, session: FhirSession) -> None:
    assert ids(session.search(LONG, within()).resources) == ["a", "b", "c"]
    assert [asked.method for asked in server.requests] == ["POST"]
    assert dict(server.requests[0].parameters)["code"] == LONG.parameters[1][1]


@pytest.mark.parametrize("code", [400, 404, 405])
def test_without_post_a_long_search_is_divided(
    server: FakeFhirServer, session: FhirSession, code: int
) -> None:
    server.behave("POST Observation", fakes.status(code))
    answer = session.search(LONG, within())
    assert (ids(answer.resources), answer.problem) == (["a", "b", "c"], None)
    gets = server.requests[1:]
    assert {asked.method for asked in gets} == {"GET"}
    sent = [item for asked in gets for item in dict(asked.parameters)["code"].split(",")]
    assert ",".join(sent) == LONG.parameters[1][1]


def test_a_server_without_post_is_not_asked_by_post_again(
    server: FakeFhirServer, session: FhirSession
) -> None:
    server.behave("POST Observation", fakes.status(405))
    session.search(LONG, within())
    session.search(LONG, within())
    assert [asked.method for asked in server.requests].count("POST") == 1


def test_no_part_of_a_long_search_exceeds_the_url_limit(server: FakeFhirServer) -> None:
    session = client_with(url_chars=400).open(server.base, TOKEN)
    server.behave("POST Observation", fakes.status(405))
    lengths = []

    def note_length(handler: fakes._Handler, asked: fakes.Asked) -> None:
        lengths.append(len(server.origin) + len(handler.path))
        fakes.answer_well(handler, asked)

    server.behave("Observation", note_length)
    session.search(LONG, within())
    assert max(lengths) <= 400
    assert len(lengths) > 10


def test_a_failing_part_makes_a_long_search_incomplete(server: FakeFhirServer, session: FhirSession) -> None:
    server.behave("POST Observation", fakes.status(405))
    server.behave("Observation", fakes.first(fakes.say(bundle([observation("a")])), fakes.status(500)))
    answer = session.search(LONG, within())
    assert (ids(answer.resources), answer.problem) == (["a"], FetchProblem.SERVER_ERROR)


def test_a_refused_post_is_not_sent_as_get(server: FakeFhirServer, session: FhirSession) -> None:
    server.behave("POST Observation", fakes.status(401))
    with pytest.raises(FhirFetchError):
        session.search(LONG, within())
    assert len(server.requests) == 1


@pytest.mark.parametrize("trouble", [fakes.hang_up, fakes.status(503)], ids=["hangs up", "503"])
def test_a_search_by_post_is_tried_once_more(
    server: FakeFhirServer, session: FhirSession, trouble: fakes.Behaviour
) -> None:
    server.behave("POST Observation", fakes.first(trouble, fakes.say(bundle([observation("a")]))))
    assert ids(session.search(LONG, within()).resources) == ["a"]
    server.behave("POST Observation", trouble)
    before = len(server.requests)
    with pytest.raises(FhirFetchError):
        session.search(LONG, within())
    assert len(server.requests) == before + 2


# -- references --


@pytest.mark.parametrize("reference", ["Patient/p1", "{base}/Patient/p1", "Patient/p1/_history/3"])
def test_a_reference_to_this_server_is_read(
    server: FakeFhirServer, session: FhirSession, reference: str
) -> None:
    assert session.fetch_reference(reference.replace("{base}", server.base), within()) == PATIENT


@pytest.mark.parametrize(
    "reference",
    [
        "http://example.org/fhir/Patient/p1",
        "#p1",
        "urn:uuid:1",
        "Patient/..",
        "Patient/p1?x=y",
        "../Patient/p1",
        "",
    ],
)
def test_any_other_reference_is_not_asked_for(
    server: FakeFhirServer, session: FhirSession, reference: str
) -> None:
    with pytest.raises(FhirFetchError) as error:
        session.fetch_reference(reference, within())
    assert error.value.problem is FetchProblem.OTHER_SERVER
    assert server.requests == []


SECRET_TOKEN = "tok-secret"
SECRET_SEARCH = Search("Observation", (("patient", "secret-id"),))

# -- secrets --


@pytest.mark.parametrize(
    "behaviour",
    [fakes.status(500), fakes.hang_up, fakes.cut_short, fakes.say(b"{secret-id"), fakes.hang, fakes.flood],
    ids=["500", "hangs up", "cut short", "bad JSON", "hangs", "too large"],
)
def test_no_error_or_log_line_names_token_query_or_patient(
    server: FakeFhirServer, caplog: pytest.LogCaptureFixture, behaviour: fakes.Behaviour
) -> None:
    # A traceback quotes source lines: the secret words stand in none that is run below.
    session = client_with().open(server.base, SECRET_TOKEN)
    server.behave("Observation", behaviour)
    with caplog.at_level(logging.DEBUG), pytest.raises(FhirFetchError) as error:
        session.search(SECRET_SEARCH, within(0.3))
    chain = "".join(traceback.format_exception(error.value, chain=True))
    chain += repr(error.value.__context__) + repr(error.value.__cause__)
    for text in (chain, caplog.text, repr(session)):
        assert "secret" not in text
        assert "patient=" not in text


def test_a_token_that_is_no_header_value_does_not_show(server: FakeFhirServer) -> None:
    session = client_with().open(server.base, f"{SECRET_TOKEN}\r\nX: y")
    with pytest.raises(FhirFetchError) as error:
        session.search(RESULTS, within())
    assert "secret" not in "".join(traceback.format_exception(error.value))
    assert server.requests == []


def test_two_calls_at_once_keep_their_own_tokens(server: FakeFhirServer) -> None:
    server.token = None
    client = client_with()

    def ask(token: str) -> None:
        session = client.open(server.base, token)
        for _ in range(10):
            session.read(Read("Patient", "p1"), within())

    def ask_all(tokens: list[str]) -> None:
        threads = [threading.Thread(target=ask, args=(token,)) for token in tokens]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    ask_all(["one", "two", "three", "four"])
    seen = [asked.headers["Authorization"] for asked in server.requests]
    assert sorted(seen) == sorted([f"Bearer {token}" for token in ("one", "two", "three", "four")] * 10)
