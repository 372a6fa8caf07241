"""The queries of the service: fit to publish, and the same as prefetch and as call-back."""

from __future__ import annotations

import re
from typing import Any

import pytest

from cds_service.core.codes import GenomicCodes, TestCode
from cds_service.core.errors import KnowledgeError
from cds_service.fhir.search import Read, Search
from cds_service.hooks.data_needs import DataNeed, DataPlan, prefetch_templates

LOINC = "http://loinc.org"
LOCAL = "urn:oid:1.2.3"
CODES = GenomicCodes(
    tests={
        (LOINC, "84413-4"): TestCode("genotype"),
        (LOINC, "79716-7"): TestCode("phenotype"),
        (LOINC, "48018-6"): TestCode("component"),
    }
)


class Site:
    """A site with or without a list of its local codes."""

    def __init__(self, *codes: tuple[str, str]) -> None:
        self.local_tests = codes


PLAN = DataPlan.of(CODES, Site())
SITE_PLAN = DataPlan.of(CODES, Site((LOCAL, "PGX1"), ("", "OLD,CODE")))
TEMPLATES = [
    (plan, key, text) for plan in (PLAN, SITE_PLAN) for key, text in plan.prefetch_templates().items()
]
IDS = [f"{'local list' if plan is SITE_PLAN else 'no list'}-{key}" for plan, key, _ in TEMPLATES]


def test_the_published_keys_are_these() -> None:
    assert list(PLAN.prefetch_templates()) == [
        "patient",
        "results",
        "laboratory",
        "reports",
        "conditions",
        "procedures",
        "medications",
        "earlierMedications",
        "allergies",
        "encounter",
        "consents",
        "measures",
        "familyHistory",
    ]


def test_all_laboratory_results_are_asked_for_only_without_a_local_list() -> None:
    assert set(PLAN.prefetch_templates()) - set(SITE_PLAN.prefetch_templates()) == {"laboratory"}
    assert prefetch_templates(CODES, Site()) == PLAN.prefetch_templates()


def test_a_service_may_publish_fewer() -> None:
    needs = (DataNeed.RESULTS, DataNeed.PATIENT, DataNeed.LABORATORY)
    assert list(SITE_PLAN.prefetch_templates(needs)) == ["patient", "results"]
    assert list(prefetch_templates(CODES, Site(), needs)) == ["patient", "results", "laboratory"]


def test_results_are_asked_for_by_all_codes_but_those_of_components() -> None:
    assert PLAN.templates[DataNeed.RESULTS] == (
        "Observation?patient={{context.patientId}}"
        "&code=http://loinc.org|79716-7,http://loinc.org|84413-4&_count=200"
    )


def test_local_codes_follow_with_their_system_and_escaped() -> None:
    code = dict(Search.parse(SITE_PLAN.templates[DataNeed.RESULTS]).parameters)["code"]
    assert code.endswith("84413-4,OLD\\,CODE,urn:oid:1.2.3|PGX1")


def test_without_any_test_code_there_is_no_plan() -> None:
    with pytest.raises(KnowledgeError):
        DataPlan.of(GenomicCodes(tests={(LOINC, "48018-6"): TestCode("component")}), Site())


# -- what clients can be asked to do --


@pytest.mark.parametrize(("plan", "key", "text"), TEMPLATES, ids=IDS)
def test_tokens_are_those_that_every_client_fills(plan: DataPlan, key: str, text: str) -> None:
    tokens = re.findall(r"\{\{(.*?)\}\}", text)
    assert tokens == (["context.encounterId"] if key == "encounter" else ["context.patientId"])
    assert "{" not in re.sub(r"\{\{[A-Za-z.]+\}\}", "", text)


@pytest.mark.parametrize(("plan", "key", "text"), TEMPLATES, ids=IDS)
def test_templates_stay_in_the_common_subset(plan: DataPlan, key: str, text: str) -> None:
    if "?" not in text:
        assert re.fullmatch(r"[A-Z][A-Za-z]+/\{\{context\.[a-zA-Z]+\}\}", text)
        return
    names = [name for name, _ in Search.parse(text).parameters]
    assert len(names) == len(set(names)), "a parameter is repeated"
    assert names[0] == "patient"
    assert set(names) <= {"patient", "code", "category", "status", "_sort", "_count"}
    assert dict(Search.parse(text).parameters).get("_sort", "-date") == "-date"


