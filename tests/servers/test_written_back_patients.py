"""
Fixture patients whose results our own writer put on a server nobody here wrote: the same advice.

Only their results are written by us; the rest of the record stands there as in the fixtures.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from cds_service.core.evidence import ReportedResult, Use
from cds_service.fhir.deadline import Deadline
from cds_service.fhir.readers import read_results, unpack
from cds_service.fhir.writing import post_results, results_of_read, write_results
from cds_service.resources import fixtures_folder
from tests.builders import knowledge
from tests.fhir.writing.samples import ISSUED, SOFTWARE
from tests.servers.conftest import NEIGHBOUR, carried_out
from tests.servers.patients import INDEX, Json, call, order, written
from tests.servers.recorder import Recorder

_SECONDS = 60
_WRITTEN_KINDS = ("Provenance", "Task", "DiagnosticReport", "Procedure", "Observation")


def record(patient: str) -> list[Any]:
    return list(unpack(json.loads((fixtures_folder() / "patients" / f"{patient}.json").read_text("utf8"))))


def results(patient: str) -> tuple[ReportedResult, ...]:
    return read_results(record(patient), codes=knowledge().codes, patient_id=patient).results


def can_be_written(patient: str) -> bool:
    """Results that are finished, dated and from a laboratory; a tumour's are not written by us."""
    found = results(patient)
    return bool(found) and all(
        r.use is Use.YES and r.measured_on and not r.ehr_statement and r.gene in knowledge().genes
        for r in found
    )


PATIENTS = [p["id"] for p in INDEX if p["id"] != NEIGHBOUR and can_be_written(p["id"])]


def test_there_are_patients_enough() -> None:
    assert len(PATIENTS) >= 20


@pytest.fixture(params=PATIENTS)
def patient(fhir_server: Recorder, request: pytest.FixtureRequest) -> Iterator[str]:
    """A patient with results in our own writing, who is gone afterwards."""
    name = str(request.param)
    sources = {result.source.partition("#")[0] for result in results(name)}
    rest = [entry for entry in written(f"patients/{name}")["entry"] if entry["request"]["url"] not in sources]
    rest = [entry for entry in rest if entry["resource"]["resourceType"] != "DiagnosticReport"]
    carried_out(fhir_server.target, {"resourceType": "Bundle", "type": "transaction", "entry": rest})
    to_write = results_of_read(
        results(name), genes=knowledge().genes, patient=f"Patient/{name}", issued=ISSUED
    )
    for report in to_write.reports:
        document = write_results(report, codes=knowledge().codes, software=SOFTWARE)
        deadline = Deadline.after(_SECONDS, time.monotonic)
        sent = post_results(
            document, fhir_server.target, token=None, allows=lambda _: True, deadline=deadline
        )
        assert sent.complete
    yield name
    for kind in _WRITTEN_KINDS:
        asked = {"patient": name} if kind != "Provenance" else {}
        answer = requests.get(f"{fhir_server.target}/{kind}", {**asked, "_count": "200"}, timeout=_SECONDS)
        for entry in answer.json().get("entry", ()):
            requests.delete(f"{fhir_server.target}/{kind}/{entry['resource']['id']}", timeout=_SECONDS)
    for entry in reversed(rest):
        requests.delete(f"{fhir_server.target}/{entry['request']['url']}", timeout=_SECONDS)


def advice(service: str, base: str, patient: str, drafts: list[Json]) -> list[tuple[Any, ...]]:
    """What the cards ask for, and why; their wording may name another place of the result."""
    answer = requests.post(
        f"{service}/cds-services/pgx-order-select", json=call(patient, drafts, base), timeout=60
    )
    assert answer.status_code == 200, answer.text[:2000]
    cards = answer.json()["cards"]
    finding = "pgx-cds.finding"
    return [(c["summary"], c["indicator"], c.get("extension", {}).get(finding)) for c in cards]


def test_the_advice_is_the_same_by_what_we_wrote(service: str, fhir_server: Recorder, patient: str) -> None:
    [examples] = [entry["try"] for entry in INDEX if entry["id"] == patient]
    for example in examples:
        drafts = [order(patient, example)]
        expected = advice(service, f"{service}/fhir", patient, drafts)
        assert advice(service, fhir_server.base, patient, drafts) == expected
