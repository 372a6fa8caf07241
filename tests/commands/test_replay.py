"""`pgx-cds replay`: what the hook answered is answered again, byte for byte, without the server."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from flask.testing import FlaskClient

from cds_service.cli import main
from cds_service.settings import Settings
from cds_service.wsgi import build_app
from tests.curation.folders import copy_knowledge, edit_json
from tests.fakes import TOKEN, FakeFhirServer
from tests.requests_made import CLOPIDOGREL, RXNORM, call, draft, genotype

PATIENTS = Path("fhir_fixtures") / "patients"
#: Runs the command; gives exit code, output and errors.
Replay = Callable[..., tuple[int, str, str]]
#: Patients whose first order to try is judged.
STORIES = (
    "pgx-stent",
    "pgx-stroke",
    "pgx-stent-im",
    "pgx-normal",
    "pgx-codeine-pm",
    "pgx-warfarin",
    "pgx-epilepsy",
    "pgx-two-labs",
    "pgx-consent",
    "pgx-untested",
)
SELECT = "/cds-services/pgx-order-select"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("traces")


@pytest.fixture(scope="module")
def traced(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    store = tmp_path_factory.mktemp("store") / "store.sqlite"
    settings = Settings(
        require_jwt=False,
        store_url=f"sqlite:///{store}",
        fhir_allow="http://127.0.0.1:*",
        deadline_fetch_ms=30_000,
        trace_dir=folder,
    )
    return build_app(settings).test_client()


@pytest.fixture
def replay(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Replay:
    """Runs the command; gives exit code, output and errors."""
    for name in ("PGX_CDS_SITE", "PGX_CDS_KNOWLEDGE"):
        monkeypatch.delenv(name, raising=False)

    def run(path: Path, *more: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main(["replay", str(path), *more])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def post(client: FlaskClient, body: dict[str, Any], folder: Path, path: str = SELECT) -> tuple[bytes, Path]:
    """The answer and its trace."""
    before = set(folder.iterdir())
    answer = client.post(path, json=body)
    (trace,) = set(folder.iterdir()) - before
    return answer.data if answer.status_code == 200 else b"", trace


def story(patient: str, base: str) -> dict[str, Any]:
    """The call for the first order of a story, without prefetch: everything is read from the server."""
    index = {entry["id"]: entry for entry in json.loads((PATIENTS / "index.json").read_text("utf8"))}
    order = index[patient]["try"][0]
    subject = {"reference": f"Patient/{patient}"}
    concept = {"coding": [{"system": RXNORM, "code": order["rxcui"]}], "text": order["text"]}
    body = call(draft(subject=subject, medicationCodeableConcept=concept, reasonCode=[order["reason"]]))
    body["context"]["patientId"] = patient
    access = {"access_token": TOKEN, "token_type": "Bearer", "expires_in": 300, "scope": "", "subject": "s"}
    return {**body, "prefetch": {}, "fhirServer": base, "fhirAuthorization": access}


@pytest.mark.parametrize("patient", STORIES)
def test_a_story_is_answered_again_byte_for_byte(
    patient: str, traced: FlaskClient, folder: Path, replay: Replay
) -> None:
    bundle = json.loads((PATIENTS / f"{patient}.json").read_text("utf8"))
    with FakeFhirServer([entry["resource"] for entry in bundle["entry"]]) as server:
        answer, trace = post(traced, story(patient, server.base), folder)
        assert server.requests
    stored = orjson.loads(trace.read_bytes())
    assert stored["answer"].encode() == answer
    assert replay(trace) == (0, f"the same, byte for byte: {len(answer)} bytes\n", "")


def test_the_stories_have_cards_and_silence(traced: FlaskClient, folder: Path) -> None:
    answers = [orjson.loads(orjson.loads(path.read_bytes())["answer"] or b"{}") for path in folder.iterdir()]
    numbers = {len(answer.get("cards", ())) for answer in answers}
    assert {0, 1} <= numbers


def test_a_trace_says_what_it_holds_is_for_its_owner_alone_and_has_no_token(
    traced: FlaskClient, folder: Path
) -> None:
    with FakeFhirServer([]) as server:
        _, trace = post(traced, story("pgx-stent", server.base), folder)
    assert stat.S_IMODE(trace.stat().st_mode) == 0o600
    text = trace.read_text("utf8")
    assert "holds data of a patient" in text
    assert TOKEN not in text


def test_a_refusal_is_refused_again(traced: FlaskClient, folder: Path, replay: Replay) -> None:
    _, trace = post(traced, call(draft(), results=None), folder)
    assert replay(trace)[:2] == (0, "the same, byte for byte: MissingDataError\n")


def test_a_card_that_was_left_out_as_a_repeat_is_left_out_again(
    traced: FlaskClient, folder: Path, replay: Replay
) -> None:
    first = call(draft(CLOPIDOGREL), results=(genotype("CYP2C19", "*2/*2"),))
    first["extension"] = {"pddi-configuration-items": {"cache-for-order-sign-filtering": True}}
    first["hookInstance"] = "11111111-2222-4333-8444-666666666666"
    card = orjson.loads(post(traced, first, folder)[0])["cards"][0]["uuid"]
    entry = {"card": card, "outcome": "overridden", "outcomeTimestamp": "2026-11-21T10:00:00Z"}
    assert traced.post(f"{SELECT}/feedback", json={"feedback": [entry]}).status_code == 200
    second = call(draft(CLOPIDOGREL), results=(genotype("CYP2C19", "*2/*2"),), hook="order-sign")
    second["extension"] = {"pddi-configuration-items": {"filter-out-repeated-alerts": True}}
    answer, trace = post(traced, second, folder, "/cds-services/pgx-order-sign")
    assert orjson.loads(answer) == {"cards": []}
    assert replay(trace)[0] == 0


@pytest.fixture
def trace(traced: FlaskClient, folder: Path) -> Path:
    body = call(draft(CLOPIDOGREL), results=(genotype("CYP2C19", "*2/*2"),))
    return post(traced, body, folder)[1]


def test_another_answer_is_shown_as_a_difference(trace: Path, replay: Replay) -> None:
    value = orjson.loads(trace.read_bytes())
    value["answer"] = value["answer"].replace("Replace clopidogrel", "Keep clopidogrel")
    trace.write_bytes(orjson.dumps(value))
    code, out, _ = replay(trace)
    assert code == 1
    assert '-      "summary": "Keep clopidogrel' in out
    assert '+      "summary": "Replace clopidogrel' in out


def test_other_knowledge_is_named_and_compared_only_on_demand(
    trace: Path,
    tmp_path: Path,
    replay: Replay,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other = copy_knowledge(tmp_path / "knowledge")
    edit_json(other, "release.json", lambda value: value.update(released="2031-01-01"))
    monkeypatch.setenv("PGX_CDS_KNOWLEDGE", str(other))
    code, _, err = replay(trace)
    assert code == 2
    assert "2031-01-01" in err
    code, out, _ = replay(trace, "--anyway")
    assert code == 1
    assert "2031-01-01" in out


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"format": "other"}'])
def test_what_is_no_trace_is_unusable(text: str, tmp_path: Path, replay: Replay) -> None:
    path = tmp_path / "trace.json"
    path.write_text(text)
    assert replay(path)[0] == 2
    assert replay(tmp_path / "not-there.json")[0] == 2


def test_advise_writes_a_trace_and_says_what_it_holds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], replay: Replay
) -> None:
    path = tmp_path / "trace.json"
    patient = str(PATIENTS / "pgx-stent.json")
    assert main(["advise", "--patient", patient, "--drug", "clopidogrel", "--trace", str(path)]) == 0
    assert "holds data of a patient" in capsys.readouterr().err
    assert replay(path)[0] == 0


def test_the_site_profile_of_then_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, replay: Replay
) -> None:
    path, profile = tmp_path / "trace.json", tmp_path / "site.json"
    profile.write_text('{"language": "de"}')
    monkeypatch.setenv("PGX_CDS_SITE", str(profile))
    main(
        [
            "advise",
            "--patient",
            str(PATIENTS / "pgx-stent.json"),
            "--drug",
            "clopidogrel",
            "--trace",
            str(path),
        ]
    )
    profile.write_text('{"language": "en"}')
    assert replay(path)[0] == 0
