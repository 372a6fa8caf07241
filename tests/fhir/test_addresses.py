"""A listed name that leads somewhere it should not."""

from __future__ import annotations

import socket

import pytest
from urllib3.connection import HTTPConnection
from urllib3.exceptions import NewConnectionError

from cds_service.fhir.addresses import may_be_at
from cds_service.fhir.bounded_http import _Bounded, _BoundedHTTPConnection, _BoundedHTTPSConnection
from tests.fakes import FakeFhirServer


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "0.0.0.0", "::"),
        *("169.254.169.254", "169.254.170.2", "fe80::1", "fe80::1%eth0", "::ffff:169.254.169.254"),
        *("100.100.100.200", "168.63.129.16", "fd00:ec2::254", "224.0.0.1", "ff02::1", "2002:7f00:1::"),
    ],
)
def test_a_name_may_not_lead_to_this_machine_or_to_metadata(address: str) -> None:
    assert not may_be_at("ehr.example.org", address)


@pytest.mark.parametrize("address", ["10.0.0.7", "192.168.1.1", "fd12::1", "8.8.8.8", "2001:4860::1"])
def test_a_name_may_lead_into_the_hospital_or_out_of_it(address: str) -> None:
    assert may_be_at("ehr.example.org", address)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "::1", "LOCALHOST"])
def test_this_machine_is_reached_by_its_own_names(host: str) -> None:
    assert may_be_at(host, "127.0.0.1")


@pytest.mark.parametrize("host", ["169.254.169.254", "localhost"])
def test_metadata_is_reached_by_no_name(host: str) -> None:
    assert not may_be_at(host, "169.254.169.254")


class _LedHere(HTTPConnection):
    """As if the DNS had named this machine, whatever host is asked for."""

    def _new_conn(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=10)


class _Led(_Bounded, _LedHere):
    """With the look at where it leads."""


def test_a_connection_that_was_led_here_is_closed_before_anything_is_sent() -> None:
    with FakeFhirServer([]) as server:
        port = int(server.origin.rpartition(":")[2])
        with pytest.raises(NewConnectionError, match="not called"):
            _Led("ehr.example.org", port).request("GET", "/fhir/metadata")
        listed_as_such = _Led("127.0.0.1", port)
        listed_as_such.request("GET", "/fhir/metadata")
        assert listed_as_such.getresponse().status
    assert len(server.requests) == 1


def test_both_kinds_of_connection_look_where_they_are_led() -> None:
    for kind in (_BoundedHTTPConnection, _BoundedHTTPSConnection):
        assert kind._new_conn is _Bounded._new_conn
