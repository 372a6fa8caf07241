"""What the order-entry page sends: context, drafts, prefetch, and the orders its form writes."""

from __future__ import annotations

import uuid

import pytest
from playwright.sync_api import Page, expect

from cds_service.resources import fixtures_folder
from cds_service.sandbox.patients import read_examples
from tests.sandbox.page_steps import CLOPIDOGREL, SILENCE, calls_of, open_page, try_example
from tests.sandbox.scripted_service import ScriptedService, card

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_request_is_what_the_specification_asks_for(laptop: Page) -> None:
    with ScriptedService() as service:
        open_page(laptop, service)
        try_example(laptop, CLOPIDOGREL)
        expect(laptop.get_by_role("status")).to_contain_text(SILENCE)
        laptop.get_by_role("button", name="Select order").click()
        first, second = calls_of(laptop, service, "order-select", 2)
        assert uuid.UUID(first["hookInstance"]) != uuid.UUID(second["hookInstance"])
        context = first["context"]
        assert (context["userId"], context["patientId"]) == ("Practitioner/pgx-prescriber", "pgx-stent")
        assert context["encounterId"] == "pgx-stent-visit"
        [draft] = [entry["resource"] for entry in context["draftOrders"]["entry"]]
        assert draft["medicationCodeableConcept"]["coding"][0]["code"] == "309362"
        assert draft["reasonCode"][0]["coding"][0]["code"] == "394659003"
        assert draft["dosageInstruction"][0]["doseAndRate"][0]["doseQuantity"]["value"] == 75
        assert draft["dosageInstruction"][0]["timing"]["repeat"] == {
            "frequency": 1,
            "period": 1,
            "periodUnit": "d",
        }


def test_prefetch_holds_what_was_found_null_for_nothing_and_no_key_for_what_failed(laptop: Page) -> None:
    with ScriptedService() as service:
        open_page(laptop, service)
        try_example(laptop, CLOPIDOGREL)
        expect(laptop.get_by_role("status")).to_contain_text(SILENCE)
        prefetch = service.calls[0]["prefetch"]
        assert prefetch["patient"]["id"] == "pgx-stent"
        assert [entry["resource"]["id"] for entry in prefetch["results"]["entry"]] == ["pgx-stent-cyp2c19"]
        assert prefetch["missing"] is None
        assert prefetch.keys() == {"patient", "results", "missing"}


def test_the_last_exchange_can_be_read_as_json(laptop: Page) -> None:
    with ScriptedService({"clopidogrel": [card()]}) as service:
        open_page(laptop, service)
        try_example(laptop, CLOPIDOGREL)
        expect(laptop.get_by_role("article")).to_be_visible()
        laptop.get_by_text("Request and answer", exact=True).click()
        expect(laptop.get_by_role("region", name="Request, JSON")).to_contain_text('"hook": "order-select"')
        expect(laptop.get_by_role("region", name="Answer, JSON")).to_contain_text('"summary": "A summary."')
        expect(laptop.locator("#exchange-body")).to_contain_text("HTTP 200 after")


def test_several_drafts_are_sent_and_only_the_one_in_hand_is_selected(laptop: Page) -> None:
    with ScriptedService() as service:
        open_page(laptop, service)
        try_example(laptop, CLOPIDOGREL)
        calls_of(laptop, service, "order-select", 1)
        laptop.get_by_role("button", name="Add another order").click()
        laptop.keyboard.type("ticag")
        laptop.get_by_role("option", name="ticagrelor 90 MG Oral Tablet").click()
        context = calls_of(laptop, service, "order-select", 2)[-1]["context"]
        drafts = [entry["resource"] for entry in context["draftOrders"]["entry"]]
        assert len(drafts) == 2
        assert context["selections"] == [f"MedicationRequest/{drafts[1]['id']}"]


def test_a_changed_drug_takes_no_dose_over(laptop: Page) -> None:
    with ScriptedService() as service:
        open_page(laptop, service)
        try_example(laptop, CLOPIDOGREL)
        calls_of(laptop, service, "order-select", 1)
        laptop.get_by_role("combobox", name="Drug", exact=True).fill("ticag")
        laptop.get_by_role("option", name="ticagrelor 90 MG Oral Tablet").click()
        expect(laptop.get_by_label("Dose", exact=True)).to_have_value("")
        expect(laptop.get_by_label("Route")).to_have_value("oral")
        [draft] = calls_of(laptop, service, "order-select", 2)[-1]["context"]["draftOrders"]["entry"]
        assert "doseAndRate" not in draft["resource"]["dosageInstruction"][0]


def test_half_a_drug_name_is_no_order(laptop: Page) -> None:
    with ScriptedService() as service:
        open_page(laptop, service)
        laptop.get_by_role("combobox", name="Drug", exact=True).fill("clopi")
        laptop.wait_for_timeout(700)
        assert service.calls == []
        laptop.get_by_role("button", name="Sign").click()
        expect(laptop.get_by_role("status")).to_contain_text("Choose a drug first.")
        assert service.calls == []


def test_renewal_names_the_order_it_continues(laptop: Page) -> None:
    with ScriptedService() as service:
        open_page(laptop, service, "pgx-epilepsy-stable")
        laptop.get_by_text("Chart", exact=True).click()
        laptop.get_by_role("button", name="Renew carbamazepine").click()
        expect(laptop.get_by_label("Dose", exact=True)).to_have_value("200")
        expect(laptop.get_by_role("status")).to_contain_text(SILENCE)
        [draft] = service.calls[-1]["context"]["draftOrders"]["entry"]
        prior = draft["resource"]["priorPrescription"]["reference"]
        assert prior == "MedicationRequest/pgx-epilepsy-stable-carbamazepine"


def test_opening_a_chart_asks_a_patient_view_service_if_there_is_one(laptop: Page) -> None:
    with ScriptedService(hooks=("patient-view", "order-select", "order-sign")) as service:
        open_page(laptop, service)
        expect(laptop.get_by_role("status")).to_contain_text("Nothing to say on opening this chart.")
        assert [call["hook"] for call in service.calls] == ["patient-view"]


def test_every_ready_example_fills_the_form(laptop: Page) -> None:
    with ScriptedService() as service:
        open_page(laptop, service)
        for patient in read_examples(fixtures_folder()):
            laptop.get_by_label("Choose a patient").select_option(patient["id"])
            expect(laptop.locator("#story")).to_have_text(patient["story"])
            for example in patient["try"]:
                try_example(laptop, f"{example['drug']} {example['dose']} for")
                values = [
                    laptop.input_value(f"#{field}")
                    for field in ("drug", "amount", "unit", "frequency", "route")
                ]
                assert " ".join(values[1:4]) == example["dose"]
                assert (values[0], values[4]) == (example["text"], example["route"])
                chosen = laptop.eval_on_selector("#reason", "select => select.selectedOptions[0].textContent")
                assert chosen == example["reason"]["text"]
                expect(laptop.locator("#dosing-note")).to_be_hidden()
