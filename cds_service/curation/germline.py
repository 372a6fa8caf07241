"""Reads `knowledge/germline/`: inherited findings that matter without any drug."""

from __future__ import annotations

from pathlib import Path

from cds_service.core.evidence import Origin
from cds_service.core.germline import GermlineKind
from cds_service.curation.conditions import parse_condition
from cds_service.curation.files import read_json


def load_germline(folder: Path, value_sets: frozenset[str]) -> tuple[GermlineKind, ...]:
    """
    Read all kinds of findings; none if there is no such folder.

    Args:
        folder: `knowledge/germline`.
        value_sets: Names their conditions may refer to.

    Raises:
        KnowledgeError: The file is malformed, or names an unknown value set.
    """
    path = folder / "findings.json"
    if not path.exists():
        return ()
    return tuple(
        GermlineKind(
            id=item["id"],
            genes=frozenset(item["genes"]),
            condition=item["condition"],
            significance=frozenset(item["significance"]),
            origins=frozenset(Origin(origin) for origin in item["origins"]),
            known_by=parse_condition(item["known_by"], f"{path}: {item['id']}", value_sets),
            name=item["guideline"]["name"],
            version=item["guideline"]["version"],
            url=item["guideline"]["url"],
        )
        for item in read_json(path)["findings"]
    )
