"""
A trace: one call with everything its answer was made from, so that it can be answered again, byte for byte.

A trace holds the patient's data, unlike anything else this program keeps.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import orjson

from cds_service.core.errors import InputError
from cds_service.core.model import Notice
from cds_service.hooks.data_needs import DataNeed
from cds_service.hooks.gathered import Gap, Gathered, NeedOutcome, NeedState

FORMAT = "pgx-cds-trace-1"
WARNING = "This file holds data of a patient. Keep it as you keep the record; delete it when you are done."


@dataclass(frozen=True, slots=True)
class Trace:
    """
    One call.

    Args:
        hook: Which hook was called.
        body: The request as it came.
        caller: Issuer of its token.
        gathered: What was fetched or found in the prefetch, in the order it was asked for.
        today: Day of the call.
        knowledge: Release and hash of the knowledge, and how much of it was signed.
        site: The site profile as its file stands; empty = built-in.
        version: Version of the program.
        answer: The answer; empty if there was none.
        fault: Type of the exception if there was none.
        settled: UUIDs of cards that were left out because the user had been told before.
    """

    hook: str
    body: bytes = field(repr=False)
    caller: str
    gathered: tuple[Gathered, ...] = field(repr=False)
    today: date
    knowledge: str
    site: str
    version: str
    answer: bytes = field(repr=False)
    fault: str = ""
    settled: tuple[str, ...] = ()


def write_trace(trace: Trace) -> bytes:
    """A trace as JSON."""
    value = {
        "format": FORMAT,
        "warning": WARNING,
        "version": trace.version,
        "knowledge": trace.knowledge,
        "today": trace.today.isoformat(),
        "site": trace.site,
        "hook": trace.hook,
        "caller": trace.caller,
        "request": trace.body.decode("utf8"),
        "gathered": [_gathered_json(data) for data in trace.gathered],
        "answer": trace.answer.decode("utf8"),
        "fault": trace.fault,
        "settled": list(trace.settled),
    }
    return orjson.dumps(value, option=orjson.OPT_INDENT_2)


def read_trace(text: bytes) -> Trace:
    """
    Read a trace.

    Raises:
        InputError: If it is none.
    """
    try:
        value = orjson.loads(text)
        if value["format"] != FORMAT:
            raise InputError(f"the file is no trace of this program: its format is not {FORMAT}")
        return Trace(
            hook=value["hook"],
            body=value["request"].encode("utf8"),
            caller=value["caller"],
            gathered=tuple(_gathered(entry) for entry in value["gathered"]),
            today=date.fromisoformat(value["today"]),
            knowledge=value["knowledge"],
            site=value["site"],
            version=value["version"],
            answer=value["answer"].encode("utf8"),
            fault=value["fault"],
            settled=tuple(value.get("settled", ())),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"the file is no trace: {type(error).__name__}") from None


class TracedData:
    """The data of a traced call, given again in the order they were asked for; a `CallData`."""

    def __init__(self, gathered: Collection[Gathered]) -> None:
        self._left = list(gathered)

    def gather(self, needs: Collection[DataNeed], references: Collection[str] = ()) -> Gathered:  # noqa: ARG002
        """
        See `CallData`.

        Raises:
            InputError: If nothing was asked for then.
        """
        if not self._left:
            raise InputError("this program asks for data that the trace does not have")
        # A call asks in rounds and keeps the last answer, which holds all of the earlier ones.
        return self._left.pop(0) if len(self._left) > 1 else self._left[0]


def _gathered_json(data: Gathered) -> dict[str, Any]:
    return {
        "outcomes": {
            need.key: {
                "state": outcome.state.value,
                "resources": outcome.resources,
                "gap": outcome.gap.value if outcome.gap else None,
            }
            for need, outcome in data.outcomes.items()
        },
        "resources": data.resources,
        "referenced": dict(data.referenced),
        "unread": {reference: gap.value for reference, gap in data.unread.items()},
        "notices": [{"key": notice.key, "slots": notice.slots} for notice in data.notices],
    }


def _gathered(value: Mapping[str, Any]) -> Gathered:
    return Gathered(
        outcomes={DataNeed(key): _outcome(found) for key, found in value["outcomes"].items()},
        resources=tuple(value["resources"]),
        referenced=value["referenced"],
        unread={reference: Gap(gap) for reference, gap in value["unread"].items()},
        notices=tuple(
            Notice(entry["key"], tuple((name, text) for name, text in entry["slots"]))
            for entry in value["notices"]
        ),
    )


def _outcome(value: Mapping[str, Any]) -> NeedOutcome:
    gap = Gap(value["gap"]) if value["gap"] else None
    return NeedOutcome(NeedState(value["state"]), tuple(value["resources"]), gap)
