"""JSON schemas of the knowledge files: which file belongs to which, and what does not fit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path, PurePosixPath
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import SchemaError, ValidationError
from referencing import Registry, Resource

from cds_service.core.errors import KnowledgeError
from cds_service.curation.files import read_json
from cds_service.curation.schema_words import in_words

#: The first pattern that fits a path names its schema.
SCHEMA_OF: tuple[tuple[str, str], ...] = (
    ("genes/*/gene.json", "gene"),
    ("drugs/*/drug.json", "drug"),
    ("drugs/*/alternatives.json", "alternatives"),
    ("drugs/*/pretest.json", "pretest"),
    ("drugs/*/*.json", "rules"),
    ("tumour/markers.json", "markers"),
    ("tumour/drugs/*.json", "tumour"),
    ("value_sets/computed.json", "computed"),
    ("phenoconversion/pairs.json", "pairs"),
    ("calculators/*.json", "calculator"),
    ("germline/findings.json", "germline"),
    ("sources/sources.json", "sources"),
    ("implications.json", "implications"),
    ("release.json", "release"),
)
SUFFIX = ".schema.json"
_FORMATS = FormatChecker()


def _whole(text: object) -> bool:
    """Only strings have a format; what else stands there is the matter of `type`."""
    return not isinstance(text, str)


@_FORMATS.checks("decimal")
def _is_decimal(text: object) -> bool:
    try:
        return _whole(text) or Decimal(str(text)).is_finite()
    except InvalidOperation:
        return False


@_FORMATS.checks("partial-date")
def _is_partial_date(text: object) -> bool:
    if _whole(text):
        return True
    parts = str(text).split("-")
    try:
        date.fromisoformat("-".join([*parts, "01", "01"][:3]))
    except ValueError:
        return False
    return len(parts) <= 3


def schema_name(path: str) -> str:
    """
    Which schema a file belongs to; empty if none.

    >>> schema_name("drugs/aspirin/dpwg.g6pd.json"), schema_name("notes/todo.json")
    ('rules', '')
    """
    file = PurePosixPath(path)
    return next((name for pattern, name in SCHEMA_OF if _fits(file, pattern)), "")


def _fits(file: PurePosixPath, pattern: str) -> bool:
    # PurePath.match looks at the end of a path only; the number of parts anchors it.
    return len(file.parts) == len(PurePosixPath(pattern).parts) and file.match(pattern)


class Schemas:
    """
    The schemas of a folder, ready to be used.

    Raises:
        KnowledgeError: If the folder lacks a schema, or one is not valid, or names a format that nobody
            checks: a format nobody knows would be passed over in silence.
    """

    def __init__(self, folder: Path) -> None:
        names = sorted({"common", *(name for _, name in SCHEMA_OF)})
        documents = {f"{name}{SUFFIX}": read_json(folder / f"{name}{SUFFIX}") for name in names}
        for file, document in documents.items():
            _check(document, f"{folder / file}")
        registry: Registry[Any] = Registry().with_resources(
            [(file, Resource.from_contents(document)) for file, document in documents.items()]
        )
        self._validators = {
            name: Draft202012Validator(
                documents[f"{name}{SUFFIX}"], registry=registry, format_checker=_FORMATS
            )
            for name in names
        }

    def faults(self, name: str, document: object) -> Iterator[tuple[str, str]]:
        """
        JSON path and words for everything that does not fit a schema.

        Args:
            name: Such as `rules`.
            document: The parsed file.
        """
        for error in self._validators[name].iter_errors(document):
            yield f"{error.json_path}{_owner(error, document)}", in_words(error)


def _owner(error: ValidationError, document: Any) -> str:
    """The id of the innermost entry around the fault, which people know better than its number."""
    found = ""
    for step in error.absolute_path:
        document = document[step]
        if isinstance(document, Mapping) and isinstance(document.get("id"), str):
            found = f" ({document['id']})"
    return found


def _check(document: Mapping[str, Any], where: str) -> None:
    try:
        Draft202012Validator.check_schema(document)
    except SchemaError as error:
        place = f"{where}: not a valid JSON schema at {error.json_path}"
        raise KnowledgeError(f"{place}: {error.message}") from None
    unknown = sorted(set(formats_in(document)) - set(_FORMATS.checkers))
    if unknown:
        raise KnowledgeError(f"{where}: nothing checks the format {', '.join(unknown)}; install or write one")


def formats_in(schema: object) -> Iterator[str]:
    """All formats a schema asks for."""
    if isinstance(schema, Mapping):
        if isinstance(schema.get("format"), str):
            yield schema["format"]
        for part in schema.values():
            yield from formats_in(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from formats_in(part)
