"""What one call costs inside the process: by stage, and as its input grows; one interleaved run."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson

from benchmarks.echo import app as echo_app
from benchmarks.made_calls import SERVICE, Resource, call, laboratory, medications, record
from benchmarks.signed import SigningClient
from cds_service.cards.card import CardMaker
from cds_service.cards.wording import load_wording
from cds_service.commands.run import keep_built
from cds_service.core.case import Case
from cds_service.core.knowledge_base import KnowledgeBase
from cds_service.core.recommend import recommend
from cds_service.curation.compile import compile_knowledge
from cds_service.fhir.medication import read_order
from cds_service.fhir.readers import read_results
from cds_service.hooks.record import read_record
from cds_service.hooks.request import parse_request
from cds_service.hooks.site import SiteProfile
from cds_service.resources import knowledge_folder
from cds_service.settings import Settings
from cds_service.wsgi import build_app, today

_WARM_UP = 20
Jobs = dict[str, Callable[[], Any]]


def run(rounds: int = 200) -> dict[str, Any]:
    """
    Median and 95th percentile of each job in milliseconds, as ratios to the echo of the same request.

    Args:
        rounds: How often each job is done, in turn with all others.
    """
    with tempfile.TemporaryDirectory() as folder:
        app = build_app(Settings(require_jwt=False, store_url=f"sqlite:///{Path(folder) / 'store.sqlite'}"))
        client = app.test_client()
        templates = client.get("/cds-services").get_json()["services"][0]["prefetch"]
        bodies = {name: orjson.dumps(body) for name, body in _calls(templates)}
        jobs: Jobs = {"echo of the first request": _poster(echo_app.test_client(), "/", bodies["1 order"])}
        jobs.update({name: _poster(client, SERVICE, body) for name, body in bodies.items()})
        jobs["1 order, with an ES384 token"] = _SignedCall(Path(folder), bodies["1 order"])
        jobs.update(_stages(bodies["1 order"]))
        keep_built()  # as the server does
        times = _interleaved(jobs, rounds)
    base = statistics.median(times["echo of the first request"])
    return {"request_bytes": len(bodies["1 order"]), "rounds": rounds, "rows": _rows(times, base)}


def _calls(templates: Mapping[str, str]) -> Iterator[tuple[str, dict[str, Any]]]:
    everything, codes = record("pgx-normal"), _other_drugs()
    yield "1 order", call(record("pgx-stent"), templates)
    for orders in (1, 10, 50):
        yield f"all genes on file, {orders} orders", call(everything, templates, orders)
    for count in (10, 100, 500, 2000):
        yield f"{count} other results on file", call([*everything, *laboratory(count)], templates)
    patient = next(r["id"] for r in everything if r["resourceType"] == "Patient")
    for count in (20, 100, 200):
        yield (
            f"{count} drugs on the list",
            call([*everything, *medications(patient, count, codes)], templates),
        )


def _other_drugs() -> list[str]:
    """Codes of ingredients, as many as are asked for at most."""
    names = compile_knowledge(knowledge_folder()).drug_codes.by_name
    return [code for _, codes in sorted(names.items()) for code in codes][:200]


def _poster(client: Any, path: str, body: bytes) -> Callable[[], Any]:
    return lambda: client.post(path, data=body, content_type="application/json")


class _SignedCall:
    """The same call where tokens are asked for; each needs a new one, which is made before it is timed."""

    def __init__(self, folder: Path, body: bytes) -> None:
        url = "http://localhost"
        self._signer = SigningClient(folder, url + SERVICE)
        store = f"sqlite:///{folder / 'signed.sqlite'}"
        app = build_app(
            Settings(require_jwt=True, clients=self._signer.clients, store_url=store, public_url=url)
        )
        self._client, self._body, self._token = app.test_client(), body, ""

    def prepare(self) -> None:
        self._token = self._signer.token()

    def __call__(self) -> None:
        headers = {"Authorization": f"Bearer {self._token}"}
        answer = self._client.post(SERVICE, data=self._body, headers=headers, content_type="application/json")
        assert answer.status_code == 200, answer.get_data()


def _stages(body: bytes) -> Jobs:
    """The steps of the first call, each on what the one before it gave."""
    knowledge = compile_knowledge(knowledge_folder())
    request = parse_request(body, "order-select")
    resources = _resources(body)
    read = [read_order(draft, drug_codes=knowledge.drug_codes) for draft in request.draft_orders]
    orders = [reading.order for reading in read if reading is not None]
    site = SiteProfile()

    def record() -> Case:
        return read_record(resources, orders, knowledge, patient_id=request.patient_id, today=today()).case

    case = record()
    findings = recommend(orders[0], case, knowledge, site.policy)
    cards = _cards(knowledge, site)
    draft = request.draft_orders[0]
    answer = {"cards": [cards.card(finding, draft, "1") for finding in findings]}
    return {
        "stage: parse and check": lambda: parse_request(body, "order-select"),
        "stage: read the results": lambda: read_results(
            resources, codes=knowledge.codes, patient_id=request.patient_id
        ),
        "stage: read person and results": record,
        "stage: judge the order": lambda: recommend(replace(orders[0]), case, knowledge, site.policy),
        "stage: build the card": lambda: [cards.card(finding, draft, "1") for finding in findings],
        "stage: write JSON": lambda: orjson.dumps(answer),
    }


def _cards(knowledge: KnowledgeBase, site: SiteProfile) -> CardMaker:
    return CardMaker(load_wording("en"), site.style, knowledge.released, dict(knowledge.source_labels))


def _resources(body: bytes) -> list[Resource]:
    found = []
    for value in orjson.loads(body)["prefetch"].values():
        entries = (value or {}).get("entry")
        found += [entry["resource"] for entry in entries] if entries is not None else [value] if value else []
    return found


def _interleaved(jobs: Jobs, rounds: int) -> dict[str, list[float]]:
    """All jobs in turn, so that a slow moment of the machine meets all of them; milliseconds."""
    times: dict[str, list[float]] = {name: [] for name in jobs}
    for number in range(rounds + _WARM_UP):
        for name, job in jobs.items():
            if isinstance(job, _SignedCall):
                job.prepare()
            began = time.perf_counter()
            job()
            if number >= _WARM_UP:
                times[name].append((time.perf_counter() - began) * 1000)
    return times


def _rows(times: Mapping[str, list[float]], base: float) -> list[dict[str, Any]]:
    rows = []
    for name, values in times.items():
        median, late = statistics.median(values), statistics.quantiles(values, n=20)[18]
        rows.append(
            {
                "job": name,
                "median_ms": round(median, 3),
                "p95_ms": round(late, 3),
                "ratio": round(median / base, 2),
            }
        )
        print(f"{name:36} median {median:8.3f} ms   95 % {late:8.3f} ms   {median / base:7.2f} x echo")
    return rows
