"""Strict reading of the files of `knowledge/`."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from cds_service.core.errors import KnowledgeError
from cds_service.core.named_once import NamedTwiceError, named_once


def read_json(path: Path) -> dict[str, Any]:
    """
    Read one JSON file that holds an object.

    Raises:
        KnowledgeError: If the file is missing, is not JSON, names a key twice, or holds something else.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=named_once)
    except FileNotFoundError:
        raise KnowledgeError(f"{path}: the file is missing") from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise KnowledgeError(f"{path}: not readable as JSON ({error})") from None
    except NamedTwiceError as error:
        raise KnowledgeError(f"{path}: {error}") from None
    if not isinstance(value, dict):
        raise KnowledgeError(f"{path}: must hold one JSON object")
    return value


def read_tsv(path: Path, columns: Collection[str]) -> Iterator[dict[str, str]]:
    """
    Read a tab separated file with one header line and no quoting.

    Raises:
        KnowledgeError: If a column is missing or a row has another number of cells than the header.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise KnowledgeError(f"{path}: the file is missing") from None
    yield from rows_of(text, columns, str(path))


def rows_of(text: str, columns: Collection[str], where: str) -> Iterator[dict[str, str]]:
    """The same from the text of a file; `where` names it in messages."""
    lines = text.split("\n")
    header = lines[0].split("\t")
    missing = [name for name in columns if name not in header]
    if missing:
        raise KnowledgeError(f"{where}: column {', '.join(missing)} is missing")
    for number, line in enumerate(lines[1:], start=2):
        if not line:
            continue
        cells = line.split("\t")
        if len(cells) != len(header):
            raise KnowledgeError(f"{where}:{number}: {len(cells)} cells, the header has {len(header)}")
        yield dict(zip(header, cells, strict=True))


def only_keys(value: Mapping[str, Any], allowed: Collection[str], where: str) -> None:
    """
    Refuse keys nobody reads: a misspelt key must not silently change an advice.

    Raises:
        KnowledgeError: Naming the key and the ones that are allowed.
    """
    unknown = [key for key in value if key not in allowed]
    if unknown:
        raise KnowledgeError(
            f"{where}: unknown key {', '.join(unknown)}; allowed: {', '.join(sorted(allowed))}"
        )


def required(value: Mapping[str, Any], key: str, where: str) -> Any:
    """
    A key that must be there.

    Raises:
        KnowledgeError: If it is not.
    """
    if key not in value:
        raise KnowledgeError(f"{where}: '{key}' is missing")
    return value[key]
