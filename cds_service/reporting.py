"""Reads the store for the report."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from cds_service.audit import now
from cds_service.core.audit_entry import AuditEntry
from cds_service.reports.usage import HeldBackLine, Usage, usage
from cds_service.settings import Settings
from cds_service.store.audit import AuditStore
from cds_service.store.database import Database
from cds_service.store.feedback import FeedbackStore
from cds_service.store.held_back import HeldBackTally
from cds_service.trust.callers import Caller


@dataclass(frozen=True, slots=True)
class Reporting:
    """
    Makes reports from what is kept.

    Args:
        audit: The calls.
        feedback: The answers.
        held_back: What was not shown.
    """

    audit: AuditStore
    feedback: FeedbackStore
    held_back: HeldBackTally

    @classmethod
    def open(cls, settings: Settings) -> Reporting:
        """
        Open the store; makes tables where they are missing.

        Raises:
            NewerStoreError: If a newer program has changed the store.
        """
        database = Database(settings.store_url)
        tally = HeldBackTally(settings.store_url, lambda: now().date(), time.monotonic)
        opened = cls(AuditStore(database), FeedbackStore(database), tally)
        database.check()
        return opened

    def report(
        self, since: str = "", until: str = "", caller: Caller | None = None, ehr: str = "", tenant: str = ""
    ) -> Usage:
        """
        The report of some days.

        Args:
            since: From this day on; empty = from the first.
            until: Before this day; empty = up to now.
            caller: Only of its calls, and without what is counted for all together; None = of all.
            ehr: Only of calls with this issuer; empty = of all that the caller may see.
            tenant: Only of this organisation inside it.
        """
        entries: Iterable[AuditEntry] = self.audit.entries(since=since, until=until)
        of_all = (caller is None or not caller.issuer) and not ehr and not tenant
        if caller is not None and caller.issuer:
            entries = (e for e in entries if (e.caller, e.tenant) == (caller.issuer, caller.tenant))
        if ehr:
            entries = (e for e in entries if e.caller == ehr)
        if tenant:
            entries = (e for e in entries if e.tenant == tenant)
        held_back = self._held_back(since, until) if of_all else None
        return usage(entries, self.feedback.all(), held_back, since, until)

    def _held_back(self, since: str, until: str) -> list[HeldBackLine]:
        found: Counter[tuple[str, str]] = Counter()
        for item in self.held_back.all():
            if item.day >= since and (not until or item.day < until):
                found[item.reason, item.rule] += item.cards
        return [HeldBackLine(*key, cards) for key, cards in sorted(found.items())]
