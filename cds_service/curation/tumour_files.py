"""The files of `knowledge/tumour/` as checks see them: uses and rules with their place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cds_service.curation.context import Context

FILES = "tumour/drugs/*.json"


def tumour_uses(context: Context) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every use with its file."""
    for path, document in context.files_of(FILES):
        for use in document["uses"]:
            yield path, use


def tumour_rules(context: Context) -> Iterator[tuple[str, Mapping[str, Any], Mapping[str, Any]]]:
    """Every rule with its file and its use."""
    for path, use in tumour_uses(context):
        for rule in use.get("rules", ()):
            yield path, use, rule
