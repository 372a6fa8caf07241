"""Calls as the JSON of `pgx-cds call --json`."""

from __future__ import annotations

from typing import Any

from cds_service.calling.results import GeneCall, SampleCalls
from cds_service.calling.words import words


def gene_json(call: GeneCall) -> dict[str, Any]:
    """One gene."""
    return {
        "gene": call.gene,
        "diplotypes": [str(diplotype) for diplotype in call.diplotypes],
        "phenotype": call.phenotype or None,
        "activityScore": call.activity_score or None,
        "outcome": call.outcome.value,
        "missingPositions": [site.name for site in call.missing],
        "notices": [words(notice) for notice in call.notices],
    }


def sample_json(calls: SampleCalls) -> dict[str, Any]:
    """Everything of a sample but its genes."""
    return {
        "sample": calls.sample,
        "build": calls.build or None,
        "absentIsReference": calls.absent_is_reference,
        "notices": [words(notice) for notice in calls.notices],
    }
