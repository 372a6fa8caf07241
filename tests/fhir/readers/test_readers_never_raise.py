"""Whatever a server sends: something comes out, and it says nothing that it must not say."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cds_service.core.evidence import Origin, ResultKind
from cds_service.fhir.readers import read_results, unpack
from tests.fhir.readers.payloads import (
    LOINC,
    PATIENT,
    TBD,
    bundle,
    codes,
    component,
    concept,
    gene,
    genotype,
    haplotype,
    lab,
    loinc,
    observation,
    variant,
)

LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(
        [
            *(
                "final",
                "*1/*2",
                "CYP2C19 *1/*2",
                "CYP2C19",
                "HLA-B*57:01",
                "c.1A>G",
                "Patient/p1",
                "#x",
                "urn:uuid:1",
            ),
            *(
                "84413-4",
                "69548-6",
                "84414-2",
                "48018-6",
                "79714-2",
                "50956-2",
                "94076-7",
                "LA9633-4",
                LOINC,
                TBD,
            ),
            *("2024-05-14", "2024", "0000-00-00", "Poor Metabolizer", "No call", "hla#3#HLA-A*01:01+HLA-A"),
        ]
    )
)
NAMES = st.sampled_from(
    [
        *(
            "resourceType",
            "id",
            "status",
            "code",
            "coding",
            "system",
            "display",
            "text",
            "subject",
            "reference",
        ),
        *(
            "component",
            "valueString",
            "valueCodeableConcept",
            "valueQuantity",
            "value",
            "contained",
            "result",
        ),
        *("derivedFrom", "specimen", "note", "method", "performer", "extension", "url", "entry", "resource"),
        *(
            "parameter",
            "part",
            "effectiveDateTime",
            "effectivePeriod",
            "issued",
            "meta",
            "focus",
            "identifier",
        ),
        *(
            "dataAbsentReason",
            "conclusion",
            "presentedForm",
            "title",
            "verificationStatus",
            "fullUrl",
            "valueRange",
        ),
    ]
)
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=6),
    max_leaves=30,
)
TYPES = st.sampled_from(
    [
        *("Observation", "DiagnosticReport", "DocumentReference", "Condition", "AllergyIntolerance", "Flag"),
        *("Specimen", "OperationOutcome", "Bundle", "Parameters", "Patient", "", "x y"),
    ]
)
RESOURCES = st.builds(
    lambda kind, body: {**body, "resourceType": kind}, TYPES, st.dictionaries(NAMES, JSON, max_size=8)
)

SAMPLES: list[dict[str, Any]] = [
    genotype("CYP2C19", "*2/*2"),
    haplotype("CYP2D6", "*4", "h1"),
    variant("DPYD", component("81252-9", {"text": "c.1A>G"}), component("48002-0", loinc("LA6684-0"))),
    lab("CYP2C19 GENOTYPE", "*1/*2", note=[{"text": "Not tested"}], specimen={"reference": "Specimen/s"}),
    lab("HLA-B*57:01", "Negative"),
    observation(loinc("79714-2"), valueCodeableConcept=loinc("LA9657-3")),
    observation(loinc("94076-7"), valueQuantity={"value": 25, "unit": "1"}),
    observation(concept((TBD, "therapeutic-implication", "")), derivedFrom=[{"reference": "Observation/o1"}]),
    observation({"text": "PGX PANEL"}, component=[{"code": {"text": "CYP2C19"}, "valueString": "*1/*1"}]),
    {
        "resourceType": "DiagnosticReport",
        "id": "r",
        "status": "final",
        "subject": {"reference": "Patient/p1"},
        "contained": [genotype("CYP2C19", "*2/*2", "g")],
        "result": [{"reference": "#g"}],
        "presentedForm": [{"title": "CYP2C19"}],
    },
    {"resourceType": "Condition", "id": "c", "code": {"text": "CYP2C19 poor metabolizer"}},
    bundle(genotype("CYP2C19", "*2/*2"), OUTCOME := {"resourceType": "OperationOutcome"}),
]


@settings(max_examples=150)
@given(st.lists(RESOURCES | JSON, max_size=5))
def test_arbitrary_json_never_raises(values: list[Any]) -> None:
    unpacked = [resource for value in values for resource in unpack(value)]
    readings = read_results([*values, *unpacked], codes=codes(), patient_id=PATIENT)
    assert readings.read <= len(values) + len(unpacked)


@st.composite
def damaged(draw: st.DrawFn) -> Any:
    """One of the samples, in which one value was exchanged for something else."""
    sample = copy.deepcopy(draw(st.sampled_from(SAMPLES)))
    place: Any = sample
    while True:
        key = draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
        if isinstance(place[key], dict | list) and place[key] and draw(st.booleans()):
            place = place[key]
            continue
        place[key] = draw(JSON)
        return sample


@settings(max_examples=200)
@given(damaged())
def test_a_damaged_resource_never_raises_and_never_hides_the_next(sample: Any) -> None:
    whole = genotype("NUDT15", "*1/*3", "whole")
    readings = read_results([*unpack(sample), whole], codes=codes(), patient_id=PATIENT)
    assert "Observation/whole" in {result.source for result in readings.results}


@given(JSON, JSON)
def test_a_somatic_change_stays_somatic_whatever_surrounds_it(specimen: Any, meta: Any) -> None:
    change = variant("DPYD", component("48002-0", loinc("LA6684-0")), specimen=specimen, meta=meta)
    results = read_results([change], codes=codes(), patient_id=PATIENT).results
    assert {result.origin for result in results} <= {Origin.SOMATIC}


@given(st.text(max_size=40).filter(lambda reference: "p1" not in reference))
def test_nothing_of_another_subject_comes_out(reference: str) -> None:
    found = genotype("CYP2C19", "*2/*2", subject={"reference": reference})
    assert read_results([found], codes=codes(), patient_id=PATIENT).results == ()


@given(st.text(max_size=60))
def test_every_value_of_a_genotype_test_comes_out_as_something(value: str) -> None:
    found = lab("CYP2C19 GENOTYPE", value, component=[gene("CYP2C19")])
    results = read_results([found], codes=codes(), patient_id=PATIENT).results
    assert results
    assert all(result.gene == "CYP2C19" or result.kind is ResultKind.DOCUMENT for result in results)


@pytest.mark.parametrize("text", ["no " * 2000, "(" * 4000, "*1/" * 1500, "rs12345 " * 500, "A" * 100_000])
def test_hostile_texts_are_read_in_no_time(text: str) -> None:
    results = read_results(
        [lab("CYP2C19 GENOTYPE", text), lab("HLA-B*57:01", text, "o2"), lab("EGFR IHC", text, "o3")],
        codes=codes(),
        patient_id=PATIENT,
    ).results
    assert all(len(result.text) <= 4000 for result in results)
