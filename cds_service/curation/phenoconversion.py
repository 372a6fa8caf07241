"""Reads `knowledge/phenoconversion/`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from cds_service.core.errors import KnowledgeError
from cds_service.core.knowledge_base import Guideline, NamedPair
from cds_service.core.phenoconversion import Perpetrator
from cds_service.curation.files import only_keys, read_json, read_tsv
from cds_service.curation.numbers import decimal

_COLUMNS = ("enzyme", "drug", "rxcui", "effect", "strength", "factor", "washout_days", "source", "confidence")


def load_perpetrators(
    folder: Path, base: Callable[[str], tuple[str, ...]]
) -> dict[str, tuple[Perpetrator, ...]]:
    """
    Read the drugs that change enzymes; base ingredient code -> effects.

    Args:
        folder: `knowledge/phenoconversion`.
        base: RxNorm code -> base ingredients, which medications are read into.
    """
    path = folder / "perpetrators.tsv"
    found: dict[str, list[Perpetrator]] = {}
    for row in read_tsv(path, _COLUMNS):
        if not row["rxcui"].isdigit():
            continue
        item = Perpetrator(
            gene=row["enzyme"],
            drug=row["drug"],
            effect=row["effect"],
            strength=row["strength"],
            factor=decimal(row["factor"], f"{path}: {row['drug']}") if row["factor"] else None,
            washout_days=int(row["washout_days"]) if row["washout_days"].isdigit() else None,
        )
        for code in base(row["rxcui"]):
            found.setdefault(code, []).append(item)
    return {code: tuple(items) for code, items in found.items()}


def load_pairs(folder: Path, drugs: Mapping[str, object]) -> tuple[NamedPair, ...]:
    """Read the pairs of drugs a label names."""
    path = folder / "pairs.json"
    pairs = []
    for item in read_json(path)["pairs"]:
        where = f"{path}: {item.get('id')}"
        allowed = {
            "id", "victim", "perpetrators", "implication", "guideline", "strength", "text_as_of", "cite",
        }  # fmt: skip
        only_keys(item, allowed, where)
        unknown = [name for name in (item["victim"], *item["perpetrators"]) if name not in drugs]
        if unknown:
            raise KnowledgeError(f"{where}: there is no drug {', '.join(unknown)}")
        guideline = item["guideline"]
        pairs.append(
            NamedPair(
                id=item["id"],
                victim=item["victim"],
                perpetrators=frozenset(item["perpetrators"]),
                implication=item["implication"],
                guideline=Guideline(
                    guideline["source"], guideline["name"], guideline["version"], guideline["url"]
                ),
                strength=item["strength"],
            )
        )
    return tuple(pairs)
