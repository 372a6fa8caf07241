"""The order-entry page in a browser, in front of a service that says what the test tells it to."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from cds_service.resources import fixtures_folder
from cds_service.sandbox.patients import read_examples
from tests.sandbox.scripted_service import REASONS, ScriptedService, card, medication, suggestion

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SILENCE = "No pharmacogenomic advice for this order."
CLOPIDOGREL = "clopidogrel 75 mg once daily"
REPLACE = suggestion(
    "Order ticagrelor instead",
    {"type": "delete", "description": "Remove clopidogrel", "resourceId": "MedicationRequest/{order}"},
    {"type": "create", "description": "Draft ticagrelor", "resource": medication("ticagrelor")},
    isRecommended=True,
)


def open_page(page: Page, service: ScriptedService, patient: str = "pgx-stent") -> None:
    page.goto(f"{service.url}?patient={patient}")
    expect(page.get_by_role("heading", name="Try", exact=True)).to_be_visible()


def try_example(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).click()


def calls_of(page: Page, service: ScriptedService, hook: str, number: int) -> list[dict[str, Any]]:
    """The calls of a hook, as soon as there are so many; the page makes them a moment after the click."""
    for _ in range(100):
        if len(service.calls_of(hook)) >= number:
            break
        page.wait_for_timeout(50)
    return service.calls_of(hook)


def outcome(text: str) -> dict[str, Any]:
    issue = {"severity": "error", "code": "processing", "diagnostics": text}
    return {"resourceType": "OperationOutcome", "issue": [issue]}


# -- silence, cards and failure


def test_silence_is_said_plainly(laptop: Page) -> None:
    with ScriptedService() as service:
        open_page(laptop, service)
        try_example(laptop, CLOPIDOGREL)
        expect(laptop.get_by_role("status")).to_contain_text(SILENCE)
        expect(laptop.get_by_role("alert")).to_be_empty()
        expect(laptop.get_by_role("article")).to_have_count(0)


def test_failure_shows_the_outcome_and_is_not_taken_for_silence(laptop: Page) -> None:
    with ScriptedService(errors={"clopidogrel": (412, outcome("The results could not be had."))}) as service:
        open_page(laptop, service)
        try_example(laptop, CLOPIDOGREL)
        expect(laptop.get_by_role("alert")).to_contain_text("HTTP 412")
        expect(laptop.get_by_role("alert")).to_contain_text("The results could not be had.")
        expect(laptop.get_by_text(SILENCE)).to_have_count(0)
        try_example(laptop, "ticagrelor 90 mg twice daily")
        expect(laptop.get_by_role("status")).to_contain_text(SILENCE)
        expect(laptop.get_by_role("alert")).to_be_empty()


def test_an_answer_without_a_list_of_cards_is_a_failure(laptop: Page) -> None:
    with ScriptedService(errors={"clopidogrel": (200, {"hello": "world"})}) as service:
        open_page(laptop, service)
        try_example(laptop, CLOPIDOGREL)
        expect(laptop.get_by_role("alert")).to_contain_text("no list of cards")
        expect(laptop.get_by_text(SILENCE)).to_have_count(0)


def test_card_says_its_urgency_in_words_and_the_most_urgent_comes_first(laptop: Page) -> None:
    cards = [card("info", "A note."), card("critical", "Stop."), card("warning", "Careful.")]
    with ScriptedService({"clopidogrel": cards}) as service:
        open_page(laptop, service)
        try_example(laptop, CLOPIDOGREL)
        expect(laptop.get_by_role("article")).to_contain_text(
            ["CriticalStop.", "WarningCareful.", "For informationA note."]
        )
        expect(laptop.get_by_role("article", name="Critical Stop.")).to_be_visible()
        expect(laptop.get_by_role("status")).to_contain_text("3 cards Critical: Stop.")


def test_a_late_answer_about_an_order_that_is_gone_is_never_shown(laptop: Page) -> None:
    slow = ScriptedService({"clopidogrel": [card("critical", "Stop.")]}, delays={"clopidogrel": 1.5})
    with slow as service:
        open_page(laptop, service)
        with laptop.expect_request("**/cds-services/test-order-select"):
            try_example(laptop, CLOPIDOGREL)
        try_example(laptop, "ticagrelor 90 mg twice daily")
        expect(laptop.get_by_role("status")).to_contain_text(SILENCE)
        laptop.wait_for_timeout(1800)
        expect(laptop.get_by_role("article")).to_have_count(0)
        expect(laptop.get_by_role("status")).to_contain_text(SILENCE)


# -- the detail of a card

DETAIL = """\
**CYP2C19 \\*2/\\*2, poor metabolizer**, and *2/*17 is not *emphasis*.

| Drug | Fits |
|---|---|
| ticagrelor | yes |

1. first
2. second
   - inner

<img src=x onerror="window.broken=1"> <script>window.broken=1</script>
[guideline](https://cpicpgx.org) [trap](javascript:window.broken=1) [other](data:text/html,x)
"""


def test_detail_renders_markdown_and_no_html(laptop: Page) -> None:
    with ScriptedService({"clopidogrel": [card(detail=DETAIL)]}) as service:
        open_page(laptop, service)
        try_example(laptop, CLOPIDOGREL)
        detail = laptop.locator(".detail")
        expect(detail.locator("strong")).to_have_text("CYP2C19 *2/*2, poor metabolizer")
        expect(detail.locator("em")).to_have_text(["emphasis"])
        expect(detail).to_contain_text("*2/*17 is not")
        expect(detail.get_by_role("columnheader")).to_have_text(["Drug", "Fits"])
        expect(detail.get_by_role("cell")).to_have_text(["ticagrelor", "yes"])
        expect(detail.locator("ol > li")).to_contain_text(["first", "second"])
        expect(detail.locator("ol ul > li")).to_have_text(["inner"])
        expect(detail.get_by_role("link")).to_have_text(["guideline"])
        expect(detail).to_contain_text('<img src=x onerror="window.broken=1">')
        assert detail.locator("img, script").count() == 0
        assert laptop.evaluate("window.broken") is None


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("**a** and __b__", "<p><strong>a</strong> and <strong>b</strong></p>"),
        ("a **b *c* d**", "<p>a <strong>b <em>c</em> d</strong></p>"),
        ("*2/*17", "<p>*2/*17</p>"),
        ("*2/*17 is *rapid*", "<p>*2/*17 is <em>rapid</em></p>"),
        ("***a***", "<p><strong><em>a</em></strong></p>"),
        ("~~a~~ ~b~", "<p><del>a</del> ~b~</p>"),
        ("**open", "<p>**open</p>"),
        ("*1/*1 and *2/*2, *3/*3.", "<p>*1/*1 and *2/*2, *3/*3.</p>"),
        ("HLA-B\\*57:01", "<p>HLA-B*57:01</p>"),
        ("HLA-B*57:01 and HLA-B*15:02", "<p>HLA-B*57:01 and HLA-B*15:02</p>"),
        ("snake_case_word", "<p>snake_case_word</p>"),
        ("2 * 3 * 4", "<p>2 * 3 * 4</p>"),
        ("`*a*`", "<p><code>*a*</code></p>"),
        ("## Title\ntext", "<h4>Title</h4><p>text</p>"),
        ("a  \nb\nc", "<p>a<br>b c</p>"),
        ("- a\n- b", "<ul><li>a</li><li>b</li></ul>"),
        ("- a\n  - b\n- c", "<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>"),
        ("3. a\n4. b", '<ol start="3"><li>a</li><li>b</li></ol>'),
        ("> a\n> b", "<blockquote><p>a b</p></blockquote>"),
        ("---", "<hr>"),
        ("```\n<b>*x*</b>\n```", "<pre><code>&lt;b&gt;*x*&lt;/b&gt;</code></pre>"),
        ("a & b < c", "<p>a &amp; b &lt; c</p>"),
        ("[a](javascript:x)", "<p><span>a</span></p>"),
        ("[a](//evil.example)", "<p><span>a</span></p>"),
        ("a | b", "<p>a | b</p>"),
        ("", ""),
    ],
)
def test_markdown(markdown_page: Page, text: str, html: str) -> None:
    rendered = markdown_page.evaluate(
        """async (text) => {
          const { markdown } = await import("/sandbox/static/markdown.js");
          const place = document.createElement("div");
          place.append(markdown(text));
          return place.innerHTML;
        }""",
        text,
    )
    assert rendered == html


@pytest.fixture(scope="module")
def markdown_page(chromium: Browser) -> Iterator[Page]:
    with ScriptedService() as service:
        page = chromium.new_page()
        page.goto(service.url)
        yield page
        page.close()


def test_links_open_beside_the_page_and_untrusted_ones_are_text(laptop: Page) -> None:
    links = [
        {"label": "Full trail", "url": "https://pgx.example.org/trace/1", "type": "absolute"},
        {"label": "Trap", "url": "javascript:alert(1)", "type": "absolute"},
        {"label": "App", "url": "https://pgx.example.org/launch", "type": "smart"},
    ]
    with ScriptedService({"clopidogrel": [card(links=links)]}) as service:
        open_page(laptop, service)
        try_example(laptop, CLOPIDOGREL)
        shown = laptop.get_by_role("article").get_by_role("link")
        expect(shown).to_have_text(["Full trail", "A guideline, 2024"])
        expect(shown.first).to_have_attribute("rel", "noopener noreferrer")
        expect(laptop.get_by_role("article")).to_contain_text("App (SMART app, not launched here)")


# -- suggestions


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


# -- overriding and dismissing


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


# -- what goes over the wire


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


# -- signing


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


# -- the patients


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


# -- every screen and every eye

CONTRASTS = """() => {
  const channel = (value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
  const parts = (color) => color.match(/[\\d.]+/g).map(Number);
  const light = ([red, green, blue]) => 0.2126 * channel(red) + 0.7152 * channel(green) + 0.0722 * channel(blue);
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = parts(getComputedStyle(at).backgroundColor);
      if (color.length < 4 || color[3] > 0) return color;
    }
    return [255, 255, 255];
  };
  const texts = [...document.querySelectorAll("body *")].filter(
    (element) => element.checkVisibility() && [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim()),
  );
  return texts.map((element) => {
    const [one, other] = [light(parts(getComputedStyle(element).color)), light(ground(element))].sort((a, b) => b - a);
    return [Math.round(((one + 0.05) / (other + 0.05)) * 100) / 100, element.tagName, element.textContent.slice(0, 40)];
  });
}"""  # noqa: E501


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_has_contrast_aa(chromium: Browser, scheme: Any) -> None:
    cards = [card(kind, detail=DETAIL, suggestions=[REPLACE]) for kind in ("critical", "warning", "info")]
    page = chromium.new_page(color_scheme=scheme)
    with ScriptedService({"clopidogrel": cards}, errors={"prasugrel": (500, outcome("Down."))}) as service:
        open_page(page, service)
        try_example(page, CLOPIDOGREL)
        expect(page.get_by_role("article")).to_have_count(3)
        page.wait_for_timeout(300)
        measured = page.evaluate(CONTRASTS)
        assert len(measured) > 40
        assert [text for text in measured if text[0] < 4.5] == []
    page.close()


@pytest.mark.parametrize(
    ("width", "height"),
    [
        pytest.param(390, 844, id="phone"),
        pytest.param(683, 384, id="laptop at 200 %"),
        pytest.param(1366, 768, id="laptop"),
    ],
)
def test_nothing_is_wider_than_the_screen(chromium: Browser, width: int, height: int) -> None:
    long = "Acetylsalicylic" * 6
    page = chromium.new_page(viewport={"width": width, "height": height})
    with ScriptedService(
        {"clopidogrel": [card(summary=long, detail=f"{long}\n\n|a|b|\n|-|-|\n|{long}|{long}|")]}
    ) as service:
        open_page(page, service)
        try_example(page, CLOPIDOGREL)
        expect(page.get_by_role("article")).to_be_visible()
        for name in ("Chart", "Request and answer", "Override"):
            page.get_by_text(name, exact=True).click()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


def test_on_a_phone_a_bar_leads_to_the_advice(chromium: Browser) -> None:
    page = chromium.new_page(viewport={"width": 390, "height": 844})
    with ScriptedService({"clopidogrel": [card("critical")]}) as service:
        open_page(page, service)
        try_example(page, CLOPIDOGREL)
        bar = page.get_by_role("link", name="1 card. Go to the advice")
        expect(bar).to_be_in_viewport()
        bar.click()
        expect(page.get_by_role("article")).to_be_in_viewport()
    page.close()
