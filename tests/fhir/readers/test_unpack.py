from typing import Any

import pytest

from cds_service.fhir.readers import read_results, unpack
from tests.fhir.readers.payloads import bundle, codes, genotype, read

RESULT = {"resourceType": "Observation", "id": "o1"}
OUTCOME = {"resourceType": "OperationOutcome", "issue": []}


@pytest.mark.parametrize(
    ("value", "resources"),
    [
        (RESULT, [RESULT]),
        (bundle(RESULT, OUTCOME), [RESULT, OUTCOME]),
        (bundle(bundle(RESULT), bundle(OUTCOME)), [RESULT, OUTCOME]),
        (OUTCOME, [OUTCOME]),
        ({"resourceType": "Bundle"}, []),
        (
            {"resourceType": "Bundle", "entry": [{"response": {"status": "200"}}, {"resource": RESULT}]},
            [RESULT],
        ),
        (
            {"resourceType": "Bundle", "entry": ["x", None, {"resource": 7}, {"resource": RESULT}]},
            [{}, {}, {}, RESULT],
        ),
        ({"resourceType": "Bundle", "entry": {"resource": RESULT}}, [RESULT]),
        (None, []),
        ("text", []),
        (7, []),
        ([RESULT], []),
        ({}, []),
    ],
)
def test_resources_are_taken_out_of_anything(value: Any, resources: list[Any]) -> None:
    assert unpack(value) == resources


def test_resources_are_taken_out_of_the_parts_of_parameters() -> None:
    parts = [{"name": "geneItem", "valueString": "HGNC:2625"}, {"name": "genotype", "resource": RESULT}]
    answer = {"resourceType": "Parameters", "parameter": [{"name": "haplotypes", "part": parts}]}
    assert unpack(answer) == [RESULT]
    assert unpack({"resourceType": "Parameters", "parameter": [{"name": "return", "resource": RESULT}]}) == [
        RESULT
    ]


def test_endless_nesting_ends() -> None:
    value: Any = RESULT
    for _ in range(200):
        value = bundle(value)
    assert unpack(value) == []


def test_references_to_addresses_of_the_bundle_become_plain() -> None:
    person, result = "urn:uuid:aaaa", "urn:uuid:bbbb"
    found = genotype("CYP2C19", "*2/*2", "", subject={"reference": person})
    entries = [
        {"fullUrl": person, "resource": {"resourceType": "Patient"}},
        {"fullUrl": result, "resource": {name: value for name, value in found.items() if name != "id"}},
    ]
    patient, observation = unpack({"resourceType": "Bundle", "entry": entries})
    assert patient["id"] == "aaaa"
    assert (observation["id"], observation["subject"]) == ("bbbb", {"reference": "Patient/aaaa"})
    assert (
        read_results([observation], codes=codes(), patient_id="aaaa").results[0].source == "Observation/bbbb"
    )


def test_entries_that_are_no_objects_become_notices() -> None:
    readings = read(
        *unpack({"resourceType": "Bundle", "entry": ["x", {"resource": genotype("CYP2C19", "*1/*2")}]})
    )
    assert len(readings.results) == 1
    assert [notice.key for notice in readings.notices] == ["unreadable-resource"]
