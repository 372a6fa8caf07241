from pathlib import Path

import pytest

from tests.curation.checks.small import write_small


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small knowledge folder without a fault."""
    return write_small(tmp_path / "knowledge")
