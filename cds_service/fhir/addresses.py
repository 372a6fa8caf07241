"""Where a server may be, once its name was looked up: a list of names cannot know what the DNS will say."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
#: Where cloud machines read their own secrets, apart from 169.254.0.0/16.
_METADATA = frozenset(map(ip_address, ("100.100.100.200", "168.63.129.16", "fd00:ec2::254")))


def may_be_at(host: str, address: str) -> bool:
    """
    Whether a listed server may be reached at an address.

    This machine only if it is listed as such; never where a machine talks to its network or its cloud alone.
    Private addresses are fine: that is where hospitals have their servers.

    Args:
        host: As it is listed.
        address: Where the connection leads.

    >>> may_be_at("ehr.example.org", "10.1.2.3"), may_be_at("ehr.example.org", "127.0.0.1")
    (True, False)
    >>> may_be_at("127.0.0.1", "127.0.0.1"), may_be_at("169.254.169.254", "169.254.169.254")
    (True, False)
    """
    found = _plain(address)
    if found.is_loopback:
        return host.strip("[]").lower() in _LOOPBACK_NAMES
    forbidden = found.is_link_local or found.is_multicast or found.is_unspecified
    return not forbidden and found not in _METADATA


def _plain(address: str) -> IPv4Address | IPv6Address:
    """The address; an IPv4 one that is written as IPv6 becomes what it is."""
    found = ip_address(address.partition("%")[0])
    inner = getattr(found, "ipv4_mapped", None) or getattr(found, "sixtofour", None)
    return inner or found
