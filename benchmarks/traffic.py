"""
Steady traffic of mixed calls and feedback, each answer held against the right one.

What is right says the same program in this process, asked alone. So load, faults and several processes may
change when an answer comes, but never what it says.
"""

from __future__ import annotations

import http.client
import itertools
import random
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Event, Lock, Thread
from typing import Any, Self
from urllib.parse import urlsplit

import orjson

from benchmarks.made_calls import call, record
from cds_service.resources import fixtures_folder
from cds_service.sandbox.patients import read_examples

RIGHT, NOT_CHECKED, WRONG, NO_ANSWER = "right", "not checked", "wrong", "no answer"
_RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
_SIGN, _SELECT = "pgx-order-sign", "pgx-order-select"
_PATIENCE = 20
_JSON = {"Content-Type": "application/json"}

#: Service and body -> the answers that are right.
Oracle = Callable[["Case"], frozenset[bytes]]


@dataclass(frozen=True, slots=True)
class Case:
    """One call that is made again and again."""

    service: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one call."""

    at: float  # seconds of `time.monotonic`, when the answer was there
    seconds: float
    outcome: str  # RIGHT, NOT_CHECKED, WRONG, NO_ANSWER or a status such as "503"


def cases(templates: Mapping[str, str], **more: Any) -> list[Case]:
    """
    Every fixture patient with every drug of their examples, picked and signed.

    Args:
        templates: Of the discovery document; none = a call without prefetch.
        more: Members of the call besides, such as `fhirServer`.
    """
    found: list[Case] = []
    for patient in read_examples(fixtures_folder()):
        resources = record(patient["id"])
        for number, example in enumerate(patient["try"]):
            whole = {**call(resources, templates), **more}
            draft = _draft(patient["id"], example)
            context = {**whole["context"], "draftOrders": _bundle(draft)}
            sign = {key: value for key, value in context.items() if key != "selections"}
            whole["hookInstance"] = f"00000000-0000-4000-8000-{len(found):012d}"
            if number % 2:
                found.append(Case(_SIGN, orjson.dumps({**whole, "hook": "order-sign", "context": sign})))
            else:
                found.append(Case(_SELECT, orjson.dumps({**whole, "context": context})))
    return found


def _draft(patient: str, example: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "resourceType": "MedicationRequest",
        "id": "rx0",
        "status": "draft",
        "intent": "order",
        "subject": {"reference": f"Patient/{patient}"},
        "medicationCodeableConcept": {"coding": [{"system": _RXNORM, "code": example["rxcui"]}]},
        "reasonCode": [example["reason"]],
    }


def _bundle(resource: Mapping[str, Any]) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": resource}]}


def oracle(client: Any) -> Oracle:
    """What a Flask test client says; asked once for each case and day."""
    known: dict[tuple[bytes, str], frozenset[bytes]] = {}

    def right(case: Case) -> frozenset[bytes]:
        key = (case.body, datetime.now(UTC).date().isoformat())
        if key not in known:
            known[key] = frozenset({_alone(client, case)})
        return known[key]

    return right


def _alone(client: Any, case: Case) -> bytes:
    answer = client.post(f"/cds-services/{case.service}", data=case.body, content_type="application/json")
    if answer.status_code != 200:
        raise RuntimeError(f"{answer.status_code} {answer.text[:300]}")
    return bytes(answer.data)


@dataclass
class Traffic:
    """
    Clients that call, check the answer and send feedback about its cards; a context that runs them.

    Args:
        address: Of the service.
        made: The calls, in turn.
        right: What is right.
        clients: Connections, one thread each.
        per_second: Calls a second of all of them; each waits for its answer, so there may be fewer.
    """

    address: str
    made: list[Case]
    right: Oracle
    clients: int = 4
    per_second: float = 40.0
    calls: list[Told] = field(default_factory=list)
    acknowledged: set[tuple[str, str, str]] = field(default_factory=set)  # card, outcome, time
    feedback: Counter[str] = field(default_factory=Counter)  # by status
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._stop, self._lock = Event(), Lock()
        self._next = itertools.count()

    def __enter__(self) -> Self:
        self._threads = [Thread(target=self._client, args=(number,)) for number in range(self.clients)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def outcomes(self, since: float = 0.0, until: float = float("inf")) -> Counter[str]:
        """How often calls ended in which way, in a time of `time.monotonic`."""
        return Counter(told.outcome for told in list(self.calls) if since <= told.at < until)

    def _client(self, number: int) -> None:
        chance, line = random.Random(number), _Line(self.address)
        pause = self.clients / self.per_second
        due = time.monotonic() + pause * number / self.clients
        while not self._stop.wait(max(0.0, due - time.monotonic())):
            due = max(due + pause, time.monotonic() - pause)
            with self._lock:
                case = self.made[next(self._next) % len(self.made)]
            cards = self._call(line, case)
            if cards and chance.random() < 0.5:
                self._say_what_became(line, case, chance.choice(cards), chance.choice(_BECAME))
        line.close()

    def _call(self, line: _Line, case: Case) -> list[Any]:
        """Make the call and note what became of it; its cards, if it was answered."""
        began = time.monotonic()
        status, body = line.post(f"/cds-services/{case.service}", case.body)
        outcome = self._outcome(case, status, body)
        at = time.monotonic()
        self.calls.append(Told(at, at - began, outcome))
        return list(orjson.loads(body)["cards"]) if status == 200 else []

    def _outcome(self, case: Case, status: int, body: bytes) -> str:
        if status != 200:
            return str(status) if status else NO_ANSWER
        wanted = self.right(case)
        if body in wanted:
            return RIGHT
        if any(_says_less(orjson.loads(body)["cards"], orjson.loads(one)["cards"]) for one in wanted):
            return NOT_CHECKED
        self.wrong.append(body.decode()[:2000])
        return WRONG

    def _say_what_became(self, line: _Line, case: Case, card: Mapping[str, Any], outcome: str) -> None:
        at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        entry = {"card": card["uuid"], "outcome": outcome, "outcomeTimestamp": at}
        body = orjson.dumps({"feedback": [entry]})
        status, _ = line.post(f"/cds-services/{case.service}/feedback", body)
        with self._lock:
            self.feedback[str(status) if status else NO_ANSWER] += 1
            if status == 200:
                self.acknowledged.add((card["uuid"], outcome, at))


_BECAME = ("accepted", "overridden")


def _says_less(cards: list[Any], right: list[Any]) -> bool:
    """Whether each drug that should get an advice gets it or is said not to be checked, and no other does."""
    given, wanted = _advice(cards), _advice(right)
    notices = sum("pgx-cds.finding" not in card.get("extension", {}) for card in cards)
    return notices > 0 and given <= wanted and len(wanted - given) <= notices


def _advice(cards: list[Any]) -> set[tuple[str, str]]:
    found = (card.get("extension", {}).get("pgx-cds.finding") for card in cards)
    return {(finding["drug"]["name"], finding["action"]) for finding in found if finding}


class _Line:
    """One connection, kept open and made again when it broke."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        self._line = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=_PATIENCE)

    def post(self, path: str, body: bytes) -> tuple[int, bytes]:
        """Status and body; status 0 = there was no answer."""
        try:
            self._line.request("POST", path, body, _JSON)
            answer = self._line.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            self.close()
            return 0, b""

    def close(self) -> None:
        """Hang up; the next call connects again."""
        with suppress(OSError):
            self._line.close()
