"""A CDS Hooks service that says what a test tells it to, with the order-entry page in front of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from flask import Flask, Response, jsonify, request
from werkzeug.serving import BaseWSGIServer, make_server

from cds_service.resources import fixtures_folder
from cds_service.sandbox import register

Json = dict[str, Any]

REASONS = [
    {"code": "tolerated", "system": "https://example.org/reasons", "display": "Taken before without harm"},
    {"code": "no-choice", "system": "https://example.org/reasons", "display": "No alternative fits"},
]
PREFETCH = {
    "patient": "Patient/{{context.patientId}}",
    "results": "Observation?patient={{context.patientId}}&code=http://loinc.org|84413-4&_count=100",
    "missing": "Encounter/of-nobody-{{context.patientId}}",
    "role": "PractitionerRole/{{userPractitionerRoleId}}",
    "refused": "Observation?patient={{context.patientId}}&colour=red",
}


def card(indicator: str = "warning", summary: str = "A summary.", **more: Any) -> Json:
    """A card with all that the page needs; `more` adds or replaces."""
    return {
        "uuid": f"card-{indicator}",
        "indicator": indicator,
        "summary": summary,
        "source": {"label": "A guideline, 2024", "url": "https://guideline.example.org/"},
        "selectionBehavior": "any",
        "overrideReasons": REASONS,
        **more,
    }


def suggestion(label: str, *actions: Json, **more: Any) -> Json:
    return {"label": label, "uuid": f"suggestion {label}", "actions": list(actions), **more}


def medication(name: str, **more: Any) -> Json:
    """A proposed order as services send it: drug and subject, no dose."""
    return {
        "resourceType": "MedicationRequest",
        "status": "draft",
        "intent": "order",
        "subject": {"reference": "Patient/pgx-stent"},
        "medicationCodeableConcept": {"text": name},
        **more,
    }


@dataclass
class ScriptedService:
    """
    Answers by the name of the drug that is asked about.

    Args:
        cards: Part of a drug's name -> cards. Other drugs get none. `{order}` in a `resourceId` or an `id` is
            replaced by the id of the draft.
        errors: Part of a drug's name -> status and body to answer instead.
        delays: Part of a drug's name -> seconds to wait before the answer.
        hooks: The hooks of the discovery document.
    """

    cards: Mapping[str, list[Json]] = field(default_factory=dict)
    errors: Mapping[str, tuple[int, Json]] = field(default_factory=dict)
    delays: Mapping[str, float] = field(default_factory=dict)
    hooks: tuple[str, ...] = ("order-select", "order-sign")
    calls: list[Json] = field(default_factory=list)
    feedback: list[tuple[str, Json]] = field(default_factory=list)
    server: BaseWSGIServer | None = None

    def __enter__(self) -> Self:
        self.server = make_server("127.0.0.1", 0, self._app(), threaded=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self.server
        self.server.shutdown()

    @property
    def url(self) -> str:
        assert self.server
        return f"http://127.0.0.1:{self.server.port}/"

    def calls_of(self, hook: str) -> list[Json]:
        return [call for call in self.calls if call["hook"] == hook]

    def _app(self) -> Flask:
        app = Flask("scripted")
        register(app, fixtures=fixtures_folder())

        @app.get("/cds-services")
        def discover() -> Response:
            return jsonify(services=[self._service(hook) for hook in self.hooks])

        @app.post("/cds-services/<service>")
        def call(service: str) -> tuple[Response, int]:
            return self._answer(request.get_json())

        @app.post("/cds-services/<service>/feedback")
        def take_feedback(service: str) -> str:
            self.feedback.extend((service, entry) for entry in request.get_json()["feedback"])
            return ""

        return app

    def _service(self, hook: str) -> Json:
        return {"id": f"test-{hook}", "hook": hook, "description": hook, "prefetch": PREFETCH}

    def _answer(self, call: Json) -> tuple[Response, int]:
        self.calls.append(call)
        orders = [entry["resource"] for entry in call["context"].get("draftOrders", {}).get("entry", [])]
        named = " ".join(order.get("medicationCodeableConcept", {}).get("text", "") for order in orders)
        time.sleep(sum(seconds for drug, seconds in self.delays.items() if drug in named))
        for drug, (status, body) in self.errors.items():
            if drug in named:
                return jsonify(body), status
        found = [
            _with_order(card, order["id"])
            for order in orders
            for drug, cards in self.cards.items()
            if drug in order.get("medicationCodeableConcept", {}).get("text", "")
            for card in cards
        ]
        return jsonify(cards=found), 200


def _with_order(value: Any, ident: str) -> Any:
    if isinstance(value, str):
        return value.replace("{order}", ident)
    if isinstance(value, list):
        return [_with_order(part, ident) for part in value]
    return (
        {name: _with_order(part, ident) for name, part in value.items()} if isinstance(value, dict) else value
    )
