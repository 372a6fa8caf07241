from typing import Any

import pytest

from cds_service.core.model import Notice
from cds_service.fhir.readers import read_results
from tests.fhir.readers.payloads import PATIENT, codes, genotype, keys, lab, only, read


@pytest.mark.parametrize(
    "reference",
    [
        "Patient/p1",
        "https://ehr.example/fhir/r4/Patient/p1",
        "Patient/p1/_history/3",
        "/Patient/p1",
    ],
)
def test_every_form_of_reference_to_the_patient_counts(reference: str) -> None:
    assert only(genotype("CYP2C19", "*1/*2", subject={"reference": reference})).gene == "CYP2C19"


@pytest.mark.parametrize("patient", ["p1", "Patient/p1", "https://ehr.example/fhir/Patient/p1"])
def test_every_form_of_the_patient_id_counts(patient: str) -> None:
    readings = read_results([genotype("CYP2C19", "*1/*2")], codes=codes(), patient_id=patient)
    assert len(readings.results) == 1


@pytest.mark.parametrize("reference", ["Patient/p2", "Patient/P1", "Group/p1", "urn:uuid:1", "p1"])
def test_a_result_of_somebody_else_is_left_out(reference: str) -> None:
    readings = read(genotype("CYP2C19", "*2/*2", subject={"reference": reference}))
    assert (readings.results, readings.notices) == ((), (Notice.of("other-person", count="1"),))


def test_the_notice_about_others_holds_no_id() -> None:
    strangers = [
        genotype("CYP2C19", "*2/*2", f"x{n}", subject={"reference": f"Patient/secret{n}"}) for n in range(3)
    ]
    readings = read(*strangers)
    assert readings.notices == (Notice.of("other-person", count="3"),)
    assert "secret" not in repr(readings)


@pytest.mark.parametrize(
    "subject", [None, {}, {"display": "John"}, {"identifier": {"value": "1"}}, "Patient/p1", []]
)
def test_a_result_of_nobody_is_left_out(subject: Any) -> None:
    readings = read(genotype("CYP2C19", "*2/*2", subject=subject))
    assert (readings.results, keys(readings)) == ((), ["no-subject"])


def test_a_contained_result_may_lack_a_subject_but_not_be_of_another() -> None:
    own = genotype("CYP2C19", "*2/*2", "a", subject=None)
    local = genotype("CYP2D6", "*4/*4", "b", subject={"reference": "#patient"})
    other = genotype("CYP2C9", "*3/*3", "c", subject={"reference": "Patient/p2"})
    report = {
        "resourceType": "DiagnosticReport",
        "id": "r",
        "status": "final",
        "subject": {"reference": "Patient/p1"},
        "contained": [own, local, other],
    }
    readings = read(report)
    assert [result.gene for result in readings.results] == ["CYP2C19", "CYP2D6"]
    assert keys(readings) == ["other-person"]


def test_results_inside_the_report_of_another_are_left_out() -> None:
    report = {
        "resourceType": "DiagnosticReport",
        "id": "r",
        "status": "final",
        "subject": {"reference": "Patient/p2"},
        "contained": [genotype("CYP2C19", "*2/*2", "a")],
    }
    assert read(report).results == ()


@pytest.mark.parametrize("focus", ["RelatedPerson/mother", "Group/family"])
def test_a_focus_on_a_relative_makes_the_result_theirs(focus: str) -> None:
    readings = read(
        genotype("CYP3A5", "*1/*3", focus=[{"reference": f"Patient/{PATIENT}"}, {"reference": focus}])
    )
    assert readings.results == ()


def test_a_focus_on_a_specimen_is_about_nobody_else() -> None:
    assert only(genotype("CYP3A5", "*1/*3", focus=[{"reference": "Specimen/1"}])).gene == "CYP3A5"


def test_a_focus_on_another_patient_makes_the_result_theirs() -> None:
    readings = read(genotype("CYP3A5", "*1/*3", focus=[{"reference": "Patient/donor"}]))
    assert (readings.results, keys(readings)) == ((), ["other-person"])


def test_tests_that_are_not_genomic_raise_no_notice_about_others() -> None:
    readings = read(lab("HEMOGLOBIN", "13.1", subject={"reference": "Patient/p2"}))
    assert (readings.results, readings.notices, readings.read) == ((), (), 1)


def test_a_resource_that_comes_twice_counts_once() -> None:
    readings = read(genotype("CYP2C19", "*1/*2"), genotype("CYP2C19", "*1/*2"))
    assert (len(readings.results), readings.read) == (1, 1)


def test_of_two_versions_the_one_changed_last_counts() -> None:
    old = genotype("CYP2C19", "*1/*1", meta={"lastUpdated": "2020-01-01T00:00:00Z"})
    new = genotype("CYP2C19", "*1/*2", meta={"lastUpdated": "2021-01-01T00:00:00Z"})
    assert only(old, new).text == only(new, old).text == "*1/*2"


def test_resources_without_ids_are_not_taken_for_one() -> None:
    assert len(read(genotype("CYP2C19", "*1/*2", ""), genotype("CYP2D6", "*4/*4", "")).results) == 2


def test_what_cannot_be_read_is_named_by_type_and_place() -> None:
    bad = [
        {"resourceType": "Observation", "id": "b", "code": {"coding": [{"system": "http://loinc.org"}]}},
        {"resourceType": "Observation", "id": "c"},
        {"id": "secret"},
        "secret",
        None,
        {"resourceType": "<b>secret</b>"},
    ]
    readings = read(*bad, genotype("CYP2C19", "*1/*2"))
    assert [dict(notice.slots) for notice in readings.notices] == [
        {"type": "Observation", "index": "0"},
        {"type": "Observation", "index": "1"},
        *({"type": "unknown", "index": str(place)} for place in range(2, 6)),
    ]
    assert [result.gene for result in readings.results] == ["CYP2C19"]
    assert "secret" not in repr(readings.notices)


def test_messages_of_the_server_become_notices() -> None:
    issues = [
        {"severity": "warning", "diagnostics": "secret"},
        {"severity": "information"},
        {"severity": "x"},
    ]
    outcome = {"resourceType": "OperationOutcome", "issue": issues}
    readings = read(outcome)
    assert readings.notices == (Notice.of("server-outcome", severity="warning"),)


def test_other_types_of_resources_are_passed_over() -> None:
    readings = read({"resourceType": "Patient", "id": "p1"}, {"resourceType": "MolecularSequence", "id": "m"})
    assert (readings.results, readings.notices, readings.read) == ((), (), 2)
