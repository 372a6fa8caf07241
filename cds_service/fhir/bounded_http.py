"""
An HTTP adapter whose time limit holds for the whole answer.

The read timeout of sockets starts anew with every byte: a server that sends one byte a second is never late.
Here the time that is left for reading is measured from the moment the request was sent, over status line,
headers and body together. And a name of the list that leads to an address where no server of an EHR can be,
such as this machine or a cloud's metadata, is not called.
"""

from __future__ import annotations

import http.client
import io
import socket
import time
from functools import partial
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import NewConnectionError

from cds_service.fhir.addresses import may_be_at

#: Linux only, and only until the next read. Servers that send head and body in two pieces wait with the
#: second one for the receipt of the first, and the network holds that back for 40 ms (seen with http.server).
_QUICK_ACK: int | None = getattr(socket, "TCP_QUICKACK", None)


class _BoundedStream(io.RawIOBase):
    """The bytes a socket receives until a moment of the monotonic clock."""

    def __init__(self, sock: socket.socket, ends_at: float) -> None:
        self._sock = sock
        self._bytes = sock.makefile("rb", buffering=0)
        self._ends_at = ends_at

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._ends_at - time.monotonic()
        if left <= 0:
            raise TimeoutError("the answer took too long")
        self._sock.settimeout(left)
        if _QUICK_ACK is not None:
            self._sock.setsockopt(socket.IPPROTO_TCP, _QUICK_ACK, 1)
        return self._bytes.readinto(buffer)

    def close(self) -> None:
        if not self.closed:
            self._bytes.close()
        super().close()


class _BoundedResponse(http.client.HTTPResponse):
    """An answer that is read through a bounded stream."""

    def __init__(self, sock: socket.socket, *args: Any, ends_at: float, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        self.fp.close()
        self.fp = io.BufferedReader(_BoundedStream(sock, ends_at))


class _Bounded:
    """
    Mixin for urllib3 connections.

    `timeout`, as set for reading, becomes the limit of the whole answer.
    """

    timeout: float | None
    response_class: Any
    host: str

    def _new_conn(self) -> socket.socket:
        """Connect; what the name led to is looked at before anything is sent, TLS included."""
        sock: socket.socket = super()._new_conn()  # type: ignore[misc]
        if not may_be_at(self.host, sock.getpeername()[0]):
            sock.close()
            raise NewConnectionError(self, "the name leads to an address that is not called")  # type: ignore[arg-type]
        return sock

    def getresponse(self) -> Any:
        if self.timeout is not None:
            self.response_class = partial(_BoundedResponse, ends_at=time.monotonic() + self.timeout)
        return super().getresponse()  # type: ignore[misc]


class _BoundedHTTPConnection(_Bounded, HTTPConnection):
    """Plain HTTP."""


class _BoundedHTTPSConnection(_Bounded, HTTPSConnection):
    """HTTP over TLS."""


class _BoundedHTTPPool(HTTPConnectionPool):
    ConnectionCls = _BoundedHTTPConnection


class _BoundedHTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _BoundedHTTPSConnection


class BoundedAdapter(HTTPAdapter):
    """A `requests` adapter that never retries by itself and reads every answer within its read timeout."""

    def __init__(self, connections: int) -> None:
        super().__init__(pool_connections=1, pool_maxsize=connections, max_retries=0)

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _BoundedHTTPPool, "https": _BoundedHTTPSPool}
