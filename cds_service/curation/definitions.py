"""Reads how alleles are defined: `positions.tsv`, `definitions.tsv` and `calling` of a gene's folder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from cds_service.core.definitions import (
    CallingMethod,
    Copies,
    DefinedAllele,
    DefinedPosition,
    Fallback,
    GeneDefinition,
    Priority,
    TaggedAllele,
    Undocumented,
)
from cds_service.core.errors import KnowledgeError
from cds_service.curation.files import only_keys, read_json, read_tsv, required

POSITIONS = "positions.tsv"
DEFINITIONS = "definitions.tsv"
POSITION_COLUMNS = (
    "chrom", "position", "ref", "alts", "window", "rsid", "grch37", "grch37_ref", "flags",
)  # fmt: skip
DEFINITION_COLUMNS = ("allele", "position", "bases")
FLAGS = frozenset({"required", "extra", "amp_tier1"})
#: Between several bases that an allele may have at one position.
OR = " | "
_KEYS = {
    "method", "reference", "undocumented", "copies", "report_as", "fallback", "worst_first", "preferred",
    "tagged", "priorities", "research", "structural", "source",
}  # fmt: skip
_ACGT = frozenset("ACGT")


def load_definitions(folder: Path) -> dict[str, GeneDefinition]:
    """
    Read the definitions of all genes that have some. The service does not need them and never calls this.

    Args:
        folder: `knowledge/genes`.

    Raises:
        KnowledgeError: If a file is malformed, or definitions and positions contradict each other.
    """
    found = (load_definition(path) for path in sorted(folder.iterdir()) if path.is_dir())
    return {definition.gene: definition for definition in found if definition is not None}


def load_definition(folder: Path) -> GeneDefinition | None:
    """Read one gene; None if its alleles cannot be called from a VCF."""
    calling = read_json(folder / "gene.json").get("calling")
    if calling is None:
        return None
    positions = read_tsv(folder / POSITIONS, POSITION_COLUMNS)
    rows = read_tsv(folder / DEFINITIONS, DEFINITION_COLUMNS)
    return definition_of(folder.name, calling, positions, rows, str(folder))


def definition_of(
    gene: str,
    calling: Mapping[str, Any],
    positions: Iterable[Mapping[str, str]],
    rows: Iterable[Mapping[str, str]],
    where: str,
) -> GeneDefinition:
    """
    Put the parts of a gene's folder together.

    Args:
        gene: HGNC symbol.
        calling: The object `calling` of `gene.json`.
        positions, rows: The rows of the two tables.
        where: For messages.

    Raises:
        KnowledgeError: Naming the row or key and what is wrong with it.
    """
    only_keys(calling, _KEYS, f"{where}: calling")
    sites = _positions(positions, f"{where}/{POSITIONS}")
    usable = {site.position: site for site in sites if not site.extra}
    alleles = _alleles(rows, usable, f"{where}/{DEFINITIONS}")
    fallback, priorities = calling.get("fallback"), calling.get("priorities", ())
    definition = GeneDefinition(
        gene=gene,
        method=CallingMethod(required(calling, "method", where)),
        reference=required(calling, "reference", where),
        undocumented=Undocumented(required(calling, "undocumented", where)),
        copies=Copies(required(calling, "copies", where)),
        positions=sites,
        alleles=alleles,
        report_as=dict(calling.get("report_as", {})),
        fallback=Fallback(fallback["position"], dict(fallback["bases"])) if fallback else None,
        worst_first=tuple(calling.get("worst_first", ())),
        preferred=tuple(calling.get("preferred", ())),
        tagged=tuple(TaggedAllele(**item) for item in calling.get("tagged", ())),
        priorities=tuple(Priority(item["call"], tuple(item["over"])) for item in priorities),
        research=calling.get("research", False),
        structural=calling.get("structural", False),
        source=required(calling, "source", where),
    )
    _check(definition, where)
    return definition


def _positions(rows: Iterable[Mapping[str, str]], where: str) -> tuple[DefinedPosition, ...]:
    found = tuple(_position(row, where) for row in rows)
    numbers = [site.position for site in found]
    if numbers != sorted(set(numbers)):
        raise KnowledgeError(f"{where}: sort the rows by position, each position once")
    if len({site.chrom for site in found}) != 1:
        raise KnowledgeError(f"{where}: all positions must be on one chromosome, and there must be one")
    _check_overlaps(found, where)
    return found


def _position(row: Mapping[str, str], where: str) -> DefinedPosition:
    place = f"{where}: {row['position']}"
    ref, alts, window = row["ref"], tuple(row["alts"].split(",")), row["window"] or row["ref"]
    for bases in (ref, *alts, window, row["grch37_ref"] or ref):
        if not bases or not _ACGT.issuperset(bases):
            raise KnowledgeError(f"{place}: '{bases}' is no sequence of A, C, G and T")
    if len({ref, *alts}) != len(alts) + 1:
        raise KnowledgeError(f"{place}: an alternative stands twice, or is the reference")
    if not window.startswith(ref):
        raise KnowledgeError(f"{place}: the window does not begin with the reference bases")
    flags = {flag for flag in row["flags"].split(",") if flag}
    if not flags <= FLAGS:
        raise KnowledgeError(f"{place}: unknown flag {', '.join(sorted(flags - FLAGS))}")
    return DefinedPosition(
        chrom=row["chrom"],
        position=_number(row["position"], place),
        ref=ref,
        alts=alts,
        window=window,
        rsid=row["rsid"],
        grch37=_number(row["grch37"], place) if row["grch37"] else None,
        grch37_ref=row["grch37_ref"],
        required="required" in flags,
        extra="extra" in flags,
        tier1="amp_tier1" in flags,
    )


def _number(text: str, where: str) -> int:
    if not (text.isascii() and text.isdecimal()) or text.startswith("0"):
        raise KnowledgeError(f"{where}: '{text}' is no 1-based position")
    return int(text)


def _check_overlaps(sites: tuple[DefinedPosition, ...], where: str) -> None:
    """Windows repeat the reference; where two overlap they have to agree."""
    bases: dict[int, str] = {}
    for site in sites:
        for offset, base in enumerate(site.window):
            if bases.setdefault(site.position + offset, base) != base:
                raise KnowledgeError(
                    f"{where}: {site.position}: reference base {base} at {site.position + offset} "
                    "contradicts another position"
                )


def _alleles(
    rows: Iterable[Mapping[str, str]], sites: Mapping[int, DefinedPosition], where: str
) -> tuple[DefinedAllele, ...]:
    found: dict[str, dict[int, tuple[str, ...]]] = {}
    for row in rows:
        bases = found.setdefault(row["allele"], {})
        if not row["position"] and not row["bases"]:
            continue
        position = _number(row["position"], f"{where}: {row['allele']}")
        place = f"{where}: {row['allele']} at {position}"
        if position not in sites:
            raise KnowledgeError(f"{place}: positions.tsv has no such position")
        if position in bases:
            raise KnowledgeError(f"{place}: stands twice")
        bases[position] = tuple(row["bases"].split(OR))
        unknown = set(bases[position]) - set(sites[position].states)
        if unknown:
            raise KnowledgeError(f"{place}: '{', '.join(sorted(unknown))}' is neither ref nor in alts there")
    return tuple(DefinedAllele(name, bases) for name, bases in found.items())


def _check(definition: GeneDefinition, where: str) -> None:
    """What the parts say about each other."""
    names = {allele.name: allele for allele in definition.alleles}
    if next(iter(names), None) != definition.reference or definition.alleles[0].bases:
        raise KnowledgeError(f"{where}: the first allele must be {definition.reference}, with an empty row")
    sites = {site.position for site in definition.positions if not site.extra}
    named_positions = [place for item in definition.tagged for place in (item.causal, item.tag)]
    if definition.fallback:
        named_positions.append(definition.fallback.position)
    for position in named_positions:
        if position not in sites:
            raise KnowledgeError(f"{where}: calling names {position}, which positions.tsv lacks")
    named = [*definition.report_as, *definition.preferred]
    named += [name for item in definition.tagged for name in (item.allele, item.alone)]
    for name in named:
        if name not in names:
            raise KnowledgeError(f"{where}: calling names '{name}', which definitions.tsv lacks")
