"""Reads which module of the package imports what, from the source text alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "cds_service"


@dataclass(frozen=True, slots=True)
class Import:
    """One name that one module imports: `cds_service.web.errors` takes `flask.Response` in line 7."""

    module: str
    target: str
    line: int

    @property
    def top(self) -> str:
        """The library or package that is imported from."""
        return self.target.split(".")[0]

    def __str__(self) -> str:
        return f"{self.module} line {self.line} imports {self.target}"


@cache
def package_imports() -> tuple[Import, ...]:
    """Every import of every module of the package, those inside functions and type checks too."""
    sources = {module_name(path): path.read_text("utf8") for path in module_files()}
    return tuple(found for module, source in sources.items() for found in imports_of(source, module))


def module_files() -> list[Path]:
    return sorted((ROOT / PACKAGE).rglob("*.py"))


def imports_of(source: str, module: str) -> Iterator[Import]:
    """`from a import b` gives `a.b`, because b may be a module; relative imports are made absolute."""
    for node in ast.walk(ast.parse(source, filename=module)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(module, alias.name, node.lineno)
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(module, node)
            for alias in node.names:
                yield Import(module, f"{base}.{alias.name}", node.lineno)


def _absolute(module: str, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    package = module.split(".")[: -node.level]
    return ".".join([*package, *([node.module] if node.module else [])])


def module_name(path: Path) -> str:
    """A package keeps its `__init__`, so that one dot of a relative import cuts one part everywhere."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)
