"""`pgx-cds held-back` prints what the services counted."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from cds_service.cli import main
from cds_service.hooks.ports import HeldBack
from cds_service.store.held_back import HeldBackTally
from tests.fakes import Clock


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    found = f"sqlite:///{tmp_path / 'site.sqlite'}"
    monkeypatch.setenv("PGX_CDS_STORE_URL", found)
    return found


def test_the_days_are_added_up_by_rule(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    for day in (date(2026, 11, 20), date(2026, 11, 21)):
        HeldBackTally(url, lambda day=day: day, Clock()).count([(HeldBack.SILENT_RULE, "rule-1")])
    assert main(["held-back"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "     2  silent-rule   rule-1",
        "2 cards held back from 2026-11-20 to 2026-11-21",
    ]
    assert main(["held-back", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0] == {
        "day": "2026-11-20", "reason": "silent-rule", "rule": "rule-1", "cards": 1,
    }  # fmt: skip


@pytest.mark.usefixtures("url")
def test_nothing_was_held_back(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["held-back"]) == 0
    assert capsys.readouterr().out == "no card was held back\n"
