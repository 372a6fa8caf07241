"""Which alleles a laboratory's panel cannot see, and how common they are by group of people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from cds_service.core.definitions import GeneDefinition
from cds_service.core.genes import Allele, Gene
from cds_service.curation.frequencies import Frequencies

#: Functions of alleles whose absence from a panel changes nothing.
USUAL = frozenset({"Normal function", "Uncertain function", "Unknown function"})


@dataclass(frozen=True, slots=True)
class Panel:
    """
    What a laboratory looks at.

    Args:
        alleles: Gene -> alleles that are reported when they are there.
        positions: Chromosome as in the definitions and 1-based position in GRCh38 of every base that is read.
    """

    alleles: Mapping[str, frozenset[str]] = field(default_factory=dict)
    positions: frozenset[tuple[str, int]] = frozenset()


@dataclass(frozen=True, slots=True)
class GroupShare:
    """
    How common something is in a group, as share of chromosomes.

    Args:
        group: As the source names it.
        share: The group's number.
        lowest, highest: Of the single studies behind it; None where they are not on file.
        studies: How many there are.
        source: Table and date.
    """

    group: str
    share: Decimal
    lowest: Decimal | None = None
    highest: Decimal | None = None
    studies: int = 0
    source: str = ""


@dataclass(frozen=True, slots=True)
class UnseenAllele:
    """
    An allele of changed function that the panel does not tell from one of another function.

    Args:
        allele: Name.
        function: The source's term.
        read_as: What the panel would call it; the reference allele in most cases.
        groups: How common it is; empty = no number on file, which does not mean rare.
    """

    allele: str
    function: str
    read_as: str
    groups: tuple[GroupShare, ...] = ()


@dataclass(frozen=True, slots=True)
class GeneGaps:
    """
    What a panel cannot see of one gene.

    Args:
        gene: Symbol.
        seen: Alleles of changed function the panel sees.
        unseen: Those it does not see, the most common first.
        missed: Group -> share of chromosomes with an unseen allele, as far as there are numbers.
    """

    gene: str
    seen: tuple[str, ...]
    unseen: tuple[UnseenAllele, ...]
    missed: Mapping[str, Decimal]

    @property
    def people(self) -> dict[str, Decimal]:
        """Group -> share of people with at least one unseen allele, if pairs form at random."""
        return {group: 1 - (1 - share) ** 2 for group, share in self.missed.items()}


def panel_gaps(
    panel: Panel,
    genes: Mapping[str, Gene],
    definitions: Mapping[str, GeneDefinition],
    frequencies: Frequencies,
) -> tuple[GeneGaps, ...]:
    """
    What a panel cannot see, for each gene it looks at, in the order of their names.

    An allele is seen if the panel names it, or if the positions that are read lead to it or to another allele
    of the same function. Of alleles that look alike at these positions, the one with the fewest changes
    elsewhere is reported. Alleles of normal or unknown function are left out: no class changes with them.

    Args:
        panel: What the laboratory looks at.
        genes: As compiled.
        definitions: As `load_definitions` gives them.
        frequencies: As `load_frequencies` gives them.
    """
    found = []
    for symbol in sorted(genes):
        gene, definition = genes[symbol], definitions.get(symbol)
        read = _read_of(definition, panel.positions)
        if read or symbol in panel.alleles:
            reported = _reported(gene, definition, read) if definition and read else {}
            named = {name: name for name in panel.alleles.get(symbol, ())}
            found.append(_gaps(gene, {**reported, **named}, frequencies))
    return tuple(found)


def _read_of(definition: GeneDefinition | None, places: frozenset[tuple[str, int]]) -> frozenset[int]:
    """The positions of a gene that are read."""
    if definition is None:
        return frozenset()
    return frozenset(site.position for site in definition.positions if (site.chrom, site.position) in places)


def _reported(gene: Gene, definition: GeneDefinition, read: frozenset[int]) -> dict[str, str]:
    """Allele -> what is reported for it by the positions that are read."""
    plain = {site.position: (site.ref,) for site in definition.positions}
    bases = {one.name: {**plain, **one.bases} for one in definition.alleles}
    usual = bases.get(gene.reference, plain)
    elsewhere = {
        name: sum(1 for place, seen in own.items() if place not in read and seen != usual[place])
        for name, own in bases.items()
    }
    found = {}
    for name, own in bases.items():
        alike = (other for other, seen in bases.items() if all({*own[p]} & {*seen[p]} for p in read))
        best = min(alike, key=lambda other: (elsewhere[other], other != gene.reference, other != name))
        found[definition.report_as.get(name, name)] = definition.report_as.get(best, best)
    return found


def _gaps(gene: Gene, reported: Mapping[str, str], frequencies: Frequencies) -> GeneGaps:
    changed = [allele for allele in gene.alleles.values() if _counts(allele, gene)]
    seen = [allele.name for allele in changed if _is_seen(allele, gene, reported)]
    unseen = [
        _unseen(allele, gene, reported.get(allele.name, gene.reference), frequencies)
        for allele in changed
        if allele.name not in seen
    ]
    unseen.sort(key=lambda one: (-max((g.share for g in one.groups), default=Decimal(-1)), one.allele))
    missed: dict[str, Decimal] = {}
    for one in unseen:
        for group in one.groups:
            missed[group.group] = missed.get(group.group, Decimal(0)) + group.share
    by_share = dict(sorted(missed.items(), key=lambda item: (-item[1], item[0])))
    return GeneGaps(gene.symbol, tuple(seen), tuple(unseen), by_share)


def _is_seen(allele: Allele, gene: Gene, reported: Mapping[str, str]) -> bool:
    known_as = gene.alleles.get(reported.get(allele.name, gene.reference))
    return known_as is not None and known_as.function == allele.function


def _counts(allele: Allele, gene: Gene) -> bool:
    return allele.name != gene.reference and allele.function is not None and allele.function not in USUAL


def _unseen(allele: Allele, gene: Gene, read_as: str, frequencies: Frequencies) -> UnseenAllele:
    rows = [one for one in frequencies.alleles if (one.gene, one.name) == (gene.symbol, allele.name)]
    groups = []
    for row in sorted(rows, key=lambda one: (-one.share, one.group)):
        own = [
            study.share
            for study in frequencies.studies
            if (study.gene, study.allele, study.group) == (gene.symbol, allele.name, row.group)
        ]
        lowest, highest = (min(own), max(own)) if own else (None, None)
        groups.append(GroupShare(row.group, row.share, lowest, highest, len(own), row.source))
    return UnseenAllele(allele.name, allele.function or "", read_as, tuple(groups))
