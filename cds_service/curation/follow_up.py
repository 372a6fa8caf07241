"""Reads `knowledge/follow_up.tsv`: tests that can be ordered for what is watched."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from cds_service.core.errors import KnowledgeError
from cds_service.core.finding import FollowUp
from cds_service.core.follow_up import FollowUpCodes
from cds_service.curation.files import read_tsv

FILE = "follow_up.tsv"


def load_follow_up(folder: Path, drugs: Collection[str]) -> FollowUpCodes:
    """
    Read the codes.

    Args:
        folder: The knowledge folder.
        drugs: Names of the drugs a row may be for.

    Raises:
        KnowledgeError: If a row is for a drug there is none of, or stands twice.
    """
    general: dict[str, FollowUp] = {}
    by_drug: dict[tuple[str, str], FollowUp] = {}
    for row in read_tsv(folder / FILE, ("watch", "drug", "loinc", "name", "source")):
        what, drug, found = row["watch"], row["drug"], FollowUp(row["watch"], row["loinc"], row["name"])
        if (drug and drug not in drugs) or (what, drug) in by_drug or (not drug and what in general):
            raise KnowledgeError(f"{folder / FILE}: {what} {drug}: no such drug, or the row stands twice")
        if drug:
            by_drug[what, drug] = found
        else:
            general[what] = found
    return FollowUpCodes(general, by_drug)
