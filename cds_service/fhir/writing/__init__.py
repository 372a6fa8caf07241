"""Writes results as Genomics Reporting (STU3) resources, and sends them to a FHIR server."""

from __future__ import annotations

from cds_service.fhir.writing.bundle import WrittenResults, write_genotypes, write_results
from cds_service.fhir.writing.ig import grch38_accession
from cds_service.fhir.writing.post import EntryOutcome, Posted, post_results
from cds_service.fhir.writing.readback import ResultsToWrite, results_of_read
from cds_service.fhir.writing.recommendations import recommendation_of
from cds_service.fhir.writing.results import (
    Citation,
    GeneResult,
    Outcome,
    Position,
    Recommendation,
    SampleResults,
    Software,
    Source,
    VariantCall,
)

__all__ = [
    "Citation",
    "EntryOutcome",
    "GeneResult",
    "Outcome",
    "Position",
    "Posted",
    "Recommendation",
    "ResultsToWrite",
    "SampleResults",
    "Software",
    "Source",
    "VariantCall",
    "WrittenResults",
    "grch38_accession",
    "post_results",
    "recommendation_of",
    "results_of_read",
    "write_genotypes",
    "write_results",
]
