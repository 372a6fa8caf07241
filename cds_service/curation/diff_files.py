"""What changed in files that are compared as they stand: value sets, code tables, fields for reviewers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

from cds_service.curation.change import OTHER, VALUE_SET, Change, Lead
from cds_service.curation.describe import plain
from cds_service.curation.files import read_json, read_tsv

#: More changes than this in one file are counted, not listed.
MOST_LISTED = 40
VALUE_SETS = "value_sets/value_sets.tsv"
_KINDS = (".json", ".tsv")
#: Files that say how others are written.
_FORM = "schema/"
#: Fields of drugs and genes that are written for people who review: no advice depends on them.
_FOR_REVIEW = frozenset(
    {"class", "named_by", "confidence", "exclusions_confidence", "year", "record", "effective", "transcribed"}
)
_SYSTEMS = {
    "snomed": "SNOMED CT",
    "icd10cm": "ICD-10-CM",
    "rxnorm": "RxNorm",
    "cdcrec": "CDC race and ethnicity",
}


def changed_files(old: Path, new: Path) -> list[str]:
    """Names of the JSON and TSV files that differ, or stand in one folder only."""
    names = {
        path.relative_to(folder).as_posix()
        for folder in (old, new)
        for path in folder.rglob("*")
        if path.suffix in _KINDS
    }
    return sorted(name for name in names if _bytes(old / name) != _bytes(new / name))


def _bytes(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


# -- value sets ------------------------------------------------------------------------------------


def compare_value_sets(old: Path, new: Path) -> Iterator[Change]:
    """Codes that came into a set or left it, by set."""
    before, after = (_codes(folder / VALUE_SETS) for folder in (old, new))
    for name in sorted({*before, *after}):
        lead = Lead(VALUE_SET, name, f"value set {plain(name)}")
        yield from lead.members("code", before.get(name, ()), after.get(name, ()))


def _codes(path: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in read_tsv(path, ("name", "system", "code", "match")):
        below = " and all that begin with it" if row["match"] == "prefix" else ""
        found.setdefault(row["name"], []).append(
            f"{_SYSTEMS.get(row['system'], row['system'])} {row['code']}{below}"
        )
    return found


# -- other files -----------------------------------------------------------------------------------


def compare_file(name: str, old: Path, new: Path) -> Iterator[Change]:
    """
    The changes of one file, cell by cell or field by field; counted where there are many.

    Args:
        name: The file below both folders.
        old, new: The folders.
    """
    lead = Lead(OTHER, name, name)
    there = (old / name).exists(), (new / name).exists()
    if not all(there):
        text = "file withdrawn" if there[0] else "file added"
        yield lead.say("file", name if there[0] else "", name if there[1] else "", text)
    elif name.startswith(_FORM):
        yield lead.say(
            "file", name, name, "written differently: what a file may look like, no fact of its own"
        )
    else:
        yield from _short(lead, list(_file_changes(lead, old / name, new / name)))


def review_fields(name: str, lead: Lead, old: Path, new: Path) -> Iterator[Change]:
    """
    Changed fields of a drug's or gene's file that are for reviewers only, such as `confidence`.

    Args:
        name: The file below both folders.
        lead: Beginning of the sentences.
        old, new: The folders.
    """
    if not name.endswith(".json") or not (old / name).exists() or not (new / name).exists():
        return
    before, after = (_review_leaves(folder / name) for folder in (old, new))
    for path in sorted(before.keys() & after.keys()):
        yield from lead.value(path, before[path], after[path])


def _review_leaves(path: Path) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    for place, text in leaves(read_json(path)):
        if place.rpartition(".")[2].removesuffix("[]") in _FOR_REVIEW:
            found.setdefault(place, []).append(text)
    return {place: ", ".join(sorted(texts)) for place, texts in found.items()}


def _short(lead: Lead, changes: Sequence[Change]) -> Iterator[Change]:
    if len(changes) <= MOST_LISTED:
        yield from changes
        return
    came = sum(not change.old for change in changes)
    went = sum(not change.new for change in changes)
    text = f"{came} rows added, {went} withdrawn, {len(changes) - came - went} changed"
    yield lead.say("rows", "", "", text)


def _file_changes(lead: Lead, old: Path, new: Path) -> Iterator[Change]:
    if lead.subject.endswith(".tsv"):
        yield from _table_changes(lead, old, new)
    else:
        values = [leaves(read_json(path)) for path in (old, new)]
        yield from _leaf_changes(lead, *values)


def _table_changes(lead: Lead, old: Path, new: Path) -> Iterator[Change]:
    before, after = ([tuple(row.items()) for row in read_tsv(path, ())] for path in (old, new))
    gone, come = Counter(before) - Counter(after), Counter(after) - Counter(before)
    width = _key_width([*gone], [*come])
    then, now = ({_cells(row)[:width]: row for row in rows} for rows in (gone, come))
    for key in sorted({*then, *now}):
        mine = Lead(lead.group, lead.subject, f"{lead.words}, {' '.join(filter(None, key))}")
        if key not in now:
            yield mine.say("row", " | ".join(_cells(then[key])), "", "row withdrawn")
        elif key not in then:
            yield mine.say("row", "", " | ".join(_cells(now[key])), "row added")
        else:
            cells = [dict(rows[key]) for rows in (then, now)]
            for column in {**cells[0], **cells[1]}:
                yield from mine.value(column, cells[0].get(column, ""), cells[1].get(column, ""))


_Row = tuple[tuple[str, str], ...]


def _cells(row: _Row) -> tuple[str, ...]:
    return tuple(cell for _, cell in row)


def _key_width(*tables: Sequence[_Row]) -> int:
    """How many of the first cells tell the rows of each table apart."""
    widest = max((len(row) for rows in tables for row in rows), default=1)
    for width in range(1, widest):
        if all(len({_cells(row)[:width] for row in rows}) == len(rows) for rows in tables):
            return width
    return widest


def leaves(value: Any, path: str = "") -> Counter[tuple[str, str]]:
    """
    The single values of a JSON value with their places; lists count without order, objects in them by id.

    >>> sorted(leaves({"rules": [{"id": "r1", "named": ["b", "a"]}]}))
    [('rules[r1].id', 'r1'), ('rules[r1].named[]', 'a'), ('rules[r1].named[]', 'b')]
    """
    found: Counter[tuple[str, str]] = Counter()
    if isinstance(value, dict):
        for key, item in value.items():
            found.update(leaves(item, f"{path}.{key}" if path else key))
    elif isinstance(value, list):
        for item in value:
            ident = (item.get("id") or item.get("name") or "") if isinstance(item, dict) else ""
            found.update(leaves(item, f"{path}[{ident}]"))
    else:
        found[path, "yes" if value is True else "no" if value is False else str(value)] += 1
    return found


def _leaf_changes(
    lead: Lead, old: Counter[tuple[str, str]], new: Counter[tuple[str, str]]
) -> Iterator[Change]:
    gone, come = old - new, new - old
    for path in sorted({path for path, _ in (*gone, *come)}):
        before, after = _at(path, gone), _at(path, come)
        if len(before) == len(after) == 1:
            yield from lead.value(path, before[0], after[0])
        else:
            yield from lead.members(path, before, after)


def _at(path: str, values: Collection[tuple[str, str]]) -> list[str]:
    return sorted(text for place, text in values if place == path)
