"""Sums up a screening: who has a result that matters, of which gene, for which drug, at which age."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import orjson

from cds_service.screening.cut import MEMORY
from cds_service.screening.run import FINDINGS, PEOPLE

#: Table -> SQL over `people` and `findings`; a person counts once in each row.
TABLES = {
    "by_drug": """
        SELECT drug, count(DISTINCT patient) AS people,
            count(DISTINCT patient) FILTER (fires) AS would_fire,
            round(100.0 * count(DISTINCT patient) FILTER (fires) / count(DISTINCT patient), 1) AS percent
        FROM findings GROUP BY drug ORDER BY would_fire DESC, drug
    """,
    "by_gene": """
        WITH fired AS (
            SELECT unnest(string_split(genes, ' ')) AS gene, patient FROM findings WHERE fires AND genes <> ''
        ), tested AS (
            SELECT unnest(string_split(tested, ' ')) AS gene, patient FROM people WHERE tested <> ''
        ), fired_by AS (SELECT gene, count(DISTINCT patient) AS n FROM fired GROUP BY gene),
        tested_by AS (SELECT gene, count(DISTINCT patient) AS n FROM tested GROUP BY gene)
        SELECT gene, coalesce(t.n, 0) AS tested, coalesce(f.n, 0) AS would_fire
        FROM tested_by t FULL JOIN fired_by f USING (gene) ORDER BY would_fire DESC, gene
    """,
    "by_age": """
        SELECT age_band, count(*) AS people, count(*) FILTER (tested <> '') AS tested,
            count(*) FILTER (fires > 0) AS would_fire,
            round(100.0 * count(*) FILTER (fires > 0) / count(*), 1) AS percent
        FROM people WHERE state = 'judged' GROUP BY age_band
        ORDER BY try_cast(regexp_extract(age_band, '^[0-9]+') AS INTEGER) NULLS LAST
    """,
    "by_action": """
        SELECT action, urgency, count(*) AS findings, count(DISTINCT patient) AS people
        FROM findings WHERE fires GROUP BY ALL ORDER BY findings DESC, action, urgency
    """,
    "by_result": """
        SELECT drug, results, action, count(DISTINCT patient) AS people
        FROM findings WHERE fires GROUP BY ALL ORDER BY people DESC, drug, results LIMIT 1000
    """,
    "by_state": "SELECT state, count(*) AS people FROM people GROUP BY state ORDER BY people DESC, state",
}
_TOTALS = """
    SELECT count(*) AS people, count(*) FILTER (state = 'judged') AS judged,
        count(*) FILTER (tested <> '') AS tested, count(*) FILTER (fires > 0) AS would_fire,
        coalesce(sum(drugs), 0)::BIGINT AS drugs, coalesce(sum(fires), 0)::BIGINT AS findings
    FROM people
"""


@dataclass(frozen=True, slots=True)
class Summary:
    """
    The figures of a screening.

    Args:
        totals: `people`, `judged`, `tested`, `would_fire` (people), `drugs`, `findings`.
        tables: Name of `TABLES` -> rows.
    """

    totals: dict[str, int]
    tables: dict[str, list[dict[str, Any]]]


def sum_up(out: Path) -> Summary:
    """Count over both tables below `out`, and write `summary.json` and a CSV file for each table."""
    connection = duckdb.connect()
    try:
        connection.execute(f"SET memory_limit = '{MEMORY}'")
        connection.execute("SET temp_directory = ?", [str(out / ".spill")])
        for name in (PEOPLE, FINDINGS):
            pattern = str(out / name / "*.parquet").replace("'", "''")
            connection.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet('{pattern}')")
        totals = _rows(connection, _TOTALS)[0]
        tables = {name: _rows(connection, sql) for name, sql in TABLES.items()}
    finally:
        connection.close()
    data = orjson.dumps({"totals": totals, **tables}, option=orjson.OPT_INDENT_2)
    (out / "summary.json").write_bytes(data)
    for name, rows in tables.items():
        _write_csv(out / f"{name}.csv", rows)
    return Summary(totals, tables)


def _rows(connection: duckdb.DuckDBPyConnection, sql: str) -> list[dict[str, Any]]:
    found = connection.execute(sql)
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _write_csv(path: Path, rows: list[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]) if rows else ["nothing"])
        writer.writeheader()
        writer.writerows(rows)
