"""The fixture patients as an export, and a screening in this process."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from cds_service.resources import fixtures_folder, knowledge_folder
from cds_service.screening.run import Done, Export, Mapper, run
from cds_service.screening.shard import Setup, Shard

TODAY = date(2026, 11, 21)
DRUGS = ("clopidogrel", "codeine", "warfarin", "simvastatin", "carbamazepine", "fluorouracil")

Resource = dict[str, Any]
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Result:
    """Both tables, sorted, and what was done."""

    people: list[Row]
    findings: list[Row]
    done: Done


def records() -> dict[str, list[Resource]]:
    """Patient id -> resources, of all fixture patients."""
    found = {}
    for path in sorted((fixtures_folder() / "patients").glob("pgx-*.json")):
        entries = json.loads(path.read_text(encoding="utf-8"))["entry"]
        resources = [entry["resource"] for entry in entries]
        found[next(r["id"] for r in resources if r["resourceType"] == "Patient")] = resources
    return found


def export(resources: Iterable[Resource], folder: Path) -> Path:
    """Write resources as Bulk Data does: one file a type, one resource a line."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = defaultdict(list)
    for resource in resources:
        lines[resource["resourceType"]].append(json.dumps(resource))
    for kind, written in lines.items():
        (folder / f"{kind}.000.ndjson").write_text("\n".join(written) + "\n", encoding="utf-8")
    return folder


def setup(*drugs: str) -> Setup:
    return Setup(knowledge_folder(), None, TODAY, drugs)


def in_turn(work: Callable[[Shard], int], shards: list[Shard]) -> Iterable[int]:
    """One shard after the other, in this process."""
    return map(work, shards)


def screened(folder: Path, out: Path, *drugs: str, mapper: Mapper = in_turn) -> Result:
    done = run(Export.of_folder(folder), out, setup(*drugs), mapper, lambda *_: None)
    people, findings = (pq.read_table(out / name).to_pylist() for name in ("people", "findings"))
    return Result(sorted(people, key=repr), sorted(findings, key=repr), done)


@pytest.fixture(scope="session")
def all_resources() -> list[Resource]:
    return [resource for resources in records().values() for resource in resources]


@pytest.fixture
def folder(all_resources: list[Resource], tmp_path: Path) -> Path:
    return export(all_resources, tmp_path / "export")
