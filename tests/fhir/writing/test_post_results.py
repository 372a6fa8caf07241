"""Sending a transaction, to a server on the loopback interface that keeps what it gets."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from cds_service.core.evidence import Use
from cds_service.fhir.deadline import Deadline
from cds_service.fhir.fetch_errors import FetchProblem, FhirFetchError
from cds_service.fhir.readers import read_results
from cds_service.fhir.writing import Posted, WrittenResults, post_results
from cds_service.trust.fhir_servers import FhirServerAllowList
from tests.builders import knowledge
from tests.fakes import TOKEN
from tests.fhir.readers.payloads import PATIENT
from tests.fhir.writing.samples import called, read_back, written

Json = dict[str, Any]


class TransactionServer:
    """
    Takes transactions with conditional creates and resolves references inside them, as R4 has it.

    `spoil` replaces the answer; `redirect` sends the caller elsewhere.
    """

    def __init__(self) -> None:
        self.kept: dict[str, Json] = {}
        self.headers: list[Mapping[str, str]] = []
        self.spoil: tuple[int, Json | bytes, str] | None = None
        self.redirect = ""
        self._by_name: dict[str, str] = {}
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:  # noqa: N802
                outer.headers.append(dict(self.headers))
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, answer, media = outer.spoil or (
                    200,
                    outer.run(json.loads(body)),
                    "application/fhir+json",
                )
                data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
                self.send_response(307 if outer.redirect else status)
                if outer.redirect:
                    self.send_header("Location", outer.redirect)
                self.send_header("Content-Type", media)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *unused: object) -> None:
                """Stay silent."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/fhir"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def run(self, transaction: Json) -> Json:
        """Create what is not there yet, under ids of its own; then point the references at it."""
        answers, keys = [], {}
        for entry in transaction["entry"]:
            kind, name = entry["request"]["url"], entry["request"]["ifNoneExist"]
            known = self._by_name.get(f"{kind}?{name}")
            key = known or f"{kind}/{len(self.kept) + 1}"
            keys[entry["fullUrl"]] = self._by_name[f"{kind}?{name}"] = key
            if known is None:
                self.kept[key] = {**entry["resource"], "id": key.partition("/")[2]}
            status = "200 OK" if known else "201 Created"
            answers.append({"response": {"status": status, "location": f"{self.base}/{key}/_history/1"}})
        for key in self.kept:
            self.kept[key] = _pointing(self.kept[key], keys)
        return {"resourceType": "Bundle", "type": "transaction-response", "entry": answers}


