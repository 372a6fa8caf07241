"""`pgx-cds demo` and `pgx-cds serve`."""

from __future__ import annotations

import argparse
import logging
import os
from typing import Any

import structlog
from gunicorn.app.base import BaseApplication

from cds_service.settings import Settings, read_settings
from cds_service.web.app import Application
from cds_service.wsgi import build_app

DEMO_PORT = 5080
SERVE_PORT = 8080


def add_to(commands: Any) -> None:
    """Add both commands to the parser."""
    demo = commands.add_parser("demo", help="the service with the embedded sandbox, on this machine only")
    demo.add_argument("--port", type=_port, default=DEMO_PORT)
    demo.set_defaults(run=run_demo)
    serve = commands.add_parser("serve", help="the service alone, on a production server")
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=_port, default=SERVE_PORT)
    serve.add_argument("--workers", type=_count, default=max(1, os.cpu_count() or 1))
    serve.add_argument("--threads", type=_count, default=8)
    serve.set_defaults(run=run_serve)


def run_demo(options: argparse.Namespace) -> int:
    """Run service and sandbox on the loopback address without sign-in."""
    settings = read_settings(os.environ, require_jwt=False)
    print(f"pgx-cds: order-entry page at http://127.0.0.1:{options.port}/  (stop with Ctrl-C)", flush=True)
    return _run(settings, "127.0.0.1", options.port, workers=1, threads=8, demo=True)


def run_serve(options: argparse.Namespace) -> int:
    """Run the service on a production server."""
    settings = read_settings(os.environ, require_jwt=True)
    return _run(
        settings, options.host, options.port, workers=options.workers, threads=options.threads, demo=False
    )


class _Server(BaseApplication):  # type: ignore[misc]
    """Gunicorn with our application, built once before the workers are forked."""

    def __init__(self, app: Application, options: dict[str, Any]) -> None:
        self._app = app
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        for key, value in self._options.items():
            self.cfg.set(key, value)

    def load(self) -> Application:
        return self._app


def _run(settings: Settings, host: str, port: int, *, workers: int, threads: int, demo: bool) -> int:
    structlog.configure(
        processors=[structlog.processors.TimeStamper(fmt="iso"), structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    )
    app = build_app(settings, demo=demo)
    options = {
        "bind": f"{host}:{port}",
        "workers": workers,
        "worker_class": "gthread",
        "threads": threads,
        "preload_app": True,
        "keepalive": 75,
        "graceful_timeout": 10,
        "loglevel": "warning",
        "control_socket_disable": True,
    }
    _Server(app, {key: value for key, value in options.items() if key in _known()}).run()
    return 0


def _known() -> frozenset[str]:
    from gunicorn.config import KNOWN_SETTINGS

    return frozenset(setting.name for setting in KNOWN_SETTINGS)


def _port(text: str) -> int:
    value = int(text)
    if not 0 < value < 65536:
        raise argparse.ArgumentTypeError("a port is a number from 1 to 65535")
    return value


def _count(text: str) -> int:
    value = int(text)
    if not 0 < value <= 256:
        raise argparse.ArgumentTypeError("a number from 1 to 256")
    return value
