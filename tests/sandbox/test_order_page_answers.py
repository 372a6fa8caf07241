"""What the prescriber does with cards on the order-entry page: accept, override, dismiss, sign."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.sandbox.page_steps import CLOPIDOGREL, REPLACE, SILENCE, calls_of, open_page, outcome, try_example
from tests.sandbox.scripted_service import REASONS, ScriptedService, card, medication, suggestion

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_accepting_replaces_the_order_sends_feedback_and_asks_again(laptop: Page) -> None:
    with ScriptedService({"clopidogrel": [card("critical", suggestions=[REPLACE])]}) as service:
        open_page(laptop, service)
        try_example(laptop, CLOPIDOGREL)
        laptop.get_by_role("button", name="Order ticagrelor instead (recommended)").click()
        expect(laptop.get_by_role("status")).to_contain_text(SILENCE)
        expect(laptop.get_by_label("Drug", exact=True)).to_have_value("ticagrelor")
        expect(laptop.get_by_label("Dose", exact=True)).to_have_value("")
        expect(laptop.locator(".drafts li")).to_have_count(1)
        expect(laptop.locator("#change .notice")).to_be_focused()
        [(name, entry)] = service.feedback
        assert name == "test-order-select"
        assert entry.pop("outcomeTimestamp").endswith("Z")
        assert entry == {
            "card": "card-critical",
            "outcome": "accepted",
            "acceptedSuggestions": [{"id": "suggestion Order ticagrelor instead"}],
        }
        last = calls_of(laptop, service, "order-select", 2)[-1]["context"]
        [draft] = [entry["resource"] for entry in last["draftOrders"]["entry"]]
        assert last["selections"] == [f"MedicationRequest/{draft['id']}"]
        assert draft["medicationCodeableConcept"] == {"text": "ticagrelor"}


def test_an_update_changes_the_order_in_place(laptop: Page) -> None:
    dose = {"text": "20 mg once daily", "doseAndRate": [{"doseQuantity": {"value": 20, "unit": "mg"}}]}
    update = {
        "type": "update",
        "description": "Lower the dose",
        "resource": medication("citalopram 20 MG Oral Tablet", id="{order}", dosageInstruction=[dose]),
    }
    with ScriptedService({"citalopram 40": [card(suggestions=[suggestion("20 mg", update)])]}) as service:
        open_page(laptop, service, "pgx-depression")
        try_example(laptop, "citalopram 40 mg once daily")
        laptop.get_by_role("button", name="20 mg", exact=True).click()
        expect(laptop.get_by_label("Drug", exact=True)).to_have_value("citalopram 20 MG Oral Tablet")
        expect(laptop.get_by_label("Dose", exact=True)).to_have_value("20")
        first, *_, last = calls_of(laptop, service, "order-select", 2)
        assert first["context"]["selections"] == last["context"]["selections"]


def test_a_created_test_order_stands_beside_the_drug_and_is_sent_with_it(laptop: Page) -> None:
    order = {
        "resourceType": "ServiceRequest",
        "status": "draft",
        "intent": "order",
        "code": {"text": "DPYD genotype"},
        "subject": {"reference": "Patient/pgx-untested"},
    }
    create = suggestion("Order the test", {"type": "create", "description": "Test", "resource": order})
    with ScriptedService({"capecitabine": [card(suggestions=[create])]}) as service:
        open_page(laptop, service, "pgx-untested")
        try_example(laptop, "capecitabine")
        laptop.get_by_role("button", name="Order the test").click()
        expect(laptop.locator(".drafts li")).to_contain_text(["capecitabine", "DPYD genotype"])
        expect(laptop.get_by_label("Drug", exact=True)).to_have_value("capecitabine 500 MG Oral Tablet")
        sent = calls_of(laptop, service, "order-select", 2)[-1]["context"]["draftOrders"]["entry"]
        assert [entry["resource"]["resourceType"] for entry in sent] == [
            "MedicationRequest",
            "ServiceRequest",
        ]


def test_override_sends_reason_and_comment_and_greys_the_card(laptop: Page) -> None:
    with ScriptedService({"clopidogrel": [card("critical")]}) as service:
        open_page(laptop, service)
        try_example(laptop, CLOPIDOGREL)
        shown = laptop.get_by_role("article")
        shown.get_by_text("Override", exact=True).click()
        shown.get_by_role("button", name="Keep the order").click()
        expect(shown.get_by_role("alert")).to_have_text("Choose a reason or write a comment.")
        assert service.feedback == []
        shown.get_by_label("Reason").select_option("No alternative fits")
        shown.get_by_label("Comment").fill("Discussed with cardiology")
        shown.get_by_role("button", name="Keep the order").click()
        answer = shown.get_by_text("Overridden: No alternative fits. Discussed with cardiology")
        expect(answer).to_be_focused()
        expect(shown).to_have_class("card critical answered")
        [(_, entry)] = service.feedback
        assert entry["outcome"] == "overridden"
        assert entry["overrideReason"] == {"reason": REASONS[1], "userComment": "Discussed with cardiology"}


def test_dismissing_hides_the_card_and_sends_nothing(laptop: Page) -> None:
    with ScriptedService({"clopidogrel": [card("info")]}) as service:
        open_page(laptop, service)
        try_example(laptop, CLOPIDOGREL)
        laptop.get_by_role("button", name="Dismiss: A summary.").click()
        expect(laptop.get_by_role("article")).to_have_count(0)
        expect(laptop.get_by_text(SILENCE)).to_have_count(0)
        expect(laptop.locator("#advice")).to_be_focused()
        assert service.feedback == []


def test_an_order_without_advice_is_signed_at_once(laptop: Page) -> None:
    with ScriptedService() as service:
        open_page(laptop, service)
        try_example(laptop, CLOPIDOGREL)
        laptop.get_by_role("button", name="Sign").click()
        expect(laptop.locator("#change")).to_contain_text("Signed: clopidogrel 75 MG Oral Tablet")
        expect(laptop.get_by_label("Drug", exact=True)).to_have_value("")
        [call] = service.calls_of("order-sign")
        assert "selections" not in call["context"]


def test_advice_at_signing_holds_the_signature_until_it_is_answered(laptop: Page) -> None:
    with ScriptedService({"clopidogrel": [card("critical")]}) as service:
        open_page(laptop, service)
        try_example(laptop, CLOPIDOGREL)
        expect(laptop.get_by_role("article")).to_be_visible()
        laptop.get_by_role("button", name="Sign").click()
        expect(laptop.locator("#sign-notice")).to_contain_text("Not signed yet.")
        expect(laptop.get_by_role("button", name="Sign anyway")).to_be_visible()
        laptop.get_by_role("article").get_by_text("Override", exact=True).click()
        laptop.get_by_label("Comment").fill("Known")
        laptop.get_by_role("button", name="Keep the order").click()
        laptop.get_by_role("button", name="Sign now").click()
        expect(laptop.locator("#change")).to_contain_text("Signed: clopidogrel")


def test_a_note_does_not_hold_the_signature(laptop: Page) -> None:
    with ScriptedService({"clopidogrel": [card("info")]}) as service:
        open_page(laptop, service)
        try_example(laptop, CLOPIDOGREL)
        expect(laptop.get_by_role("article")).to_be_visible()
        laptop.get_by_role("button", name="Sign").click()
        expect(laptop.locator("#change")).to_contain_text("Signed: clopidogrel")
        expect(laptop.get_by_role("article")).to_be_visible()


def test_a_failure_at_signing_does_not_sign(laptop: Page) -> None:
    with ScriptedService(errors={"clopidogrel": (500, outcome("Down."))}) as service:
        open_page(laptop, service)
        try_example(laptop, CLOPIDOGREL)
        laptop.get_by_role("button", name="Sign").click()
        expect(laptop.get_by_role("alert")).to_contain_text("test-order-sign: HTTP 500. Down.")
        expect(laptop.get_by_text("Signed:")).to_have_count(0)
        expect(laptop.get_by_label("Drug", exact=True)).to_have_value("clopidogrel 75 MG Oral Tablet")
