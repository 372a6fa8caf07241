"""
Named alleles: which pair of alleles explains what was seen.

Unphased bases allow every way of distributing them over the two copies. Instead of walking through all of
these, each allele is turned into two sets of positions: where it fits to the first bases, and where to the
second. A pair of alleles explains the sample if at every position one of them fits to the one and the other
to the other base, and within a phase set in the same order throughout. That gives the same pairs as comparing
all distributions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from cds_service.calling.observed import Observed
from cds_service.core.definitions import GeneDefinition

_REFERENCE = frozenset({0})


@dataclass(frozen=True, slots=True)
class CodedAllele:
    """
    An allele in codes.

    Args:
        name: As in the definitions.
        codes: Index of the position -> codes the allele may have there; only positions the source names.
        is_reference: Whether this is the allele of the reference sequence.
    """

    name: str
    codes: Mapping[int, frozenset[int]]
    is_reference: bool = False
    #: Sets of positions as bits: all it names, those where it has not the reference, those with one choice.
    named: int = 0
    insists: int = 0
    fixed: int = 0

    @classmethod
    def of(cls, name: str, codes: Mapping[int, frozenset[int]], *, is_reference: bool) -> CodedAllele:
        """Work out the sets."""
        named = _bits(codes)
        insists = _bits(place for place, allowed in codes.items() if 0 not in allowed)
        fixed = _bits(place for place, allowed in codes.items() if len(allowed) == 1)
        return cls(name, codes, is_reference, named, insists, fixed)


def _bits(places: Iterable[int]) -> int:
    """A set of positions as the bits of a number."""
    return sum(1 << place for place in places)


@dataclass(frozen=True, slots=True)
class Match:
    """One explanation: one or two alleles and how well they fit; more named positions fit better."""

    alleles: tuple[str, ...]
    score: int


@dataclass(frozen=True, slots=True)
class AlleleMatcher:
    """
    The alleles of a gene, ready to be compared.

    Args:
        alleles: In the order of the source.
        usable: Positions that count: not the extra ones.
    """

    alleles: tuple[CodedAllele, ...]
    usable: frozenset[int]
    _untestable: dict[frozenset[int], tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, definition: GeneDefinition) -> AlleleMatcher:
        """Turn definitions into codes."""
        index = {site.position: place for place, site in enumerate(definition.positions)}
        states = [site.states for site in definition.positions]
        alleles = []
        for allele in definition.alleles:
            codes = {
                index[position]: frozenset(states[index[position]].index(b) for b in bases)
                for position, bases in allele.bases.items()
            }
            alleles.append(
                CodedAllele.of(allele.name, codes, is_reference=allele.name == definition.reference)
            )
        usable = frozenset(place for place, site in enumerate(definition.positions) if not site.extra)
        return cls(tuple(alleles), usable)

    def matches(self, seen: Observed) -> tuple[Match, ...]:
        """All explanations, best first; equally good ones in the order of the source."""
        het = [place for place in seen.heterozygous if place in self.usable]
        bits = {place: 1 << number for number, place in enumerate(het)}
        fitting = list(self._fitting(seen, bits))
        if seen.has_single:
            found = [Match((fit.name,), fit.score) for fit in fitting]
        else:
            sets = [sum(bits[place] for place in group & bits.keys()) for group in seen.phase_sets]
            found = list(_pairs(fitting, [group for group in sets if group]))
        return tuple(sorted(found, key=lambda match: -match.score))

    def _fitting(self, seen: Observed, bits: Mapping[int, int]) -> Iterator[_Fit]:
        """The alleles that one of the copies could be."""
        varied = [place for place in seen.varied if place in self.usable]
        looked_at = _bits(self.usable - seen.unseen.keys())
        differing = _bits(varied)
        plain = looked_at & ~differing
        for allele in self.alleles:
            if allele.insists & plain or (allele.named and not allele.named & looked_at):
                continue
            if all(_allows(allele, place, seen) for place in varied):
                first, second = (
                    sum(
                        bit for place, bit in bits.items() if seen.pairs[place][copy] in _codes(allele, place)
                    )
                    for copy in (0, 1)
                )
                # A position that may be either counts only if something was seen there.
                counting = looked_at if allele.is_reference else allele.named & (allele.fixed | differing)
                score = (counting & looked_at).bit_count()
                yield _Fit(allele.name, first, second, score)

    def untestable(self, missing: Iterable[int]) -> tuple[str, ...]:
        """
        Alleles that cannot be told from others without some positions, in the order of the source.

        An allele that has lost everything that sets it apart from an allele that has lost nothing, or less.
        """
        lost = frozenset(missing) & self.usable
        if lost not in self._untestable:
            self._untestable[lost] = tuple(self._look_alikes(lost)) if lost else ()
        return self._untestable[lost]

    def _look_alikes(self, lost: frozenset[int]) -> Iterator[str]:
        groups: dict[frozenset[tuple[int, frozenset[int]]], list[CodedAllele]] = {}
        for allele in self.alleles:
            left = frozenset(
                (place, codes)
                for place, codes in allele.codes.items()
                if place not in lost and codes != _REFERENCE
            )
            groups.setdefault(left, []).append(allele)
        hidden = set()
        for group in groups.values():
            if len(group) > 1:
                hidden |= {allele.name for allele in group if not lost.isdisjoint(_setting_apart(allele))}
        return (allele.name for allele in self.alleles if allele.name in hidden)


@dataclass(frozen=True, slots=True)
class _Fit:
    """An allele, and at which heterozygous positions it fits to the first and the second base (bit sets)."""

    name: str
    first: int
    second: int
    score: int


def _setting_apart(allele: CodedAllele) -> set[int]:
    return {place for place, codes in allele.codes.items() if codes != _REFERENCE}


def _codes(allele: CodedAllele, place: int) -> frozenset[int]:
    return allele.codes.get(place, _REFERENCE)


def _allows(allele: CodedAllele, place: int, seen: Observed) -> bool:
    first, second = seen.pairs[place]
    codes = _codes(allele, place)
    return first in codes or second in codes


def _pairs(fitting: Sequence[_Fit], phase_sets: Sequence[int]) -> Iterator[Match]:
    """Pairs that explain every heterozygous position, those of a phase set all in the same order."""
    for number, one in enumerate(fitting):
        for other in fitting[number:]:
            straight, crossed = one.first & other.second, one.second & other.first
            if all(group & straight == group or group & crossed == group for group in phase_sets):
                yield Match((one.name, other.name), one.score + other.score)
