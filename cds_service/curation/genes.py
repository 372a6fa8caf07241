"""Reads `knowledge/genes/`."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from cds_service.core.errors import KnowledgeError
from cds_service.core.genes import Allele, Gene, MeasuredActivity, Method, PanelChange, Position, ScoreBand
from cds_service.curation.files import only_keys, read_json, read_tsv, required
from cds_service.curation.numbers import decimal

_KEYS = {
    "gene", "hgnc", "method", "reference", "cite", "pairs", "bands", "indeterminate", "presence_alleles",
    "positions", "phenotypes", "pathogenic", "effects", "calling",
    "panel", "activity",
}  # fmt: skip


def load_genes(folder: Path) -> dict[str, Gene]:
    """
    Read all genes.

    Args:
        folder: `knowledge/genes`, one subfolder a gene with `gene.json` and `alleles.tsv`.

    Raises:
        KnowledgeError: If a file is malformed or the files contradict each other.
    """
    genes = [load_gene(path) for path in sorted(folder.iterdir()) if path.is_dir()]
    return {gene.symbol: gene for gene in genes}


def load_gene(folder: Path) -> Gene:
    """Read one gene."""
    path = folder / "gene.json"
    value = read_json(path)
    only_keys(value, _KEYS, str(path))
    if value.get("gene") != folder.name:
        raise KnowledgeError(f"{path}: 'gene' must be the name of the folder")
    alleles = _alleles(folder / "alleles.tsv")
    gene = Gene(
        symbol=folder.name,
        hgnc=value.get("hgnc", ""),
        method=_method(value, str(path)),
        alleles=alleles,
        aliases=_aliases(alleles, str(folder / "alleles.tsv")),
        reference=value.get("reference", ""),
        pairs=_pairs(value, _functions(value, alleles), str(path)),
        bands=_bands(value, str(path)),
        indeterminate=value.get("indeterminate", ""),
        presence_alleles=tuple(value.get("presence_alleles", ())),
        positions=tuple(Position(p["name"], dict(p["letters"])) for p in value.get("positions", ())),
        citation=required(value, "cite", str(path)),
        phenotypes=tuple(value.get("phenotypes", ())),
        pathogenic=value.get("pathogenic", ""),
        effects=dict(value.get("effects", {})),
        activity=_activity(value),
        panel=tuple(PanelChange(**change) for change in value.get("panel", ())),
    )
    _check(gene, str(path))
    return gene


def normal_spelling(text: str) -> str:
    """The form in which spellings of alleles are compared: upper case, no blanks."""
    return "".join(text.split()).upper()


def _method(value: Mapping[str, Any], where: str) -> Method:
    try:
        return Method(required(value, "method", where))
    except ValueError:
        known = ", ".join(method.value for method in Method)
        raise KnowledgeError(f"{where}: unknown method; known: {known}") from None


def _alleles(path: Path) -> dict[str, Allele]:
    found = {}
    for row in read_tsv(path, ("allele", "function", "activity", "aliases")):
        name = row["allele"]
        if name in found:
            raise KnowledgeError(f"{path}: allele {name} stands twice")
        text = row["activity"]
        activity: Decimal | None = decimal(text.lstrip("≥"), f"{path}: {name}") if text else None
        aliases = tuple(alias for alias in row["aliases"].split(" | ") if alias)
        found[name] = Allele(name, row["function"] or None, activity, text.startswith("≥"), aliases)
    return found


def _aliases(alleles: Mapping[str, Allele], where: str) -> dict[str, str]:
    found = {normal_spelling(name): name for name in alleles}
    for allele in alleles.values():
        for alias in allele.aliases:
            other = found.setdefault(normal_spelling(alias), allele.name)
            if other != allele.name:
                raise KnowledgeError(f"{where}: '{alias}' means both {other} and {allele.name}")
    return found


def _functions(value: Mapping[str, Any], alleles: Mapping[str, Allele]) -> set[str | None]:
    """All functions an allele can have: those of the table, and those that words of a report give."""
    said = {value.get("pathogenic"), *value.get("effects", {}).values()}
    return {*(allele.function for allele in alleles.values()), *said}


def _pairs(value: Mapping[str, Any], functions: set[str | None], where: str) -> dict[tuple[str, ...], str]:
    found: dict[tuple[str, ...], str] = {}
    for pair in value.get("pairs", ()):
        key = tuple(sorted(pair["functions"]))
        if key in found:
            raise KnowledgeError(f"{where}: the pair {' + '.join(key)} stands twice")
        unknown = [name for name in key if name not in functions]
        if unknown:
            raise KnowledgeError(f"{where}: no allele has the function {', '.join(unknown)}")
        found[key] = pair["phenotype"]
    return found


def _bands(value: Mapping[str, Any], where: str) -> dict[str, tuple[ScoreBand, ...]]:
    return {
        source: tuple(
            ScoreBand(
                decimal(band["low"], where),
                None if band["high"] is None else decimal(band["high"], where),
                band["phenotype"],
            )
            for band in bands
        )
        for source, bands in value.get("bands", {}).items()
    }


def _activity(value: Mapping[str, Any]) -> MeasuredActivity | None:
    found = value.get("activity")
    if found is None:
        return None
    return MeasuredActivity(
        found["measure"], tuple(found["low"]), found["normal"], frozenset(found.get("settles", ()))
    )


def _check(gene: Gene, where: str) -> None:
    """References inside one gene."""
    named = [allele for position in gene.positions for allele in position.letters.values()]
    named += [gene.reference] if gene.reference else []
    named += [change.allele for change in gene.panel]
    for name in (*named, *gene.presence_alleles):
        if name not in gene.alleles:
            raise KnowledgeError(f"{where}: '{name}' is no allele of the gene")
    terms = {*gene.pairs.values(), *(band.phenotype for bands in gene.bands.values() for band in bands)}
    if gene.activity is not None:
        terms |= {*gene.activity.low, gene.activity.normal, *gene.activity.settles}
    missing = terms - set(gene.phenotypes)
    if missing:
        raise KnowledgeError(f"{where}: 'phenotypes' lacks {', '.join(sorted(missing))}")
