"""What happened in one call, collected while it is answered: for metrics, logs and the audit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Protocol

from cds_service.core.audit_entry import CardEntry
from cds_service.core.finding import Finding
from cds_service.fhir.unit import unit_of
from cds_service.hooks.gathered import Gap, Gathered
from cds_service.hooks.request import HookRequest


class CallOutcome(Enum):
    """How a call ended."""

    CARDS = "cards"
    SILENT = "silent"
    REFUSED = "refused"
    NO_DATA = "no-data"
    FAULT = "fault"


class Stage(Enum):
    """The steps of a call, in their order. A call without a drug of ours ends early."""

    READ = "read"
    ORDERS = "orders"
    GATHER = "gather"
    JUDGE = "judge"
    CARDS = "cards"


def card_entry(card: Mapping[str, Any]) -> CardEntry:
    """What is kept of a card of our own."""
    finding = card.get("extension", {}).get("pgx-cds.finding", {})
    return CardEntry(
        uuid=card["uuid"],
        topic=card["source"]["topic"]["code"],
        indicator=card["indicator"],
        drug=finding.get("drug", {}).get("name", ""),
        genes=tuple(sorted({gene["gene"] for gene in finding.get("genes", ())})),
        action=finding.get("action", ""),
        rules=tuple(finding.get("rules", ())),
    )


@dataclass(frozen=True, slots=True)
class CallRecord:
    """
    One call that is over.

    Args:
        service: Id of the service.
        outcome: How it ended.
        body: The request as it came; holds patient data.
        request: The same, read; None if it could not be read. Holds patient data.
        answer: The answer; None if the call was refused or failed.
        cards: What is kept of each card.
        rules: Ids of all rules that fired, those without a card included; each once, in order.
        gaps: What could not be had, and why.
        unit: Ward or department; empty if nothing says so.
        stages: Seconds by stage, for the stages that were reached.
        steps: The stages one after the other, with beginning and end in seconds since the call began; a stage
            may come more than once.
        fault: Type of the exception; empty if there was none.
        gathered: The data of the call, in the order they were asked for. Patient data.
        settled: UUIDs of cards left out because they were settled before.
    """

    service: str
    outcome: CallOutcome
    body: bytes = field(repr=False)
    request: HookRequest | None = field(default=None, repr=False)
    answer: Mapping[str, Any] | None = field(default=None, repr=False)
    cards: tuple[CardEntry, ...] = ()
    rules: tuple[str, ...] = ()
    gaps: tuple[tuple[str, Gap], ...] = ()
    unit: str = ""
    stages: Mapping[Stage, float] = field(default_factory=dict)
    steps: tuple[tuple[Stage, float, float], ...] = ()
    fault: str = ""
    gathered: tuple[Gathered, ...] = field(default=(), repr=False)
    settled: tuple[str, ...] = ()

    @property
    def seconds(self) -> float:
        """All stages together."""
        return sum(self.stages.values())

    @property
    def missed_deadline(self) -> bool:
        """Whether something was given up because time was over."""
        return any(gap is Gap.TIMEOUT for _, gap in self.gaps)


@dataclass(frozen=True, slots=True)
class ViewRecord:
    """
    One page of the detail view that was shown, or failed.

    Args:
        page: Which one, as a service of the audit.
        outcome: The state of what was shown, or `fault`.
        request: Whose record was read, and with which access. Patient data.
        content: What was shown, as bytes that are the same for the same content. Patient data.
        rules: Ids of the rules that ask for something.
        gaps: What could not be had, as `need: reason`.
        seconds: From the request to the content.
        fault: Type of the exception; empty if there was none.
    """

    page: str
    outcome: str
    request: HookRequest = field(repr=False)
    content: bytes = field(default=b"", repr=False)
    rules: tuple[str, ...] = ()
    gaps: tuple[str, ...] = ()
    seconds: float = 0.0
    fault: str = ""


class CallObserver(Protocol):
    """Is told of each call after its answer was built."""

    def called(self, record: CallRecord) -> None:
        """Take note. Must not raise: the answer goes out whatever happens here."""


class Trail:
    """
    Collects while one call is answered; one for each call, used by one thread.

    Args:
        clock: Seconds that never run backwards.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._stage = Stage.READ
        self._began = self._since = clock()
        self.stages: dict[Stage, float] = {}
        self.steps: list[tuple[Stage, float, float]] = []
        self.findings: list[Finding] = []
        self.gaps: list[tuple[str, Gap]] = []
        self.unit = ""
        self.data: list[Gathered] = []
        self.settled: tuple[str, ...] = ()

    def enter(self, stage: Stage) -> None:
        """The stage before is over, this one begins. A stage that comes twice is added up."""
        now = self._clock()
        self.stages[self._stage] = self.stages.get(self._stage, 0.0) + now - self._since
        self.steps.append((self._stage, self._since - self._began, now - self._began))
        self._stage, self._since = stage, now

    def end(self) -> None:
        """The last stage is over."""
        self.enter(self._stage)

    def gathered(self, data: Gathered) -> None:
        """Keep the data, note what could not be had, and where the call comes from."""
        self.data.append(data)
        self.unit = self.unit or unit_of(data.resources)
        self.gaps += [(need.key, gap) for need, gap in data.gaps().items()]
        self.gaps += [("reference", gap) for gap in data.unread.values()]

    def left_out(self, settled: Iterable[str]) -> None:
        """Note the cards that were settled by an earlier call."""
        self.settled = tuple(sorted(settled))

    def concluded(self, findings: Iterable[Finding]) -> None:
        """Note what was concluded, cards or not."""
        self.findings += findings

    @property
    def rules(self) -> tuple[str, ...]:
        """Ids of the rules that fired, each once."""
        return tuple(dict.fromkeys(rule for finding in self.findings for rule in finding.rules))
