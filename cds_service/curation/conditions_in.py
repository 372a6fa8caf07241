"""What conditions refer to, read from JSON: value sets, genes, diplotypes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

#: Keys of a condition that hold names of value sets.
NAMED_SETS = frozenset({"indication", "condition", "current", "takes", "ancestry"})


def named_sets(condition: Any) -> Iterator[str]:
    """
    Names of all value sets a condition refers to, however deep.

    >>> list(named_sets({"all": [{"takes": ["class:opioid"]}, {"not": {"condition": ["asthma"]}}]}))
    ['class:opioid', 'asthma']
    """
    for part in _parts(condition):
        for key in NAMED_SETS & part.keys():
            yield from part[key]


def named_diplotypes(condition: Any) -> Iterator[tuple[str, str]]:
    """Gene and diplotype of everything a condition asks about diplotypes."""
    for part in _parts(condition):
        for gene, texts in part.get("diplotype", {}).items():
            for text in texts:
                yield gene, text


def named_measures(document: Any) -> Iterator[str]:
    """Names of all measures that conditions anywhere in a document ask for."""
    if isinstance(document, Mapping):
        measured = document.get("measured")
        if isinstance(measured, Mapping):
            yield str(measured.get("what"))
        for value in document.values():
            yield from named_measures(value)
    elif isinstance(document, list):
        for value in document:
            yield from named_measures(value)


def _parts(condition: Any) -> Iterator[Mapping[str, Any]]:
    if not isinstance(condition, Mapping):
        return
    yield condition
    for key in ("all", "any"):
        for part in condition.get(key, ()):
            yield from _parts(part)
    yield from _parts(condition.get("not"))
