from typing import Any

import pytest

from cds_service.core.evidence import Origin, ResultKind, Use
from tests.fhir.readers.payloads import Json, genotype, keys, only, read

PAGE = [{"contentType": "application/pdf", "title": "PGx report", "data": "JVBERg=="}]


def report(**elements: Any) -> Json:
    frame: Json = {
        "resourceType": "DiagnosticReport",
        "id": "r1",
        "status": "final",
        "code": {"text": "Genetic analysis report"},
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": "2023-04-04",
    }
    return {**frame, **elements}


@pytest.mark.parametrize(
    "elements",
    [
        {"code": {"text": "CYP2C19 GENOTYPE (SENDOUT)"}, "presentedForm": PAGE},
        {"presentedForm": [{"title": "CYP2C19 result.pdf", "url": "Binary/1"}]},
        {"conclusion": "CYP2C19 *1/*17 rapid metabolizer."},
        {"code": {"coding": [{"system": "x", "code": "y", "display": "CYP2C19"}]}, "conclusion": "see page"},
    ],
    ids=["code", "title", "conclusion", "display"],
)
def test_a_report_only_a_person_can_read_is_a_document_of_its_gene(elements: dict[str, Any]) -> None:
    result = only(report(**elements))
    assert (result.gene, result.kind, result.use) == ("CYP2C19", ResultKind.DOCUMENT, Use.CONTEXT)
    assert result.source == "DiagnosticReport/r1"


def test_nothing_is_taken_out_of_a_conclusion() -> None:
    readings = read(report(conclusion="CYP2C19 *2/*2 poor metabolizer. CYP2D6 *4/*4.", presentedForm=PAGE))
    assert [(r.gene, r.kind, r.text) for r in readings.results] == [
        ("CYP2C19", ResultKind.DOCUMENT, "PGx report"),
        ("CYP2D6", ResultKind.DOCUMENT, "PGx report"),
    ]


@pytest.mark.parametrize("name", ["PGX PANEL (SENDOUT)", "Pharmacogenetic panel", "Pharmacogenomics"])
def test_a_pharmacogenomic_report_that_names_no_gene_is_a_document(name: str) -> None:
    result = only(report(code={"text": name}, presentedForm=PAGE[:0] or [{"url": "Binary/1"}]))
    assert (result.gene, result.kind) == ("", ResultKind.DOCUMENT)


@pytest.mark.parametrize(
    "other",
    [
        report(code={"text": "CT abdomen"}, conclusion="Unremarkable.", presentedForm=[{"title": "CT"}]),
        report(presentedForm=[{"title": "Exome"}]),
        report(code={"text": "CYP2C19"}),
    ],
    ids=["other report", "other genetics", "empty"],
)
def test_other_reports_are_passed_over(other: Json) -> None:
    readings = read(other)
    assert (readings.results, readings.notices) == ((), ())


def test_a_report_whose_results_were_read_is_no_document() -> None:
    listed = report(conclusion="CYP2C19 *1/*2", result=[{"reference": "Observation/o1"}])
    assert only(genotype("CYP2C19", "*1/*2"), listed).kind is ResultKind.DIPLOTYPE


def test_a_report_whose_results_were_not_sent_is_a_document() -> None:
    dangling = report(code={"text": "CYP2C19 genotype"}, result=[{"reference": "Observation/gone"}])
    assert only(dangling).kind is ResultKind.DOCUMENT


def test_the_results_inside_a_report_are_read_with_its_date_and_laboratory() -> None:
    inner = genotype("CYP2C19", "*2/*2", "g1", effectiveDateTime=None, subject=None)
    outer = report(contained=[inner], performer=[{"display": "Lab A"}], result=[{"reference": "#g1"}])
    result = only(outer)
    assert (result.source, result.laboratory) == ("DiagnosticReport/r1#g1", "Lab A")
    assert str(result.measured_on) == "2023-04-04"


@pytest.mark.parametrize(
    ("status", "use"),
    [("preliminary", Use.PENDING), ("partial", Use.PENDING), ("entered-in-error", Use.NO)],
)
def test_the_status_of_a_report_holds_for_what_is_inside(status: str, use: Use) -> None:
    outer = report(status=status, contained=[genotype("CYP2C19", "*2/*2", "g1")])
    assert only(outer).use is use


def test_a_result_in_a_report_and_from_a_search_counts_once() -> None:
    inner = genotype("CYP2C19", "*2/*2", "g1", effectiveDateTime="2023-04-04")
    searched = genotype("CYP2C19", "*2/*2", "o9", effectiveDateTime="2023-04-04")
    assert only(report(contained=[inner]), searched).source == "Observation/o9"


def test_contained_results_without_ids_are_told_apart_by_their_place() -> None:
    first, second = genotype("CYP2C19", "*2/*2", ""), genotype("CYP2D6", "*4/*4", "")
    sources = [result.source for result in read(report(contained=[first, second])).results]
    assert sources == ["DiagnosticReport/r1#0", "DiagnosticReport/r1#1"]


def document(**elements: Any) -> Json:
    frame: Json = {
        "resourceType": "DocumentReference",
        "id": "d1",
        "status": "current",
        "type": {"text": "Pharmacogenomic report"},
        "subject": {"reference": "Patient/p1"},
        "date": "2022-02-02T10:00:00Z",
        "content": [{"attachment": {"title": "TPMT and NUDT15.pdf"}}],
    }
    return {**frame, **elements}


def test_a_document_reference_is_a_document_of_each_gene_it_names() -> None:
    results = read(document()).results
    assert [(r.gene, r.use, str(r.measured_on)) for r in results] == [
        ("TPMT", Use.CONTEXT, "2022-02-02"),
        ("NUDT15", Use.CONTEXT, "2022-02-02"),
    ]


@pytest.mark.parametrize(
    ("elements", "use"),
    [
        ({"status": "superseded"}, Use.NO),
        ({"status": "entered-in-error"}, Use.NO),
        ({"docStatus": "preliminary"}, Use.PENDING),
    ],
)
def test_a_withdrawn_or_unfinished_document_keeps_its_state(elements: dict[str, Any], use: Use) -> None:
    assert {result.use for result in read(document(**elements)).results} == {use}


def test_a_document_about_a_tumour_is_somatic() -> None:
    assert (
        only(report(code={"text": "EGFR mutation analysis, tumor"}, presentedForm=PAGE)).origin
        is Origin.SOMATIC
    )


def test_a_document_of_somebody_else_is_left_out() -> None:
    readings = read(document(subject={"reference": "Patient/p2"}))
    assert (readings.results, keys(readings)) == ((), ["other-person"])
