"""Which rules of a source fit gene states, without trying them one by one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cds_service.core.conditions import Range
    from cds_service.core.knowledge_base import ResultKey, Rule
    from cds_service.core.phenotype import GeneState

#: How sources name a gene that was not tested or could not be called. Never the same as normal.
NO_RESULT = frozenset({"No Result"})

#: How rules write that an allele is there or not.
SIGN = {True: "positive", False: "negative"}

#: How closely a rule is written for gene states.
OTHERWISE, BY_CLASS, BY_DIPLOTYPE = 1, 2, 3


@dataclass(slots=True)
class _GeneIndex:
    """Rows of one gene, as bit masks: bit n stands for the n-th combination of gene results."""

    by_word: dict[str, int] = field(default_factory=dict)
    bands: list[tuple[Range, int]] = field(default_factory=list)
    otherwise: int = 0
    named: int = 0


class RuleIndex:
    """
    The gene results all rules of a source are written for.

    A rule has as many rows as it has combinations of gene results. `without_genes` holds the places of rules
    that need no gene. `questions` holds what is asked: a gene with the allele that is looked for, or with an
    empty one where the rules are about the gene as a whole.
    """

    __slots__ = ("_every", "_genes", "_owner", "questions", "without_genes")

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._genes: dict[str, _GeneIndex] = {}
        self._owner: list[int] = []
        for place, rule in enumerate(rules):
            for combination in rule.when:
                if combination:
                    self._add(place, combination)
        self.without_genes = tuple(place for place, rule in enumerate(rules) if not all(rule.when))
        self._every = (1 << len(self._owner)) - 1
        self.questions = frozenset(
            (gene, _allele_of(word)) for gene, found in self._genes.items() for word in _asked(found)
        )

    def _add(self, place: int, combination: Mapping[str, ResultKey]) -> None:
        bit = 1 << len(self._owner)
        self._owner.append(place)
        for gene, key in combination.items():
            found = self._genes.setdefault(gene, _GeneIndex())
            found.named |= bit
            for word in key.words:
                found.by_word[word] = found.by_word.get(word, 0) | bit
            found.bands += [(band, bit) for band in key.scores]
            if key.otherwise:
                found.otherwise |= bit

    def asks_for(self, gene: str) -> Mapping[str, int]:
        """The words the rules look a gene up by; the keys count."""
        found = self._genes.get(gene)
        return found.by_word if found else {}

    def fits(self, states: Mapping[str, GeneState]) -> Iterator[tuple[int, int]]:
        """
        Each fitting rule once, as its place in the source and how closely it is written for these states.

        A rule is as close as its closest combination, a combination as its loosest gene.
        """
        exact = classed = loose = self._every
        for gene, found in self._genes.items():
            state = states[gene]
            others = self._every & ~found.named
            alleles = found.by_word.get(str(state.diplotype), 0) if state.diplotype is not None else 0
            covered = alleles | _covered(found, state)
            rest = 0 if state.words & NO_RESULT else found.otherwise
            exact &= others | alleles
            classed &= others | covered
            loose &= others | covered | rest
        closest: dict[int, int] = {}
        for level, mask in ((BY_DIPLOTYPE, exact), (BY_CLASS, classed), (OTHERWISE, loose)):
            while mask:
                low = mask & -mask
                closest.setdefault(self._owner[low.bit_length() - 1], level)
                mask ^= low
        return iter(sorted(closest.items()))


def _asked(found: _GeneIndex) -> Iterable[str]:
    """The words that tell what is asked; scores and "any other result" ask about the gene as a whole."""
    return {word for word in found.by_word if word not in NO_RESULT} or {""}


def _allele_of(word: str) -> str:
    """
    The allele of a status word; empty for a class or diplotype.

    >>> _allele_of("*57:01 positive"), _allele_of("Poor Metabolizer")
    ('*57:01', '')
    """
    allele, _, sign = word.rpartition(" ")
    return allele if sign in SIGN.values() else ""


def _covered(found: _GeneIndex, state: GeneState) -> int:
    mask = 0
    for word in state.words:
        mask |= found.by_word.get(word, 0)
    score = state.score_value
    if score is not None:
        for band, bits in found.bands:
            if band.contains(score):
                mask |= bits
    return mask
