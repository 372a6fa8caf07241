"""Each page of the view leaves an entry in the audit that names nobody."""

from __future__ import annotations

import time

import pytest
from flask.testing import FlaskClient

from cds_service.core.audit_entry import NO_CALLS, SHEET, VIEW, AuditEntry
from cds_service.fhir.writing.audit_event import audit_event
from cds_service.reports.usage import usage
from cds_service.store.audit import AuditStore
from cds_service.store.database import Database
from tests import fakes
from tests.smart.conftest import BASE, Site
from tests.smart.ehr import PATIENT, Ehr
from tests.smart.test_sign_in import look, open_view


def pages(site: Site) -> list[AuditEntry]:
    store = AuditStore(Database(f"sqlite:///{site.store}"))
    return [entry for entry in store.entries() if entry.service in NO_CALLS]


def new_pages(site: Site, known: set[str], number: int) -> list[AuditEntry]:
    """The entries that were written since."""
    end = time.monotonic() + 60
    while len(found := [entry for entry in pages(site) if entry.id not in known]) < number:
        assert time.monotonic() < end, "the audit was not written in time"
        time.sleep(0.05)
    return found


def test_view_and_sheet_are_noted_by_keys_hashes_and_rules(
    site: Site, browser: FlaskClient, ehr: Ehr
) -> None:
    known = {entry.id for entry in pages(site)}
    address = open_view(browser, ehr).headers["Location"]
    for page in (address, address, f"{address}/sheet"):
        assert browser.get(page, base_url=BASE).status_code == 200
    first, again, sheet = new_pages(site, known, 3)
    assert [(e.service, e.outcome, e.caller) for e in (first, sheet)] == [
        (VIEW, "read", ehr.server.base),
        (SHEET, "read", ehr.server.base),
    ]
    assert "clopidogrel-cpic-acs-pci-cyp2c19-poor" in first.rules
    assert {len(key) for key in (first.patient, first.user, first.answer_hash)} == {64}
    assert (first.patient, first.answer_hash) == (again.patient, again.answer_hash)
    assert first.instance != again.instance
    kept = repr((first, again, sheet))
    for secret in ("Roe", f"'{PATIENT}'", f"Patient/{PATIENT}", "Practitioner/u1", str(ehr.server.token)):
        assert secret not in kept
    event = audit_event(first)
    assert (event["action"], event["entity"][1]["name"]) == ("R", "page of the detail view")
    assert usage([first, sheet], [], []).empty


@pytest.mark.parametrize("status", [500, 403])
def test_a_record_that_could_not_be_read_is_noted_as_such(
    site: Site, browser: FlaskClient, ehr: Ehr, status: int
) -> None:
    known = {entry.id for entry in pages(site)}
    ehr.server.behave("Observation", fakes.status(status))
    assert look(browser, open_view(browser, ehr)).status_code == 502
    (entry,) = new_pages(site, known, 1)
    assert (entry.outcome, entry.rules) == ("unreadable", ())
