"""Stands between the service and a FHIR server, passes everything on, and keeps a list of what was asked."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import urllib3

#: A server may close an idle connection just when the next request is on its way; all may be repeated.
_AGAIN = urllib3.Retry(3, redirect=False, status=0, other=0, allowed_methods=None, raise_on_status=False)
_PASSED_ON = ("Accept", "Cache-Control", "Authorization", "Content-Type")


class Recorder:
    """
    Use as a context manager.

    The base URL in answers, as in links to further pages, becomes the recorder's own.

    Args:
        target: Base URL of the server, without a slash at the end.
    """

    def __init__(self, target: str) -> None:
        self.target = target
        self.asked: list[str] = []
        self.pool = urllib3.PoolManager(maxsize=16)
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.recorder = self
        self.base = f"http://127.0.0.1:{self._server.server_address[1]}{urlsplit(target).path}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Recorder:
        self._thread.start()
        return self

    def __exit__(self, *unused: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self.pool.clear()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64
    recorder: Recorder


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:  # noqa: N802
        self._pass_on(None)

    def do_POST(self) -> None:  # noqa: N802
        self._pass_on(self.rfile.read(int(self.headers.get("Content-Length") or 0)))

    def _pass_on(self, body: bytes | None) -> None:
        recorder = self.server.recorder
        path = self.path.removeprefix(urlsplit(recorder.target).path)
        recorder.asked.append(f"{self.command} {path}")
        headers = {name: self.headers[name] for name in _PASSED_ON if name in self.headers}
        url = f"{recorder.target}{path}"
        answer = recorder.pool.request(
            self.command, url, body=body, headers=headers, redirect=False, retries=_AGAIN
        )
        data = answer.data.replace(recorder.target.encode(), recorder.base.encode())
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.headers.get("Content-Type", ""))
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *unused: object) -> None:
        """Stay silent."""
