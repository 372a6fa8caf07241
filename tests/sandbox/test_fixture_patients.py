"""The fixture patients: valid FHIR, closed in themselves, and in step with their index."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from fhir.resources.R4B.bundle import Bundle

from cds_service.core.drug_codes import DrugCodes
from cds_service.curation.drug_codes import load_drug_codes
from cds_service.resources import fixtures_folder, knowledge_folder
from cds_service.sandbox.patients import read_examples
from cds_service.sandbox.search import values_at

PATIENTS = fixtures_folder() / "patients"
BUNDLE_FILES = sorted(path for path in PATIENTS.glob("*.json") if path.name != "index.json")
INDEX = read_examples(fixtures_folder())
TRIES = [
    pytest.param(patient["id"], example, id=f"{patient['id']} {example['drug']}")
    for patient in INDEX
    for example in patient["try"]
]
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"


def resources(patient: str) -> list[dict[str, Any]]:
    bundle = json.loads((PATIENTS / f"{patient}.json").read_text("utf8"))
    return [entry["resource"] for entry in bundle["entry"]]


def all_bundles() -> list[dict[str, Any]]:
    files = [fixtures_folder() / "practitioners.json", *BUNDLE_FILES]
    return [json.loads(path.read_text("utf8")) for path in files]


def everything() -> list[dict[str, Any]]:
    return [entry["resource"] for bundle in all_bundles() for entry in bundle["entry"]]


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("reference"), str):
            yield value["reference"]
        for part in value.values():
            yield from references(part)
    elif isinstance(value, list):
        for part in value:
            yield from references(part)


@pytest.mark.parametrize(
    "path", [fixtures_folder() / "practitioners.json", *BUNDLE_FILES], ids=lambda path: path.stem
)
def test_bundle_is_valid_r4(path: Any) -> None:
    bundle = Bundle.model_validate_json(path.read_text("utf8"))
    assert bundle.type == "collection"


def test_there_are_31_patients_and_the_index_names_each() -> None:
    assert len(BUNDLE_FILES) == 31
    assert sorted(path.stem for path in BUNDLE_FILES) == sorted(patient["id"] for patient in INDEX)


@pytest.mark.parametrize("patient", INDEX, ids=lambda patient: patient["id"])
def test_file_holds_the_patient_the_index_tells_of(patient: dict[str, Any]) -> None:
    person, *others = resources(patient["id"])
    name = person["name"][0]
    assert (person["resourceType"], person["id"]) == ("Patient", patient["id"])
    assert patient["name"] == f"{' '.join(name['given'])} {name['family']}"
    assert [r["id"] for r in others if r["resourceType"] == "Patient"] == []
    assert patient["story"].endswith(".")
    assert patient["try"]


def test_every_resource_stands_once() -> None:
    ids = Counter(f"{resource['resourceType']}/{resource['id']}" for resource in everything())
    assert [name for name, times in ids.items() if times > 1] == []


def test_every_reference_leads_somewhere() -> None:
    known = {f"{resource['resourceType']}/{resource['id']}" for resource in everything()}
    assert [name for name in references(everything()) if name not in known] == []


def test_full_url_names_the_resource_behind_it() -> None:
    for bundle in all_bundles():
        for entry in bundle["entry"]:
            resource = entry["resource"]
            assert entry["fullUrl"].endswith(f"/{resource['resourceType']}/{resource['id']}")


def test_every_resource_of_a_file_is_about_its_patient() -> None:
    for path in BUNDLE_FILES:
        for resource in resources(path.stem)[1:]:
            subject = resource.get("subject") or resource["patient"]
            assert subject["reference"] == f"Patient/{path.stem}", resource["id"]


def test_nothing_carries_tags() -> None:
    assert [resource["id"] for resource in everything() if "tag" in resource.get("meta", {})] == []


def test_results_come_in_every_shape_laboratories_send() -> None:
    """Genotype, GL string, phenotype by LOINC, presence by LOINC, local text, local score, document."""
    shapes = Counter(
        shape(resource)
        for resource in everything()
        if resource["resourceType"] in ("Observation", "DiagnosticReport")
    )
    expected = {"genotype", "gl string", "phenotype", "presence", "local text", "local score", "document"}
    assert expected <= shapes.keys()


def shape(resource: dict[str, Any]) -> str:
    coding = resource["code"]["coding"][0]
    value = resource.get("valueCodeableConcept", {})
    if resource.get("presentedForm"):
        return "document"
    if coding["system"] != "http://loinc.org":
        return "local text" if "valueString" in resource else "local score"
    if coding["code"] == "84413-4":
        return "gl string" if "coding" in value else "genotype"
    answers = {"Positive": "presence", "Negative": "presence"}
    metabolizer = "metabolizer" in value.get("coding", [{}])[0].get("display", "")
    return (
        "phenotype" if metabolizer else answers.get(value.get("coding", [{}])[0].get("display", ""), "other")
    )


def test_only_the_story_of_a_pending_result_has_a_result_that_is_not_final() -> None:
    open_results = [
        r["id"] for r in everything() if r["resourceType"] == "Observation" and r["status"] != "final"
    ]
    assert open_results == ["pgx-preliminary-cyp2c19"]


@pytest.mark.parametrize(("patient", "example"), TRIES)
def test_example_is_an_order_the_page_can_write(patient: str, example: dict[str, Any]) -> None:
    problems = [r["code"] for r in resources(patient) if r["resourceType"] == "Condition"]
    assert example["reason"] in problems
    assert example["drug"].split()[0] in example["text"].lower()
    assert example["expect"].endswith(".")


@pytest.fixture(scope="module")
def drug_codes() -> DrugCodes:
    return load_drug_codes(knowledge_folder() / "rxnorm")


@pytest.mark.parametrize(("patient", "example"), TRIES)
def test_example_orders_a_product_with_the_ingredient_it_names(
    drug_codes: DrugCodes, patient: str, example: dict[str, Any]
) -> None:
    ingredients = drug_codes.products[example["rxcui"]].ingredients
    assert example["drug"].split(" with ")[0] in {drug_codes.names[key] for key in ingredients}, patient


RENEWALS = [
    pytest.param(patient["id"], example, id=f"{patient['id']} {example['drug']}")
    for patient in INDEX
    for example in patient["try"]
    if "renews" in example
]


@pytest.mark.parametrize(("patient", "example"), RENEWALS)
def test_renewal_continues_an_active_order_of_the_same_drug(patient: str, example: dict[str, Any]) -> None:
    [prior] = [r for r in resources(patient) if f"{r['resourceType']}/{r['id']}" == example["renews"]]
    assert prior["status"] == "active"
    assert [c["code"] for c in prior["medicationCodeableConcept"]["coding"]] == [example["rxcui"]]


def test_one_code_has_one_name() -> None:
    names: dict[tuple[str, str], set[str]] = {}
    for resource in everything():
        for path in ("code.coding", "medicationCodeableConcept.coding", "valueCodeableConcept.coding"):
            for coding in values_at(resource, path):
                if "display" in coding:
                    names.setdefault((coding["system"], coding["code"]), set()).add(coding["display"])
    for patient in INDEX:
        for example in patient["try"]:
            names.setdefault((RXNORM, example["rxcui"]), set()).add(example["text"])
    assert {code: known for code, known in names.items() if len(known) > 1} == {}
