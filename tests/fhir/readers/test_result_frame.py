from datetime import date
from typing import Any

import pytest

from cds_service.core.evidence import Use
from cds_service.core.model import Notice
from tests.fhir.readers.payloads import genotype, lab, only, read


@pytest.mark.parametrize(
    ("status", "use"),
    [
        ("final", Use.YES),
        ("amended", Use.YES),
        ("corrected", Use.YES),
        ("Final", Use.YES),
        ("registered", Use.PENDING),
        ("preliminary", Use.PENDING),
        ("cancelled", Use.NO),
        ("entered-in-error", Use.NO),
    ],
)
def test_the_status_says_what_a_result_may_be_used_for(status: str, use: Use) -> None:
    result = only(genotype("CYP2C19", "*2/*2", status=status))
    assert (result.use, result.notices) == (use, ())


def test_a_result_of_unknown_status_is_used_with_a_remark() -> None:
    result = only(genotype("CYP2C19", "*2/*2", status="unknown"))
    assert (result.use, result.notices) == (Use.YES, (Notice.of("status-unknown", gene="CYP2C19"),))


def test_a_result_without_a_status_is_used_as_one_of_unknown_status() -> None:
    result = only(genotype("CYP2C19", "*2/*2", status=None))
    assert (result.use, result.notices) == (Use.YES, (Notice.of("status-unknown", gene="CYP2C19"),))


@pytest.mark.parametrize("status", ["bogus", 7])
def test_a_result_with_an_unreadable_status_waits_for_one(status: Any) -> None:
    assert only(genotype("CYP2C19", "*2/*2", status=status)).use is Use.PENDING


@pytest.mark.parametrize(
    ("dates", "expected"),
    [
        ({"effectiveDateTime": "2019-04-02T23:30:00-05:00"}, date(2019, 4, 2)),
        ({"effectiveDateTime": "2019-04-02", "issued": "2020-01-15T08:30:00Z"}, date(2019, 4, 2)),
        ({"effectiveDateTime": "2016"}, date(2016, 1, 1)),
        ({"effectiveDateTime": "2016-07"}, date(2016, 7, 1)),
        ({"effectivePeriod": {"start": "2018-02-03", "end": "2018-02-09"}}, date(2018, 2, 3)),
        ({"effectivePeriod": {"end": "2018-02-09"}}, date(2018, 2, 9)),
        ({"effectiveInstant": "2018-02-03T10:00:00Z"}, date(2018, 2, 3)),
        ({"issued": "2013-04-03T15:30:10+01:00"}, date(2013, 4, 3)),
        ({"meta": {"lastUpdated": "2021-01-01T00:00:00Z"}}, date(2021, 1, 1)),
        ({"effectiveDateTime": "unknown", "issued": "2013-04-03"}, date(2013, 4, 3)),
        ({"effectiveDateTime": "2019-13-45"}, None),
        ({}, None),
    ],
)
def test_the_date_is_the_best_there_is(dates: dict[str, Any], expected: date | None) -> None:
    result = only(genotype("CYP2C19", "*2/*2", **{"effectiveDateTime": None, **dates}))
    assert result.measured_on == expected


def test_an_undated_result_takes_the_date_of_the_report_that_lists_it() -> None:
    report = {
        "resourceType": "DiagnosticReport",
        "id": "r",
        "status": "final",
        "effectiveDateTime": "2022-12-01",
        "result": [{"reference": "https://ehr.example/fhir/Observation/o1"}],
        "subject": {"reference": "Patient/p1"},
    }
    found = genotype("CYP2C19", "*2/*2", effectiveDateTime=None, issued="2023-01-01T00:00:00Z")
    assert only(found, report).measured_on == date(2022, 12, 1)


def test_the_laboratory_is_named_by_its_reference_or_its_resource() -> None:
    named = genotype("CYP2C19", "*1/*2", performer=[{"display": "Lab B"}])
    referred = genotype("CYP2C19", "*1/*2", performer=[{"reference": "Organization/x"}])
    organization = {"resourceType": "Organization", "id": "x", "name": "Lab X"}
    assert only(named).laboratory == "Lab B"
    assert only(referred, organization).laboratory == "Lab X"
    assert only(referred).laboratory == ""


