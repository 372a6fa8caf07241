"""A whole population gets the answers each person would get at the order, and nobody is lost on the way."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cds_service.cards.card import CardMaker
from cds_service.cards.suggestions import Style
from cds_service.core.errors import InputError
from cds_service.hooks.call_data import OfflineData
from cds_service.hooks.evaluate import Evaluator
from cds_service.hooks.request import HookRequest
from cds_service.hooks.restraint import Restraint
from cds_service.screening import cut as cutting
from cds_service.screening.cut import ndjson_files
from cds_service.screening.person import Judge
from cds_service.screening.run import on_dask
from cds_service.screening.shard import judge_of
from tests.screening.conftest import DRUGS, TODAY, Resource, export, records, screened, setup

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"


@pytest.fixture
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cutting, "SHARD_BYTES", 20_000)


def test_a_list_of_drugs_gets_the_cards_of_the_hook(folder: Path, tmp_path: Path) -> None:
    found = screened(folder, tmp_path / "out", *DRUGS).findings
    rows = {(row["patient"], row["drug"]): row for row in found if row["fires"]}
    wanted_cards = cards()
    assert len(wanted_cards) > 20
    assert rows.keys() == wanted_cards.keys()
    for key, card in wanted_cards.items():
        finding = card["extension"]["pgx-cds.finding"]
        wanted = (finding["action"], card["indicator"], card["summary"], finding["rules"])
        row = rows[key]
        assert (row["action"], row["urgency"], row["summary"], row["rules"].split()) == wanted


def cards() -> dict[tuple[str, str], dict[str, Any]]:
    """What the hook says about each fixture patient and drug, through the evaluator of the service."""
    judge = judge_of(setup(*DRUGS))
    sources = dict(judge.knowledge.source_labels)
    maker = CardMaker(judge.wording, Style.UPDATE, judge.knowledge.released, sources)
    return {
        (patient, drug): card
        for patient, resources in records().items()
        for drug in DRUGS
        for card in _answer(judge, maker, patient, resources, drug)
        if "pgx-cds.finding" in card.get("extension", {})
    }


def _answer(
    judge: Judge, maker: CardMaker, patient: str, resources: list[Resource], drug: str
) -> Iterator[dict[str, Any]]:
    draft = {
        "resourceType": "MedicationRequest",
        "id": "draft",
        "medicationCodeableConcept": {
            "coding": [{"system": RXNORM, "code": judge.knowledge.drugs[drug].rxcuis[0]}]
        },
    }
    call = HookRequest(
        hook="order-select",
        hook_instance="1",
        patient_id=patient,
        user_id="Practitioner/1",
        draft_orders=(draft,),
    )
    offline = OfflineData.of(r for r in resources if r["resourceType"] != "Encounter")
    parts = (judge.knowledge, judge.policy, maker, lambda _: offline, lambda: TODAY, Restraint(maker))
    evaluator = Evaluator(*parts)
    yield from evaluator.evaluate(call)["cards"]


def test_what_people_take_is_judged_once_each(
    folder: Path, tmp_path: Path, all_resources: list[Resource]
) -> None:
    result = screened(folder, tmp_path / "out")
    taken = {r["subject"]["reference"] for r in all_resources if r["resourceType"] == "MedicationRequest"}
    assert {f"Patient/{row['patient']}" for row in result.findings} <= taken
    keys = [(row["patient"], row["drug"]) for row in result.findings]
    assert keys and len(keys) == len(set(keys))


def test_everybody_is_in_the_table_of_people(folder: Path, tmp_path: Path) -> None:
    people = screened(folder, tmp_path / "out").people
    assert {row["patient"] for row in people} == records().keys()
    assert {row["state"] for row in people} == {"judged", "consent-denied"}


def test_who_does_not_consent_leaves_no_trace_of_results(folder: Path, tmp_path: Path) -> None:
    result = screened(folder, tmp_path / "out", *DRUGS)
    (denied,) = [row for row in result.people if row["state"] == "consent-denied"]
    assert denied["tested"] == ""
    assert [row for row in result.findings if row["patient"] == denied["patient"]] == []


def test_the_number_of_shards_changes_nothing(folder: Path, tmp_path: Path, small_shards: None) -> None:
    many = screened(folder, tmp_path / "many", *DRUGS)
    cutting.SHARD_BYTES = 10**9
    one = screened(folder, tmp_path / "one", *DRUGS)
    assert many.done.cut.shards > 3 and one.done.cut.shards == 1
    assert (many.people, many.findings) == (one.people, one.findings)


def test_the_order_of_lines_and_files_changes_nothing(
    folder: Path, tmp_path: Path, all_resources: list[Resource]
) -> None:
    shuffled = random.Random(1).sample(all_resources, len(all_resources))
    other = export(shuffled, tmp_path / "shuffled")
    first, second = screened(folder, tmp_path / "a", *DRUGS), screened(other, tmp_path / "b", *DRUGS)
    assert (first.people, first.findings) == (second.people, second.findings)


def test_packed_files_are_read(folder: Path, tmp_path: Path) -> None:
    plain = screened(folder, tmp_path / "a").people
    for path in ndjson_files(folder):
        path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()
    assert screened(folder, tmp_path / "b").people == plain


def test_broken_lines_are_counted_and_hide_nobody(folder: Path, tmp_path: Path) -> None:
    whole = screened(folder, tmp_path / "a", *DRUGS)
    with (folder / "Observation.000.ndjson").open("a") as file:
        file.write(
            '{"resourceType": "Observation", "id"\n\n[1]\n"text"\n{"resourceType": "Group", "id": "g"}\n'
        )
    broken = screened(folder, tmp_path / "b", *DRUGS)
    assert broken.done.cut.unreadable == {"Observation.000.ndjson": 1}
    assert {kind: broken.done.cut.left_out.get(kind) for kind in ("Group", "no type")} == {
        "Group": 1,
        "no type": 2,
    }
    assert (broken.people, broken.findings) == (whole.people, whole.findings)


def test_a_drug_named_in_a_medication_of_its_own_is_found(tmp_path: Path) -> None:
    resources: list[Resource] = [
        {"resourceType": "Patient", "id": "a", "birthDate": "1960-01-01"},
        {
            "resourceType": "Medication",
            "id": "m",
            "code": {"coding": [{"system": RXNORM, "code": "32968"}]},
        },
        {
            "resourceType": "MedicationRequest",
            "id": "o",
            "status": "active",
            "subject": {"reference": "https://ehr.example.org/fhir/Patient/a"},
            "medicationReference": {"reference": "https://ehr.example.org/fhir/Medication/m"},
        },
    ]
    result = screened(export(resources, tmp_path / "export"), tmp_path / "out")
    assert [(row["patient"], row["drug"]) for row in result.findings] == [("a", "clopidogrel")]


def test_one_record_that_cannot_be_judged_is_named_and_hides_nobody(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = screened(folder, tmp_path / "a")
    unlucky, judge = whole.people[0]["patient"], Judge.judge

    def fail_for_one(self: Judge, patient: str, resources: list[Resource]) -> Any:
        if patient == unlucky:
            raise RuntimeError("text that may hold patient data")
        return judge(self, patient, resources)

    monkeypatch.setattr(Judge, "judge", fail_for_one)
    people = {row["patient"]: row for row in screened(folder, tmp_path / "b").people}
    assert people.keys() == {row["patient"] for row in whole.people}
    assert people[unlucky]["state"] == "fault: RuntimeError"


# -- stopped and taken up again --------------------------------------------------------------------


def test_a_stopped_run_goes_on_where_it_was(folder: Path, tmp_path: Path, small_shards: None) -> None:
    def stop_after_two(work: Any, shards: list[Any]) -> Iterator[int]:
        yield from map(work, shards[:2])
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        screened(folder, tmp_path / "out", *DRUGS, mapper=stop_after_two)
    resumed = screened(folder, tmp_path / "out", *DRUGS)
    whole = screened(folder, tmp_path / "whole", *DRUGS)
    assert resumed.done.shards_before == 2
    assert (resumed.people, resumed.findings) == (whole.people, whole.findings)


def test_a_folder_with_another_screening_is_left_alone(folder: Path, tmp_path: Path) -> None:
    before = screened(folder, tmp_path / "out", "codeine")
    with pytest.raises(InputError, match="another screening"):
        screened(folder, tmp_path / "out", "warfarin")
    assert screened(folder, tmp_path / "out", "codeine").findings == before.findings


@pytest.mark.parametrize(
    ("drugs", "message"),
    [(("nosuchdrug",), "says nothing about 'nosuchdrug'"), (("",), "says nothing about ''")],
)
def test_an_unknown_drug_is_refused_before_anything_is_read(
    folder: Path, tmp_path: Path, drugs: tuple[str, ...], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        screened(folder, tmp_path / "out", *drugs)
    assert not (tmp_path / "out").exists()


def test_a_folder_without_an_export_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no file"):
        ndjson_files(tmp_path)


# -- on several machines ---------------------------------------------------------------------------


@pytest.mark.slow
def test_two_workers_of_a_dask_cluster_give_the_same(
    folder: Path, tmp_path: Path, small_shards: None
) -> None:
    from distributed import LocalCluster

    alone = screened(folder, tmp_path / "alone", *DRUGS)
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        on_dask(cluster.scheduler_address) as mapper,
    ):
        together = screened(folder, tmp_path / "together", *DRUGS, mapper=mapper)
    assert (together.people, together.findings) == (alone.people, alone.findings)


def test_a_scheduler_that_is_not_there_is_a_clear_refusal() -> None:
    with pytest.raises(InputError, match="no scheduler answers"), on_dask("tcp://127.0.0.1:9"):
        pass


# -- the command -----------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_command_writes_tables_summary_and_charts(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from cds_service.cli import main

    out = tmp_path / "out"
    arguments = ["screen", "--patients", str(folder), "--drugs", ",".join(DRUGS), "--out", str(out)]
    assert main([*arguments, "--workers", "2", "--today", TODAY.isoformat()]) == 0
    summary = json.loads((out / "summary.json").read_bytes())
    assert summary["totals"]["people"] == len(records())
    assert summary["totals"]["findings"] == len(cards())
    by_drug = {row["drug"]: row["would_fire"] for row in summary["by_drug"]}
    assert by_drug == {drug: sum(key[1] == drug for key in cards()) for drug in DRUGS}
    assert {path.name for path in (out / "charts").iterdir()} == {"by_age.svg", "by_drug.svg", "by_gene.svg"}
    assert f"people           {len(records()):>12,}" in capsys.readouterr().out
    assert out.stat().st_mode & 0o077 == 0
