"""Reading files of a release row by row: a whole file may be refused, a row never hides the others."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from cds_service.core.errors import InputError
from cds_service.curation.importers.report import Finding, Report

Row = Mapping[str, Any]


class RowError(ValueError):
    """A row that cannot be understood; the message says why."""


def read_json(path: Path) -> Any:
    """
    The JSON value of a file.

    Raises:
        InputError: If it cannot be read or is not JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 ({error.reason} at byte {error.start})") from None
    except json.JSONDecodeError as error:
        raise InputError(
            f"{path}: line {error.lineno}: not JSON ({error.msg}). Was the download cut off? Fetch it again"
        ) from None


def table_rows(value: Any, columns: Iterable[str], where: str, remedy: str) -> list[Row]:
    """
    The rows of an exported table.

    Args:
        value: The parsed JSON: a list of objects.
        columns: Columns the importer cannot do without. Each has to be in at least one row.
        where: File, for messages.
        remedy: What to do if this is not the table.

    Raises:
        InputError: If it is another shape.
    """
    if isinstance(value, Mapping) and {"message", "code"} <= set(value):
        raise InputError(f"{where}: holds an error answer of the server ({value['message']}). {remedy}")
    if not isinstance(value, list):
        raise InputError(f"{where}: must hold a list of rows, not {_kind(value)}. {remedy}")
    if not value:
        raise InputError(f"{where}: holds no row. {remedy}")
    seen = {key for row in value if isinstance(row, Mapping) for key in row}
    missing = [name for name in columns if name not in seen]
    if missing:
        raise InputError(f"{where}: no row has the column {', '.join(missing)}. {remedy}")
    return value


def each_row(rows: Iterable[Any], take: Callable[[Row, str], None], report: Report, where: str) -> None:
    """Hand over row by row. What a row is refused for stands in the report; the others go on."""
    for number, row in enumerate(rows, start=1):
        place = f"{where}, row {number}"
        try:
            if not isinstance(row, Mapping):
                raise RowError(f"a row must be an object, not {_kind(row)}")
            take(row, place)
        except RowError as fault:
            report.add(Finding.NOT_UNDERSTOOD, where, f"{fault}; the row was left out", place)


def text(row: Row, key: str) -> str:
    """
    A text that must be there.

    Raises:
        RowError: If it is missing, empty or no text.
    """
    value = row.get(key)
    if not isinstance(value, str) or not value.strip():
        raise RowError(f"'{key}' must be a text, not {_kind(value)}")
    return value.strip()


def optional_text(row: Row, key: str) -> str:
    """A text that may be missing or null; then it is empty. Numbers are taken as they are written."""
    value = row.get(key)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise RowError(f"'{key}' must be a text, not {_kind(value)}")
    return str(value).strip()


def mapping(row: Row, key: str) -> Mapping[str, Any]:
    """
    An object that must be there.

    Raises:
        RowError: If it is missing or something else.
    """
    value = row.get(key)
    if not isinstance(value, Mapping) or not value:
        raise RowError(f"'{key}' must be an object with at least one key, not {_kind(value)}")
    return value


def files_in(folder: Path, pattern: str) -> Iterator[Path]:
    """Files of a folder or its subfolders by pattern, in order."""
    yield from sorted(path for path in folder.rglob(pattern) if path.is_file())


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "a text", bool: "true or false", type(None): "nothing"}
    return "an empty text" if value == "" else names.get(type(value), "a number")
