"""Everything says where it comes from and of which day, and no day lies after the release."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from cds_service.curation.context import Context, Fault

name = "citations"


def run(context: Context) -> Iterator[Fault]:
    """Rules, guidelines, tests, pairs and genes without their source; days after the release."""
    released = str(context.documents.get("release.json", {}).get("released", ""))
    for path, document in context.rule_files.items():
        guideline = document["guideline"]
        yield from _missing(path, "guideline", guideline, ("name", "url", "version"))
        yield from _late(path, "guideline", guideline, ("transcribed", "effective", "version"), released)
        for rule in document["rules"]:
            yield from _missing(path, rule["id"], rule, ("cite", "text_as_of"))
            yield from _late(path, rule["id"], rule, ("text_as_of",), guideline.get("transcribed", released))
    for path, document in context.files_of("drugs/*/pretest.json"):
        for test in document["pretests"]:
            yield from _missing(path, test["id"], test, ("cite", "authority", "year"))
            yield from _late(path, test["id"], test, ("year",), released)
    for path, document in context.files_of("phenoconversion/pairs.json"):
        for pair in document["pairs"]:
            yield from _missing(path, pair["id"], pair, ("cite", "text_as_of"))
            yield from _missing(path, pair["id"], pair["guideline"], ("name", "url", "version"))
    for path, document in context.files_of("germline/findings.json"):
        for finding in document["findings"]:
            yield from _missing(path, finding["id"], finding, ("cite",))
            yield from _late(path, finding["id"], finding, ("effective", "transcribed"), released)
    for path, document in context.files_of("genes/*/gene.json"):
        yield from _missing(path, "", document, ("cite",))
    yield from _tables(context)


def _missing(path: str, where: str, entry: Mapping[str, Any], keys: Iterable[str]) -> Iterator[Fault]:
    for key in keys:
        if not str(entry.get(key) or "").strip():
            yield Fault(path, where, f"{key} is missing; say where this comes from")


def _late(path: str, where: str, entry: Mapping[str, Any], keys: Iterable[str], last: str) -> Iterator[Fault]:
    """Days are written from the year on, so a shorter one is compared as far as it goes."""
    for key in keys:
        day = str(entry.get(key, ""))
        if last and day[:2].isdigit() and day > last[: len(day)]:
            yield Fault(path, where, f"{key} {day} lies after {last}, the day of the copy; correct one")


def _tables(context: Context) -> Iterator[Fault]:
    """Rows of a table that has a column for the source."""
    for path, text in context.tables.items():
        lines = text.split("\n")
        header = lines[0].split("\t")
        if "source" not in header:
            continue
        at = header.index("source")
        for number, line in enumerate(lines[1:], start=2):
            cells = line.split("\t")
            if line and not (len(cells) > at and cells[at].strip()):
                yield Fault(path, f"line {number}", f"{cells[0]} has no source; add it")
