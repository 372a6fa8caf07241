"""One shard: the unit of work, on whatever machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Any

import duckdb
import orjson
import pyarrow as pa

from cds_service.cards.wording import load_wording
from cds_service.core.errors import InputError
from cds_service.core.model import Ingredient
from cds_service.curation.compile import compile_knowledge
from cds_service.hooks.site import read_site
from cds_service.screening.columns import FINDINGS, PEOPLE
from cds_service.screening.cut import LINES, SHARED
from cds_service.screening.person import Judge, Resource, Row

FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Setup:
    """
    How everybody is judged; small, so that it can be sent to other machines.

    Args:
        knowledge: Knowledge folder, there under the same path for every worker.
        site: Site profile, or None.
        today: Day of the judgement.
        drugs: Names or RxNorm codes everybody is judged for; empty = what each person takes.
    """

    knowledge: Path
    site: Path | None
    today: date
    drugs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Shard:
    """
    The people of one shard.

    Args:
        folder: What `cut` has written.
        number: Of the shard.
        setup: How they are judged.
    """

    folder: Path
    number: int
    setup: Setup


@dataclass(frozen=True, slots=True)
class Screened:
    """Both tables of one shard; see `columns`."""

    people: pa.Table
    findings: pa.Table


def screen(shard: Shard) -> Screened:
    """
    Judge everybody in a shard.

    A record that makes the judgement fail is a row of its own (`state` = `fault: ...`) and hides nobody else.
    """
    judge = judge_of(shard.setup)
    people: list[Row] = []
    findings: list[Row] = []
    for patient, resources in _records(shard):
        try:
            person, rows = judge.judge(patient, resources)
        except Exception as error:  # one record among a million must not end the run; it is counted and named
            person, rows = _fault(patient, error), []
        people.append(person)
        findings.extend(rows)
    return Screened(pa.Table.from_pylist(people, PEOPLE), pa.Table.from_pylist(findings, FINDINGS))


def _fault(patient: str, error: Exception) -> Row:
    nothing = {"age_band": "", "sex": "", "tested": "", "drugs": 0, "fires": 0}
    return {"patient": patient, **nothing, "state": f"{FAULT}: {type(error).__name__}"}


@lru_cache(maxsize=2)
def judge_of(setup: Setup) -> Judge:
    """
    The judge of a set-up; built once in each process.

    Raises:
        InputError: If a drug of the set-up is not known.
    """
    site = read_site(setup.site)
    knowledge = compile_knowledge(setup.knowledge, site.local_tests)
    drugs = tuple(_ingredient(name, knowledge.drugs) for name in setup.drugs) or None
    return Judge(knowledge, site.policy, load_wording(site.language), setup.today, drugs)


def _ingredient(name: str, drugs: Mapping[str, Any]) -> Ingredient:
    for drug in drugs.values():
        if name.lower() == drug.name.lower() or name in drug.rxcuis:
            return Ingredient(drug.name, next(iter(drug.rxcuis), None))
    raise InputError(f"--drugs: the knowledge says nothing about '{name}'; see 'pgx-cds knowledge list'")


def _records(shard: Shard) -> Iterator[tuple[str, list[Resource]]]:
    """Each person of the shard with the whole record, one at a time."""
    own = shard.folder / LINES / f"shard={shard.number}"
    if not own.is_dir():
        return
    connection = duckdb.connect()
    try:
        connection.execute("SET threads = 1")
        medications = _medications(connection, shard.folder, own)
        # Sorted by body as well: the order of the lines in an export means nothing.
        found = connection.execute(
            "SELECT person, body FROM read_parquet($files) ORDER BY person, kind, body",
            {"files": _parts(own)},
        )
        rows = iter(lambda: found.fetchmany(20_000), [])
        for person, lines in groupby((row for batch in rows for row in batch), key=lambda row: row[0]):
            resources = [orjson.loads(body) for _, body in lines]
            pointed_at = {key: medications[key] for key in _wanted(resources) if key in medications}
            yield person, [*resources, *pointed_at.values()]
    finally:
        connection.close()


def _wanted(resources: list[Resource]) -> Iterator[str]:
    """Ids of the Medications that orders point at."""
    for resource in resources:
        reference = resource.get("medicationReference")
        if isinstance(reference, Mapping):
            yield str(reference.get("reference", "")).rpartition("/")[2]


def _medications(connection: duckdb.DuckDBPyConnection, folder: Path, own: Path) -> dict[str, Resource]:
    """The Medications this shard points at, by id."""
    shared = _parts(folder / LINES / f"shard={SHARED}")
    if not shared:
        return {}
    found = connection.execute(
        """
        SELECT id, body FROM read_parquet($shared) WHERE id IN (
            SELECT regexp_extract(json_extract_string(body, '$.medicationReference.reference'), '([^/]+)$', 1)
            FROM read_parquet($own) WHERE kind IN ('MedicationRequest', 'MedicationStatement')
        )
        """,
        {"shared": shared, "own": _parts(own)},
    ).fetchall()
    return {ident: orjson.loads(body) for ident, body in found}


def _parts(folder: Path) -> list[str]:
    return [str(path) for path in sorted(folder.glob("*.parquet"))]
