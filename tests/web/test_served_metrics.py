"""Metrics of a service with several processes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.web.served import WORKERS, Served, serve, wait_for

pytestmark = pytest.mark.slow
CALLS = 20 * WORKERS


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    yield from serve(tmp_path)


def counted(served: Served) -> float:
    text = requests.get(f"{served.base}/metrics", timeout=10).text
    found = re.findall(
        r'^pgx_cds_calls_total\{outcome="cards",service="pgx-order-select"\} (\S+)$', text, re.M
    )
    return sum(map(float, found))


def test_all_workers_count_together_and_a_reload_forgets_nothing(served: Served) -> None:
    for _ in range(CALLS):
        assert served.cards()
    assert {counted(served) for _ in range(5 * WORKERS)} == {CALLS}
    served.hang_up()
    wait_for(lambda: served.logged("reloaded"))
    served.cards()
    assert counted(served) == CALLS + 1
