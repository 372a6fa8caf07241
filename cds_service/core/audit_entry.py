"""What is kept of one call: enough to say later what was advised and why, without naming the person."""

from __future__ import annotations

from dataclasses import dataclass

#: Services of entries that are no hook calls: pages of the detail view; what happened to the audit itself.
VIEW, SHEET, AUDIT = "detail-view", "detail-view-sheet", "audit"
NO_CALLS = frozenset({VIEW, SHEET, AUDIT})


@dataclass(frozen=True, slots=True)
class CardEntry:
    """
    One card of a call.

    Args:
        uuid: As on the card.
        topic: Code of drug and genes, or of a notice.
        indicator: `info`, `warning` or `critical`.
        drug, genes: What it is about; empty on a notice.
        action: What the prescriber was asked to do; empty on a notice.
        rules: Ids of the rules behind it.
    """

    uuid: str
    topic: str
    indicator: str
    drug: str = ""
    genes: tuple[str, ...] = ()
    action: str = ""
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """
    One call, or one page of the detail view.

    Args:
        id: UUID of the entry.
        at: When it was answered, UTC, `2026-11-21T10:00:00.000Z`.
        service: Id of the service, or one of `NO_CALLS`.
        outcome: `cards`, `silent`, `refused`, `no-data` or `fault`; of a page `read`, `empty`, `unreadable`,
            `denied` or `fault`; of the audit itself `erased`.
        instance: `hookInstance` of the call; empty if the request could not be read.
        caller: Issuer of the call's token; empty if calls need none. Of a page the FHIR server it was read
            from.
        tenant: The organisation inside the issuer; empty if it has none.
        patient, user: Keys made with the site's secret; empty if unknown.
        unit: Ward or department, as the EHR names it; empty if unknown.
        request_hash, answer_hash: SHA-256 of the bytes; the second is empty if there was no answer. Of a page
            the second is that of its content, without the time it was read.
        knowledge: Release and hash of the knowledge.
        version: Version of the program.
        rules: All rules that fired, those without a card included; of a page those that ask for something.
        cards: The cards of the answer.
        gaps: What could not be had, as `need: reason`.
        microseconds: From the body to the answer.
        note: Type of a fault; of the audit itself, what was done.
    """

    id: str
    at: str
    service: str
    outcome: str
    instance: str = ""
    caller: str = ""
    tenant: str = ""
    patient: str = ""
    user: str = ""
    unit: str = ""
    request_hash: str = ""
    answer_hash: str = ""
    knowledge: str = ""
    version: str = ""
    rules: tuple[str, ...] = ()
    cards: tuple[CardEntry, ...] = ()
    gaps: tuple[str, ...] = ()
    microseconds: int = 0
    note: str = ""
