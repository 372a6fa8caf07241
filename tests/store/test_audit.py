"""Audit entries in SQLite and PostgreSQL."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cds_service.core.audit_entry import AuditEntry, CardEntry
from cds_service.core.errors import PgxCdsError
from cds_service.store.audit import AuditStore
from cds_service.store.database import Database
from cds_service.store.secret import Keys, read_secret

CARD = CardEntry("c0ffee", "drugGENE", "warning", "drug", ("GENE", "OTHER"), "avoid", ("rule-1",))
ENTRY = AuditEntry(
    "id-1",
    "2026-11-21T10:00:00.000Z",
    "pgx-order-select",
    "cards",
    patient="a" * 64,
    rules=("rule-1", "rule-2"),
    cards=(CARD,),
    gaps=("results: timeout",),
    microseconds=1234,
)
LATER = replace(
    ENTRY, id="id-2", at="2026-11-22T10:00:00.000Z", patient="b" * 64, cards=(), rules=(), gaps=()
)
NOW = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.fixture
def database(store_url: str) -> Iterator[Database]:
    found = Database(store_url)
    yield found
    found.close()


@pytest.fixture
def store(database: Database) -> AuditStore:
    found = AuditStore(database)
    found.add([LATER, ENTRY])
    return found


def test_entries_come_back_as_they_were_in_the_order_of_time(store: AuditStore) -> None:
    assert list(store.entries()) == [ENTRY, LATER]


def test_entries_are_chosen_by_patient_and_day(store: AuditStore) -> None:
    assert list(store.entries(patients=["b" * 64])) == [LATER]
    assert list(store.entries(since="2026-11-22")) == [LATER]
    assert list(store.entries(until="2026-11-22")) == [ENTRY]
    assert list(store.entries(patients=["c" * 64])) == []


def test_erasing_leaves_a_note_that_names_nobody(store: AuditStore) -> None:
    assert store.erase(["a" * 64], NOW) == 1
    left, note = store.entries()
    assert left == LATER
    assert (note.service, note.outcome, note.note, note.patient) == ("audit", "erased", "1 entries", "")


def test_erasing_nobody_leaves_no_note(store: AuditStore) -> None:
    assert store.erase(["c" * 64], NOW) == 0
    assert list(store.entries()) == [ENTRY, LATER]


def test_what_is_too_old_is_deleted_and_what_is_younger_stays(store: AuditStore) -> None:
    assert store.prune(datetime(2026, 11, 22, tzinfo=UTC)) == 1
    assert list(store.entries()) == [LATER]


def test_what_is_written_twice_is_there_once(store: AuditStore) -> None:
    store.add([ENTRY, replace(ENTRY, id="id-3")])
    assert sorted(entry.id for entry in store.entries()) == ["id-1", "id-2", "id-3"]


# -- the secret --


def test_a_secret_is_made_once_and_found_again(store_url: str, database: Database) -> None:
    first = read_secret("", store_url, database)
    assert len(first) == 64
    assert read_secret("", store_url, database) == first


def test_a_secret_that_was_set_is_used(store_url: str, database: Database) -> None:
    assert read_secret("the site's own secret", store_url, database) == "the site's own secret"


def test_the_file_of_the_secret_is_for_its_owner_alone(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/store.sqlite"
    read_secret("", url, Database(url))
    (file,) = tmp_path.glob("*.secret")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_an_emptied_file_of_the_secret_is_no_secret(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/store.sqlite"
    (tmp_path / "store.sqlite.secret").write_text("")
    with pytest.raises(PgxCdsError, match=r"store\.sqlite\.secret"):
        read_secret("", url, Database(url))


def test_keys_name_nobody_and_are_the_same_for_the_same_person() -> None:
    keys, others = Keys("first secret of a site"), Keys("secret of another site")
    assert keys.patient("p1") == keys.patient("Patient/p1") != keys.patient("p2")
    assert keys.patient("p1") != others.patient("p1")
    assert "p1" not in keys.patient("p1")
    assert keys.named("p1") == (keys.patient("p1"),)
    assert keys.patient("p1") in keys.named(keys.patient("p1"))
