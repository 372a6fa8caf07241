"""One small payload for each way genetic results are written in FHIR, and how it is to be read."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from cds_service.cards.wording import Wording, load_wording
from cds_service.commands.read import understood
from tests.builders import knowledge
from tests.fhir.readers.payloads import (
    PATIENT,
    TBD,
    Json,
    bundle,
    component,
    concept,
    gene,
    genotype,
    haplotype,
    lab,
    loinc,
    observation,
    variant,
)

SNOMED = "http://snomed.info/sct"
HGNC = "http://www.genenames.org"
PHARMVAR = "http://www.pharmvar.org"
GL = "https://glstring.org"
GENE = "http://hl7.org/fhir/StructureDefinition/observation-geneticsGene"
POSITIVE, NEGATIVE = loinc("LA6576-8", "Positive"), loinc("LA6577-6", "Negative")
ABSENT = loinc("LA9634-2", "Absent")
GERMLINE = component("48002-0", loinc("LA6683-2", "Germline"))
SOMATIC = component("48002-0", loinc("LA6684-0", "Somatic"))
HETEROZYGOUS = component("53034-5", loinc("LA6706-1", "Heterozygous"))
SUBJECT = {"reference": f"Patient/{PATIENT}"}


@cache
def words() -> Wording:
    return load_wording()


def read(*resources: Json) -> dict[str, Any]:
    return understood(bundle(*resources), knowledge(), words())


def coded(*codings: tuple[str, str, str]) -> Json:
    return concept(*codings)


def named(symbol: str, number: str, display: str) -> Json:
    return component("48018-6", concept((HGNC, number, display or symbol)))


def dbsnp(name: str) -> Json:
    return component("81252-9", concept(("http://www.ncbi.nlm.nih.gov/snp", name, "")))


def change(name: str) -> Json:
    return component("48004-6", concept(("http://varnomen.hgvs.org", name, name)))


def implied(code: str, answer: Json, *behind: str, ident: str = "i1") -> Json:
    """Therapeutic implication as the third and fourth editions of the guide write it."""
    return observation(
        concept((TBD, "therapeutic-implication", "")),
        ident,
        component=[{"code": concept((TBD, code, "")), "valueCodeableConcept": answer}],
        derivedFrom=[{"reference": name} for name in behind],
    )


def contained(*inner: Json) -> Json:
    return {
        "resourceType": "DiagnosticReport",
        "id": "r1",
        "status": "final",
        "code": loinc("51969-4"),
        "subject": SUBJECT,
        "effectiveDateTime": "2024-05-14",
        "contained": list(inner),
        "result": [{"reference": f"#{each['id']}"} for each in inner],
    }


def operation(value: str) -> Json:
    part = [
        {"name": "presence", "valueBoolean": True},
        {"name": "genotype", "resource": genotype("CYP2D6", value)},
    ]
    return {"resourceType": "Parameters", "parameter": [{"name": "haplotypes", "part": part}]}


def statement(kind: str, words_: str, **more: Any) -> Json:
    holder = "patient" if kind == "AllergyIntolerance" else "subject"
    return {"resourceType": kind, "id": "s1", "code": {"text": words_}, holder: SUBJECT, **more}


def problem(words_: str, **more: Any) -> Json:
    active = {"coding": [{"code": "active"}]}
    return statement("Condition", words_, clinicalStatus=active, **more)


R4_CORE = observation(
    coded((SNOMED, "363779003", "Genotype determination")),
    extension=[{"url": GENE, "valueCodeableConcept": concept((f"{HGNC}", "12014", "TPMT"))}],
    valueString="*1/*4",
)
#: shape -> payload, gene, kind, diplotype, class, score, use.
SHAPES: dict[str, tuple[Json, tuple[str, ...]]] = {
    "Genotype, text": (
        genotype("CYP2C9", "CYP2C9*1/*1"),
        ("CYP2C9", "diplotype", "*1/*1", "Normal Metabolizer", "2.0"),
    ),
    "Genotype, display of a code": (
        genotype("CYP2C19", coded(("http://www.ncbi.nlm.nih.gov/clinvar", "638797", "CYP2C19 *2/*2"))),
        ("CYP2C19", "diplotype", "*2/*2", "Poor Metabolizer", ""),
    ),
    "Genotype, suballeles and blanks": (
        genotype("CYP2D6", coded((PHARMVAR, "", "CYP2D6*7.001 / CYP2D6*1.001"))),
        ("CYP2D6", "diplotype", "*1/*7", "Intermediate Metabolizer", "1.0"),
    ),
    "Genotype, underscore before the alleles": (
        genotype("CYP2D6", coded((PHARMVAR, "CYP2D6_*1/*1", ""))),
        ("CYP2D6", "diplotype", "*1/*1", "Normal Metabolizer", "2.0"),
    ),
    "Genotype of two genes, of which the value names one": (
        observation(
            loinc("84413-4"),
            valueCodeableConcept={"text": "CYP2C9 *2/*5"},
            component=[gene("CYP2C9"), gene("VKORC1")],
        ),
        ("CYP2C9", "diplotype", "*2/*5", "Intermediate Metabolizer", "1.0"),
    ),
    "Genotype, gene by number of another one": (
        genotype("CYP2C19", "*1/*2", component=[named("CYP2C19", "HGNC:262", "CYP2C19")]),
        ("CYP2C19", "diplotype", "*1/*2", "Intermediate Metabolizer", ""),
    ),
    "Genotype, rs number and letters": (
        genotype("VKORC1", "VKORC1 rs9923231 C/T"),
        ("VKORC1", "diplotype", "rs9923231 reference (C)/rs9923231 variant (T)", "-1639 AG", ""),
    ),
    "Genotype, letters of the panel": (
        genotype("SLCO1B1", "T/C"),
        ("SLCO1B1", "diplotype", "*1/*5", "Decreased Function", ""),
    ),
    "Genotype, old name of a change": (
        genotype("DPYD", "*1/*2A"),
        ("DPYD", "diplotype", "Reference/c.1905+1G>A (*2A)", "Intermediate Metabolizer", "1.0"),
    ),
    "Genotype, F5": (
        genotype("F5", "Factor V Leiden heterozygous"),
        ("F5", "diplotype", "Reference/Factor V Leiden", "Factor V Leiden heterozygous", ""),
    ),
    "Genotype, not translatable": (
        genotype("CYP2C9", "CYP2C9 *4/*35B"),
        ("CYP2C9", "diplotype", "", "", "", "no"),
    ),
    "Haplotype": (haplotype("CYP2D6", "CYP2D6*7.001", "o1"), ("CYP2D6", "allele-presence", "", "", "")),
    "R4 core": (R4_CORE, ("TPMT", "diplotype", "*1/*4", "Intermediate Metabolizer", "")),
    "phenotype, answer code": (
        observation(loinc("79716-7"), valueCodeableConcept=loinc("LA9657-3", "Poor metabolizer")),
        ("CYP2C9", "phenotype", "", "Poor Metabolizer", ""),
    ),
    "local phenotype, British spelling": (
        lab("CYP2C19 Phenotype", "Rapid Metaboliser"),
        ("CYP2C19", "phenotype", "", "Rapid Metabolizer", ""),
    ),
    "local test, old name of a class": (
        lab("TPMT Phenotype", "Normal metabolizer"),
        ("TPMT", "phenotype", "", "Normal Metabolizer", ""),
    ),
    "activity score of nothing": (
        observation(
            concept(("urn:x", "S", "CYP2D6 activity score"), text="CYP2D6 activity score"),
            valueQuantity={"value": 0.0},
        ),
        ("CYP2D6", "activity-score", "", "Poor Metabolizer", "0.0"),
    ),
    "local genotype": (
        lab("CYP2D6 GENOTYPE", "*4/*5"),
        ("CYP2D6", "diplotype", "*4/*5", "Poor Metabolizer", "0.0"),
    ),
    "local genotype, nothing between the alleles": (
        lab("CYP2C19 GENOTYPE", "*1*17"),
        ("CYP2C19", "diplotype", "*1/*17", "Rapid Metabolizer", ""),
    ),
    "local genotype, a bar between the alleles": (
        lab("CYP2C9 Genotype Result", "*2|*3"),
        ("CYP2C9", "diplotype", "*2/*3", "Poor Metabolizer", "0.5"),
    ),
    "local genotype, gene and colon": (
        lab("TPMT GENOTYPING", "TPMT: *1/*3A"),
        ("TPMT", "diplotype", "*1/*3A", "Intermediate Metabolizer", ""),
    ),
    "local test named after the change": (
        lab("VKORC1 -1639 G>A", "A/A"),
        ("VKORC1", "diplotype", "rs9923231 variant (T)/rs9923231 variant (T)", "-1639 AA", ""),
    ),
    "repeats": (
        lab("UGT1A1 TA repeats", "6/7"),
        ("UGT1A1", "diplotype", "*1/*28", "Intermediate Metabolizer", ""),
    ),
    "HLA presence by LOINC": (
        observation(loinc("50956-2"), valueCodeableConcept=NEGATIVE),
        ("HLA-B", "allele-presence", "", "*57:01 negative", ""),
    ),
    "HLA presence by name": (
        lab("HLA-B*15:02", "Positive"),
        ("HLA-B", "allele-presence", "", "*15:02 positive", ""),
    ),
    "HLA typing of groups": (
        genotype("HLA-B", coded((GL, "hla#3.23.0#HLA-B*15:01:01G+HLA-B*57:01:01G", ""))),
        ("HLA-B", "diplotype", "", "*15:02 negative, *15:11 negative, *57:01 positive, *58:01 negative", ""),
    ),
    "implication, third edition": (
        implied("therapeutic-implication", loinc("LA9657-3", "Poor metabolizer"), "Observation/g1"),
        (),
    ),
    "report with results inside": (
        contained({**genotype("CYP2C19", "*2/*2", "g1"), "effectiveDateTime": "2024-05-14"}),
        ("CYP2C19", "diplotype", "*2/*2", "Poor Metabolizer", ""),
    ),
    "operation": (
        operation("CYP2D6 *1/*41"),
        ("CYP2D6", "diplotype", "*1/*41", "Normal Metabolizer", "1.25"),
    ),
    "problem list": (
        problem("CYP2D6 ultra-rapid metabolizer (HCC)"),
        ("CYP2D6", "phenotype", "", "Ultrarapid Metabolizer", ">"),
    ),
    "flag": (
        statement("Flag", "DPYD intermediate metabolizer", status="active"),
        ("DPYD", "phenotype", "", "Intermediate Metabolizer", ""),
    ),
    "tumour change": (
        variant("EGFR", SOMATIC, component("81252-9", {"text": "EGFR L858R"})),
        ("EGFR", "variant", "", "", ""),
    ),
    "inherited change": (
        variant("RYR1", GERMLINE, HETEROZYGOUS, change("NM_000540.3:c.7300G>A")),
        ("RYR1", "variant", "Reference/c.7300G>A", "Malignant Hyperthermia Susceptibility", ""),
    ),
    "tumour marker": (
        observation(loinc("48676-1", "HER2 [Interpretation] in Tissue"), valueCodeableConcept=NEGATIVE),
        ("ERBB2", "biomarker", "", "", ""),
    ),
}


@pytest.mark.parametrize("shape", [name for name, (_, expected) in SHAPES.items() if expected])
def test_a_shape_is_read(shape: str) -> None:
    payload, (symbol, kind, diplotype, phenotype, score, *use) = SHAPES[shape]
    [row] = [each for each in read(payload)["results"] if each["gene"] == symbol and each["kind"] == kind]
    assert row.get("diplotype", "") == diplotype
    assert row.get("phenotype", "") == phenotype
    assert score == ">" or row.get("activityScore", "") == score
    assert row["use"] == (use[0] if use else "yes")


@pytest.mark.parametrize(
    "payload",
    [
        problem("Family history of malignant hyperthermia"),
        lab("Hemoglobin", "12.1"),
        SHAPES["implication, third edition"][0],
        variant("", change("NM_022787.3(NMNAT1):c.53A>G")),
        observation(loinc("82120-7"), valueCodeableConcept=loinc("LA6172-6", "Cis")),
        {
            "resourceType": "Task",
            "id": "t1",
            "status": "requested",
            "code": loinc("LA26423-6"),
            "for": SUBJECT,
        },
        {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "exception"}]},
    ],
    ids=["family history", "other test", "no gene behind", "no gene of ours", "phase", "proposal", "outcome"],
)
def test_what_is_no_result_is_read_as_none(payload: Json) -> None:
    assert read(payload)["results"] == []


@pytest.mark.parametrize(
    ("payload", "notice"),
    [
        (lab("NUDT15 Genotype", "See scanned report"), "a person has to read it"),
        (
            {
                "resourceType": "DiagnosticReport",
                "id": "d1",
                "status": "final",
                "code": {"text": "PGX PANEL"},
                "subject": SUBJECT,
                "conclusion": "CYP2D6 *4/*4 poor metabolizer",
            },
            "CYP2D6 (PGX PANEL)",
        ),
    ],
    ids=["text in place of a value", "conclusion only"],
)
def test_a_document_is_told_and_nothing_is_taken_from_it(payload: Json, notice: str) -> None:
    found = read(payload)
    assert found["results"] == []
    assert any(notice in text for text in found["notices"])


@pytest.mark.parametrize(
    ("status", "use"),
    [
        ("final", "yes"),
        ("amended", "yes"),
        ("corrected", "yes"),
        ("unknown", "yes"),
        ("preliminary", "pending"),
        ("registered", "pending"),
        ("cancelled", "no"),
        ("entered-in-error", "no"),
    ],
)
def test_the_status_decides_the_use(status: str, use: str) -> None:
    [row] = read(genotype("CYP2C19", "*2/*2", status=status))["results"]
    assert row["use"] == use


@pytest.mark.parametrize("value", ["No call", "QNS", "Indeterminate genotype"])
def test_no_call_is_neither_a_class_nor_not_tested(value: str) -> None:
    [row] = read(genotype("CYP2C19", value))["results"]
    assert (row["use"], "phenotype" in row) == ("no", False)


def test_indeterminate_is_a_class_of_a_phenotype() -> None:
    [row] = read(observation(loinc("79716-7"), valueCodeableConcept={"text": "Indeterminate"}))["results"]
    assert (row["use"], row["phenotype"]) == ("yes", "Indeterminate")


def test_a_correction_replaces_what_it_corrects() -> None:
    old = genotype("CYP2C19", "*1/*1", "old", issued="2024-05-20T08:00:00Z")
    new = genotype("CYP2C19", "*1/*2", "new", status="amended", issued="2024-06-01T08:00:00Z")
    uses = {row["sources"][0]: row["use"] for row in read(old, new)["results"]}
    assert uses == {"Observation/old": "no", "Observation/new": "yes"}


def test_the_same_resource_counts_once() -> None:
    same = genotype("CYP2C19", "*1/*2")
    assert len(read(same, same)["results"]) == 1


def test_results_that_contradict_each_other_are_told() -> None:
    found = read(genotype("CYP2C19", "*1/*1", "a"), genotype("CYP2C19", "*2/*2", "b"))
    assert any("contradict" in text for text in found["notices"])


def test_a_stale_class_is_told_beside_the_alleles() -> None:
    label = observation(loinc("79716-7"), "p", valueCodeableConcept={"text": "Poor metabolizer"})
    found = read(genotype("CYP2C9", "*1/*1", "g"), label)
    assert any("by today's tables" in text for text in found["notices"])


def test_absent_changes_of_part_of_a_panel_are_no_genotype() -> None:
    found = read(variant("CYP2C19", GERMLINE, dbsnp("rs4244285"), answer=ABSENT))
    [row] = found["results"]
    assert (row["use"], "phenotype" in row) == ("context", False)


def test_changes_of_a_whole_panel_are_one_genotype() -> None:
    there = variant("CYP2C19", GERMLINE, HETEROZYGOUS, dbsnp("rs4244285"), ident="a")
    rest = [
        variant("CYP2C19", GERMLINE, dbsnp(name), answer=ABSENT, ident=name)
        for name in ("rs4986893", "rs12248560")
    ]
    [row] = [each for each in read(there, *rest)["results"] if each["kind"] == "diplotype"]
    assert (row["diplotype"], row["use"], len(row["sources"])) == ("*1/*2", "yes", 3)


def test_partners_of_a_fusion_are_both_read() -> None:
    fusion = variant("MET,ALK", SOMATIC, component("48019-4", concept(("http://so", "SO:0002062", ""))))
    assert sorted(row["gene"] for row in read(fusion)["results"]) == ["ALK", "MET"]


def test_results_of_somebody_else_are_left_out_and_told() -> None:
    mine = {"resourceType": "Patient", "id": PATIENT}
    theirs = {**genotype("CYP2C19", "*2/*2"), "subject": {"reference": "Patient/p2"}}
    found = read(mine, theirs)
    assert found["results"] == []
    assert any("another person" in text for text in found["notices"])
