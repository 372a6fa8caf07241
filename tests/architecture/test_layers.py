"""Who may import whom. A new arrow is a decision: it is drawn here first, with its reason in the commit."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.architecture.imports import PACKAGE, ROOT, imports_of, module_files, module_name, package_imports

# Layer -> what of ours it may import, beside itself. A dotted name allows that module only.
ARROWS = {
    "core": (),
    "cards": ("core",),
    "fhir": ("core",),
    "calling": ("core",),
    "curation": ("core",),
    "hooks": ("core", "cards", "fhir"),
    "screening": ("core", "cards", "curation", "fhir", "hooks"),
    "trust": ("core",),
    "store": ("core", "hooks.ports"),
    "reports": ("core", "hooks.ports"),
    "watch": ("core", "hooks", "fhir.fetch_errors"),
    "overview": ("core", "cards", "fhir", "hooks"),
    "smart": ("core", "fhir", "trust", "hooks", "overview"),
    "web": ("hooks", "trust", "smart", "overview", "core.errors"),
    "sandbox": ("core",),
    "resources": ("core.errors",),
    "settings": ("core", "resources"),
}
# These put everything together.
WIRING = ("audit", "reporting", "cli", "commands", "wsgi", "desks", "views", "__main__")

# Third-party module -> the only places that may import it.
PLACES = {
    "flask": ("web", "sandbox"),
    "werkzeug": ("web", "sandbox"),
    "requests": ("fhir",),
    "fhir": ("fhir",),
    "jsonschema": ("curation", "hooks.request"),
    "cyvcf2": ("calling.vcf",),
    "numpy": ("calling",),
    "prometheus_client": ("watch.metrics",),
    "jinja2": ("reports.page",),
}
# Libraries of an extra -> the only places that may import them, so that the service runs without it.
EXTRAS = {
    "duckdb": ("screening",),
    "distributed": ("screening.run",),
    "matplotlib": ("screening.charts", "reports.charts"),
    "opentelemetry": ("watch.spans",),
    "pyarrow": ("screening",),
    "tqdm": ("commands.screen",),
}
# What would give the core a clock, files, an environment or a network.
WORLD = {"time", "os", "pathlib", "io", "shutil", "tempfile", "subprocess", "socket", "urllib", "http"}
WORLD_CALLS = {"open", "today", "now", "utcnow", "getenv"}

# Libraries that are part of the interface of one that is declared: flask, requests, PyJWT[crypto], ...
COME_ALONG = {"werkzeug", "urllib3", "cryptography", "jinja2", "pydantic", "referencing", "numpy"}


@pytest.mark.parametrize("layer", sorted(ARROWS))
def test_a_layer_imports_only_what_it_may(layer: str) -> None:
    allowed = (layer, "__version__", *ARROWS[layer])
    mine = [found for found in package_imports() if found.top == PACKAGE and _inside(found.module, layer)]
    assert [str(found) for found in mine if not _inside(found.target, *allowed)] == []


def test_every_module_belongs_to_a_layer() -> None:
    names = sorted(module_name(path) for path in module_files())
    assert [name for name in names if not _inside(name, *ARROWS, *WIRING, "__init__")] == []


@pytest.mark.parametrize(("library", "places"), sorted({**PLACES, **EXTRAS}.items()))
def test_a_library_is_imported_only_in_its_place(library: str, places: tuple[str, ...]) -> None:
    users = [found for found in package_imports() if found.top == library]
    assert users
    assert [str(found) for found in users if not _inside(found.module, *places)] == []


def test_the_core_takes_nothing_but_the_standard_library() -> None:
    core = [found for found in package_imports() if _inside(found.module, "core")]
    allowed = {*sys.stdlib_module_names, PACKAGE}
    assert [str(found) for found in core if found.top not in allowed] == []


def test_the_core_knows_no_clock_files_environment_or_network() -> None:
    core = [path for path in module_files() if _inside(module_name(path), "core")]
    assert core, "no core modules found"
    imported = [found for found in package_imports() if _inside(found.module, "core") and found.top in WORLD]
    assert [*map(str, imported), *(call for path in core for call in _world_calls(path))] == []


def test_every_library_is_declared_in_pyproject() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf8"))["project"]
    optional = project["optional-dependencies"]
    extras = [line for name in ("screen", "spans", "scale") for line in optional[name]]
    assert {_distribution(line).removesuffix("-api") for line in extras} == EXTRAS.keys()
    declared = {_distribution(line) for line in (*project["dependencies"], *extras)}
    providers = packages_distributions()
    free = {*sys.stdlib_module_names, PACKAGE, *COME_ALONG}
    foreign = [found for found in package_imports() if found.top not in free]
    given_by = {found: {_normal(name) for name in providers.get(found.top, [])} for found in foreign}
    assert [str(found) for found, names in given_by.items() if not declared & names] == []


@pytest.mark.parametrize(
    ("source", "module", "target"),
    [
        ("import flask", "cds_service.core.model", "flask"),
        ("from flask import Flask", "cds_service.core.model", "flask.Flask"),
        ("def f():\n    from cds_service.web import app", "cds_service.core.model", "cds_service.web.app"),
        ("from ..web import app", "cds_service.core.model", "cds_service.web.app"),
        ("from . import genes", "cds_service.core.model", "cds_service.core.genes"),
        ("from . import genes", "cds_service.core.__init__", "cds_service.core.genes"),
    ],
)
def test_the_reader_sees_every_form_of_import(source: str, module: str, target: str) -> None:
    assert [found.target for found in imports_of(source, module)] == [target]


def _inside(name: str, *places: str) -> bool:
    return any(f"{name}.".startswith(f"{PACKAGE}.{place}.") for place in places)


def _world_calls(path: Path) -> list[str]:
    calls = [node for node in ast.walk(ast.parse(path.read_text("utf8"))) if isinstance(node, ast.Call)]
    named = [(node.lineno, getattr(node.func, "attr", getattr(node.func, "id", ""))) for node in calls]
    return [f"{module_name(path)} line {line} calls {name}" for line, name in named if name in WORLD_CALLS]


def _distribution(requirement: str) -> str:
    return _normal(re.split(r"[^\w.-]", requirement)[0])


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
