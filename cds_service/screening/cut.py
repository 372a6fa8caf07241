"""Cuts an export of FHIR Bulk Data (NDJSON) into shards, so that each person is in one shard, whole."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import duckdb

from cds_service.core.errors import InputError

#: What a judgement may look at; other lines are counted and left out.
KINDS = (
    "Patient",
    "Observation",
    "DiagnosticReport",
    "Condition",
    "Procedure",
    "MedicationRequest",
    "MedicationStatement",
    "AllergyIntolerance",
    "Consent",
)
#: Not of one person: orders point at it.
SHARED = "Medication"
#: Folder of the shards below the one an export was cut to.
LINES = "lines"
_REST = "rest"
#: Bytes of JSON in one shard, about: what a worker holds at a time is a few times that.
SHARD_BYTES = 24_000_000
_LONGEST_LINE = 16_777_216
#: What DuckDB may hold; beyond that it writes to disk. Less makes it slower, more is not needed for any size.
MEMORY = "400MB"


@dataclass(frozen=True, slots=True)
class Cut:
    """
    What an export was cut into.

    Args:
        shards: Number of shards; some may be empty.
        lines: Lines that were read.
        unreadable: File name -> lines that are not JSON.
        left_out: Resource type -> lines nobody needs, or that name no person.
        without_person: People who are spoken of, but have no Patient.
    """

    shards: int
    lines: int
    unreadable: dict[str, int]
    left_out: dict[str, int]
    without_person: int = 0


def ndjson_files(folder: Path) -> list[Path]:
    """
    The files of an export.

    Raises:
        InputError: If there is none.
    """
    found = sorted(
        path for path in folder.rglob("*") if path.name.endswith((".ndjson", ".ndjson.gz")) and path.is_file()
    )
    if not found:
        raise InputError(f"{folder}: there is no file *.ndjson or *.ndjson.gz in it")
    return found


def cut(files: list[Path], to: Path) -> Cut:
    """
    Write `to/lines/shard=N/*.parquet` (person, kind, id, body) for each shard, and `shard=Medication`.

    Whatever stood below `to` is replaced. DuckDB does the work, on all cores and in a memory of its own that
    does not grow with the export.

    Args:
        files: Of `ndjson_files`.
        to: A folder of ours.

    Raises:
        InputError: If a file cannot be read.
    """
    shutil.rmtree(to, ignore_errors=True)
    to.mkdir(parents=True)
    shards = max(1, round(sum(_size(path) for path in files) / SHARD_BYTES))
    connection = duckdb.connect()
    try:
        connection.execute(f"SET memory_limit = '{MEMORY}'")
        connection.execute("SET temp_directory = ?", [str(to / "spill")])
        connection.execute("SET preserve_insertion_order = false")
        return _cut(connection, [str(path) for path in files], to, shards)
    except duckdb.Error as error:
        raise InputError(f"the export cannot be read: {str(error).splitlines()[0]}") from None
    finally:
        connection.close()
        shutil.rmtree(to / "spill", ignore_errors=True)


def _size(path: Path) -> int:
    """Bytes of JSON; packed files are taken for a tenth of what is in them."""
    return path.stat().st_size * (10 if path.suffix == ".gz" else 1)


# A separator and a quote that no JSON line has: each line is one value, whatever stands in it.
_LINES = f"""
    SELECT filename, line FROM read_csv(
        $files, columns = {{'line': 'VARCHAR'}}, delim = chr(1), quote = '', escape = '', header = false,
        auto_detect = false, strict_mode = false, filename = true, max_line_size = {_LONGEST_LINE},
        buffer_size = {2 * _LONGEST_LINE}
    ) WHERE line IS NOT NULL AND trim(line) <> ''
"""
_READ = f"""
    SELECT filename, line, json_valid(line) AS valid,
        CASE WHEN json_valid(line) THEN json_extract_string(
            line, ['$.resourceType', '$.id', '$.subject.reference', '$.patient.reference']
        ) END AS said
    FROM ({_LINES})
"""
_SORTED = f"""
    SELECT filename, line, valid, said[1] AS kind, said[2] AS id,
        CASE said[1] WHEN 'Patient' THEN said[2]
            ELSE regexp_extract(coalesce(said[3], said[4], ''), '(?:^|/)Patient/([A-Za-z0-9.-]+)', 1)
        END AS person
    FROM ({_READ})
"""


def _cut(connection: duckdb.DuckDBPyConnection, files: list[str], to: Path, shards: int) -> Cut:
    kinds = ", ".join(f"'{kind}'" for kind in KINDS)
    lines = str(to / LINES).replace("'", "''")
    # One pass over the export: what nobody needs keeps its place without its body, and is counted below.
    connection.execute(
        f"""
        COPY (
            SELECT parse_filename(filename) AS file, valid, kind, person, id, line AS body, CASE
                WHEN valid AND kind IN ({kinds}) AND person <> ''
                    THEN CAST(hash(person) % {shards} AS VARCHAR)
                WHEN valid AND kind = '{SHARED}' AND id <> '' THEN '{SHARED}'
                ELSE '{_REST}' END AS shard
            FROM ({_SORTED})
        ) TO '{lines}' (FORMAT parquet, PARTITION_BY (shard), COMPRESSION zstd)
        """,
        {"files": files},
    )
    counted = connection.execute(
        f"""
        SELECT file, valid, coalesce(kind, ''), shard = '{_REST}', count(*)
        FROM {_written(lines)} GROUP BY ALL
        """
    ).fetchall()
    without_person = connection.execute(
        f"""
        SELECT count(*) FROM (
            SELECT 1 FROM {_written(lines)}
            WHERE shard NOT IN ('{_REST}', '{SHARED}') GROUP BY person HAVING NOT bool_or(kind = 'Patient')
        )
        """
    ).fetchall()[0][0]
    shutil.rmtree(to / LINES / f"shard={_REST}", ignore_errors=True)
    unreadable: dict[str, int] = {}
    left_out: dict[str, int] = {}
    for name, valid, kind, rest, count in counted:
        if not valid:
            unreadable[name] = unreadable.get(name, 0) + count
        elif rest:
            left_out[kind or "no type"] = left_out.get(kind or "no type", 0) + count
    return Cut(shards, sum(row[-1] for row in counted), unreadable, left_out, without_person)


def _written(lines: str) -> str:
    """All shards as one table of SQL, with `shard`."""
    return f"read_parquet('{lines}/*/*.parquet', hive_partitioning = true, hive_types_autocast = false)"
