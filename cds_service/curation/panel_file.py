"""Reads what a panel looks at: a table of alleles and positions, or a VCF whose records are its positions."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from cds_service.core.definitions import GeneDefinition
from cds_service.core.errors import InputError
from cds_service.core.genes import Gene
from cds_service.curation.genes import normal_spelling
from cds_service.curation.panel_gaps import Panel

_VCF = (".vcf", ".vcf.gz", ".vcf.bgz")
_GZIP = b"\x1f\x8b"
_PLACE = re.compile(r"(?:chr)?([0-9]{1,2}|[XYM]|MT):([0-9]+)", re.IGNORECASE)


def read_panel(
    path: Path, genes: Mapping[str, Gene], definitions: Mapping[str, GeneDefinition], *, grch37: bool = False
) -> Panel:
    """
    Read a panel.

    A table has one line for each thing that is tested: a gene and an allele (`CYP2C19 *2`, blanks or a tab
    between), a gene alone for its whole list of definitions, an rs number, or a place such as
    `chr10:94781859`. Lines that begin with `#` are comments.

    Args:
        path: The table, or a VCF (also compressed) whose records are the positions.
        genes: As compiled.
        definitions: As `load_definitions` gives them.
        grch37: Places are those of GRCh37, not of GRCh38.

    Raises:
        InputError: If a line names nothing that is known, or there is none.
    """
    lines = list(_lines(path))
    places = _places(definitions, grch37)
    if path.name.lower().endswith(_VCF):
        read = {places[spot] for line in lines if (spot := _spot_of_record(line)) in places}
        panel = Panel(positions=frozenset(read))
    else:
        panel = _table(lines, path, genes, definitions, places)
    if not panel.alleles and not panel.positions:
        raise InputError(f"{path}: names no allele or position that the knowledge has")
    return panel


def _lines(path: Path) -> Iterator[str]:
    try:
        data = path.read_bytes()
        content = gzip.decompress(data) if data.startswith(_GZIP) else data
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise InputError(f"{path}: the file is cut off or is no gzip file") from None
    for line in content.decode("utf-8", "replace").splitlines():
        if line.strip() and not line.startswith("#"):
            yield line


def _places(
    definitions: Mapping[str, GeneDefinition], grch37: bool
) -> dict[tuple[str, int], tuple[str, int]]:
    """Where a position stands in the build of the file -> where it stands in GRCh38."""
    return {
        (site.chrom, at): (site.chrom, site.position)
        for definition in definitions.values()
        for site in definition.positions
        if (at := site.grch37 if grch37 else site.position) is not None
    }


def _spot(chrom: str, position: str) -> tuple[str, int]:
    name = chrom.upper().removeprefix("CHR")
    return f"chr{'M' if name == 'MT' else name}", int(position)


def _spot_of_record(line: str) -> tuple[str, int] | None:
    cells = line.split("\t", 2)
    return _spot(cells[0], cells[1]) if len(cells) == 3 and cells[1].isdigit() else None


def _table(
    lines: Iterable[str],
    path: Path,
    genes: Mapping[str, Gene],
    definitions: Mapping[str, GeneDefinition],
    places: Mapping[tuple[str, int], tuple[str, int]],
) -> Panel:
    by_name = {
        site.rsid: (site.chrom, site.position)
        for definition in definitions.values()
        for site in definition.positions
        if site.rsid
    }
    alleles: dict[str, set[str]] = {}
    positions: set[tuple[str, int]] = set()
    for line in lines:
        words = line.split(None, 1)
        place = _PLACE.fullmatch(words[0])
        if words[0] in by_name:
            positions.add(by_name[words[0]])
        elif place and (spot := _spot(*place.groups())) in places:
            positions.add(places[spot])
        elif words[0].upper() in genes:
            gene = genes[words[0].upper()]
            named = alleles.setdefault(gene.symbol, set())
            if len(words) > 1:
                named.add(_allele(words[1], gene, path))
            elif gene.symbol in definitions:
                own = definitions[gene.symbol].positions
                positions.update((site.chrom, site.position) for site in own)
        elif not place and not words[0].startswith("rs"):
            raise InputError(f"{path}: '{line[:60]}' is no gene, allele, rs number or place")
    return Panel({gene: frozenset(named) for gene, named in alleles.items()}, frozenset(positions))


def _allele(text: str, gene: Gene, path: Path) -> str:
    found = gene.aliases.get(normal_spelling(text))
    if found is None:
        raise InputError(f"{path}: '{text.strip()[:60]}' is no allele of {gene.symbol}")
    return found
