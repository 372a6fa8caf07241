"""How often each rule spoke, and what prescribers did about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from cds_service.core.audit_entry import NO_CALLS, AuditEntry, CardEntry
from cds_service.hooks.ports import Feedback

#: With fewer answers than this a follow rate is chance.
FEWEST_ANSWERS = 10
#: A rule that is followed less often than this is worth a look.
LOW_RATE = 0.5
NOT_KNOWN = "not known"
NO_REASON = "no reason given"


@dataclass(slots=True)
class Line:
    """
    One line of a table.

    Args:
        name: What is counted: a rule, drug, gene, unit, EHR or week.
        shown: Cards.
        accepted, overridden: Those of them that were answered.
        reasons: Override reasons by code.
    """

    name: str
    shown: int = 0
    accepted: int = 0
    overridden: int = 0
    reasons: Counter[str] = field(default_factory=Counter)

    @property
    def answers(self) -> int:
        """Cards that somebody answered. The others were ignored, or the EHR sends no feedback."""
        return self.accepted + self.overridden

    @property
    def rate(self) -> float | None:
        """Share of the answers that accept; None without an answer."""
        return self.accepted / self.answers if self.answers else None

    @property
    def percent(self) -> str:
        """The rate for people; empty without an answer."""
        return "" if self.rate is None else f"{self.rate:.0%}"


@dataclass(frozen=True, slots=True)
class HeldBackLine:
    """Cards of one rule that were made and not shown, for one reason."""

    reason: str
    rule: str
    cards: int


@dataclass(frozen=True, slots=True)
class Usage:
    """
    The report.

    Args:
        since, until: The days asked for; empty = open.
        calls: Calls by outcome.
        total: All cards about orders.
        notices: Cards that say something was not checked, by topic.
        tables: By what is counted: rule, drug, gene, unit, EHR (`ehr`), week.
        low: Rules that are followed too seldom, the most seldom first.
        held_back: Silent rules, severity floor, repeated alerts; None where that is not for the reader.
    """

    since: str
    until: str
    calls: Mapping[str, int]
    total: Line
    notices: Mapping[str, int]
    tables: Mapping[str, Sequence[Line]]
    low: Sequence[Line]
    held_back: Sequence[HeldBackLine] | None

    @property
    def empty(self) -> bool:
        """Whether there was no call at all."""
        return not self.calls


_KINDS: Mapping[str, Callable[[AuditEntry, CardEntry], Sequence[str]]] = {
    "rule": lambda _, card: card.rules or (NOT_KNOWN,),
    "drug": lambda _, card: (card.drug,),
    "gene": lambda _, card: card.genes or (NOT_KNOWN,),
    "unit": lambda entry, _: (entry.unit or NOT_KNOWN,),
    "ehr": lambda entry, _: (ehr_of(entry),),
    "week": lambda entry, _: (week_of(entry.at),),
}


def ehr_of(entry: AuditEntry) -> str:
    """
    The EHR that called: issuer of its tokens, and the organisation inside it where there are several.

    >>> ehr_of(AuditEntry("1", "2026-11-21T10:00:00Z", "s", "silent", caller="https://ehr", tenant="north"))
    'https://ehr, north'
    """
    return ", ".join(part for part in (entry.caller, entry.tenant) if part) or NOT_KNOWN


def week_of(at: str) -> str:
    """
    The ISO week of a time.

    >>> week_of("2026-11-21T10:00:00.000Z")
    '2026-W47'
    """
    year, week, _ = date.fromisoformat(at[:10]).isocalendar()
    return f"{year}-W{week:02}"


def usage(
    entries: Iterable[AuditEntry],
    feedback: Iterable[Feedback],
    held_back: Sequence[HeldBackLine] | None,
    since: str = "",
    until: str = "",
) -> Usage:
    """
    Count. A card that came twice, as its call was repeated, counts once; its last answer counts.

    A card with several rules or genes counts under each, so that these lines add up to more than the cards.

    Args:
        entries: Of the audit, within the days.
        feedback: All there is; what is about no card of the entries is left out, and so is what another EHR
            than the one that got the card says about it. Old entries do not tell which one it was.
        held_back: What was not shown.
        since, until: The days, to name them.
    """
    by_time = sorted(feedback, key=lambda item: item.at)
    answers = {(item.card, item.caller, item.tenant): item for item in by_time}
    calls: Counter[str] = Counter()
    notices: Counter[str] = Counter()
    total = Line("all")
    tables: dict[str, dict[str, Line]] = {kind: {} for kind in _KINDS}
    seen: set[str] = set()
    for entry in entries:
        if entry.service in NO_CALLS:
            continue
        calls[entry.outcome] += 1
        for card in entry.cards:
            if card.uuid in seen:
                continue
            seen.add(card.uuid)
            if not card.drug:
                notices[card.topic] += 1
                continue
            own = answers.get((card.uuid, entry.caller, entry.tenant))
            answer = own or answers.get((card.uuid, "", ""))
            _count(total, answer)
            for kind, names in _KINDS.items():
                for name in names(entry, card):
                    _count(tables[kind].setdefault(name, Line(name)), answer)
    return Usage(
        since,
        until,
        dict(sorted(calls.items())),
        total,
        dict(sorted(notices.items())),
        {kind: _ordered(kind, lines.values()) for kind, lines in tables.items()},
        _low(tables["rule"].values()),
        held_back,
    )


def _count(line: Line, answer: Feedback | None) -> None:
    line.shown += 1
    if answer is None:
        return
    if answer.outcome == "accepted":
        line.accepted += 1
    else:
        line.overridden += 1
        line.reasons[answer.reason or NO_REASON] += 1


def _ordered(kind: str, lines: Iterable[Line]) -> list[Line]:
    """Weeks in the order of time, everything else with the most cards first."""
    if kind == "week":
        return sorted(lines, key=lambda line: line.name)
    return sorted(lines, key=lambda line: (-line.shown, line.name))


def _low(lines: Iterable[Line]) -> list[Line]:
    judged = [line for line in lines if line.answers >= FEWEST_ANSWERS]
    found = [line for line in judged if line.rate is not None and line.rate < LOW_RATE]
    return sorted(found, key=lambda line: (line.rate, line.name))
