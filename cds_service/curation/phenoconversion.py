"""Reads `knowledge/phenoconversion/`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from cds_service.core.errors import KnowledgeError
from cds_service.core.genes import Gene
from cds_service.core.interactions import Substrate
from cds_service.core.knowledge_base import Guideline, NamedPair
from cds_service.core.phenoconversion import Means, Perpetrator, Steps
from cds_service.curation.files import only_keys, read_json, read_tsv
from cds_service.curation.numbers import decimal

PERPETRATORS, STEPS, SUBSTRATES = "perpetrators.tsv", "steps.tsv", "substrates.tsv"
_PERPETRATOR = (
    "enzyme", "drug", "rxcui", "effect", "strength", "handling", "factor", "basis", "handling_source",
    "washout_days", "washout_days_cautious", "local", "source", "year", "confidence",
)  # fmt: skip
_SUBSTRATE = ("drug", "rxcui", "enzyme", "importance", "inhibited", "induced", "source", "confidence")
_HANDLING = {
    "score": Means.SCORE,
    "lowest": Means.LOWEST,
    "down": Means.DOWN,
    "up": Means.UP,
    "interaction": Means.NONE,
    "pair": Means.NONE,
    "none": Means.NONE,
}
_BASES = ("guideline", "practice", "label", "")
_HARMS = ("toxicity", "less-effect", "")


def load_perpetrators(
    folder: Path, base: Callable[[str], tuple[str, ...]]
) -> dict[str, tuple[Perpetrator, ...]]:
    """
    Read the drugs that change enzymes; base ingredient code -> effects.

    Args:
        folder: `knowledge/phenoconversion`.
        base: RxNorm code -> base ingredients, which medications are read into.

    Raises:
        KnowledgeError: If a word is not one of the table's, or a score has no factor below 1.
    """
    path = folder / PERPETRATORS
    found: dict[str, list[Perpetrator]] = {}
    for row in read_tsv(path, _PERPETRATOR):
        item = _perpetrator(row, f"{path}: {row['enzyme']} {row['drug']}")
        for code in base(row["rxcui"]) if row["rxcui"].isdigit() else ():
            found.setdefault(code, []).append(item)
    return {code: tuple(items) for code, items in found.items()}


def _perpetrator(row: Mapping[str, str], where: str) -> Perpetrator:
    _one_of(row, "handling", _HANDLING, where)
    _one_of(row, "basis", _BASES, where)
    means = _HANDLING[row["handling"]]
    factor = decimal(row["factor"], where) if row["factor"] else None
    if (means is Means.SCORE) is not (factor is not None and 0 <= factor < 1):
        raise KnowledgeError(f"{where}: 'score' goes with a factor below 1, and nothing else does")
    return Perpetrator(
        gene=row["enzyme"],
        drug=row["drug"],
        effect=row["effect"],
        strength=row["strength"],
        factor=factor,
        means=means,
        guideline=row["basis"] == "guideline",
        washout_days=_days(row["washout_days"]),
        washed_out_days=_days(row["washout_days_cautious"]),
        local=row["local"] == "yes",
    )


def load_steps(folder: Path, genes: Mapping[str, Gene]) -> dict[str, Steps]:
    """
    Read the order of the classes of genes whose results are changed by steps.

    Raises:
        KnowledgeError: If a gene does not have a class.
    """
    path = folder / STEPS
    found: dict[str, dict[int, list[str]]] = {}
    for row in read_tsv(path, ("enzyme", "step", "class", "source")):
        gene = genes.get(row["enzyme"])
        if gene is None or row["class"] not in gene.phenotypes:
            raise KnowledgeError(f"{path}: {row['enzyme']} has no class '{row['class']}'")
        found.setdefault(row["enzyme"], {}).setdefault(int(row["step"]), []).append(row["class"])
    return {
        gene: Steps(tuple(tuple(names) for _, names in sorted(steps.items())))
        for gene, steps in found.items()
    }


def load_substrates(folder: Path, base: Callable[[str], tuple[str, ...]]) -> dict[str, tuple[Substrate, ...]]:
    """
    Read by which enzymes drugs are cleared or activated; base ingredient code -> enzymes.

    Only enzymes that matter much or contribute are kept.
    """
    path = folder / SUBSTRATES
    found: dict[str, list[Substrate]] = {}
    for row in read_tsv(path, _SUBSTRATE):
        where = f"{path}: {row['drug']} {row['enzyme']}"
        for column in ("inhibited", "induced"):
            _one_of(row, column, _HARMS, where)
        if row["importance"] == "minor" or not row["rxcui"].isdigit():
            continue
        item = Substrate(row["enzyme"], row["importance"] == "major", row["inhibited"], row["induced"])
        for code in base(row["rxcui"]):
            found.setdefault(code, []).append(item)
    return {code: tuple(items) for code, items in found.items()}


def _one_of(row: Mapping[str, str], column: str, words: Collection[str], where: str) -> None:
    if row[column] not in words:
        known = ", ".join(word or "nothing" for word in words)
        raise KnowledgeError(f"{where}: {column} must be one of {known}, not '{row[column]}'")


def _days(text: str) -> int | None:
    return int(text) if text.isdigit() else None


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
