"""Results sent to a FHIR server nobody here wrote, and read from it again."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest
import requests

from cds_service.core.evidence import ReportedResult
from cds_service.fhir.client import FhirClient
from cds_service.fhir.deadline import Deadline
from cds_service.fhir.readers import read_results
from cds_service.fhir.search import Search
from cds_service.fhir.writing import Posted, WrittenResults, post_results, write_results
from tests.builders import knowledge
from tests.fhir.writing.samples import SOFTWARE, called, read_back, report, written
from tests.servers.medplum_server import NoServerError, medplum

_SECONDS = 60
_JSON = {"Content-Type": "application/fhir+json"}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """`FHIR_URL`, or Medplum's router."""
    named = os.environ.get("FHIR_URL", "").rstrip("/")
    with ExitStack() as stack:
        try:
            yield named or stack.enter_context(medplum())
        except NoServerError as error:
            pytest.skip(f"no FHIR server to write to: {error}; FHIR_URL can name one")


@pytest.fixture
def patient(url: str) -> Iterator[str]:
    """A new person on the server, who is gone afterwards with all that was written about them."""
    answer = requests.post(
        f"{url}/Patient", json={"resourceType": "Patient"}, headers=_JSON, timeout=_SECONDS
    )
    ident = str(answer.json()["id"])
    yield ident
    for kind in ("Provenance", "Task", "DiagnosticReport", "Procedure", "Observation"):
        for found in kept(url, kind, ident):
            requests.delete(f"{url}/{kind}/{found['id']}", timeout=_SECONDS)
    requests.delete(f"{url}/Patient/{ident}", timeout=_SECONDS)


def deadline() -> Deadline:
    return Deadline.after(_SECONDS, time.monotonic)


def kept(url: str, kind: str, patient: str) -> tuple[Any, ...]:
    session = FhirClient(allows=lambda _: True).open(url, None)
    searched = "target" if kind == "Provenance" else "patient"
    if kind == "Provenance":
        reports = kept(url, "DiagnosticReport", patient)
        queries = [Search(kind, ((searched, f"DiagnosticReport/{each['id']}"),)) for each in reports]
    else:
        queries = [Search(kind, ((searched, patient), ("_count", "200")))]
    return tuple(found for query in queries for found in session.search(query, deadline()).resources)


def document(patient: str, *genes: Any) -> WrittenResults:
    found = replace(report(*genes), patient=f"Patient/{patient}")
    return write_results(found, codes=knowledge().codes, software=SOFTWARE)


def send(url: str, found: WrittenResults) -> Posted:
    return post_results(found, url, token=None, allows=lambda _: True, deadline=deadline())


def facts(results: tuple[ReportedResult, ...]) -> list[tuple[object, ...]]:
    """What is said. A server may keep 2.0 as 2: the text of a score is not compared, its number is."""
    return sorted(
        (
            (r.gene, r.kind.value, r.allele, r.present, r.use.value, r.limits, r.measured_on)
            + ((r.text,) if r.score is None else (r.score.normalize(),))
            for r in results
        ),
        key=repr,
    )


def test_a_server_takes_everything_and_the_same_again_creates_nothing(url: str, patient: str) -> None:
    whole = document(patient)
    first = send(url, whole)
    assert (first.complete, len(first.outcomes)) == (True, len(whole.resources))
    # The program is known already if something was written before.
    assert first.created >= len(whole.resources) - 1
    counts = {kind: len(kept(url, kind, patient)) for kind in ("Observation", "Task", "DiagnosticReport")}
    again = send(url, whole)
    assert (again.complete, again.created) == (True, 0)
    assert {kind: len(kept(url, kind, patient)) for kind in counts} == counts
    assert len(kept(url, "Provenance", patient)) == 1


def test_what_a_server_gives_back_is_what_was_written(url: str, patient: str) -> None:
    send(url, document(patient))
    resources = [*kept(url, "Observation", patient), *kept(url, "DiagnosticReport", patient)]
    found = read_results(resources, codes=knowledge().codes, patient_id=patient)
    assert facts(found.results) == facts(read_back(written()).results)
    assert found.notices == ()


def test_a_changed_result_stands_beside_the_old_one(url: str, patient: str) -> None:
    send(url, document(patient, called("CYP2C19", "*1", "*2")))
    second = send(url, document(patient, called("CYP2C19", "*1", "*3")))
    assert second.complete
    found = read_results(kept(url, "Observation", patient), codes=knowledge().codes, patient_id=patient)
    assert {r.text for r in found.results if "/" in r.text} == {"*1/*2", "*1/*3"}
