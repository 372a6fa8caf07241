"""
Examples that others published, and how each result in them is to be read.

`published/*.json` holds 45 payloads: examples of HL7 (Genomics Reporting STU4 build of 2026-01-30, FHIR R4,
mCODE 4.0.0; all CC0), of eMERGE, genomics-operations and vcf2fhir (Apache-2.0), and `syn_` ones made by hand
after what laboratories send. Narrative, senders and addresses are left out, long texts cut, long identifiers
shortened; of 74 variants of one file 9 are left. `published/readings.tsv` says what each of 160 places means:

- `source`: where it stands, a type of resources, or `*` for the whole file.
- `gene`: whom it is about; empty for whatever gene.
- `use`: `yes`, `pending`, `context` (never drives advice) or `no`.
- `diplotype`, `phenotype`, `score`: what the tables make of it.
- `value`: what the row has to show as reported; `says`: words of a notice.

One row differs from a stricter reading, in which the bare "Heterozygous" of a test of factor V Leiden is
background only: the test names the variant and the value its zygosity, so it is the whole result, and advice
on oestrogens needs it.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import orjson
import pytest

from cds_service.cards.wording import load_wording
from cds_service.commands.read import understood
from cds_service.curation.files import read_tsv
from tests.builders import knowledge

_FOLDER = Path(__file__).with_name("published")
_COLUMNS = (
    "file",
    "source",
    "kind",
    "gene",
    "use",
    "diplotype",
    "phenotype",
    "score",
    "value",
    "says",
)
#: Column -> field of a row of `pgx-cds read --json`.
_MEANING = {"diplotype": "diplotype", "phenotype": "phenotype", "score": "activityScore"}
_WORSE = {"yes": (), "pending": (), "context": ("yes", "pending"), "no": ("yes", "pending", "context")}

Row = dict[str, Any]


@cache
def readings() -> tuple[Row, ...]:
    return tuple(read_tsv(_FOLDER / "readings.tsv", _COLUMNS))


def about(reading: Row, rows: list[Row]) -> list[Row]:
    """The rows a reading is about."""
    genes = reading["gene"].split(", ") if reading["gene"] else None
    return [
        row
        for row in rows
        if reading["source"] in ("*", *row["sources"], *(name.partition("/")[0] for name in row["sources"]))
        and reading["kind"] in ("", row["kind"])
        and (genes is None or row["gene"] in genes)
        and reading["value"] in row["value"]
    ]


def faults(reading: Row, found: Row) -> Iterator[str]:
    """What is read otherwise."""
    rows = about(reading, found["results"])
    said = [*found["notices"], *(notice for row in rows for notice in row["notices"])]
    if not any(reading["says"] in notice for notice in said or [""]):
        yield f"nobody says {reading['says']!r}: {said}"
    used = [row for row in rows if row["use"] in _WORSE[reading["use"]]]
    if used:
        yield f"is used: {used}"
    if reading["use"] in ("yes", "pending"):
        used = [row for row in rows if row["use"] == reading["use"]]
        missing = set(filter(None, reading["gene"].split(", "))) - {row["gene"] for row in used}
        if missing or not used:
            yield f"no result of {missing or 'it'} is used: {rows}"
    for column, field in _MEANING.items():
        wrong = [row for row in rows if reading[column] and row.get(field) != reading[column]]
        if wrong:
            yield f"{field} is not {reading[column]}: {wrong}"


@pytest.mark.parametrize("name", sorted(path.stem for path in _FOLDER.glob("*.json")))
def test_every_result_of_a_published_example_is_read_as_it_is_meant(name: str) -> None:
    found = understood(orjson.loads((_FOLDER / f"{name}.json").read_bytes()), knowledge(), load_wording())
    wrong = [
        f"{reading['source']} {reading['gene']}: {fault}"
        for reading in readings()
        if reading["file"] == name
        for fault in faults(reading, found)
    ]
    assert wrong == []


def test_no_reading_is_left_out() -> None:
    names = {reading["file"] for reading in readings()}
    assert (len(readings()), len(names)) == (160, 45)
    assert names == {path.stem for path in _FOLDER.glob("*.json")}
