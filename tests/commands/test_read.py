"""What `pgx-cds read` understands of a file: one row for each result, and whether it may be used."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import orjson
import pytest

from cds_service.cards.wording import Wording, load_wording
from cds_service.cli import main
from cds_service.commands.read import understood
from tests.builders import knowledge
from tests.fhir.readers.payloads import (
    TBD,
    Json,
    bundle,
    component,
    concept,
    genotype,
    haplotype,
    lab,
    loinc,
    observation,
    variant,
)


@cache
def words() -> Wording:
    return load_wording()


def read(value: Any) -> dict[str, list[Any]]:
    return understood(value, knowledge(), words())


def row(*resources: Json, source: str = "Observation/o1") -> dict[str, Any]:
    """The row of one source."""
    rows = [each for each in read(bundle(*resources))["results"] if each["sources"] == [source]]
    assert len(rows) == 1
    return dict(rows[0])


def of_person(resource: Json, patient: str) -> Json:
    return {**resource, "subject": {"reference": f"Patient/{patient}"}}


def test_a_row_says_value_and_meaning() -> None:
    assert row(genotype("CYP2D6", "*1/*41")) == {
        "gene": "CYP2D6",
        "kind": "diplotype",
        "value": "*1/*41",
        "diplotype": "*1/*41",
        "phenotype": "Normal Metabolizer",
        "activityScore": "1.25",
        "origin": "germline",
        "use": "yes",
        "sources": ["Observation/o1"],
        "notices": [],
    }


def test_a_class_that_stands_for_several_scores_is_one_class() -> None:
    found = row(lab("DPYD PHENOTYPE", "Intermediate Metabolizer"))
    assert (found["phenotype"], "activityScore" in found) == ("Intermediate Metabolizer", False)


def test_several_possible_classes_are_all_named() -> None:
    assert row(genotype("CYP2D6", "*1/*4, 3 copies"))["phenotype"] == (
        "Intermediate Metabolizer or Normal Metabolizer"
    )


@pytest.mark.parametrize(
    ("value", "use", "notice"),
    [
        ("*4/*35B", "no", "no table"),
        ("No call", "no", "no result"),
        ("QNS", "no", "no result"),
        ("*1/*2", "yes", ""),
    ],
)
def test_what_no_table_can_translate_is_not_used(value: str, use: str, notice: str) -> None:
    found = row(genotype("CYP2C9", value))
    assert found["use"] == use
    assert notice in " ".join(found["notices"])


def test_an_indeterminate_class_is_a_class() -> None:
    found = row(lab("CYP2C9 PHENOTYPE", "Indeterminate"))
    assert (found["use"], found["phenotype"]) == ("yes", "Indeterminate")


@pytest.mark.parametrize(
    ("answer", "use"), [("LA18198-4", "no"), ("LA9634-2", "context"), ("LA11884-6", "no")]
)
def test_single_variants_without_a_finding_drive_nothing(answer: str, use: str) -> None:
    change = component("81252-9", "rs55886062")
    assert row(variant("DPYD", change, answer=loinc(answer)))["use"] == use


def test_a_single_allele_may_be_used_but_tells_no_class() -> None:
    found = row(haplotype("CYP2D6", "CYP2D6*7.001", "o1"))
    assert (found["kind"], found["use"], "phenotype" in found) == ("allele-presence", "yes", False)


def test_a_class_named_for_a_drug_that_the_gene_does_not_have_is_not_used() -> None:
    stated = {
        "code": concept((TBD, "therapeutic-implication", "")),
        "valueCodeableConcept": loinc("LA25390-8"),
    }
    rapid = observation(
        stated["code"], "i", component=[stated], derivedFrom=[{"reference": "Observation/o1"}]
    )
    both = (genotype("CYP2C9", "*2/*5"), rapid)
    assert row(*both, source="Observation/i")["use"] == "no"
    assert "Rapid Metabolizer" in " ".join(read(bundle(*both))["notices"])


@pytest.mark.parametrize("status", ["entered-in-error", "cancelled", "preliminary"])
def test_the_meaning_of_an_unused_result_is_shown_all_the_same(status: str) -> None:
    found = row(genotype("CYP2C19", "*2/*2", status=status))
    assert (found["phenotype"], found["use"] == "yes") == ("Poor Metabolizer", False)


def test_laboratories_that_contradict_each_other_are_said() -> None:
    both = bundle(genotype("CYP2C19", "*1/*1", "a"), genotype("CYP2C19", "*2/*2", "b"))
    assert read(both)["notices"] == ["The CYP2C19 results on file contradict each other."]


def test_a_file_about_several_people_is_read_for_each() -> None:
    both = bundle(
        of_person(genotype("CYP2C19", "*1/*1", "a"), "x"), of_person(genotype("CYP2C19", "*2/*2", "b"), "y")
    )
    rows = read(both)["results"]
    assert [(each["patient"], each["diplotype"]) for each in rows] == [
        ("Patient/x", "*1/*1"),
        ("Patient/y", "*2/*2"),
    ]
    assert read(both)["notices"] == []


@pytest.mark.parametrize("search", ["patient=x", "subject=Patient/x&code=1"])
def test_the_results_of_others_in_the_answer_to_a_search_are_left_out(search: str) -> None:
    answer = bundle(
        of_person(genotype("CYP2C19", "*1/*1", "a"), "x"),
        of_person(genotype("CYP2C19", "*2/*2", "b"), "y"),
        link=[{"relation": "self", "url": f"https://ehr.example/Observation?{search}"}],
    )
    found = read(answer)
    assert [each["diplotype"] for each in found["results"]] == ["*1/*1"]
    assert len(found["notices"]) == 1


def test_a_search_that_names_nobody_of_the_file_does_not_hide_it() -> None:
    link = [{"relation": "self", "url": "https://ehr.example/Observation?patient=somebody"}]
    assert len(read(bundle(genotype("CYP2C19", "*1/*1"), link=link))["results"]) == 1


def test_further_pages_are_said() -> None:
    link = [{"relation": "next", "url": "https://ehr.example/Observation?page=2"}]
    assert read(bundle(genotype("CYP2C19", "*1/*1"), link=link))["notices"] == [
        "Not all results could be read; there may be more on file."
    ]


def test_the_prefetch_of_a_hook_call_is_read_for_its_patient() -> None:
    refused = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "forbidden"}]}
    called = {
        "hook": "order-select",
        "context": {"patientId": "x"},
        "prefetch": {
            "results": bundle(
                of_person(genotype("CYP2C19", "*2/*2", "a"), "x"),
                of_person(genotype("CYP2D6", "*4/*4", "b"), "y"),
            ),
            "hla": refused,
            "phenotypes": None,
            "reports": bundle(),
        },
    }
    found = read(called)
    assert [(each["gene"], each["use"]) for each in found["results"]] == [("CYP2C19", "yes")]
    assert "prefetch-unreadable (need: hla)" in found["notices"]


def test_the_command_prints_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "result.json"
    file.write_bytes(orjson.dumps(genotype("CYP2C19", "*2/*2")))
    assert main(["read", str(file), "--json"]) == 0
    printed = orjson.loads(capsys.readouterr().out)
    assert [each["phenotype"] for each in printed["results"]] == ["Poor Metabolizer"]
    assert main(["read", str(file)]) == 0
    assert "*2/*2, Poor Metabolizer" in capsys.readouterr().out
