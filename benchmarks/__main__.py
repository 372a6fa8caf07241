"""
`make bench`: what one hook call costs, measured inside the process, as ratios of one interleaved run.

Prints medians and 95th percentiles and writes them as JSON to `test-artifacts/bench.json`.
"""

from __future__ import annotations

import json
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import orjson
from flask import Flask, Response, request

from benchmarks import vcf
from cds_service.hooks.request import parse_request
from cds_service.resources import fixtures_folder, knowledge_folder
from cds_service.settings import Settings
from cds_service.wsgi import build_app

ROUNDS = 300
PATH = "/cds-services/pgx-order-select"


def main() -> int:
    """Run all benchmarks."""
    started = time.perf_counter()
    store = Path(tempfile.mkdtemp()) / "bench.sqlite"
    app = build_app(Settings(require_jwt=False, store_url=f"sqlite:///{store}"), demo=True)
    startup = time.perf_counter() - started
    client = app.test_client()
    templates = client.get("/cds-services").get_json()["services"][0]["prefetch"]
    jobs: dict[str, Callable[[], Any]] = {}
    for name, body in calls(templates).items():
        data = orjson.dumps(body)
        jobs[name] = lambda data=data: client.post(PATH, data=data, content_type="application/json")
    stent = orjson.dumps(calls(templates)["stent patient, clopidogrel"])
    echo = echo_app().test_client()
    jobs["echo of the same request"] = lambda: echo.post("/", data=stent, content_type="application/json")
    jobs["parse and check the request"] = lambda: parse_request(stent, "order-select")
    times = interleaved(jobs)
    report(times, startup, len(stent))
    vcf.run()
    return 0


def calls(templates: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Hook calls of growing size, with the prefetch a client would send."""
    stent, everything = record("pgx-stent"), record("pgx-normal")
    return {
        "stent patient, clopidogrel": call(stent, templates, 1),
        "all genes on file, 1 order": call(everything, templates, 1),
        "all genes on file, 10 orders": call(everything, templates, 10),
        "all genes on file, 50 orders": call(everything, templates, 50),
        "200 other laboratory results besides": call([*everything, *laboratory(200)], templates, 1),
        "2000 other laboratory results besides": call([*everything, *laboratory(2000)], templates, 1),
    }


def record(patient: str) -> list[dict[str, Any]]:
    """The resources of a fixture patient."""
    bundle = json.loads((fixtures_folder() / "patients" / f"{patient}.json").read_text(encoding="utf-8"))
    return [entry["resource"] for entry in bundle["entry"]]


def laboratory(count: int) -> list[dict[str, Any]]:
    """Ordinary laboratory results that have nothing to do with genes."""
    return [
        {
            "resourceType": "Observation",
            "id": f"lab{number}",
            "status": "final",
            "category": [{"coding": [{"code": "laboratory"}]}],
            "code": {"coding": [{"system": "http://loinc.org", "code": "2160-0", "display": "Creatinine"}]},
            "effectiveDateTime": "2026-01-01",
            "valueQuantity": {"value": 0.9, "unit": "mg/dL"},
        }
        for number in range(count)
    ]


DRUGS = ("309362", "993781", "36567", "2556", "704", "83367", "11289", "519", "2002", "7531")


def call(resources: list[dict[str, Any]], templates: Mapping[str, str], orders: int) -> dict[str, Any]:
    """One order-select call about the person of the resources."""
    patient = next(r["id"] for r in resources if r["resourceType"] == "Patient")
    drafts = [
        {
            "resourceType": "MedicationRequest",
            "id": f"rx{number}",
            "status": "draft",
            "intent": "order",
            "subject": {"reference": f"Patient/{patient}"},
            "medicationCodeableConcept": {
                "coding": [
                    {
                        "system": "http://www.nlm.nih.gov/research/umls/rxnorm",
                        "code": DRUGS[number % len(DRUGS)],
                    }
                ]
            },
            "reasonCode": [{"coding": [{"system": "http://snomed.info/sct", "code": "36969009"}]}],
        }
        for number in range(orders)
    ]
    prefetch: dict[str, Any] = {}
    for key, template in templates.items():
        kind = template.partition("?")[0].partition("/")[0]
        found = [{"resource": r} for r in resources if r["resourceType"] == kind]
        if "?" not in template:
            prefetch[key] = found[0]["resource"] if found else None
        else:
            prefetch[key] = {"resourceType": "Bundle", "type": "searchset", "entry": found}
    return {
        "hook": "order-select",
        "hookInstance": "11111111-2222-4333-8444-555555555555",
        "context": {
            "userId": "Practitioner/1",
            "patientId": patient,
            "selections": [f"MedicationRequest/rx{number}" for number in range(orders)],
            "draftOrders": {"resourceType": "Bundle", "entry": [{"resource": d} for d in drafts]},
        },
        "prefetch": prefetch,
    }


def echo_app() -> Flask:
    """The least a service could do: parse the request and send it back."""
    app = Flask("echo")

    @app.post("/")
    def echo() -> Response:
        return Response(orjson.dumps(orjson.loads(request.get_data())), mimetype="application/json")

    return app


def interleaved(jobs: Mapping[str, Callable[[], Any]]) -> dict[str, list[float]]:
    """Run all jobs in turn, so that a slow moment of the machine meets all of them; milliseconds."""
    times: dict[str, list[float]] = {name: [] for name in jobs}
    for number in range(ROUNDS + 20):
        for name, job in jobs.items():
            began = time.perf_counter()
            job()
            if number >= 20:
                times[name].append((time.perf_counter() - began) * 1000)
    return times


def report(times: Mapping[str, list[float]], startup: float, request_bytes: int) -> None:
    """Print a table and write it as JSON."""
    base = statistics.median(times["echo of the same request"])
    rows = []
    for name, values in times.items():
        median = statistics.median(values)
        late = statistics.quantiles(values, n=20)[18]
        rows.append(
            {
                "job": name,
                "median_ms": round(median, 3),
                "p95_ms": round(late, 3),
                "ratio": round(median / base, 2),
            }
        )
        print(f"{name:42} median {median:8.2f} ms   95 % {late:8.2f} ms   {median / base:7.2f} x echo")
    print(f"start-up {startup:.2f} s; request of the first row {request_bytes} bytes; {ROUNDS} rounds")
    knowledge = sum(path.stat().st_size for path in knowledge_folder().rglob("*") if path.is_file())
    result = {
        "rows": rows, "startup_s": round(startup, 3), "request_bytes": request_bytes, "rounds": ROUNDS,
        "knowledge_bytes": knowledge, "machine": platform.machine(), "python": platform.python_version(),
    }  # fmt: skip
    folder = Path("test-artifacts")
    folder.mkdir(exist_ok=True)
    (folder / "bench.json").write_text(json.dumps(result, indent=2), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
