"""Strict reading of configuration: what is not known is an error that names the place, never passed over."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from cds_service.core.errors import PgxCdsError
from cds_service.core.named_once import NamedTwiceError, named_once


class ClientsError(PgxCdsError):
    """The clients file cannot be used. The message names the place and the remedy."""


def read_object(path: Path) -> dict[str, Any]:
    """
    The JSON object in a file; every name in it may stand there once.

    Raises:
        ClientsError: If there is none.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=named_once)
    except OSError as error:
        problem = f"cannot be read ({error.strerror})"
    except (ValueError, RecursionError) as error:
        place = f" (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
        problem = str(error) if isinstance(error, NamedTwiceError) else f"is not JSON{place}"
    else:
        return as_object(value, str(path))
    raise ClientsError(f"{path}: {problem}")


def as_object(value: object, where: str) -> dict[str, Any]:
    """The value, if it is an object."""
    if not isinstance(value, dict):
        raise ClientsError(f"{where}: must be an object")
    return value


def check_names(entry: Mapping[str, Any], where: str, *, known: Collection[str]) -> None:
    """Refuse names that mean nothing: a misspelt right would be no right, or no limit."""
    unknown = sorted(set(entry) - set(known))
    if unknown:
        raise ClientsError(f"{where}: unknown key {', '.join(unknown)}; allowed: {', '.join(sorted(known))}")


def as_list(entry: Mapping[str, Any], name: str, where: str) -> list[Any]:
    """The list under a name; empty if it is not there."""
    value = entry.get(name, [])
    if not isinstance(value, list):
        raise ClientsError(f"{where}: {name} must be a list")
    return value


def texts(entry: Mapping[str, Any], name: str, where: str) -> tuple[str, ...]:
    """The texts under a name, none of them empty or twice there; no texts if the name is not there."""
    value = as_list(entry, name, where)
    if not all(isinstance(item, str) and item for item in value):
        raise ClientsError(f"{where}: {name} must be a list of texts")
    if len(set(value)) != len(value):
        raise ClientsError(f"{where}: {name} has the same entry twice")
    return tuple(value)