@pytest.mark.parametrize(
    "words",
    [
        "SNP array. Copy number not assessed: duplication and deletion are not excluded.",
        "Targeted genotyping. Alleles tested: *2, *3. Not tested: *17.",
        "Three gene copies. The duplicated allele was not determined.",
        "This assay cannot detect hybrid alleles.",
    ],
)
def test_what_a_test_could_not_see_is_kept_as_written(words: str) -> None:
    assert only(genotype("CYP2D6", "*1/*4", method={"text": words})).limits == words
    assert only(genotype("CYP2D6", "*1/*4", note=[{"text": words}])).limits == words
    assert only(genotype("CYP2D6", "*1/*4", method={"text": words}, note=[{"text": words}])).limits == words


@pytest.mark.parametrize("words", ["Sequencing", "Confirmed by Sanger sequencing", "NGS based genotyping"])
def test_other_remarks_are_no_limits(words: str) -> None:
    assert only(genotype("CYP2D6", "*1/*4", method={"text": words}, note=[{"text": words}])).limits == ""


def test_long_limits_are_cut() -> None:
    assert len(only(genotype("CYP2D6", "*1/*4", note=[{"text": "Not tested: " + "x" * 900}])).limits) == 300


@pytest.mark.parametrize(
    "elements",
    [
        {"focus": [{"display": "Organ donor"}]},
        {"note": [{"text": "Genotype of the organ donor."}]},
        {"specimen": {"display": "Donor liver biopsy"}},
        {"method": {"text": "Donor DNA"}},
    ],
    ids=["focus", "note", "specimen", "method"],
)
def test_the_genotype_of_a_donor_is_marked(elements: dict[str, Any]) -> None:
    assert only(genotype("CYP3A5", "*1/*3", **elements)).donor is True


def test_a_test_named_after_the_donor_is_marked() -> None:
    assert only(lab("CYP3A5 GENOTYPE, DONOR", "*1/*3")).donor is True


def test_a_note_that_contrasts_donor_and_recipient_marks_nothing() -> None:
    note = [{"text": "Genotype of the recipient; the donor was not tested."}]
    assert only(genotype("CYP3A5", "*1/*3", note=note)).donor is False


def issued(ident: str, alleles: str, status: str, day: str, **elements: Any) -> dict[str, Any]:
    return genotype("CYP2C19", alleles, ident, status=status, issued=f"{day}T10:00:00Z", **elements)


def test_a_correction_of_the_same_specimen_replaces_the_result() -> None:
    old = issued("old", "*1/*1", "final", "2019-04-09")
    new = issued("new", "*1/*2", "amended", "2020-01-15")
    uses = {result.source: result for result in read(old, new).results}
    assert uses["Observation/new"].use is Use.YES
    assert uses["Observation/old"].use is Use.NO
    assert uses["Observation/old"].notices == (Notice.of("superseded", gene="CYP2C19"),)


def test_a_correction_replaces_only_its_own_gene_and_specimen() -> None:
    new = issued("new", "*1/*2", "corrected", "2020-01-15")
    other_gene = genotype("CYP2D6", "*4/*4", "gene", issued="2019-04-09T10:00:00Z")
    other_day = issued("day", "*1/*1", "final", "2019-04-09", effectiveDateTime="2018-01-01")
    later = issued("later", "*1/*17", "final", "2021-01-01")
    assert {result.use for result in read(new, other_gene, other_day, later).results} == {Use.YES}


def test_a_correction_with_the_same_identifier_replaces_across_dates() -> None:
    identifier = [{"system": "urn:lab", "value": "A-1"}]
    old = issued("old", "*1/*1", "final", "2019-04-09", identifier=identifier)
    new = issued(
        "new", "*1/*2", "amended", "2020-01-15", identifier=identifier, effectiveDateTime="2019-04-03"
    )
    assert [result.use for result in read(old, new).results] == [Use.NO, Use.YES]
