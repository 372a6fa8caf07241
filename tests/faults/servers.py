"""More ways in which a FHIR server can go wrong, beside those of `tests.fakes`."""

from __future__ import annotations

import gzip
import json
import time
import zlib
from functools import cache

from tests import fakes
from tests.fakes import Asked, Behaviour, FakeFhirServer, Resource, bundle
from tests.requests_made import genotype, patient

#: Every type that a call asks for.
KINDS = (
    *("Patient", "Observation", "DiagnosticReport", "Condition", "Procedure", "MedicationRequest"),
    *("AllergyIntolerance", "Encounter", "Consent", "Medication"),
)
STRANGER = "somebody-else"


def everywhere(server: FakeFhirServer, behaviour: Behaviour) -> None:
    for kind in KINDS:
        server.behave(kind, behaviour)


def asked_when_quiet(server: FakeFhirServer, seconds: float = 0.5) -> int:
    """How many requests have come, once no more have come for so long: one sent in time may be taken late."""
    asked, since = len(server.requests), time.monotonic()
    while time.monotonic() - since < seconds:
        time.sleep(0.02)
        if len(server.requests) != asked:
            asked, since = len(server.requests), time.monotonic()
    return asked


def one_byte_a_second(handler: fakes._Handler, _: Asked) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/fhir+json\r\n\r\n")
    handler.close_connection = True
    for byte in json.dumps(bundle()).encode():
        handler.wfile.write(bytes([byte]))
        if handler.server.fake.stopped.wait(1.0):
            return


def continue_for_ever(handler: fakes._Handler, _: Asked) -> None:
    """One interim answer after the other, and never a final one."""
    handler.close_connection = True
    while not handler.server.fake.stopped.wait(0.001):
        handler.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n" * 50)


def no_http(handler: fakes._Handler, _: Asked) -> None:
    handler.close_connection = True
    handler.wfile.write(b"SSH-2.0-OpenSSH_9.9\r\n")


def fifty_megabytes(handler: fakes._Handler, _: Asked) -> None:
    """A valid Bundle of results that is larger than anything this patient can have."""
    entry = json.dumps({"resource": genotype("CYP2C19", "*1/*1", note=[{"text": "x" * 40_000}])}).encode()
    head, tail = b'{"resourceType": "Bundle", "type": "searchset", "entry": [', b"]}"
    number = 50_000_000 // len(entry)
    length = len(head) + number * len(entry) + (number - 1) + len(tail)
    handler.send_response(200)
    handler.send_header("Content-Type", "application/fhir+json")
    handler.send_header("Content-Length", str(length))
    handler.end_headers()
    handler.wfile.write(head + entry)
    handler.wfile.writelines([b"," + entry] * (number - 1))
    handler.wfile.write(tail)


@cache
def _bomb() -> bytes:
    packer, chunk = zlib.compressobj(1, wbits=31), b" " * 10_000_000
    return gzip.compress(b"".join([*(packer.compress(chunk) for _ in range(20)), packer.flush()]))


def packed_twice(handler: fakes._Handler, _: Asked) -> None:
    """A gzip bomb in a gzip bomb: a few kilobytes that unpack to two hundred million."""
    data = _bomb()
    handler.send_response(200)
    handler.send_header("Content-Type", "application/fhir+json")
    handler.send_header("Content-Encoding", "gzip, gzip")
    handler.send_header("Content-Length", str(len(data)))
    handler.end_headers()
    handler.wfile.write(data)


def truncated_json(handler: fakes._Handler, _: Asked) -> None:
    """The first half of a good answer, sent as if it were all of it."""
    whole = json.dumps(bundle([genotype("CYP2C19", "*2/*2")])).encode()
    handler.send(200, whole[: len(whole) // 2])


def paging_in_a_circle(page: Resource) -> Behaviour:
    """Every page is the same, and names itself as the next one."""

    def behaviour(handler: fakes._Handler, asked: Asked) -> None:
        handler.send(200, {**page, "link": [_next(f"{handler.server.fake.base}/{asked.kind}?page=2")]})

    return behaviour


def pages_without_end(handler: fakes._Handler, asked: Asked) -> None:
    """Always one more page, each with results of genes that do not matter here."""
    number = int(dict(asked.parameters).get("page", 0)) + 1
    page = bundle([genotype("CYP2D6", "*1/*1", f"o{number}")])
    handler.send(200, {**page, "link": [_next(f"{handler.server.fake.base}/{asked.kind}?page={number}")]})


def page_elsewhere(page: Resource, url: str) -> Behaviour:
    return fakes.say({**page, "link": [_next(url)]})


def of_somebody_else(handler: fakes._Handler, asked: Asked) -> None:
    """Whoever is asked for, the answer is about one other person."""
    person = {"reference": f"Patient/{STRANGER}"}
    if asked.kind == "Patient":
        handler.send(200, {**patient(), "id": STRANGER})
    elif asked.kind == "Observation":
        handler.send(200, bundle([genotype("CYP2C19", "*2/*2", subject=person)]))
    else:
        handler.send(200, bundle())


def _next(url: str) -> dict[str, str]:
    return {"relation": "next", "url": url}
