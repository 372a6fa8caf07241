"""Which FHIR servers may be called: the address comes from whoever calls us, so it must be on a list."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from cds_service.core.errors import InputError

_SETTING = "PGX_CDS_FHIR_ALLOW"
_DEFAULT_PORTS = {"http": 80, "https": 443}
#: Hosts for which `:*` may stand for any port. On a real host that would be a port scanner.
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})
_LONGEST = 2_048

# Strict on purpose: no userinfo, query, fragment, backslash, percent sign or path parameter gets through, so
# that no two programs can read the same address differently. Host names are ASCII and do not end with a dot.
_LABEL = r"[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?"
_URL = re.compile(
    rf"(?P<scheme>https?)://(?P<host>{_LABEL}(?:\.{_LABEL})*|\[[0-9a-f:]+\])"
    r"(?::(?P<port>[0-9]{1,5}|\*))?(?P<path>(?:/[A-Za-z0-9._~!$&'()+,=:@-]+)*)/?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class _Address:
    """A base URL taken apart; `port` None stands for any port, which only list entries may have."""

    scheme: str
    host: str
    port: int | None
    path: tuple[str, ...]

    def covers(self, other: _Address) -> bool:
        """Whether the other address is on the same server at or below the same path."""
        return (
            (self.scheme, self.host) == (other.scheme, other.host)
            and self.port in (None, other.port)
            and other.path[: len(self.path)] == self.path
        )


@dataclass(frozen=True, slots=True)
class FhirServerAllowList:
    """
    The FHIR servers that may be called back. An empty list allows none.

    >>> servers = FhirServerAllowList.parse("https://ehr.example.org/fhir, http://127.0.0.1:*")
    >>> servers.allows("https://EHR.example.org:443/fhir/r4/"), servers.allows("http://127.0.0.1:8090/fhir")
    (True, True)
    >>> servers.allows("https://ehr.example.org/fhirx"), servers.allows("http://ehr.example.org/fhir")
    (False, False)
    """

    entries: tuple[_Address, ...] = ()
    open_entries: tuple[_Address, ...] = ()

    @classmethod
    def parse(cls, text: str, open_text: str = "") -> FhirServerAllowList:
        """
        Read the setting.

        Args:
            text: Base URLs between commas. An entry allows its path and everything below it, on exactly its
                scheme, host and port; `http://127.0.0.1:*` allows every port.
            open_text: Servers, in the same form, that may be called without an access token: test servers.
                They must be covered by `text`, too.

        Raises:
            InputError: An entry is no plain base URL. The message counts entries instead of showing them.
        """
        return cls(tuple(_entries(text)), tuple(_entries(open_text)))

    @property
    def unprotected(self) -> int:
        """How many servers of other machines are called without TLS, so that others can read along."""
        return sum(entry.scheme == "http" and entry.host not in _LOOPBACK for entry in self.entries)

    def allows(self, base_url: str) -> bool:
        """Whether this base URL may be called with the token that came with it."""
        return _covered(self.entries, base_url)

    def allows_without_token(self, base_url: str) -> bool:
        """Whether this base URL may be called when no token came with it."""
        return self.allows(base_url) and _covered(self.open_entries, base_url)


@dataclass(frozen=True, slots=True)
class CommonServers:
    """The FHIR servers that stand on all of several lists, such as the service's and a client's."""

    lists: tuple[FhirServerAllowList, ...]

    def allows(self, base_url: str) -> bool:
        """Whether this base URL may be called with the token that came with it."""
        return all(listed.allows(base_url) for listed in self.lists)

    def allows_without_token(self, base_url: str) -> bool:
        """Whether this base URL may be called without one: open on the first list, and on all of them."""
        return self.allows(base_url) and self.lists[0].allows_without_token(base_url)


def same_server(one: str, other: str) -> bool:
    """
    Whether two base URLs mean the same server and path; False unless both are plainly written.

    >>> same_server("https://EHR.example.org/fhir/", "https://ehr.example.org:443/fhir")
    True
    >>> same_server("https://ehr.example.org/fhir", "https://ehr.example.org/fhir/tenant")
    False
    """
    first, second = _address(one, any_port=False), _address(other, any_port=False)
    return first is not None and first == second


def same_origin(one: str, other: str) -> bool:
    """Whether two plainly written URLs have the same scheme, host and port."""
    first, second = _address(one, any_port=False), _address(other, any_port=False)
    if first is None or second is None:
        return False
    return (first.scheme, first.host, first.port) == (second.scheme, second.host, second.port)


def is_protected(url: str) -> bool:
    """Whether a URL is plainly written and nobody between can read along: https, or on this machine."""
    address = _address(url, any_port=False)
    return address is not None and (address.scheme == "https" or address.host in _LOOPBACK)


def _entries(text: str) -> Iterator[_Address]:
    for number, entry in enumerate(text.split(","), start=1):
        if not entry.strip():
            continue
        address = _address(entry.strip(), any_port=True)
        if address is None:
            raise InputError(
                f"entry {number} of {_SETTING} is not a base URL such as https://ehr.example.org/fhir "
                "(`:*` for any port only with a loopback host)",
                _SETTING,
            )
        yield address


def _covered(entries: tuple[_Address, ...], base_url: str) -> bool:
    address = _address(base_url, any_port=False)
    return address is not None and any(entry.covers(address) for entry in entries)


def _address(url: str, *, any_port: bool) -> _Address | None:
    """Take a base URL apart; None unless it is written in the one plain way that is accepted."""
    # Some letters outside ASCII have a small letter inside it (the Kelvin sign), so this comes first.
    origin, path = _cut(url) if url.isascii() and len(url) <= _LONGEST else ("", "")
    match = _URL.fullmatch(origin.lower() + path)
    if match is None:
        return None
    scheme, host, port = match["scheme"], match["host"], match["port"]
    steps = tuple(match["path"].split("/")[1:])
    if any(set(step) == {"."} for step in steps):
        return None
    if port == "*":
        return _Address(scheme, host, None, steps) if any_port and host in _LOOPBACK else None
    number = int(port) if port else _DEFAULT_PORTS[scheme]
    return _Address(scheme, host, number, steps) if 0 < number < 65_536 else None


def _cut(url: str) -> tuple[str, str]:
    """Scheme and authority, whose case does not matter, and the path, whose case does."""
    start = url.find("/", url.find("://") + 3)
    return (url, "") if start < 0 else (url[:start], url[start:])