def _pointing(value: Any, keys: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {
            name: keys.get(each, each) if name == "reference" else _pointing(each, keys)
            for name, each in value.items()
        }
    return [_pointing(each, keys) for each in value] if isinstance(value, list) else value


@pytest.fixture
def server() -> Iterator[TransactionServer]:
    running = TransactionServer()
    yield running
    running.stop()


def send(server: TransactionServer, document: WrittenResults | None = None, **more: Any) -> Posted:
    options: dict[str, Any] = {
        "token": TOKEN,
        "allows": FhirServerAllowList.parse(server.base).allows,
        "deadline": Deadline.after(5, time.monotonic),
    }
    return post_results(document or written(), server.base, **{**options, **more})


def test_every_entry_is_told_with_its_place(server: TransactionServer) -> None:
    document = written()
    posted = send(server, document)
    assert (posted.complete, posted.created) == (True, len(document.resources))
    assert [each.address for each in posted.outcomes] == [e["fullUrl"] for e in document.document["entry"]]
    assert posted.outcomes[0].location == "Observation/1/_history/1"
    assert server.headers[0]["Content-Type"] == "application/fhir+json"


def test_the_same_results_sent_twice_create_nothing_the_second_time(server: TransactionServer) -> None:
    send(server)
    kept = dict(server.kept)
    again = send(server)
    assert (again.complete, again.created) == (True, 0)
    assert server.kept == kept


def test_one_changed_result_adds_only_what_changed(server: TransactionServer) -> None:
    same = called("CYP2C9", "*1", "*1")
    send(server, written(called("CYP2C19", "*1", "*2"), same))
    second = send(server, written(called("CYP2C19", "*1", "*3"), same))
    old = [each.location.partition("/")[0] for each in second.outcomes if not each.created]
    # Both alleles, genotype and region of the second gene, *1 and the region of the first, and the program.
    assert sorted(old) == ["Device", *["Observation"] * 6, "Procedure", "Procedure"]


def test_what_a_server_keeps_is_read_as_what_was_written(server: TransactionServer) -> None:
    document = written()
    send(server, document)
    kept = read_results(server.kept.values(), codes=knowledge().codes, patient_id=PATIENT)
    facts = [(r.gene, r.kind, r.text, r.allele, r.present, r.score, r.use, r.limits) for r in kept.results]
    assert facts == [
        (r.gene, r.kind, r.text, r.allele, r.present, r.score, r.use, r.limits)
        for r in read_back(document).results
    ]
    assert sum(result.use is Use.YES for result in kept.results) > 10
    assert kept.notices == ()


def test_the_token_goes_to_the_server_and_an_open_one_gets_none(server: TransactionServer) -> None:
    send(server)
    send(server, token=None)
    assert [headers.get("Authorization") for headers in server.headers] == [f"Bearer {TOKEN}", None]


def test_a_server_that_is_not_on_the_list_gets_nothing(server: TransactionServer) -> None:
    with pytest.raises(FhirFetchError) as caught:
        send(server, allows=FhirServerAllowList.parse("https://ehr.example.org/fhir").allows)
    assert caught.value.problem is FetchProblem.NOT_ALLOWED
    assert server.headers == []


def test_a_redirect_is_not_followed(server: TransactionServer) -> None:
    other = TransactionServer()
    server.redirect = f"{other.base}/"
    with pytest.raises(FhirFetchError) as caught:
        send(server)
    other.stop()
    assert caught.value.problem is FetchProblem.REDIRECT
    assert other.headers == []


@pytest.mark.parametrize(
    ("status", "answer", "media", "problem"),
    [
        (401, {"resourceType": "OperationOutcome"}, "application/fhir+json", FetchProblem.REFUSED),
        (403, {"resourceType": "OperationOutcome"}, "application/fhir+json", FetchProblem.REFUSED),
        (422, {"resourceType": "OperationOutcome"}, "application/fhir+json", FetchProblem.BAD_REQUEST),
        (500, {"resourceType": "OperationOutcome"}, "application/fhir+json", FetchProblem.SERVER_ERROR),
        (200, {"resourceType": "OperationOutcome"}, "application/fhir+json", FetchProblem.OUTCOME),
        (200, {"resourceType": "Patient"}, "application/fhir+json", FetchProblem.NOT_FHIR),
        (200, b"<html/>", "text/html", FetchProblem.NOT_FHIR),
        (200, b'{"resourceType": "Bun', "application/fhir+json", FetchProblem.NOT_FHIR),
    ],
)
def test_a_transaction_that_failed_is_an_error_and_is_not_repeated(
    server: TransactionServer, status: int, answer: Json | bytes, media: str, problem: FetchProblem
) -> None:
    server.spoil = (status, answer, media)
    with pytest.raises(FhirFetchError) as caught:
        send(server)
    assert caught.value.problem is problem
    assert len(server.headers) == 1
    assert TOKEN not in str(caught.value)


def test_a_server_that_is_not_there_is_an_error(server: TransactionServer) -> None:
    base = server.base
    server.stop()
    with pytest.raises(FhirFetchError) as caught:
        post_results(
            written(),
            base,
            token=None,
            allows=lambda _: True,
            deadline=Deadline.after(5, time.monotonic),
        )
    assert caught.value.problem is FetchProblem.UNREACHABLE


@pytest.mark.parametrize(
    "entries",
    [
        [],
        [{}],
        [{"response": {"status": "about to"}}],
        [{"response": {"status": "201 Created", "location": "Observation/1"}}],
        [{"response": {"status": "409 Conflict"}}] * 100,
    ],
)
def test_an_answer_that_leaves_entries_open_is_not_taken_for_complete(
    server: TransactionServer, entries: list[Json]
) -> None:
    answer = {"resourceType": "Bundle", "type": "transaction-response", "entry": entries}
    server.spoil = (200, answer, "application/fhir+json")
    document = written()
    posted = send(server, document)
    assert not posted.complete
    assert len(posted.outcomes) == len(document.resources)
    assert posted.created == sum(e.get("response", {}).get("status") == "201 Created" for e in entries)
