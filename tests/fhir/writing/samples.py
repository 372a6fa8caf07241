"""Results to write, small and of every kind."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from cds_service.core.actions import Action
from cds_service.core.genotype_values import AlleleCopies, Diplotype
from cds_service.fhir.readers import Readings, read_results, unpack
from cds_service.fhir.writing import (
    Citation,
    GeneResult,
    Outcome,
    Position,
    Recommendation,
    SampleResults,
    Software,
    Source,
    VariantCall,
    WrittenResults,
    write_results,
)
from tests.builders import knowledge
from tests.fhir.readers.payloads import PATIENT

ISSUED = datetime(2026, 11, 21, 12, 30, tzinfo=UTC)
SPECIMEN_DAY = date(2026, 11, 3)
SOFTWARE = Software("pgx-cds", "1.2.3", "ab" * 32)
CHR10, CHR1 = "NC_000010.11", "NC_000001.11"

CLOPIDOGREL = Recommendation(
    drug="clopidogrel",
    genes=("CYP2C19",),
    action=Action.AVOID,
    advice="Choose another antiplatelet drug.",
    implication="Less of the drug is activated.",
    rxcui="32968",
    phenotype="Intermediate Metabolizer",
    strength="CPIC strong",
    citation=Citation("CPIC guideline for clopidogrel", "https://cpicpgx.org/guidelines/", ("35034351",)),
    rules=("cpic-clopidogrel-1",),
)
WARFARIN = Recommendation(
    drug="warfarin",
    genes=("CYP2C9", "VKORC1"),
    action=Action.CALCULATE_DOSE,
    advice="Calculate the dose with both genes.",
    rxcui="11289",
)
TACROLIMUS = Recommendation("tacrolimus", ("CYP3A5",), Action.STANDARD, "Nothing to change.")


def pair(gene: str, *alleles: str) -> Diplotype:
    return Diplotype(gene, tuple(AlleleCopies(allele) for allele in alleles))


def called(gene: str, *alleles: str, **more: Any) -> GeneResult:
    return GeneResult(gene, diplotypes=(pair(gene, *alleles),), **more)


def variant(**more: Any) -> VariantCall:
    plain: dict[str, Any] = {
        "at": Position(CHR10, 94781859, "rs4244285"),
        "ref": "G",
        "alt": "A",
        "zygosity": "heterozygous",
    }
    return VariantCall(**{**plain, **more})


def every_kind() -> tuple[GeneResult, ...]:
    """One gene for each way a result can turn out."""
    return (
        called(
            "CYP2C19",
            "*1",
            "*2",
            phenotype="Intermediate Metabolizer",
            variants=(variant(),),
            examined=34,
            missing=(Position(CHR10, 94775507, "rs17885098"),),
        ),
        called("CYP2C9", "*1", "*1", phenotype="Normal Metabolizer", score=Decimal("2.0")),
        GeneResult(
            "CYP2D6",
            diplotypes=(Diplotype("CYP2D6", (AlleleCopies("*1", 2, True), AlleleCopies("*4"))),),
            score=Decimal("2.0"),
            score_at_least=True,
        ),
        GeneResult(
            "CYP2B6",
            Outcome.AMBIGUOUS,
            diplotypes=(pair("CYP2B6", "*1", "*6"), pair("CYP2B6", "*4", "*9")),
            notes=("The phase is not known.",),
        ),
        GeneResult(
            "DPYD",
            Outcome.NO_CALL,
            reason="Too few reads",
            variants=(
                VariantCall(Position(CHR1, 97450058), "C", "T", present=None),
                VariantCall(Position(CHR1, 97515839), "CAT", "C", "homozygous"),
            ),
        ),
        GeneResult("UGT1A1", Outcome.NOT_COVERED, reason="Not on the array"),
        GeneResult("HLA-B", presence=(("*57:01", False), ("*58:01", True), ("*15:02", None))),
        called("HLA-A", "*01:01", "*31:01"),
        GeneResult("TPMT", phenotype="Poor Metabolizer", limits="Only *2, *3A and *3C were tested."),
        called("CYP3A5", "*3", "*3", limits="Only *3 was looked for."),
        called("VKORC1", "rs9923231 reference (C)", "rs9923231 variant (T)"),
        GeneResult(
            "RYR1",
            variants=(
                VariantCall(names=("c.7300G>A",), zygosity="heterozygous", significance="pathogenic"),
                VariantCall(names=("c.1021G>A", "NM_000540.3:c.1021G>A"), present=False),
            ),
        ),
    )


def report(*genes: GeneResult, **more: Any) -> SampleResults:
    plain: dict[str, Any] = {
        "patient": f"Patient/{PATIENT}",
        "sample": "S-17",
        "issued": ISSUED,
        "genes": genes or every_kind(),
        "measured_on": SPECIMEN_DAY,
        "laboratory": "Example Laboratory",
        "sources": (Source("S-17.vcf.gz", "cd" * 32),),
    }
    if not genes:
        plain["recommendations"] = (CLOPIDOGREL, WARFARIN, TACROLIMUS)
    return SampleResults(**{**plain, **more})


def written(*genes: GeneResult, **more: Any) -> WrittenResults:
    return write_results(report(*genes, **more), codes=knowledge().codes, software=SOFTWARE)


def read_back(document: WrittenResults) -> Readings:
    return read_results(unpack(document.document), codes=knowledge().codes, patient_id=PATIENT)


def resources(document: WrittenResults, kind: str, profile: str = "") -> list[dict[str, Any]]:
    """The resources of a type, and of a profile if one is given."""
    return [
        found
        for found in document.resources
        if found["resourceType"] == kind
        and (
            not profile
            or any(url.endswith(f"/{profile}") for url in found.get("meta", {}).get("profile", []))
        )
    ]


def coded(document: WrittenResults, code: str, gene: str) -> list[dict[str, Any]]:
    """The Observations with a LOINC code about a gene."""
    return [
        found
        for found in resources(document, "Observation")
        if any(coding["code"] == code for coding in found["code"].get("coding", []))
        and any(
            part.get("valueCodeableConcept", {}).get("text") == gene for part in found.get("component", [])
        )
    ]
