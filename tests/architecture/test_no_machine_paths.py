"""A clone works anywhere: no tracked file names a folder of the machine it was written on, or beside it."""

from __future__ import annotations

import re
import subprocess

import pytest

from tests.architecture.imports import ROOT

# Written with character classes, so that this file does not name them itself.
MACHINE = re.compile(r"(?<![\w.])(?:/wor[k]/(?:main|shared|\.)|/roo[t]/|/tmp/bas[h]_jobs)")
SIBLING = re.compile(r"\.\./share[d]\b|\bshare[d]/(?:acceptance|reference|guide|hooks|STYLE)")
# The one script that may look beside the clone, and only if something is there.
LOOKS_BESIDE = ".ci/run"


@pytest.fixture(scope="module")
def tracked_texts() -> dict[str, str]:
    """Path in the repository -> text, for every tracked file that is text."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout: nothing says which files belong to the project")
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True)
    files = [ROOT / name for name in listing.stdout.split("\0") if name]
    raw = {str(file.relative_to(ROOT)): file.read_bytes() for file in files if file.is_file()}
    return {name: data.decode("utf8", "replace") for name, data in raw.items() if b"\0" not in data}


def test_no_file_names_a_folder_of_one_machine(tracked_texts: dict[str, str]) -> None:
    assert _named(tracked_texts, MACHINE) == []


def test_only_the_ci_script_names_the_folder_beside_the_clone(tracked_texts: dict[str, str]) -> None:
    others = {name: text for name, text in tracked_texts.items() if name != LOOKS_BESIDE}
    assert _named(others, SIBLING) == []


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (MACHINE, "see /{}/main/knowledge".format("work")),
        (MACHINE, "cd /{}/x".format("root")),
        (SIBLING, "../{}/acceptance".format("shared")),
        (SIBLING, "as in {}/guide/stack.md".format("shared")),
    ],
)
def test_the_patterns_find_what_they_look_for(pattern: re.Pattern[str], text: str) -> None:
    assert pattern.search(text)


def _named(texts: dict[str, str], pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{name}:{number}: {line.strip()[:120]}"
        for name, text in texts.items()
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]
