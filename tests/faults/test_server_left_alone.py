"""A FHIR server that failed call after call: the honest card comes at once, and never an empty answer."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from cds_service.fhir.breaker import FAILED_CALLS
from tests import fakes
from tests.fakes import Behaviour, FakeFhirServer
from tests.faults import servers
from tests.faults.conftest import NOT_CHECKED, RIGHT, order_select


@pytest.mark.parametrize(
    "behaviour", [fakes.hang, fakes.hang_up, fakes.status(500)], ids=["hangs", "hangs up", "500"]
)
def test_it_is_not_asked_and_nobody_waits(
    roomy_service: FlaskClient, server: FakeFhirServer, behaviour: Behaviour
) -> None:
    servers.everywhere(server, behaviour)
    for _ in range(FAILED_CALLS):
        assert order_select(roomy_service, server.base).summaries == [NOT_CHECKED]
    asked = servers.asked_when_quiet(server)
    answer = order_select(roomy_service, server.base)
    assert answer.summaries == [NOT_CHECKED]
    assert "(the server failed a moment ago)" in answer.cards[0]["detail"]
    # Nothing was sent, so nothing was waited for.
    assert servers.asked_when_quiet(server) == asked


def test_another_server_is_asked_all_the_same(
    roomy_service: FlaskClient, server: FakeFhirServer, other_host: FakeFhirServer
) -> None:
    servers.everywhere(other_host, fakes.hang_up)
    for _ in range(FAILED_CALLS + 1):
        order_select(roomy_service, other_host.base)
    assert order_select(roomy_service, server.base).summaries == [RIGHT]


def test_a_server_where_only_the_results_fail_is_still_asked(
    roomy_service: FlaskClient, server: FakeFhirServer
) -> None:
    server.behave("Observation", fakes.status(500))
    for _ in range(FAILED_CALLS + 1):
        assert order_select(roomy_service, server.base).summaries == [NOT_CHECKED]
    server.behave("Observation", fakes.answer_well)
    assert order_select(roomy_service, server.base).summaries == [RIGHT]


def test_users_without_access_do_not_lock_others_out(
    roomy_service: FlaskClient, server: FakeFhirServer
) -> None:
    for _ in range(FAILED_CALLS + 1):
        assert order_select(roomy_service, server.base, token="expired").summaries == [NOT_CHECKED]
    assert order_select(roomy_service, server.base).summaries == [RIGHT]
