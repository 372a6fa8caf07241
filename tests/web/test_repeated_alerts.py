"""One alert for one draft: what was answered at order-select does not come again at order-sign."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from flask.testing import FlaskClient

from cds_service.settings import Settings
from cds_service.wsgi import build_app
from tests.requests_made import PATIENT, Json, call, draft, genotype

SELECT, SIGN = "/cds-services/pgx-order-select", "/cds-services/pgx-order-sign"
POOR = genotype("CYP2C19", "*2/*2")
CLOPIDOGREL = draft()
REMEMBER = {"cache-for-order-sign-filtering": True}
FILTER = {"filter-out-repeated-alerts": True}
REASON = {"reason": {"code": "patient-contraindication"}}


def order(hook: str, *drafts: Json, options: Json | None, results: tuple[Json, ...] = (POOR,)) -> Json:
    """A call of its own with options of the guide on drug interactions."""
    body = call(*(drafts or (CLOPIDOGREL,)), results=results, hook=hook)
    body["hookInstance"] = str(uuid4())
    if options is not None:
        body["extension"] = {"pddi-configuration-items": options}
    return body


def cards(client: FlaskClient, body: Json) -> list[Json]:
    answer = client.post(SELECT if body["hook"] == "order-select" else SIGN, json=body)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    found: list[Json] = answer.get_json()["cards"]
    return found


def answered(client: FlaskClient, card: Json, **more: Any) -> None:
    entry = {
        "card": card["uuid"],
        "outcomeTimestamp": "2026-11-21T10:00:00Z",
        "outcome": "overridden",
        **more,
    }
    assert client.post(f"{SELECT}/feedback", json={"feedback": [entry]}).status_code == 200


def overridden_at_select(client: FlaskClient, *drafts: Json, options: Json | None = REMEMBER) -> Json:
    (card,) = cards(client, order("order-select", *drafts, options=options))
    answered(client, card, overrideReason=REASON)
    return card


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("repeats")


@pytest.fixture(scope="module")
def running(folder: Path) -> FlaskClient:
    return service(folder)


@pytest.fixture
def fresh(running: FlaskClient, folder: Path) -> FlaskClient:
    """A service whose memory is empty."""
    with sqlite3.connect(folder / "site.sqlite") as file:
        if file.execute("select 1 from sqlite_master where name = 'shown_alert'").fetchone():
            file.execute("delete from shown_alert")
    return running


def service(folder: Path, **more: Any) -> FlaskClient:
    url = f"sqlite:///{folder / 'site.sqlite'}"
    return build_app(Settings(require_jwt=False, store_url=url, **more)).test_client()


def test_an_overridden_card_does_not_come_again_at_signing(fresh: FlaskClient) -> None:
    overridden_at_select(fresh)
    assert cards(fresh, order("order-sign", options=FILTER)) == []


def test_the_draft_may_have_another_id_at_signing(fresh: FlaskClient) -> None:
    overridden_at_select(fresh)
    assert cards(fresh, order("order-sign", draft(ident="signed-1"), options=FILTER)) == []


@pytest.mark.parametrize(
    ("select", "sign"), [(None, FILTER), (REMEMBER, None), (REMEMBER, {"filter-out-repeated-alerts": "yes"})]
)
def test_without_both_options_the_card_comes_again(
    fresh: FlaskClient, select: Json | None, sign: Json | None
) -> None:
    overridden_at_select(fresh, options=select)
    assert len(cards(fresh, order("order-sign", options=sign))) == 1


def test_a_warning_that_nobody_answered_comes_again(fresh: FlaskClient) -> None:
    cards(fresh, order("order-select", options=REMEMBER))
    assert len(cards(fresh, order("order-sign", options=FILTER))) == 1


def test_an_info_card_need_only_be_shown_once(fresh: FlaskClient) -> None:
    celecoxib = draft("140587", reason=None)
    results = (genotype("CYP2C9", "*1/*3"),)
    (card,) = cards(fresh, order("order-select", celecoxib, options=REMEMBER, results=results))
    assert card["indicator"] == "info"
    assert cards(fresh, order("order-sign", celecoxib, options=FILTER, results=results)) == []


def test_a_drug_that_was_replaced_and_is_ordered_again_is_told_again(fresh: FlaskClient) -> None:
    (card,) = cards(fresh, order("order-select", options=REMEMBER))
    answered(fresh, card, outcome="accepted", acceptedSuggestions=[{"id": card["suggestions"][0]["uuid"]}])
    assert len(cards(fresh, order("order-sign", options=FILTER))) == 1


def test_answered_at_signing_it_does_not_come_at_the_next_try_to_sign(fresh: FlaskClient) -> None:
    (card,) = cards(fresh, order("order-sign", options=FILTER))
    answered(fresh, card, overrideReason=REASON)
    assert cards(fresh, order("order-sign", options=FILTER)) == []


@pytest.mark.parametrize(
    "change",
    [
        {"context": {"userId": "Practitioner/2"}},
        {"context": {"encounterId": "other"}},
        {"context": {"patientId": "p2"}},
        {"fhirServer": "https://another.example.org/fhir"},
    ],
    ids=["another user", "another encounter", "another patient", "another EHR"],
)
def test_only_the_same_user_in_the_same_encounter_was_told(fresh: FlaskClient, change: Json) -> None:
    overridden_at_select(fresh)
    body = order("order-sign", options=FILTER)
    body["context"] |= change.get("context", {})
    if "fhirServer" in change:
        body["fhirServer"] = change["fhirServer"]
    if body["context"]["patientId"] != PATIENT:
        body = _for_patient(body, body["context"]["patientId"])
    assert len(cards(fresh, body)) == 1


def _for_patient(body: Json, ident: str) -> Json:
    for entry in body["context"]["draftOrders"]["entry"] + body["prefetch"]["results"]["entry"]:
        entry["resource"] = {**entry["resource"], "subject": {"reference": f"Patient/{ident}"}}
    body["prefetch"]["patient"]["id"] = ident
    return body


@pytest.mark.parametrize(
    ("drafts", "results"),
    [
        ((draft(reason="422504002"),), (POOR,)),
        ((CLOPIDOGREL,), (genotype("CYP2C19", "*2/*17"),)),
        ((CLOPIDOGREL,), (POOR, genotype("CYP2C19", "*1/*1", "g2"))),
    ],
    ids=["another reason", "a corrected result", "a second result that contradicts"],
)
def test_another_answer_of_the_guideline_is_told(
    fresh: FlaskClient, drafts: tuple[Json, ...], results: tuple[Json, ...]
) -> None:
    overridden_at_select(fresh)
    assert len(cards(fresh, order("order-sign", *drafts, options=FILTER, results=results))) == 1


def test_a_dose_that_now_breaks_the_limit_is_told(fresh: FlaskClient) -> None:
    def citalopram(mg: int) -> Json:
        quantity = {"value": mg, "unit": "mg", "system": "http://unitsofmeasure.org", "code": "mg"}
        timing = {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}}
        dosing = [{"timing": timing, "doseAndRate": [{"doseQuantity": quantity}]}]
        return draft("2556", reason="370143000", dosageInstruction=dosing)

    no_dose = draft("2556", reason="370143000")
    overridden_at_select(fresh, no_dose)
    assert cards(fresh, order("order-sign", no_dose, options=FILTER)) == []
    assert len(cards(fresh, order("order-sign", citalopram(40), options=FILTER))) == 1


def test_a_second_drug_is_told_beside_the_settled_one(fresh: FlaskClient) -> None:
    overridden_at_select(fresh)
    codeine = draft("2670", ident="rx2", reason=None)
    both = order(
        "order-sign", CLOPIDOGREL, codeine, options=FILTER, results=(POOR, genotype("CYP2D6", "*4/*4", "g2"))
    )
    (card,) = cards(fresh, both)
    assert card["extension"]["pgx-cds.finding"]["drug"]["name"] == "codeine"


def test_the_options_of_crd_are_understood_as_well(fresh: FlaskClient) -> None:
    overridden_at_select(fresh)
    body = order("order-sign", options=None)
    body["extension"] = {"davinci-crd.configuration": FILTER}
    assert cards(fresh, body) == []


def test_discovery_offers_the_options(fresh: FlaskClient) -> None:
    services = {s["id"]: s for s in fresh.get("/cds-services").get_json()["services"]}
    offered = {
        ident: [o["code"] for o in services[ident]["extension"]["davinci-crd.configuration-options"]]
        for ident in ("pgx-order-select", "pgx-order-sign")
    }
    assert offered == {
        "pgx-order-select": ["cache-for-order-sign-filtering", "max-cards"],
        "pgx-order-sign": ["filter-out-repeated-alerts", "max-cards"],
    }


def test_a_site_can_have_it_for_clients_that_do_not_ask_and_can_have_it_never(tmp_path: Path) -> None:
    for chosen, expected in (("always", 0), ("never", 1)):
        folder = tmp_path / chosen
        folder.mkdir()
        profile = folder / "site.json"
        profile.write_text(f'{{"repeatedAlerts": {{"filter": "{chosen}"}}}}', encoding="utf8")
        client = service(folder, site=profile)
        options = (None, None) if chosen == "always" else (REMEMBER, FILTER)
        overridden_at_select(client, options=options[0])
        assert len(cards(client, order("order-sign", options=options[1]))) == expected, chosen


def test_the_memory_holds_nothing_that_names_anybody_or_anything(fresh: FlaskClient, folder: Path) -> None:
    card = overridden_at_select(fresh)
    with sqlite3.connect(folder / "site.sqlite") as file:
        rows = file.execute("select * from shown_alert").fetchall()
    text = str(rows).lower()
    assert len(rows) == 1
    for secret in (PATIENT, "practitioner", "clopidogrel", "cyp2c19", card["uuid"]):
        assert secret.lower() not in text


def test_a_memory_that_fails_shows_the_card_and_keeps_the_feedback(tmp_path: Path) -> None:
    client = service(tmp_path)
    overridden_at_select(client)
    with sqlite3.connect(tmp_path / "site.sqlite") as file:
        file.execute("drop table shown_alert")
    (card,) = cards(client, order("order-sign", options=FILTER))
    answered(client, card, overrideReason=REASON)
    with sqlite3.connect(tmp_path / "site.sqlite") as file:
        assert file.execute("select count(*) from feedback").fetchone() == (2,)


def test_a_key_file_lets_another_start_know_and_a_short_one_is_refused(tmp_path: Path) -> None:
    key = tmp_path / "memory.key"
    key.write_text("k" * 32, encoding="utf8")
    overridden_at_select(service(tmp_path, memory_key=key))
    body = order("order-sign", options=FILTER)
    assert cards(service(tmp_path, memory_key=key), body) == []
    assert len(cards(service(tmp_path), body)) == 1
    key.write_text("short", encoding="utf8")
    with pytest.raises(Exception, match="PGX_CDS_MEMORY_KEY"):
        service(tmp_path, memory_key=key)
