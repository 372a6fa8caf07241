"""Two tenants, one with a server that hangs: the calls of the other are answered as ever."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from cds_service.settings import Settings
from cds_service.web.gate import Room
from cds_service.wsgi import build_app
from tests import fakes
from tests.fakes import FakeFhirServer
from tests.faults.conftest import NOT_CHECKED, RIGHT, order_select
from tests.faults.servers import everywhere
from tests.requests_made import genotype, patient

#: Seconds after which something is wrong; nothing waits so long if all is well.
PATIENCE = 30


@pytest.fixture
def small(tmp_path: Path) -> FlaskClient:
    """A service with two places, of which one server may have one."""
    settings = Settings(
        require_jwt=False,
        fhir_allow="http://127.0.0.1:*/fhir",
        deadline_fetch_ms=1000 * PATIENCE,
        store_url=f"sqlite:///{tmp_path}/store.sqlite",
    )
    return build_app(settings, room=Room(active=2, waiting=0)).test_client()


def test_a_slow_tenant_leaves_a_place_for_the_other(small: FlaskClient, server: FakeFhirServer) -> None:
    assert order_select(small, server.base).summaries == [RIGHT]
    with ThreadPoolExecutor(1) as pool:
        with FakeFhirServer([patient(), genotype("CYP2C19", "*2/*2")]) as slow:
            everywhere(slow, fakes.hang)
            waiting = pool.submit(order_select, small.application.test_client(), slow.base)
            asked_within(slow)
            crowded = order_select(small, slow.base)
            assert crowded.summaries == [NOT_CHECKED]
            assert "too many calls were waiting for the server" in crowded.text
            assert order_select(small, server.base).summaries == [RIGHT]
        # Now the server is gone, and who waited for it is told.
        assert waiting.result(PATIENCE).summaries == [NOT_CHECKED]


def asked_within(server: FakeFhirServer) -> None:
    """Wait until somebody has asked."""
    end = time.monotonic() + PATIENCE
    while not server.requests:
        assert time.monotonic() < end, "nobody asked"
        time.sleep(0.02)
