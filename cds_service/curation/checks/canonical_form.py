"""Files are written in one way, so that a change is a small diff, and ids stand in order and once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cds_service.curation.canonical import dumps
from cds_service.curation.context import Context, Fault

name = "canonical-form"

#: Lists of entries with an id. Of these only rules have no order of their own and are sorted by id.
_LISTS = ("rules", "alternatives", "pretests", "pairs", "findings")


def run(context: Context) -> Iterator[Fault]:
    """Files in another form, ids out of order, ids that stand twice."""
    for path, text in context.texts.items():
        yield from _form(path, text, dumps(context.documents[path]))
    for path, text in context.tables.items():
        if "\r" in text or not text.endswith("\n") or text.endswith("\n\n"):
            yield Fault(
                path, "", "every line ends with one line feed, the last one, too; correct the line ends"
            )
    yield from _ids(context)


def _form(path: str, text: str, wanted: str) -> Iterator[Fault]:
    if text == wanted:
        return
    pairs = zip(text.split("\n"), wanted.split("\n"), strict=False)
    line = next((number for number, (is_, should) in enumerate(pairs, start=1) if is_ != should), 1)
    what = "not in canonical form; write the file with dumps of cds_service.curation.canonical"
    yield Fault(path, f"line {line}", what)


def _ids(context: Context) -> Iterator[Fault]:
    first: dict[str, str] = {}
    for path, document in context.documents.items():
        for entries in (document.get(key) for key in _LISTS):
            ids = [entry["id"] for entry in _entries(entries)]
            for one in ids:
                if one in first:
                    yield Fault(path, one, f"the id stands in {first[one]}, too; give this one another")
                first.setdefault(one, path)
        rules = [entry["id"] for entry in _entries(document.get("rules"))]
        for before, after in zip(rules, rules[1:], strict=False):
            if before > after:
                yield Fault(path, after, f"rules are sorted by id; put it before {before}")


def _entries(value: Any) -> list[Mapping[str, Any]]:
    """The entries of a list that have an id; the schema says what is wrong with the others."""
    if not isinstance(value, list):
        return []
    return [entry for entry in value if isinstance(entry, Mapping) and isinstance(entry.get("id"), str)]
