"""Figures for Prometheus: how many calls, how long, with what outcome. No label names a person."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from cds_service.fhir.fetch_errors import FetchProblem
from cds_service.hooks.data_needs import DataNeed
from cds_service.hooks.trail import CallRecord

#: Where the processes of one service put their figures; the library reads it when it is first imported.
FOLDER = "PROMETHEUS_MULTIPROC_DIR"
#: Upper bounds in seconds: the budgets of a call are 0.45 and 2.
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.45, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0)
#: The resource types that are asked for; others come from references of the caller and are one label.
_KINDS = frozenset(
    {
        *("Patient", "Observation", "DiagnosticReport", "Condition", "Procedure", "MedicationRequest"),
        *("AllergyIntolerance", "Encounter", "Consent", "FamilyMemberHistory", "Medication", "Bundle"),
        "CapabilityStatement",
    }
)
_OUTCOMES = frozenset({"ok", *(problem.value for problem in FetchProblem)})
OTHER = "other"


def share_between_processes(folder: Path) -> None:
    """
    Have the processes of this service count together.

    Must come before the first `Metrics`: the library decides how it counts when it is imported.

    Args:
        folder: Empty, and of this service alone; figures of an earlier run are deleted.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.db"):
        old.unlink()
    os.environ[FOLDER] = str(folder)


def process_ended(pid: int) -> None:
    """A worker process is gone. Its counts stay, what it said of the present goes."""
    if os.environ.get(FOLDER):
        from prometheus_client import multiprocess

        multiprocess.mark_process_dead(pid)


class Metrics:
    """The figures of one service; safe to use from many threads. Make one for each process."""

    def __init__(self) -> None:
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

        self._registry = CollectorRegistry()

        def counter(name: str, about: str, *labels: str) -> Any:
            return Counter(f"pgx_cds_{name}", about, labels, registry=self._registry)

        def histogram(name: str, about: str, *labels: str) -> Any:
            return Histogram(f"pgx_cds_{name}", about, labels, buckets=_BUCKETS, registry=self._registry)

        self._calls = counter("calls", "Hook calls, by how they ended.", "service", "outcome")
        self._seconds = histogram("call_seconds", "From the body of a call to its answer.", "service")
        self._stages = histogram("stage_seconds", "The same, stage by stage.", "service", "stage")
        self._cards = counter("cards", "Cards, by topic and indicator.", "topic", "indicator")
        self._held_back = counter("held_back_cards", "Cards that were made and not shown.", "reason")
        self._late = counter("deadline_misses", "Calls that gave something up as time was over.", "service")
        self._gaps = counter("missing_data", "Data that could not be had.", "need", "reason")
        self._faults = counter("faults", "Calls that failed by our own fault.", "kind")
        self._fhir = counter("fhir_requests", "Requests to FHIR servers.", "kind", "outcome")
        self._answers = counter("http_answers", "Answers over HTTP.", "route", "status")
        self._feedback = counter("feedback", "Entries of feedback.", "service", "outcome")
        self._unwritten = counter("unwritten_records", "Records of the audit that could not be written.")
        self._served: tuple[str, str] | None = None
        self._information = Gauge(
            "pgx_cds_information",
            "Versions, as labels: 1 for what is served, 0 for what was served before.",
            ("version", "knowledge"),
            registry=self._registry,
            multiprocess_mode="mostrecent",
        )

    def called(self, record: CallRecord) -> None:
        """See `CallObserver`."""
        self._calls.labels(record.service, record.outcome.value).inc()
        self._seconds.labels(record.service).observe(record.seconds)
        for stage, seconds in record.stages.items():
            self._stages.labels(record.service, stage.value).observe(seconds)
        for card in record.cards:
            self._cards.labels(card.topic, card.indicator).inc()
        for need, gap in record.gaps:
            self._gaps.labels(need if need in _NEEDS else "reference", gap.value).inc()
        if record.missed_deadline:
            self._late.labels(record.service).inc()
        if record.outcome.value == "fault":
            self._faults.labels(record.fault).inc()

    def asked(self, kind: str, outcome: str) -> None:
        """A request to a FHIR server ended: type of the resource, `ok` or the key of the problem."""
        known = kind if kind in _KINDS else OTHER
        self._fhir.labels(known, outcome if outcome in _OUTCOMES else OTHER).inc()

    def answered(self, route: str, status: int) -> None:
        """An answer went out: the route as it is declared, never the address that was called."""
        self._answers.labels(route, str(status)).inc()

    def held_back(self, reason: str) -> None:
        """A card was made and not shown: silent rule, severity floor, repeated alert."""
        self._held_back.labels(reason).inc()

    def fed_back(self, service: str, outcome: str) -> None:
        """An entry of feedback was kept."""
        self._feedback.labels(service, outcome).inc()

    def unwritten(self) -> None:
        """A record of the audit could not be written."""
        self._unwritten.inc()

    def started(self, version: str, knowledge: str) -> None:
        """What is being served from now on."""
        if self._served:
            self._information.labels(*self._served).set(0)
        self._served = (version, knowledge)
        self._information.labels(*self._served).set(1)

    def exposition(self) -> tuple[bytes, str]:
        """All figures of all processes, and the media type of the text."""
        from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest, multiprocess

        registry = self._registry
        if os.environ.get(FOLDER):
            registry = CollectorRegistry()
            multiprocess.MultiProcessCollector(registry)
        return generate_latest(registry), CONTENT_TYPE_LATEST


_NEEDS = frozenset(need.key for need in DataNeed)
