"""Each page of the view leaves an entry in the audit that names nobody."""

from __future__ import annotations

import time
from uuid import uuid4

import pytest
from flask.testing import FlaskClient

from cds_service.audit import Audit
from cds_service.core.audit_entry import SHEET, VIEW, AuditEntry
from cds_service.fhir.writing.audit_event import audit_event
from cds_service.reports.usage import usage
from cds_service.settings import Settings
from tests import fakes
from tests.smart.conftest import BASE, Site
from tests.smart.ehr import Ehr
from tests.smart.test_sign_in import look, open_view


def entries_of(site: Site, patient: str, number: int) -> list[AuditEntry]:
    """The entries of the pages of a patient, once there are so many."""
    audit = Audit.open(Settings(store_url=f"sqlite:///{site.store}"))
    end = time.monotonic() + 60
    while len(found := list(audit.store.entries([audit.keys.patient(patient)]))) < number:
        assert time.monotonic() < end, "the audit was not written in time"
        time.sleep(0.05)
    return found


def someone(ehr: Ehr) -> str:
    """A patient that no other test knows, with the results of the usual one."""
    patient = uuid4().hex
    ehr.answer = {"patient": patient}
    for resource in ehr.server.resources:
        if resource["resourceType"] == "Patient":
            resource["id"] = patient
        else:
            resource["subject"] = {"reference": f"Patient/{patient}"}
    return patient


def test_view_and_sheet_are_noted_by_keys_hashes_and_rules(
    site: Site, browser: FlaskClient, ehr: Ehr
) -> None:
    patient = someone(ehr)
    address = open_view(browser, ehr).headers["Location"]
    for page in (address, address, f"{address}/sheet"):
        assert browser.get(page, base_url=BASE).status_code == 200
    first, again, sheet = entries_of(site, patient, 3)
    assert [(e.service, e.outcome, e.caller) for e in (first, sheet)] == [
        (VIEW, "read", ehr.server.base),
        (SHEET, "read", ehr.server.base),
    ]
    assert "clopidogrel-cpic-acs-pci-cyp2c19-poor" in first.rules
    assert {len(key) for key in (first.patient, first.user, first.answer_hash)} == {64}
    assert (first.patient, first.answer_hash) == (again.patient, again.answer_hash)
    assert first.instance != again.instance
    kept = repr((first, again, sheet))
    for secret in ("Roe", patient, "Practitioner/u1", str(ehr.server.token)):
        assert secret not in kept
    event = audit_event(first)
    assert (event["action"], event["entity"][1]["name"]) == ("R", "page of the detail view")
    assert usage([first, sheet], [], []).empty


@pytest.mark.parametrize("status", [500, 403])
def test_a_record_that_could_not_be_read_is_noted_as_such(
    site: Site, browser: FlaskClient, ehr: Ehr, status: int
) -> None:
    patient = someone(ehr)
    ehr.server.behave("Observation", fakes.status(status))
    assert look(browser, open_view(browser, ehr)).status_code == 502
    (entry,) = entries_of(site, patient, 1)
    assert (entry.outcome, entry.rules) == ("unreadable", ())
