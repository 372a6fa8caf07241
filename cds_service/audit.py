"""Opens the audit of an installation: its store, its keys and its writer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cds_service import __version__
from cds_service.core.audit_entry import AuditEntry
from cds_service.settings import Settings
from cds_service.store.audit import AuditStore
from cds_service.store.database import Database
from cds_service.store.secret import Keys, read_secret
from cds_service.watch.audit import Auditor
from cds_service.watch.writer import Writer


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Audit:
    """
    The audit of one installation.

    Args:
        store: Its entries.
        keys: Makes the keys of patients and users.
    """

    store: AuditStore
    keys: Keys

    @classmethod
    def open(cls, settings: Settings) -> Audit:
        """
        Open it; makes tables and secret where they are missing.

        Raises:
            PgxCdsError: If the store or the secret cannot be used.
        """
        database = Database(settings.store_url)
        store = AuditStore(database)
        return cls(store, Keys(read_secret(settings.audit_secret, settings.store_url, database)))


@dataclass(frozen=True, slots=True)
class RunningAudit:
    """
    The audit of a service that runs.

    Args:
        auditor: Is told of each call.
        writer: Writes behind it.
        store: Where to.
    """

    auditor: Auditor
    writer: Writer[AuditEntry]
    store: AuditStore

    @classmethod
    def start(cls, settings: Settings, knowledge: str, lost: Callable[[], None]) -> RunningAudit:
        """
        Prepare to take entries.

        Args:
            settings: Where, and for how long they are kept.
            knowledge: Release and hash of the knowledge.
            lost: Is told of each entry that had to be given up.
        """
        audit = Audit.open(settings)
        pruning = Pruning(audit.store, settings.audit_days, now)
        writer = Writer(audit.store.add, lost, pruning.perhaps)
        return cls(Auditor(writer.put, audit.keys, knowledge, __version__, now), writer, audit.store)

    def check(self) -> str:
        """For readiness: raises if the store cannot be read, or the last entries could not be written."""
        self.store.check()
        return self.writer.check()


class Pruning:
    """
    Deletes entries that are older than the site keeps them, once a day.

    Args:
        store: The entries.
        days: How long they are kept; 0 = for ever.
        now: The time, in UTC.
    """

    def __init__(self, store: AuditStore, days: int, now: Callable[[], datetime]) -> None:
        self._store, self._days, self._now = store, days, now
        self._last: datetime | None = None

    def perhaps(self) -> None:
        """Delete, unless it was done within the last day or nothing is ever deleted."""
        today = self._now()
        if not self._days or (self._last is not None and today - self._last < timedelta(days=1)):
            return
        self._store.prune(today - timedelta(days=self._days))
        self._last = today
