"""What the drug field of the order-entry page offers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

# Words typed by the user -> orderable drugs, best first, each with `rxcui` and `name`.
DrugSearch = Callable[[str], list[dict[str, str]]]


def drugs_by_name(names: Mapping[str, str]) -> DrugSearch:
    """
    A search over drug names: all words must occur, in any order; names that begin as typed come first.

    Args:
        names: RxNorm code -> name. Entries whose key is no code are left out: they could not be ordered.

    >>> search = drugs_by_name({"1": "baby aspirin", "2": "aspirin", "iron": "iron"})
    >>> [drug["name"] for drug in search("aspirin")], search("iron")
    (['aspirin', 'baby aspirin'], [])
    """
    drugs = sorted((name.lower(), name, rxcui) for rxcui, name in names.items() if rxcui.isdigit())

    def search(typed: str) -> list[dict[str, str]]:
        wanted = typed.lower().split()
        found = [drug for drug in drugs if all(word in drug[0] for word in wanted)]
        found.sort(key=lambda drug: not drug[0].startswith(typed.lower()))
        return [{"rxcui": rxcui, "name": name} for _, name, rxcui in found]

    return search


def drugs_of_examples(examples: Iterable[Mapping[str, Any]]) -> DrugSearch:
    """The clinical drugs of the ready examples, for an installation without a drug list."""
    return drugs_by_name({drug["rxcui"]: drug["text"] for patient in examples for drug in patient["try"]})


def one_after_the_other(*searches: DrugSearch) -> DrugSearch:
    """The answers of several searches; a drug that several of them find stands where the first found it."""

    def search(typed: str) -> list[dict[str, str]]:
        found: dict[str, dict[str, str]] = {}
        for part in searches:
            for drug in part(typed):
                found.setdefault(drug["rxcui"], drug)
        return list(found.values())

    return search
