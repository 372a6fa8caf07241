"""The positions of all genes in one build of the genome: which records matter, and where to look."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from cds_service.calling.builds import Build
from cds_service.calling.sites import Site, place
from cds_service.core.definitions import DefinedPosition, GeneDefinition

#: Regions closer than this many bases are read in one go: a jump costs more than a few records.
_NEAR = 2000


@dataclass(frozen=True, slots=True)
class GeneSites:
    """
    The positions of one gene in one build.

    Args:
        definition: The gene.
        chrom: In the way of the definitions, `chr10`.
        sites: In the order of the definition.
    """

    definition: GeneDefinition
    chrom: str
    sites: tuple[Site, ...]
    _starts: tuple[int, ...] = ()
    _ends: tuple[int, ...] = ()

    @classmethod
    def of(cls, definition: GeneDefinition, build: Build) -> GeneSites | None:
        """Place a gene; None if a position has no known place in the build."""
        placed = [place(site, grch37=build is Build.GRCH37) for site in definition.positions]
        sites = tuple(site for site in placed if site is not None)
        if len(sites) < len(placed) or [site.start for site in sites] != sorted(site.start for site in sites):
            return None
        ends: list[int] = []
        for site in sites:
            ends.append(max(site.end, ends[-1] if ends else 0))
        return cls(definition, sites[0].defined.chrom, sites, tuple(s.start for s in sites), tuple(ends))

    def touched(self, first: int, last: int) -> range:
        """Indexes of the positions that may overlap a stretch, 1-based inclusive."""
        return range(bisect_left(self._ends, first), bisect_right(self._starts, last))

    def regions(self) -> Iterator[tuple[int, int]]:
        """Stretches that hold all positions, 1-based inclusive, in order."""
        first, last = self.sites[0].start, self.sites[0].end
        for site in self.sites[1:]:
            if site.start > last + _NEAR:
                yield first, last
                first = site.start
            last = max(last, site.end)
        yield first, last


@dataclass(frozen=True, slots=True)
class Panel:
    """
    All genes in one build.

    Args:
        build: The build.
        genes: By symbol.
        not_placed: Genes that cannot be read in this build.
    """

    build: Build
    genes: Mapping[str, GeneSites]
    not_placed: tuple[str, ...] = ()
    _by_chrom: Mapping[str, Sequence[GeneSites]] = field(default_factory=dict)

    @classmethod
    def of(cls, definitions: Iterable[GeneDefinition], build: Build) -> Panel:
        """Place all genes."""
        placed = {definition.gene: GeneSites.of(definition, build) for definition in definitions}
        genes = {gene: sites for gene, sites in placed.items() if sites is not None}
        by_chrom: dict[str, list[GeneSites]] = {}
        for sites in genes.values():
            by_chrom.setdefault(sites.chrom, []).append(sites)
        return cls(build, genes, tuple(gene for gene in placed if gene not in genes), by_chrom)

    def touched(self, chrom: str, first: int, last: int) -> Iterator[tuple[GeneSites, range]]:
        """Genes with positions in a stretch, and which."""
        for gene in self._by_chrom.get(chrom, ()):
            places = gene.touched(first, last)
            if places:
                yield gene, places


def variants_of(
    definitions: Iterable[GeneDefinition], build: Build
) -> dict[tuple[str, int], DefinedPosition]:
    """Where every position stands in a build, to recognise a file of that build."""
    return {
        (site.chrom, site.position if build is Build.GRCH38 else site.grch37): site
        for definition in definitions
        for site in definition.positions
        if site.grch37 is not None and site.chrom != "chrM"
    }
