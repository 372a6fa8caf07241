"""A service without room says so at once, and goes on with what it has begun."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event, Semaphore
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from cds_service.trust.callers import ANYONE
from cds_service.watch.metrics import Metrics
from cds_service.web.app import create_app
from cds_service.web.gate import Room

SELECT = "/cds-services/pgx-order-select"
#: Seconds a machine may take that has other things to do; nothing waits so long if all is well.
PATIENCE = 30


class Slow:
    """A service whose calls last until they are let go."""

    def __init__(self) -> None:
        self.begun = Semaphore(0)
        self.let_go = Event()
        self.kept: list[bytes] = []

    def discovery(self, *_: object) -> dict[str, Any]:
        return {"services": []}

    def evaluate(self, *_: object) -> dict[str, Any]:
        self.begun.release()
        assert self.let_go.wait(PATIENCE)
        return {"cards": []}

    def feedback(self, _: object, body: bytes, *__: object) -> None:
        self.kept.append(body)


@pytest.fixture
def slow() -> Slow:
    return Slow()


class Hanging(Slow):
    """A service whose store hangs."""

    def evaluate(self, *_: object) -> dict[str, Any]:
        return {"cards": []}

    def feedback(self, *_: object) -> None:
        super().evaluate()


def app_of(slow: Slow, room: Room) -> Flask:
    return create_app(slow, authenticate=lambda: ANYONE, checks={}, figures=Metrics(), room=room)


def order(app: Flask) -> TestResponse:
    return app.test_client().post(SELECT, json={})


@contextmanager
def calls(app: Flask, slow: Slow, active: int) -> Iterator[list[Future[TestResponse]]]:
    """So many calls are being worked on."""
    with ThreadPoolExecutor(active) as pool:
        running = [pool.submit(order, app) for _ in range(active)]
        try:
            assert all(slow.begun.acquire(timeout=PATIENCE) for _ in running)
            yield running
        finally:
            slow.let_go.set()


def test_a_call_without_room_is_refused_with_words_and_a_time(slow: Slow) -> None:
    app = app_of(slow, Room(active=2, waiting=0))
    with calls(app, slow, 2) as running:
        refused = order(app)
        assert refused.status_code == 503
        assert refused.headers["Retry-After"] == "1"
        assert refused.get_json()["resourceType"] == "OperationOutcome"
    assert [future.result().status_code for future in running] == [200, 200]
    assert order(app).status_code == 200


def test_a_call_that_waits_gets_the_place_that_becomes_free(slow: Slow) -> None:
    app = app_of(slow, Room(active=1, waiting=1, patience=PATIENCE))
    with calls(app, slow, 1), ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(order, app)
        slow.let_go.set()
        assert waiting.result(PATIENCE).status_code == 200


def test_nobody_waits_longer_than_told(slow: Slow) -> None:
    app = app_of(slow, Room(active=1, waiting=1, patience=0.01))
    with calls(app, slow, 1):
        assert order(app).status_code == 503


def test_a_busy_service_is_alive_and_takes_feedback(slow: Slow) -> None:
    app = app_of(slow, Room(active=1, waiting=0))
    with calls(app, slow, 1):
        client = app.test_client()
        assert client.get("/health/live").status_code == 200
        assert client.get("/cds-services").status_code == 200
        assert client.post(f"{SELECT}/feedback", json={}).status_code == 200
        assert len(slow.kept) == 1


def test_a_store_that_hangs_stops_no_call() -> None:
    slow, parts = Hanging(), {"authenticate": lambda: ANYONE, "checks": {}, "figures": Metrics()}
    app = create_app(slow, **parts, feedback_room=Room(active=1, waiting=0))
    with ThreadPoolExecutor(1) as pool:
        hanging = pool.submit(app.test_client().post, f"{SELECT}/feedback", json={})
        try:
            assert slow.begun.acquire(timeout=PATIENCE)
            refused = app.test_client().post(f"{SELECT}/feedback", json={})
            assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")
            assert order(app).status_code == 200
        finally:
            slow.let_go.set()
        assert hanging.result(PATIENCE).status_code == 200
