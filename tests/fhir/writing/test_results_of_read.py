"""Results that were read, written back: the same results, and no more than was known."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from cds_service.core.evidence import Origin, ReportedResult, ResultKind, Use
from cds_service.core.weigh import ResultState, weigh
from cds_service.fhir.readers import read_results, unpack
from cds_service.fhir.writing import (
    GeneResult,
    Outcome,
    ResultsToWrite,
    WrittenResults,
    results_of_read,
    write_results,
)
from cds_service.resources import fixtures_folder
from tests.builders import genotype, knowledge, phenotype
from tests.fhir.readers.payloads import PATIENT
from tests.fhir.writing.ig_checker import Guide
from tests.fhir.writing.samples import ISSUED, SOFTWARE, read_back, written


def to_write(*found: ReportedResult) -> ResultsToWrite:
    return results_of_read(found, genes=knowledge().genes, patient=f"Patient/{PATIENT}", issued=ISSUED)


def documents(found: ResultsToWrite) -> list[WrittenResults]:
    return [write_results(each, codes=knowledge().codes, software=SOFTWARE) for each in found.reports]


def read_again(found: Iterable[WrittenResults], patient: str = PATIENT) -> tuple[ReportedResult, ...]:
    resources = [resource for document in found for resource in unpack(document.document)]
    return read_results(resources, codes=knowledge().codes, patient_id=patient).results


def genes_of(found: ResultsToWrite) -> list[GeneResult]:
    return [result for report in found.reports for result in report.genes]


def meaning(found: Iterable[ReportedResult]) -> dict[str, tuple[Any, ...]]:
    """What the service makes of all results, gene by gene, as far as anything is known."""
    listed = [*found]
    weighed = (weigh(gene, listed) for gene in knowledge().genes.values())
    return {
        each.gene: (
            each.state,
            {(state.phenotype, state.score_value) for state in each.possible},
            dict(each.presence),
            each.measured_on,
        )
        for each in weighed
        if each.state in (ResultState.TRANSLATED, ResultState.CONFLICT, ResultState.NO_CALL)
    }


def presence(gene: str, allele: str, present: bool | None) -> ReportedResult:
    source = f"Observation/{gene}{allele}"
    return ReportedResult(gene, ResultKind.ALLELE_PRESENCE, "-", source, allele=allele, present=present)


def change(gene: str, name: str, **more: Any) -> ReportedResult:
    source = f"Observation/{gene}-{name}"
    return ReportedResult(gene, ResultKind.VARIANT, name, source, allele=name, present=True, **more)


def test_what_was_written_is_read_and_written_again_with_the_same_meaning() -> None:
    first = read_back(written()).results
    second = read_again(documents(to_write(*first)))
    assert meaning(second) == meaning(first)


def test_written_again_from_what_was_read_gives_the_same_bytes() -> None:
    once = documents(to_write(*read_back(written()).results))
    twice = documents(to_write(*read_back(written()).results))
    assert [each.as_bytes() for each in once] == [each.as_bytes() for each in twice]


_PATIENTS = sorted(
    set(fixtures_folder().glob("patients/*.json")) - {fixtures_folder() / "patients/index.json"}
)


def test_there_are_fixture_patients() -> None:
    assert len(_PATIENTS) > 10


@pytest.mark.parametrize("path", _PATIENTS, ids=lambda path: path.stem)
def test_results_of_a_fixture_patient_mean_the_same_when_written_back(path: Any) -> None:
    resources = unpack(json.loads(path.read_text("utf8")))
    patient = next(each["id"] for each in resources if each["resourceType"] == "Patient")
    first = read_results(resources, codes=knowledge().codes, patient_id=patient).results
    made = results_of_read(first, genes=knowledge().genes, patient=f"Patient/{patient}", issued=ISSUED)
    dated = [result for result in first if result.measured_on is not None]
    assert meaning(read_again(documents(made), patient)) == meaning(dated)


@pytest.mark.parametrize("path", _PATIENTS, ids=lambda path: path.stem)
def test_what_is_written_back_for_a_fixture_patient_follows_the_profiles(guide: Guide, path: Any) -> None:
    resources = unpack(json.loads(path.read_text("utf8")))
    patient = next(each["id"] for each in resources if each["resourceType"] == "Patient")
    first = read_results(resources, codes=knowledge().codes, patient_id=patient).results
    made = results_of_read(first, genes=knowledge().genes, patient=f"Patient/{patient}", issued=ISSUED)
    found = [each for document in documents(made) for each in document.resources]
    assert [str(problem) for each in found for problem in guide.check(each)] == []


def test_the_value_stays_as_the_laboratory_wrote_it() -> None:
    (found,) = genes_of(to_write(genotype("CYP2C19", "CYP2C19*2A/*17")))
    assert found.written == "CYP2C19*2A/*17"
    assert [str(diplotype) for diplotype in found.diplotypes] == ["*2/*17"]


@pytest.mark.parametrize(
    ("gene", "text", "outcome"),
    [
        ("CYP2C19", "*1/*2", Outcome.CALLED),
        ("CYP2C19", "*1/*999", Outcome.CALLED),
        ("CYP2D6", "*1/*4, 3 copies", Outcome.AMBIGUOUS),
        ("CYP2D6", "No call", Outcome.NO_CALL),
        ("CYP2D6", "QNS", Outcome.NO_CALL),
        ("HLA-B", "HLA-B*57:01+HLA-B*07:02", Outcome.CALLED),
        ("HLA-B", "HLA-B*57:01/HLA-B*57:03+HLA-B*07:02", Outcome.AMBIGUOUS),
    ],
)
def test_values_keep_their_outcome(gene: str, text: str, outcome: Outcome) -> None:
    (found,) = genes_of(to_write(genotype(gene, text)))
    assert found.outcome is outcome


def test_class_and_score_join_the_genotype_of_the_same_laboratory_and_day() -> None:
    day = {"laboratory": "A", "measured_on": date(2024, 5, 14)}
    (found,) = genes_of(
        to_write(genotype("CYP2D6", "*1/*4", **day), phenotype("CYP2D6", "Intermediate Metabolizer", **day))
    )
    assert (found.written, found.phenotype) == ("*1/*4", "Intermediate Metabolizer")


def test_laboratories_and_days_stay_apart() -> None:
    found = to_write(
        genotype("CYP2D6", "*1/*4", laboratory="A"),
        genotype("CYP2D6", "*1/*4", laboratory="B"),
        genotype("CYP2D6", "*1/*4", laboratory="B", measured_on=date(2025, 1, 1)),
    )
    assert [(each.laboratory, each.measured_on) for each in found.reports] == [
        ("A", date(2024, 5, 14)),
        ("B", date(2024, 5, 14)),
        ("B", date(2025, 1, 1)),
    ]


def test_results_that_contradict_each_other_stay_a_conflict() -> None:
    found = to_write(genotype("CYP2C19", "*1/*1"), genotype("CYP2C19", "*2/*2"))
    assert meaning(read_again(documents(found)))["CYP2C19"][0] is ResultState.CONFLICT


def test_a_single_allele_without_a_partner_is_not_made_a_genotype() -> None:
    (found,) = genes_of(to_write(presence("HLA-B", "*57:01", True)))
    assert (found.states_genotype, found.presence) == (False, (("*57:01", True),))


def test_alleles_of_a_genotype_are_not_written_as_results_of_their_own() -> None:
    day = date(2024, 5, 14)
    single = replace(presence("CYP2C19", "*2", True), measured_on=day)
    made = to_write(genotype("CYP2C19", "*1/*2"), single, change("RYR1", "c.7300G>A", measured_on=day))
    assert [result.gene for result in genes_of(made)] == ["CYP2C19", "RYR1"]
    assert [reason for _, reason in made.left_out] == ["it is an allele of a genotype"]


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        (genotype("CYP2D6", "*1/*4", use=Use.PENDING), "its use is pending"),
        (genotype("CYP2D6", "*1/*4", use=Use.NO), "its use is no"),
        (genotype("CYP2D6", "*1/*4", use=Use.CONTEXT), "its use is context"),
        (genotype("CYP2D6", "*1/*4", origin=Origin.SOMATIC), "it is of a tumour"),
        (genotype("CYP2D6", "*1/*4", donor=True), "it is of a donor"),
        (phenotype("CYP2D6", "Poor Metabolizer", ehr_statement=True), "it is a statement of a chart"),
        (genotype("CYP2D6", "See report"), "it states no genotype"),
        (genotype("CYP2D6", ""), "it states no genotype"),
        (ReportedResult("CYP2D6", ResultKind.DOCUMENT, "PGx", "DocumentReference/1"), "it is a document"),
        (ReportedResult("EGFR", ResultKind.BIOMARKER, "L858R", "Observation/1"), "it is a biomarker"),
        (ReportedResult("", ResultKind.DIPLOTYPE, "*1/*2", "Observation/1"), "it names no gene"),
        (ReportedResult("RYR1", ResultKind.VARIANT, "Absent", "Observation/1"), "it names no variant"),
        (ReportedResult("CYP2D6", ResultKind.ACTIVITY_SCORE, "?", "Observation/1"), "it states no score"),
    ],
)
def test_what_is_no_result_of_a_laboratory_is_left_out_with_the_reason(
    result: ReportedResult, reason: str
) -> None:
    made = to_write(result)
    assert made.reports == ()
    assert made.left_out == ((result, reason),)


def test_the_provenance_names_where_results_were_read() -> None:
    (report,) = to_write(genotype("CYP2D6", "*1/*4")).reports
    assert [source.name for source in report.sources] == ["Observation/CYP2D6-*1/*4"]
