"""`pgx-cds demo` and `pgx-cds serve`."""

from __future__ import annotations

import argparse
import atexit
import gc
import logging
import os
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any

import structlog
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter

from cds_service.core.errors import InputError, PgxCdsError
from cds_service.settings import read_settings
from cds_service.watch.metrics import FOLDER, Metrics, process_ended, share_between_processes
from cds_service.web.app import Application
from cds_service.web.gate import Room
from cds_service.wsgi import build_app

_log = structlog.get_logger("pgx_cds.serve")

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
    serve.add_argument(
        "--calls",
        type=_count,
        default=Room().active,
        help="calls a worker works on at the same time; more wait a moment, then they are refused with 503",
    )
    serve.add_argument(
        "--signed-only",
        action="store_true",
        help="answer only from rules the sign-off file approves as they stand",
    )
    serve.add_argument("--signoff", type=Path, metavar="FILE", help="written by knowledge sign")
    serve.set_defaults(run=run_serve)


def run_demo(options: argparse.Namespace) -> int:
    """Run service and sandbox on the loopback address without sign-in."""
    settings = read_settings(os.environ, require_jwt=False)
    settings = replace(settings, public_url=settings.public_url or f"http://127.0.0.1:{options.port}")
    print(f"pgx-cds: order-entry page at http://127.0.0.1:{options.port}/  (stop with Ctrl-C)", flush=True)
    metrics = _shared_metrics()
    build = partial(build_app, settings, demo=True, metrics=metrics)
    return _run(build, "127.0.0.1", options.port, workers=1, room=Room())


def run_serve(options: argparse.Namespace) -> int:
    """Run the service on a production server."""
    if options.signed_only != (options.signoff is not None):
        raise InputError("--signed-only and --signoff FILE belong together")
    settings = read_settings(os.environ, require_jwt=True)
    room = Room(active=options.calls)
    build = partial(build_app, settings, signoff=options.signoff, metrics=_shared_metrics(), room=room)
    return _run(build, options.host, options.port, workers=options.workers, room=room)


def _shared_metrics() -> Metrics:
    """Metrics that all worker processes count in, in a folder that goes when the service ends."""
    given = os.environ.get(FOLDER)
    folder = Path(given) if given else Path(mkdtemp(prefix="pgx-cds-metrics-"))
    if not given:
        atexit.register(_remove_in, os.getpid(), folder)
    share_between_processes(folder)
    return Metrics()


def _remove_in(process: int, folder: Path) -> None:
    """Only the process that made it removes it; workers leave by the same door."""
    if os.getpid() == process:
        rmtree(folder, ignore_errors=True)


class _Server(BaseApplication):  # type: ignore[misc]
    """Gunicorn with our application, built once before the workers are forked."""

    def __init__(self, build: Callable[[], Application], options: dict[str, Any]) -> None:
        self._build = build
        self._app = build()
        keep_built()
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        for key, value in self._options.items():
            self.cfg.set(key, value)

    def load(self) -> Application:
        return self._app

    def rebuild(self) -> bool:
        """Build the application again from its files; the old one stays if that cannot be done."""
        try:
            self._app = self.callable = self._build()
            keep_built()
        except Exception as error:  # whatever is wrong with the files must not end a service that works
            kind = "" if isinstance(error, PgxCdsError) else f"{type(error).__name__}: "
            _log.error("reload_refused", reason=f"{kind}{error}")
            return False
        _log.info("reloaded")
        return True

    def run(self) -> None:
        _Master(self).run()


def keep_built() -> None:
    """
    Take everything that is there now out of the search for garbage, until the next reload.

    The knowledge is millions of objects that stay. Each full search would walk through all of them, in the
    middle of a call, and would write to pages that the workers share.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()


class _Master(Arbiter):  # type: ignore[misc]
    """
    The process that holds the listening socket and the built application, and forks the workers.

    SIGHUP: the new application is built here, beside the old one, while the workers go on answering. Only
    then are new workers forked from it, all with the same content; the old ones finish what they have begun.
    """

    def reload(self) -> None:
        if self.app.rebuild():
            super().reload()


def _run(build: Callable[[], Application], host: str, port: int, *, workers: int, room: Room) -> int:
    structlog.configure(
        processors=[structlog.processors.TimeStamper(fmt="iso"), structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        # Line and end of line in one go: workers share the output, and a line of one must not cut another's.
        logger_factory=structlog.WriteLoggerFactory(),
        cache_logger_on_first_use=True,
    )
    options = {
        "bind": f"{host}:{port}",
        "workers": workers,
        "worker_class": "gthread",
        "threads": room.threads,
        "preload_app": True,
        "keepalive": 75,
        "graceful_timeout": 10,
        "loglevel": "warning",
        "control_socket_disable": True,
        "child_exit": lambda _server, worker: process_ended(worker.pid),
    }
    _Server(build, {key: value for key, value in options.items() if key in _known()}).run()
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
