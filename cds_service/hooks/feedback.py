"""Reads a feedback call, entry by entry."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from cds_service.core.errors import InputError
from cds_service.hooks.ports import Feedback

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
#: No database holds a NUL in a text, and no identifier has spaces or control characters.
_CARD = re.compile(r"[!-~]{1,64}")
_OUTCOMES = frozenset({"accepted", "overridden"})


def read_feedback(service: str, body: bytes, caller: str = "", tenant: str = "") -> list[Feedback]:
    """
    Read the entries of a feedback call. A bad entry is left out and does not reject the others.

    Args:
        service: Id of the service.
        body: As it came.
        caller, tenant: Who sends it.

    Raises:
        InputError: If there is no readable entry at all.
    """
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise InputError("the request body is not JSON") from None
    entries = document.get("feedback") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise InputError("the field is required and must be an array", "feedback")
    who = (_kept(caller)[:500], _kept(tenant)[:200])
    found = list(_read_all(service, entries, who))
    if entries and not found:
        raise InputError(
            "no entry has a card, an outcome (accepted or overridden) and an outcomeTimestamp", "feedback"
        )
    return found


def _read_all(service: str, entries: list[Any], who: tuple[str, str]) -> Iterator[Feedback]:
    for entry in entries:
        if not isinstance(entry, dict):
            continue
        card, outcome, at = (entry.get(name) for name in ("card", "outcome", "outcomeTimestamp"))
        if not (isinstance(card, str) and isinstance(outcome, str) and isinstance(at, str)):
            continue
        if not _CARD.fullmatch(card) or outcome not in _OUTCOMES or not _TIME.fullmatch(at):
            continue
        yield Feedback(service, card, outcome, at, _accepted(entry), _reason(entry), *who)


def _accepted(entry: Mapping[str, Any]) -> str:
    listed = entry.get("acceptedSuggestions")
    ids = [item.get("id") for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []
    return ",".join(_kept(ident)[:64] for ident in ids if isinstance(ident, str))[:2000]


def _reason(entry: Mapping[str, Any]) -> str:
    """The code of the reason. Some clients write `overrideReasons`, as a list or an object."""
    given = entry.get("overrideReason") or entry.get("overrideReasons")
    first = given[0] if isinstance(given, list) and given else given
    if not isinstance(first, dict):
        return ""
    reason = first.get("reason") if isinstance(first.get("reason"), dict) else first
    code = reason.get("code") if isinstance(reason, dict) else None
    return _kept(code)[:200] if isinstance(code, str) else ""


def _kept(text: str) -> str:
    return "".join(char for char in text if char.isprintable())
