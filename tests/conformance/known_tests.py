"""Which tests there are, from the files' text: `conformance/test_items.py::test_every_item_is_there`."""

from __future__ import annotations

import ast
from functools import cache

from tests.architecture.imports import ROOT


@cache
def known_tests() -> frozenset[str]:
    """Every test that pytest would collect below `tests/`, without its parameters."""
    found = set()
    for path in (ROOT / "tests").rglob("test_*.py"):
        place = path.relative_to(ROOT / "tests").as_posix()
        found |= {f"{place}::{name}" for name in _tests_in(path.read_text("utf8"))}
    return frozenset(found)


def _tests_in(text: str) -> list[str]:
    functions = (node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef))
    return [function.name for function in functions if function.name.startswith("test_")]
