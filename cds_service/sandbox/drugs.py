"""What the drug field of the order-entry page offers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

# Words typed by the user -> orderable drugs, best first, each with `rxcui` (clinical drug) and `name`.
DrugSearch = Callable[[str], list[dict[str, str]]]


def drugs_of_examples(examples: Iterable[Mapping[str, Any]]) -> DrugSearch:
    """
    A search over the drugs of the ready examples, for an installation without a drug list.

    All words must occur in the name, in any order; no words match every drug.

    >>> aspirin = {"drug": "aspirin", "rxcui": "243670", "text": "aspirin 81 MG Oral Tablet"}
    >>> search = drugs_of_examples([{"try": [aspirin]}])
    >>> search("81 asp"), search("ibuprofen")
    ([{'rxcui': '243670', 'name': 'aspirin 81 MG Oral Tablet'}], [])
    """
    drugs = {example["rxcui"]: example for patient in examples for example in patient["try"]}

    def search(words: str) -> list[dict[str, str]]:
        wanted = words.lower().split()
        return [
            {"rxcui": rxcui, "name": drug["text"]}
            for rxcui, drug in sorted(drugs.items(), key=lambda item: item[1]["text"].lower())
            if all(word in f"{drug['drug']} {drug['text']}".lower() for word in wanted)
        ]

    return search
