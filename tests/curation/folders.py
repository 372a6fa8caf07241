"""Copies of the shipped knowledge folder with a few edits, for the tools that compare folders."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cds_service.resources import knowledge_folder


def copy_knowledge(place: Path) -> Path:
    """A copy of the shipped folder."""
    return Path(shutil.copytree(knowledge_folder(), place))


def edit_json(folder: Path, name: str, edit: Callable[[Any], object]) -> None:
    """Change a JSON file of a copy in place."""
    path = folder / name
    value = json.loads(path.read_text("utf8"))
    edit(value)
    path.write_text(json.dumps(value, ensure_ascii=False), "utf8")


def edit_text(folder: Path, name: str, old: str, new: str) -> None:
    """Replace the first occurrence of a text in a file of a copy; it has to be there."""
    path = folder / name
    text = path.read_text("utf8")
    assert old in text, f"{name} does not hold {old!r}"
    path.write_text(text.replace(old, new, 1), "utf8")
