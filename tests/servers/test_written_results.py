"""Results sent to a FHIR server nobody here wrote, and read from it again."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests

from cds_service.core.evidence import ReportedResult, ResultKind, Use
from cds_service.fhir.client import FhirClient
from cds_service.fhir.deadline import Deadline
from cds_service.fhir.readers import read_results
from cds_service.fhir.search import Search
from cds_service.fhir.writing import Posted, WrittenResults, post_results, write_results
from tests.builders import knowledge
from tests.commands.test_call import run, vcf
from tests.fhir.writing.samples import SOFTWARE, called, read_back, report, written

_SECONDS = 60
_JSON = {"Content-Type": "application/fhir+json"}


@pytest.fixture
def person(fhir_url: str) -> Iterator[str]:
    """A new person on the server, who is gone afterwards with all that was written about them."""
    answer = requests.post(
        f"{fhir_url}/Patient", json={"resourceType": "Patient"}, headers=_JSON, timeout=_SECONDS
    )
    ident = str(answer.json()["id"])
    yield ident
    for kind in ("Provenance", "Task", "DiagnosticReport", "Procedure", "Observation"):
        for found in kept(fhir_url, kind, ident):
            requests.delete(f"{fhir_url}/{kind}/{found['id']}", timeout=_SECONDS)
    requests.delete(f"{fhir_url}/Patient/{ident}", timeout=_SECONDS)


def deadline() -> Deadline:
    return Deadline.after(_SECONDS, time.monotonic)


def kept(url: str, kind: str, patient: str) -> tuple[Any, ...]:
    """What the server keeps about the person; provenances by the reports they are about."""
    session = FhirClient(allows=lambda _: True).open(url, None)
    asked: tuple[tuple[str, str], ...] = (("patient", patient),)
    if kind == "Provenance":
        reports = kept(url, "DiagnosticReport", patient)
        asked = tuple(("target", f"DiagnosticReport/{each['id']}") for each in reports)
    queries = [Search(kind, (each, ("_count", "200"))) for each in asked]
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


def test_a_server_takes_everything_and_the_same_again_creates_nothing(fhir_url: str, person: str) -> None:
    whole = document(person)
    first = send(fhir_url, whole)
    assert (first.complete, len(first.outcomes)) == (True, len(whole.resources))
    # The program is known already if something was written before.
    assert first.created >= len(whole.resources) - 1
    counts = {kind: len(kept(fhir_url, kind, person)) for kind in ("Observation", "Task", "DiagnosticReport")}
    again = send(fhir_url, whole)
    assert (again.complete, again.created) == (True, 0)
    assert {kind: len(kept(fhir_url, kind, person)) for kind in counts} == counts
    assert len(kept(fhir_url, "Provenance", person)) == 1


def test_what_a_server_gives_back_is_what_was_written(fhir_url: str, person: str) -> None:
    send(fhir_url, document(person))
    resources = [*kept(fhir_url, "Observation", person), *kept(fhir_url, "DiagnosticReport", person)]
    found = read_results(resources, codes=knowledge().codes, patient_id=person)
    assert facts(found.results) == facts(read_back(written()).results)
    assert found.notices == ()


def test_a_changed_result_stands_beside_the_old_one(fhir_url: str, person: str) -> None:
    send(fhir_url, document(person, called("CYP2C19", "*1", "*2")))
    second = send(fhir_url, document(person, called("CYP2C19", "*1", "*3")))
    assert second.complete
    found = read_results(kept(fhir_url, "Observation", person), codes=knowledge().codes, patient_id=person)
    assert {r.text for r in found.results if "/" in r.text} == {"*1/*2", "*1/*3"}


def test_calls_of_a_vcf_are_sent_by_the_command_and_read_from_the_server(
    fhir_url: str,
    person: str,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PGX_CDS_FHIR_ALLOW", fhir_url)
    alleles = {"CYP2C19": [("*1", "*2")], "CYP2C9": [("*1", "*3")], "NUDT15": [("*1", "*1")]}
    file = vcf(tmp_path, alleles, ["S1"])
    sent = ("--to", fhir_url, "--patient", f"Patient/{person}", "--measured-on", "2026-11-03")
    code, out, err = run(capfd, file, *sent)
    assert (code, err) == (0, "")
    created = re.fullmatch(r"S1: (\d+) of \1 resources stored, (\d+) new\n", out)
    # The program is known already if something was written before.
    assert created is not None and int(created[2]) >= int(created[1]) - 1
    code, out, _ = run(capfd, file, *sent)
    assert (code, out) == (0, f"S1: {created[1]} of {created[1]} resources stored, 0 new\n")
    resources = [*kept(fhir_url, "Observation", person), *kept(fhir_url, "DiagnosticReport", person)]
    found = read_results(resources, codes=knowledge().codes, patient_id=person).results
    genotypes = {r.gene: r.text for r in found if r.kind is ResultKind.DIPLOTYPE and r.use is Use.YES}
    assert genotypes == {gene: "/".join(pair) for gene, [pair] in alleles.items()}
