"""SIGHUP to a served process: new knowledge is taken over and no call fails, a broken folder is refused."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path

import pytest
import requests

from cds_service.curation.compile import content_hash
from cds_service.curation.signoff import Signature, item_hashes, write_signatures
from tests.curation.folders import edit_json, edit_text
from tests.web.served import BODY, Served, serve, wait_for

pytestmark = pytest.mark.slow

RULE = "clopidogrel-cpic-acs-pci-cyp2c19-poor"


def release(folder: Path, day: str) -> None:
    edit_json(folder, "release.json", lambda value: value.update(released=day))


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    yield from serve(tmp_path)


@dataclass
class Callers:
    """Clients that call without pause: some keep their connection, some make a new one each time."""

    base: str
    answered: int = 0
    failures: list[str] = field(default_factory=list)
    slowest: float = 0.0
    _stop: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Callers:
        self._threads = [threading.Thread(target=self._call, args=(keep,)) for keep in (True, True, False)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *unused: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _call(self, keep: bool) -> None:
        session = requests.Session()
        while not self._stop.is_set():
            start = time.monotonic()
            try:
                client = session if keep else requests.Session()
                answer = client.post(f"{self.base}/cds-services/pgx-order-select", json=BODY, timeout=20)
                if answer.status_code != 200 or not answer.json()["cards"]:
                    self.failures.append(f"{answer.status_code} {answer.text[:200]}")
            except requests.RequestException as error:
                self.failures.append(str(error))
            self.slowest = max(self.slowest, time.monotonic() - start)
            self.answered += 1


def test_new_knowledge_is_taken_over_by_all_workers_and_no_call_fails(served: Served) -> None:
    old = content_hash(served.knowledge)[:12]
    assert old in served.ready()
    with Callers(served.base) as callers:
        for year in ("2031", "2032", "2033"):
            release(served.knowledge, f"{year}-01-01")
            new = content_hash(served.knowledge)[:12]
            served.hang_up()
            wait_for(partial(served.shows, new))
    assert callers.failures == []
    assert callers.answered > 50
    assert len(served.logged("reloaded")) == 3
    assert "2033-01-01" in served.cards()[0]["detail"]
    print(f"{callers.answered} calls, the slowest took {callers.slowest:.2f} s")


def test_a_broken_folder_is_refused_with_the_reason_and_the_old_one_stays(served: Served) -> None:
    before = served.ready()
    edit_text(served.knowledge, "drugs/clopidogrel/cpic.json", '"action": "avoid"', '"action": "avoyd"')
    served.hang_up()
    wait_for(lambda: served.logged("reload_refused"))
    (refused,) = served.logged("reload_refused")
    assert "clopidogrel" in refused["reason"]
    assert "unknown action 'avoyd'" in refused["reason"]
    assert served.shows(before)
    assert served.cards()[0]["summary"].startswith("Replace clopidogrel")
    edit_text(served.knowledge, "drugs/clopidogrel/cpic.json", "avoyd", "avoid")
    served.hang_up()
    wait_for(lambda: served.logged("reloaded"))
    assert served.process.poll() is None


def test_a_fault_nobody_foresaw_is_refused_too(served: Served) -> None:
    before = served.ready()
    edit_json(served.knowledge, "implications.json", lambda value: value.update(harm=["not", "a", "mapping"]))
    served.hang_up()
    wait_for(lambda: served.logged("reload_refused"))
    assert served.logged("reload_refused")[0]["reason"]
    assert served.shows(before)


def test_a_worker_that_dies_after_a_reload_comes_back_with_the_new_knowledge(served: Served) -> None:
    release(served.knowledge, "2031-01-01")
    served.hang_up()
    wait_for(lambda: served.shows("2031-01-01"))
    children = Path(f"/proc/{served.process.pid}/task/{served.process.pid}/children")
    if not children.exists():
        pytest.skip("the system does not list the children of a process")
    for child in children.read_text().split():
        os.kill(int(child), signal.SIGKILL)
    wait_for(lambda: len(served.logged("reloaded")) == 1 and served.shows("2031-01-01"))


# -- signed rules only -----------------------------------------------------------------------------


@pytest.fixture
def signoff(tmp_path: Path) -> Path:
    """A sign-off file without a signature."""
    path = tmp_path / "signoff.json"
    write_signatures(path, ())
    return path


@pytest.fixture
def served_signed_only(tmp_path: Path, signoff: Path) -> Iterator[Served]:
    yield from serve(tmp_path, "--signed-only", "--signoff", str(signoff))


def test_only_signed_rules_answer_and_a_new_signature_counts_after_a_reload(
    served_signed_only: Served, signoff: Path
) -> None:
    served = served_signed_only
    assert "signed rules 0 of" in served.ready()
    assert served.logged("signed_only")[0]["rules_in_use"] == 0
    assert served.cards() == []
    digest = item_hashes(served.knowledge)[RULE]
    write_signatures(signoff, (Signature(RULE, digest, "A. Pharmacist", date(2026, 11, 22)),))
    served.hang_up()
    wait_for(lambda: served.shows("signed rules 1 of"))
    assert [card["extension"]["pgx-cds.finding"]["rules"] for card in served.cards()] == [[RULE]]
