"""Two servers on one database behave as one, and what was acknowledged outlives the process that did it."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
import requests

from cds_service.store.database import Database
from cds_service.store.feedback import FeedbackStore
from tests.ehr import BODY, PUBLIC, SELECT, Ehr, clients_file
from tests.web.served import Served, serve

pytestmark = pytest.mark.slow

EHR = Ehr()
FEEDBACK = f"{SELECT}/feedback"


@contextmanager
def server(folder: Path, store_url: str) -> Iterator[Served]:
    folder.mkdir(exist_ok=True)
    environment = {
        "PGX_CDS_REQUIRE_JWT": "1",
        "PGX_CDS_CLIENTS": str(clients_file(folder, EHR.entry)),
        "PGX_CDS_PUBLIC_URL": PUBLIC,
        "PGX_CDS_STORE_URL": store_url,
    }
    yield from serve(folder, environment=environment)


@pytest.fixture
def two(tmp_path: Path, store_url: str) -> Iterator[list[Served]]:
    """Two servers, as they stand behind a balancer: one public address, one database."""
    with ExitStack() as stack:
        yield [stack.enter_context(server(tmp_path / name, store_url)) for name in ("one", "two")]


def send(to: Served, token: str, path: str = SELECT, body: object = BODY) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    return requests.post(to.base + path, json=body, headers=headers, timeout=60).status_code


def entry(card: str) -> dict[str, str]:
    return {"card": card, "outcome": "overridden", "outcomeTimestamp": "2026-11-21T10:00:00Z"}


def kept(store_url: str) -> list[str]:
    database = Database(store_url)
    try:
        return [entry.card for entry in FeedbackStore(database).all()]
    finally:
        database.close()


def test_behind_a_balancer_a_token_counts_once_and_feedback_is_one(two: list[Served], store_url: str) -> None:
    used = EHR.token(PUBLIC + SELECT)
    assert [send(one, used) for one in (*two, *two)] == [200, 401, 401, 401]

    tokens = [EHR.token(PUBLIC + SELECT) for _ in range(10)]
    with ThreadPoolExecutor(8) as pool:
        race = list(pool.map(lambda pair: send(*pair), [(one, token) for token in tokens for one in two * 2]))
    assert sorted(race) == [200] * 10 + [401] * 30

    answers = {
        requests.post(one.base + SELECT, json=BODY, headers=EHR.bearer(), timeout=60).content for one in two
    }
    assert len(answers) == 1

    shared = entry("of-both")
    for number, one in enumerate(two):
        body = {"feedback": [shared, entry(f"of-{number}")]}
        assert send(one, EHR.token(PUBLIC + FEEDBACK), FEEDBACK, body) == 200
    assert sorted(kept(store_url)) == ["of-0", "of-1", "of-both"]


def test_a_killed_server_has_lost_nothing_it_acknowledged(tmp_path: Path, store_url: str) -> None:
    acknowledged: list[str] = []
    with server(tmp_path / "first", store_url) as first:
        used = EHR.token(PUBLIC + SELECT)
        assert send(first, used) == 200
        enough = threading.Event()

        def report() -> None:
            while True:
                card = str(uuid4())
                body = {"feedback": [entry(card)]}
                try:
                    if send(first, EHR.token(PUBLIC + FEEDBACK), FEEDBACK, body) != 200:
                        return
                except requests.RequestException:
                    return
                acknowledged.append(card)
                if len(acknowledged) >= 20:
                    enough.set()

        reporters = [threading.Thread(target=report) for _ in range(3)]
        for reporter in reporters:
            reporter.start()
        assert enough.wait(60)
        os.killpg(first.process.pid, signal.SIGKILL)  # master and workers, in the middle of their work
        for reporter in reporters:
            reporter.join(60)
    assert set(acknowledged) <= set(kept(store_url))
    with server(tmp_path / "second", store_url) as second:
        assert send(second, used) == 401
        assert send(second, EHR.token(PUBLIC + SELECT)) == 200
