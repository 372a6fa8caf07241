"""The one way a JSON file of `knowledge/` is written, so that every change shows as a small diff."""

from __future__ import annotations

import json
from typing import Any

WIDTH = 110


def dumps(value: Any) -> str:
    """
    Write a JSON value canonically: what fits on a line stands on a line, the rest is indented by two.

    Keys keep their order, which has a meaning for the reader (id first, then condition, then action).

    >>> print(dumps({"id": "a", "when": [{"CYP2C19": ["Poor Metabolizer"]}]}), end="")
    {"id": "a", "when": [{"CYP2C19": ["Poor Metabolizer"]}]}
    """
    return _write(value, 0, 0) + "\n"


def _write(value: Any, indent: int, column: int) -> str:
    flat = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, dict | list) or not value or column + len(flat) <= WIDTH:
        return flat
    pad = " " * (indent + 2)
    if isinstance(value, list):
        items = [pad + _write(item, indent + 2, indent + 2) for item in value]
        return "[\n" + ",\n".join(items) + "\n" + " " * indent + "]"
    items = []
    for key, item in value.items():
        lead = pad + json.dumps(key, ensure_ascii=False) + ": "
        items.append(lead + _write(item, indent + 2, len(lead)))
    return "{\n" + ",\n".join(items) + "\n" + " " * indent + "}"