@pytest.mark.parametrize(("plan", "key", "text"), TEMPLATES, ids=IDS)
def test_templates_are_plain_text_without_encoding_or_blanks(plan: DataPlan, key: str, text: str) -> None:
    assert re.fullmatch(r"[\x21-\x7e]+", text)
    assert "%" not in text


@pytest.mark.parametrize(("plan", "key", "text"), TEMPLATES, ids=IDS)
def test_the_call_back_is_the_filled_template(plan: DataPlan, key: str, text: str) -> None:
    query = plan.query(DataNeed(key), "p1", "e1")
    filled = text.replace("{{context.patientId}}", "p1").replace("{{context.encounterId}}", "e1")
    if isinstance(query, Search):
        assert query == Search.parse(filled)
    else:
        assert query is not None
        assert query.path == filled


def test_without_an_encounter_there_is_nothing_to_read() -> None:
    assert PLAN.query(DataNeed.ENCOUNTER, "p1", None) is None
    assert PLAN.query(DataNeed.ENCOUNTER, "p1", "e1") == Read("Encounter", "e1")


def test_an_id_cannot_add_a_parameter() -> None:
    query = PLAN.query(DataNeed.CONDITIONS, "p1&patient=p2", None)
    assert isinstance(query, Search)
    assert query.parameters == (("patient", "p1&patient=p2"), ("_count", "200"))
    assert query.path == "Condition?patient=p1%26patient%3Dp2&_count=200"


# -- what answers what --

LABORATORY = {"category": [{"coding": [{"code": "laboratory"}]}]}
GENETICS = {
    "category": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0074", "code": "GE"}]}
}


def coded(code: str, system: str = LOINC, **more: Any) -> dict[str, Any]:
    return {"resourceType": "Observation", "code": {"coding": [{"system": system, "code": code}]}, **more}


@pytest.mark.parametrize(
    ("resource", "needs"),
    [
        (coded("84413-4"), {DataNeed.RESULTS}),
        (coded("84413-4", **LABORATORY), {DataNeed.RESULTS, DataNeed.LABORATORY}),
        (coded("84413-4", "http://other.example"), set()),
        (coded("48018-6"), set()),
        (coded("2823-3", **LABORATORY), {DataNeed.LABORATORY}),
        (coded("x", **GENETICS), {DataNeed.LABORATORY}),
        (coded("29463-7"), {DataNeed.MEASURES}),
        ({"resourceType": "Patient"}, {DataNeed.PATIENT}),
        ({"resourceType": "MedicationRequest", "status": "active"}, {DataNeed.MEDICATIONS}),
        ({"resourceType": "MedicationRequest", "status": "stopped"}, {DataNeed.EARLIER_MEDICATIONS}),
        ({"resourceType": "MedicationRequest"}, set()),
        ({"resourceType": "Specimen"}, set()),
        ({"resourceType": "Observation", "code": "84413-4", "category": 3}, set()),
    ],
)
def test_needs_are_recognised_by_content(resource: dict[str, Any], needs: set[DataNeed]) -> None:
    assert {need for need in PLAN.templates if PLAN.answers(need, resource)} == needs


def test_a_search_is_recognised_by_its_conditions() -> None:
    codes = "http://loinc.org|84413-4,http://loinc.org|79716-7"
    assert PLAN.is_search_for(
        DataNeed.RESULTS, "Observation", {"patient": "p9", "code": codes, "_count": "5"}
    )
    assert not PLAN.is_search_for(DataNeed.RESULTS, "Observation", {"patient": "p9"})
    assert not PLAN.is_search_for(DataNeed.RESULTS, "Condition", {"code": codes})
    assert not PLAN.is_search_for(DataNeed.PATIENT, "Patient", {})
    assert PLAN.is_search_for(DataNeed.CONDITIONS, "Condition", {"subject": "p9"})
    assert not PLAN.is_search_for(DataNeed.CONDITIONS, "Condition", {"subject": "p9", "code": "1"})
