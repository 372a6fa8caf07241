"""Runs all checks of a knowledge folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cds_service.core.knowledge_base import KnowledgeBase
from cds_service.curation.checks import (
    alternatives,
    avoid_explains,
    calculators,
    canonical_form,
    citations,
    codes,
    completeness,
    copied,
    definitions,
    drug_names,
    frequencies,
    implication_sides,
    monotony,
    phrases,
    readable,
    references,
    result_words,
    schema,
    translated,
    tumour,
    units,
)
from cds_service.curation.context import Check, Context, Fault, read_context

#: Checks of the form of the files: they run on any folder.
FORM: tuple[Check, ...] = (readable, schema, canonical_form)
#: Checks of what the files say: they count on the form, and pass over what is not compiled.
CONTENT: tuple[Check, ...] = (
    references,
    result_words,
    drug_names,
    codes,
    completeness,
    monotony,
    implication_sides,
    units,
    citations,
    avoid_explains,
    alternatives,
    calculators,
    phrases,
    translated,
    copied,
    frequencies,
    definitions,
    tumour,
)


@dataclass(frozen=True, slots=True)
class Report:
    """
    What all checks found.

    Args:
        faults: Name of each check that ran -> its faults, sorted.
        skipped: Names of checks that could not run, because files have not the form they count on.
        knowledge: The compiled folder; None if it does not compile.
    """

    faults: Mapping[str, tuple[Fault, ...]]
    skipped: tuple[str, ...] = ()
    knowledge: KnowledgeBase | None = None

    @property
    def clean(self) -> bool:
        """True if everything ran and nothing was found."""
        return not self.skipped and not any(self.faults.values())

    def lines(self) -> list[str]:
        """The faults of all checks, sorted by file and place, each once."""
        return [str(fault) for fault in sorted({fault for found in self.faults.values() for fault in found})]

    def as_json(self) -> dict[str, Any]:
        """The same for programs."""
        return {
            "clean": self.clean,
            "released": self.knowledge.released if self.knowledge else None,
            "contentHash": self.knowledge.content_hash if self.knowledge else None,
            "checks": {check: len(found) for check, found in self.faults.items()},
            "skipped": list(self.skipped),
            "faults": [
                {"check": check, "file": fault.file, "where": fault.where, "what": fault.what}
                for check, found in self.faults.items()
                for fault in found
            ],
        }


def check_folder(
    folder: Path,
    schemas: Path,
    phrases: Mapping[str, Mapping[str, str]],
    against: Mapping[str, str] | None = None,
) -> Report:
    """
    Read a knowledge folder and run all checks.

    Args:
        folder: The folder to check.
        schemas: Folder of the JSON schemas, as shipped with the program.
        phrases: Language -> key -> words of the cards.
        against: Name of a source text -> its text, which no phrase may copy.

    Raises:
        KnowledgeError: If the folder is no knowledge folder, or a schema cannot be used.
    """
    return check(read_context(folder, schemas, phrases, against or {}))


def check(context: Context) -> Report:
    """Run all checks on what was read."""
    faults = {one.name: _sorted(one, context) for one in FORM}
    if context.knowledge is None and (context.unreadable or faults[schema.name]):
        return Report(faults, tuple(one.name for one in CONTENT))
    faults |= {one.name: _sorted(one, context) for one in CONTENT}
    return Report(faults, (), context.knowledge)


def _sorted(one: Check, context: Context) -> tuple[Fault, ...]:
    return tuple(sorted(set(one.run(context))))
