"""Stored hook calls, answered by two versions of the knowledge: which cards change, and how."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from cds_service.core.errors import InputError, MissingDataError
from cds_service.fhir.deadline import Deadline
from cds_service.hooks.call_data import HookData, OpenData
from cds_service.hooks.data_needs import DataPlan
from cds_service.hooks.definitions import SERVICES
from cds_service.hooks.gather import Gatherer
from cds_service.hooks.request import HookRequest, parse_request

Card = Mapping[str, Any]
#: Answers a hook call.
Answer = Callable[[HookRequest], Mapping[str, Any]]
_HOOKS = frozenset(service.hook for service in SERVICES.values())
_FINDING = "pgx-cds.finding"


@dataclass(frozen=True, slots=True)
class StoredCase:
    """A hook call in a file; `name` is its place below the folder, without what all names share."""

    name: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CardChange:
    """
    One change of one card.

    Args:
        card: What the card is about.
        fact: `card`, `summary`, `indicator`, ...
        old, new: Before and after; empty = was not there, is not there any more.
    """

    card: str
    fact: str
    old: str
    new: str

    def __str__(self) -> str:
        if self.fact == "card":
            return f"{self.card}: card {'added' if self.new else 'gone'}: {self.new or self.old}"
        return f"{self.card}: {self.fact} {self.old or 'none'} -> {self.new or 'none'}"


@dataclass(frozen=True, slots=True)
class CaseImpact:
    """What changes in one case; no changes = the same cards."""

    name: str
    changes: tuple[CardChange, ...]


def read_cases(folder: Path) -> tuple[StoredCase, ...]:
    """
    All hook requests below a folder: JSON files with `hook` and `context`, for a hook that is served.

    Raises:
        InputError: If there is none, or a file is not JSON.
    """
    cases = []
    for path in sorted(folder.rglob("*.json")):
        try:
            body = orjson.loads(path.read_bytes())
        except orjson.JSONDecodeError as error:
            raise InputError(f"{path}: not JSON ({error})") from None
        if isinstance(body, dict) and body.get("hook") in _HOOKS and "context" in body:
            name = path.relative_to(folder).with_suffix("").as_posix()
            cases.append(StoredCase(name.removesuffix("/request"), body))
    if not cases:
        raise InputError(f"{folder}: there is no hook request in it (a JSON file with 'hook' and 'context')")
    return tuple(cases)


def prefetch_only(plan: DataPlan) -> OpenData:
    """The data a call brings, and nothing else; no server is asked and no clock runs."""
    gatherer = Gatherer(plan, ThreadPoolExecutor(1))
    deadline = Deadline.after(1, lambda: 0.0)
    return lambda request: HookData(request, gatherer, None, deadline)


def compare_answers(cases: Iterable[StoredCase], old: Answer, new: Answer) -> Iterator[CaseImpact]:
    """Answer each case twice and compare the cards."""
    for case in cases:
        before, after = _answer(case, old), _answer(case, new)
        yield CaseImpact(case.name, tuple(_changes(before, after)))


@dataclass(frozen=True, slots=True)
class _Answered:
    cards: Mapping[str, Card]
    refused: str = ""


def _answer(case: StoredCase, answer: Answer) -> _Answered:
    try:
        cards = answer(parse_request(dict(case.body), case.body["hook"]))["cards"]
    except (InputError, MissingDataError) as error:
        return _Answered({}, str(error))
    except Exception as error:  # the service would answer 500, whatever it is: that is a change to be told
        return _Answered({}, f"fault: {type(error).__name__}: {error}")
    return _Answered(_by_subject(cards))


def _by_subject(cards: Sequence[Card]) -> dict[str, Card]:
    """Cards by what they are about; several about the same are numbered."""
    found: dict[str, Card] = {}
    for card in cards:
        subject, number = _subject(card), 2
        name = subject
        while name in found:
            name, number = f"{subject} ({number})", number + 1
        found[name] = card
    return found


def _subject(card: Card) -> str:
    finding = _finding(card)
    if finding:
        return f"{finding['drug']['name']}, {finding['order']}"
    return str(card["source"].get("topic", {}).get("code", card["summary"]))


def _finding(card: Card) -> Mapping[str, Any]:
    found: Mapping[str, Any] = card.get("extension", {}).get(_FINDING, {})
    return found


# -- one card --------------------------------------------------------------------------------------


def _changes(old: _Answered, new: _Answered) -> Iterator[CardChange]:
    if old.refused != new.refused:
        yield CardChange("call", "refusal", old.refused, new.refused)
    for name in {**old.cards, **new.cards}:
        before, after = old.cards.get(name), new.cards.get(name)
        if before is None or after is None:
            yield CardChange(name, "card", _headline(before), _headline(after))
        else:
            yield from _card(name, before, after)


def _headline(card: Card | None) -> str:
    return "" if card is None else f"[{card['indicator']}] {card['summary']}"


def _card(name: str, old: Card, new: Card) -> Iterator[CardChange]:
    before, after = _facts(old), _facts(new)
    for fact in before:
        if before[fact] != after[fact]:
            yield CardChange(name, fact, before[fact], after[fact])
    then, now = _sentences(old), _sentences(new)
    gone, come = [s for s in then if s not in now], [s for s in now if s not in then]
    if gone or come:
        yield CardChange(name, "text", " ".join(gone), " ".join(come))


def _facts(card: Card) -> dict[str, str]:
    finding = _finding(card)
    return {
        "summary": str(card["summary"]),
        "indicator": str(card["indicator"]),
        "action": str(finding.get("action", "")),
        "dose factor": _words(finding.get("doseFactor")),
        "dose limit": _words(finding.get("doseLimit")),
        "alternatives": "; ".join(_alternative(item) for item in finding.get("alternatives", ())),
        "buttons": "; ".join(str(item["label"]) for item in card.get("suggestions", ())),
        "genes": "; ".join(_words(item) for item in finding.get("genes", ())),
        "source": str(card["source"].get("label", "")),
        "strength": str(finding.get("guideline", {}).get("strength", "")),
        "rules": ", ".join(finding.get("rules", ())),
    }


def _words(value: Mapping[str, Any] | None) -> str:
    return " ".join(str(item) for item in (value or {}).values())


def _alternative(item: Mapping[str, Any]) -> str:
    reason = f": {item['reason']}" if item.get("reason") else ""
    return f"{item['name']} ({item['status']}{reason})"


def _sentences(card: Card) -> list[str]:
    return [s.strip() for s in re.split(r"(?<=[.!?])\s+", str(card.get("detail", ""))) if s.strip()]
