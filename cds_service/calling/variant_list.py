"""
Genes whose table lists single variants: of all variants that are there, the worst of each copy decides.

Where it is not known which variants lie together, all ways of distributing them that the phase sets allow are
looked at, and the worst one counts: that is what the guidelines ask for ("assumed in trans").
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from cds_service.calling.codes import SINGLE
from cds_service.calling.observed import Observed
from cds_service.core.definitions import GeneDefinition, TaggedAllele
from cds_service.core.genes import Gene
from cds_service.core.notice import Notice

#: Up to so many groups of unknown order all distributions are looked at; beyond, any two may be in trans.
_GROUPS = 10


@dataclass(frozen=True, slots=True)
class Strands:
    """The variants of each copy, those that decide first; one entry where there is one copy."""

    copies: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class VariantFinding:
    """
    What a list of variants comes to.

    Args:
        deciding: The allele of each copy that decides.
        found: All variants, with how many copies have them.
        certain: Whether every distribution has the same deciding alleles.
        notices: What a reader should know.
    """

    deciding: tuple[str, ...]
    found: tuple[tuple[str, int], ...]
    certain: bool
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class VariantLister:
    """
    The variants of a gene, ready to be looked for.

    Args:
        definition: The gene's definitions.
        variants: Index of the position and code -> alleles of this one change.
        ranks: Allele -> how bad it is; a lower number decides.
        index: GRCh38 position -> index.
    """

    definition: GeneDefinition
    variants: Mapping[tuple[int, int], str]
    ranks: Mapping[str, tuple[int, int, int]]
    index: Mapping[int, int]

    @classmethod
    def of(cls, definition: GeneDefinition, gene: Gene) -> VariantLister:
        """Order the variants of a gene by function, then as the source prefers them."""
        index = {site.position: place for place, site in enumerate(definition.positions)}
        tagged = {name for item in definition.tagged for name in (item.allele, item.alone)}
        variants: dict[tuple[int, int], str] = {}
        ranks: dict[str, tuple[int, int, int]] = {}
        for order, allele in enumerate(definition.alleles):
            function = gene.alleles[allele.name].function or ""
            worst, preferred = definition.worst_first, definition.preferred
            ranks[allele.name] = (
                len(worst) if allele.name == definition.reference else worst.index(function),
                preferred.index(allele.name) if allele.name in preferred else len(preferred),
                order,
            )
            if allele.name not in tagged:
                for position, bases in allele.bases.items():
                    states = definition.positions[index[position]].states
                    variants.update({(index[position], states.index(one)): allele.name for one in bases})
        return cls(definition, variants, ranks, index)

    def find(self, seen: Observed) -> VariantFinding:
        """The deciding variants of a sample."""
        notices: list[Notice] = []
        options = list(self._options(seen))
        ranked = sorted(options, key=self._badness)
        worst = tuple(self._deciding(copy) for copy in ranked[0].copies)
        certain = len({self._badness(option) for option in options}) == 1
        for item in self.definition.tagged:
            notices += _about_tag(item, seen, self.index)
        return VariantFinding(worst, self._found(ranked[0]), certain, tuple(notices))

    def _options(self, seen: Observed) -> Iterator[Strands]:
        """Every distribution of the variants over the copies that is possible."""
        if len(seen.phase_sets) > _GROUPS:
            yield self._in_trans(seen)
            return
        first, *others = seen.phase_sets or (frozenset[int](),)
        for turns in product((False, True), repeat=len(others)):
            turned = {place for group, turn in zip(others, turns, strict=True) if turn for place in group}
            yield self._strands(seen, turned)

    def _strands(self, seen: Observed, turned: set[int]) -> Strands:
        number = 1 if seen.has_single else 2
        linked = [self.index[place] for item in self.definition.tagged for place in (item.causal, item.tag)]
        places = [place for place in (*seen.varied, *linked) if place in seen.pairs]
        copies = []
        for copy in range(number):
            codes = {}
            for place in places:
                pair = seen.pairs[place]
                codes[place] = pair[1 - copy if place in turned else copy] if pair[1] != SINGLE else pair[0]
            copies.append(tuple(sorted(self._on_copy(codes), key=self.ranks.__getitem__)))
        return Strands(tuple(copies))

    def _in_trans(self, seen: Observed) -> Strands:
        """Too many open questions: the two worst variants, each on its own copy."""
        straight = self._strands(seen, set())
        variants = sorted((name for copy in straight.copies for name in copy), key=self.ranks.__getitem__)
        return Strands((tuple(variants[:1]), tuple(variants[1:])))

    def _on_copy(self, codes: Mapping[int, int]) -> Iterator[str]:
        for place, code in codes.items():
            name = self.variants.get((place, code))
            if name is not None:
                yield name
        for item in self.definition.tagged:
            causal, tag = codes.get(self.index[item.causal]), codes.get(self.index[item.tag])
            if causal == 1:
                yield item.allele if tag in (1, None) else item.alone
            elif causal is None and tag == 1:
                yield item.allele

    def _deciding(self, copy: Sequence[str]) -> str:
        return copy[0] if copy else self.definition.reference

    def _badness(self, option: Strands) -> tuple[tuple[int, ...], ...]:
        return tuple(sorted(self.ranks[self._deciding(copy)] for copy in option.copies))

    def _found(self, option: Strands) -> tuple[tuple[str, int], ...]:
        names = [name for copy in option.copies for name in copy]
        return tuple((name, names.count(name)) for name in sorted(set(names), key=self.ranks.__getitem__))


def _about_tag(item: TaggedAllele, seen: Observed, index: Mapping[int, int]) -> Iterator[Notice]:
    """Whether cause and tag were both seen, and agree."""
    causal, tag = seen.pairs.get(index[item.causal]), seen.pairs.get(index[item.tag])
    if causal is None and tag is not None:
        yield Notice.of("tag-only", allele=item.allele)
    elif causal is not None and tag is not None and sorted(causal) != sorted(tag):
        yield Notice.of("tag-differs", allele=item.allele)
