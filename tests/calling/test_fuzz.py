"""
Broken files: a clear error, or a stated no-call. Never a crash, never a call from a wrong reference base.

PGX_CDS_FUZZ sets how many files are tried.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

FILES = int(os.environ.get("PGX_CDS_FUZZ", "200"))
PARTS = 2


@pytest.mark.parametrize("part", range(PARTS))
def test_broken_files_are_refused_or_not_called(part: int, tmp_path: Path) -> None:
    first, last = FILES * part // PARTS, FILES * (part + 1) // PARTS
    command = [sys.executable, "-m", "tests.calling.broken", str(first), str(last), str(tmp_path)]
    child = subprocess.run(command, capture_output=True, text=True, check=False)
    ends = [line.split() for line in child.stdout.splitlines()]
    about = f"file {ends[-1][0] if ends else first}, exit {child.returncode}: {child.stderr[-3000:]}"
    assert child.returncode == 0, about
    assert len(ends) == last - first
    found = Counter(end for _, end in ends)
    print(dict(found))
    assert found["refused"] + found["called"] + found["broke-down"] == last - first
    assert min(found["refused"], found["called"]) > found["broke-down"]
