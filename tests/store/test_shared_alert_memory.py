"""The memory of alerts in a database: what it keeps, for how long, and what it does when it fails."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from cds_service.hooks.ports import Answer, MemoryUnavailableError, SettledBy, Told
from cds_service.store.alerts import SharedAlertMemory
from cds_service.store.aside import REST_S
from cds_service.store.database import Database
from tests.databases import PostgreSQL
from tests.fakes import Clock

INFO = Told("key-info", "card-info", SettledBy.SHOWING, True)
WARNING = Told("key-warning", "card-warning", SettledBy.ANSWER, False)
CRITICAL = Told("key-critical", "card-critical", SettledBy.REASON, False)
TEST = Told("key-test", "card-test", SettledBy.ANSWER, True)
ALL = (INFO, WARNING, CRITICAL, TEST)


def again(*told: Told) -> list[Told]:
    """The same said by the cards of a later call."""
    return [Told(item.key, f"later-{item.card}", item.settled_by, item.accepting_settles) for item in told]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def memory(store_url: str, clock: Clock) -> Iterator[SharedAlertMemory]:
    found = SharedAlertMemory(store_url, clock, clock)
    found.remember(ALL, 60)
    yield found
    found.close()


def test_what_was_shown_is_settled_only_where_showing_is_enough(memory: SharedAlertMemory) -> None:
    assert memory.settled(again(*ALL)) == {"key-info"}


@pytest.mark.parametrize(
    ("answer", "settled"),
    [
        (Answer("card-warning", accepted=False, with_reason=False), {"key-warning"}),
        (Answer("card-warning", accepted=True, with_reason=False), set()),
        (Answer("card-test", accepted=True, with_reason=False), {"key-test"}),
        (Answer("card-critical", accepted=False, with_reason=False), set()),
        (Answer("card-critical", accepted=False, with_reason=True), {"key-critical"}),
        (Answer("card-nobody-knows", accepted=False, with_reason=True), set()),
    ],
    ids=[
        "an overridden warning",
        "a drug that was replaced and is ordered again",
        "a test that was ordered beside the drug",
        "a critical card closed without a reason",
        "a critical card overridden with a reason",
        "an answer to an unknown card",
    ],
)
def test_an_answer_settles(memory: SharedAlertMemory, answer: Answer, settled: set[str]) -> None:
    memory.answer([answer])
    assert memory.settled(again(*ALL)) == {"key-info", *settled}


def test_the_same_call_sent_again_is_no_repeat(memory: SharedAlertMemory) -> None:
    assert memory.settled([INFO]) == frozenset()
    assert memory.settled(again(INFO)) == {"key-info"}


def test_it_forgets_in_time_and_keeps_no_row(memory: SharedAlertMemory, store_url: str, clock: Clock) -> None:
    clock.now += 59
    assert memory.settled(again(INFO)) == {"key-info"}
    clock.now += 1
    assert memory.settled(again(INFO)) == frozenset()
    memory.remember([WARNING], 60)
    database = Database(store_url)
    with database.connect() as connection:
        assert connection.execute(text("SELECT key FROM shown_alert")).scalars().all() == ["key-warning"]
    database.close()


def test_another_process_knows_it_too(memory: SharedAlertMemory, store_url: str) -> None:
    assert memory.settled(again(INFO))
    program = (
        "from cds_service.store.alerts import SharedAlertMemory as M; "
        "from cds_service.hooks.ports import SettledBy, Told; "
        f"m = M({store_url!r}, lambda: 1030.0, lambda: 0.0); "
        "print(sorted(m.settled([Told('key-info', 'x', SettledBy.SHOWING, True)])))"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "['key-info']"


def test_nothing_is_opened_before_it_is_needed(tmp_path: Path, clock: Clock) -> None:
    SharedAlertMemory(f"sqlite:///{tmp_path / 'new.sqlite'}", clock, clock)
    assert list(tmp_path.iterdir()) == []


def test_a_failure_says_so_and_shows_no_values_then_rests_and_tries_again(
    tmp_path: Path, clock: Clock
) -> None:
    path = tmp_path / "site.sqlite"
    path.write_bytes(b"this is no database, and long enough to be seen as none" * 20)
    memory = SharedAlertMemory(f"sqlite:///{path}", clock, clock)
    with pytest.raises(MemoryUnavailableError, match="the database failed") as failure:
        memory.remember(ALL, 60)
    assert "key-" not in str(failure.value)
    path.unlink()
    with pytest.raises(MemoryUnavailableError, match="a moment ago"):
        memory.remember(ALL, 60)
    clock.now += REST_S
    memory.remember(ALL, 60)
    assert memory.settled(again(INFO)) == {"key-info"}


def test_a_locked_table_is_given_up_soon(memory: SharedAlertMemory, store_url: str) -> None:
    other = Database(store_url)
    lock = "LOCK TABLE shown_alert" if other.kind == "postgresql" else "DELETE FROM shown_alert"
    with other.begin() as connection:
        connection.execute(text(lock))
        with pytest.raises(MemoryUnavailableError):
            memory.remember(again(INFO), 60)
    other.close()


def test_a_server_that_went_away_is_told_and_found_again(postgresql: PostgreSQL, clock: Clock) -> None:
    memory = SharedAlertMemory(postgresql.new_database(), clock, clock)
    memory.remember(ALL, 60)
    postgresql.stop()
    try:
        with pytest.raises(MemoryUnavailableError, match="OperationalError"):
            memory.settled(again(INFO))
    finally:
        postgresql.start()
    clock.now += REST_S
    assert memory.settled(again(INFO)) == {"key-info"}
    memory.close()
