"""Reads what fits replacements to a person: classes of allergies, and whom to ask if none is left."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from cds_service.core.allergies import AllergyClass
from cds_service.core.errors import KnowledgeError
from cds_service.curation.files import read_tsv

CLASSES, SPECIALISTS = "value_sets/allergy_classes.tsv", "specialists.tsv"
_WEIGHTS = ("exclude", "caution")


def load_allergy_classes(folder: Path, sets: Collection[str]) -> tuple[AllergyClass, ...]:
    """
    Read the classes.

    Args:
        folder: The knowledge folder.
        sets: Names of the sets of codes; a class is one of them.

    Raises:
        KnowledgeError: If a class is no set, or its weight is neither `exclude` nor `caution`.
    """
    found = []
    for row in read_tsv(folder / CLASSES, ("set", "weight", "words", "source")):
        if row["set"] not in sets or row["weight"] not in _WEIGHTS:
            raise KnowledgeError(f"{folder / CLASSES}: {row['set']}: no set of that name, or no known weight")
        words = tuple(word for word in row["words"].split(" | ") if word)
        found.append(AllergyClass(row["set"], row["weight"] == "exclude", words))
    return tuple(found)


def load_specialists(folder: Path) -> dict[str, str]:
    """Read whom to ask: beginning of an ATC code -> key of the words `notice.ask-<key>`."""
    rows = read_tsv(folder / SPECIALISTS, ("atc", "specialist", "source"))
    return {row["atc"]: row["specialist"] for row in rows}
