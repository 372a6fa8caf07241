"""A call as OpenTelemetry collects it: one span, one below it for each stage, nothing of any person."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from cds_service.hooks.answer import Answering
from cds_service.hooks.definitions import SERVICES
from cds_service.hooks.request import HookRequest
from cds_service.hooks.trail import Stage, Trail
from cds_service.watch.spans import Spans, spans
from tests.fakes import Clock

BODY = (
    b'{"hook": "patient-view", "hookInstance": "11111111-2222-4333-8444-555555555555",'
    b' "context": {"userId": "Practitioner/1", "patientId": "secret-id"}}'
)
END = 1_800_000_000_000_000_000


class Judge:
    """Gathers twice, for a second each, and judges for two; or fails."""

    def __init__(self, clock: Clock, *, fails: bool = False) -> None:
        self.clock, self.fails = clock, fails

    def evaluate(self, request: HookRequest, trail: Trail | None = None) -> dict[str, list[object]]:
        assert trail is not None
        for stage, seconds in ((Stage.GATHER, 1), (Stage.JUDGE, 2), (Stage.GATHER, 1)):
            trail.enter(stage)
            self.clock.now += seconds
        if self.fails:
            raise ZeroDivisionError(request.patient_id)
        return {"cards": []}


@pytest.fixture
def collected() -> Iterator[tuple[TracerProvider, InMemorySpanExporter]]:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    yield provider, exporter
    provider.shutdown()


def called(
    collected: tuple[TracerProvider, InMemorySpanExporter], *, fails: bool = False
) -> list[ReadableSpan]:
    provider, exporter = collected
    clock = Clock()
    tracer = provider.get_tracer("tests")
    answering = Answering(Judge(clock, fails=fails), [Spans(tracer, lambda: END)], clock)
    with tracer.start_as_current_span("request"):
        if fails:
            with pytest.raises(ZeroDivisionError):
                answering.answer(SERVICES["pgx-patient-view"], BODY, "https://ehr", "north")
        else:
            answering.answer(SERVICES["pgx-patient-view"], BODY, "https://ehr", "north")
    return list(exporter.get_finished_spans())


def test_stages_stand_one_after_the_other_below_the_call_and_the_call_below_the_request(
    collected: tuple[TracerProvider, InMemorySpanExporter],
) -> None:
    *stages, call, request = called(collected)
    assert [span.name for span in stages] == ["read", "gather", "judge", "gather"]
    assert call.name == "pgx-patient-view"
    assert call.parent is not None
    assert request.context is not None
    assert call.parent.span_id == request.context.span_id
    times = [(int(s.start_time or 0) - END, int(s.end_time or 0) - END) for s in (*stages, call)]
    seconds = [(begin / 1e9, end / 1e9) for begin, end in times]
    assert seconds == [(-4, -4), (-4, -3), (-3, -1), (-1, 0), (-4, 0)]
    assert call.context is not None
    assert {span.parent.span_id for span in stages if span.parent} == {call.context.span_id}


@pytest.mark.parametrize("fails", [False, True])
def test_a_span_says_how_it_went_and_nothing_of_the_person(
    collected: tuple[TracerProvider, InMemorySpanExporter], fails: bool
) -> None:
    found = called(collected, fails=fails)
    call = found[-2]
    attributes = dict(call.attributes or {})
    assert attributes["pgx_cds.outcome"] == ("fault" if fails else "silent")
    assert attributes.get("pgx_cds.fault") == ("ZeroDivisionError" if fails else None)
    assert (attributes["pgx_cds.issuer"], attributes["pgx_cds.tenant"]) == ("https://ehr", "north")
    assert call.status.status_code is (StatusCode.ERROR if fails else StatusCode.UNSET)
    assert [span.to_json() for span in found if "secret-id" in span.to_json()] == []


def test_the_service_makes_spans_where_the_library_is_there() -> None:
    assert [type(observer) for observer in spans()] == [Spans]
