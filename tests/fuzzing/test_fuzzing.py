"""
A short round of what `make fuzz` does for long: every input that is kept, some that are drawn, and calls made
from the document. Nothing fails, nothing hangs, nothing is answered with 5xx.
"""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from cds_service.settings import Settings
from cds_service.wsgi import build_app
from tests.fuzzing.by_schema import operations, try_calls
from tests.fuzzing.targets import CORPUS, MAY_DIE, TARGETS, kept

#: Drawn values of each target, in a few seconds together. Other tests draw bodies, calls and files.
DRAWN = {"genotypes": 60, "doses": 300, "records": 40}


def test_every_corpus_belongs_to_a_target() -> None:
    assert {path.name for path in CORPUS.iterdir()} <= TARGETS.keys()


@pytest.mark.parametrize(
    "name", [name for name in TARGETS if (CORPUS / name).exists() and name not in MAY_DIE]
)
def test_what_is_kept_is_handled(name: str) -> None:
    target = TARGETS[name]()
    assert target.raw is not None and kept(name)
    for data in target.seeds:
        target.check(target.raw(data))


@pytest.mark.parametrize("file", sorted((CORPUS / "files").iterdir()), ids=lambda path: path.stem)
def test_a_file_that_is_kept_is_refused_in_words(file: Path) -> None:
    """In a process of its own, as a user starts it: the library that reads it may end its process."""
    command = [sys.executable, "-m", "cds_service.cli", "call", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith(f"pgx-cds: {file}: ") and done.stderr.count("\n") == 1


@pytest.mark.parametrize("name", DRAWN)
def test_what_is_drawn_is_handled(name: str) -> None:
    target = TARGETS[name]()

    @settings(max_examples=DRAWN[name], database=None, suppress_health_check=list(HealthCheck))
    @given(target.values)
    def check(value: Any) -> None:
        target.check(value)

    check()


def test_calls_made_from_the_document_get_what_it_promises(tmp_path: Path) -> None:
    app = build_app(Settings(require_jwt=False, store_url=f"sqlite:///{tmp_path}/store.sqlite"))
    statuses: Counter[str] = Counter()
    for operation in operations(app):
        try_calls(operation, 4, 1, lambda _case, status, _seconds: statuses.update([status]))
    assert statuses["200"] > 5 and statuses["400"] > 2
