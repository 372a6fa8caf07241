"""What one sample has at the positions of one gene, as far as it could be seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cds_service.calling.codes import FIRST_REASON, HIDDEN, SINGLE, Reason

#: Index of the position -> codes of the two copies; `SINGLE` as the second where there is one copy.
Pairs = Mapping[int, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Observed:
    """
    The positions of a gene in one sample.

    Args:
        pairs: Positions that were seen; codes of bases, the second one `SINGLE` if there is one copy only.
        unseen: The others, with the reason.
        phase_sets: Heterozygous positions in groups: inside a group it is known which bases lie on the same
            copy, the first code of each pair on one and the second on the other. Between groups it is not.
    """

    pairs: Pairs
    unseen: Mapping[int, Reason]
    phase_sets: tuple[frozenset[int], ...] = ()

    @property
    def heterozygous(self) -> tuple[int, ...]:
        """Positions where the copies differ."""
        return tuple(place for place, (a, b) in self.pairs.items() if b not in (a, SINGLE))

    @property
    def phased(self) -> bool:
        """Whether it is known for all bases which lie on the same copy."""
        return len(self.phase_sets) <= 1

    @property
    def varied(self) -> tuple[int, ...]:
        """Positions where some copy has not the reference bases."""
        return tuple(place for place, (a, b) in self.pairs.items() if a or b not in (0, SINGLE))


def observe(codes: Sequence[int], phases: Sequence[int]) -> Observed:
    """
    Sort out the codes of a gene.

    Args:
        codes: Two for each position, in the order of the positions.
        phases: One for each position: 0 = not phased, else the name of the phase set.
    """
    pairs: dict[int, tuple[int, int]] = {}
    unseen: dict[int, Reason] = {}
    groups: dict[int, list[int]] = {}
    alone: list[frozenset[int]] = []
    for place in range(len(codes) // 2):
        first, second = codes[2 * place], codes[2 * place + 1]
        if first >= FIRST_REASON:
            unseen[place] = Reason(first)
            continue
        first, second = (0 if code == HIDDEN else code for code in (first, second))
        pairs[place] = (first, second)
        if second in (first, SINGLE):
            continue
        if phases[place]:
            groups.setdefault(phases[place], []).append(place)
        else:
            alone.append(frozenset({place}))
    sets = [*(frozenset(places) for places in groups.values()), *alone]
    return Observed(pairs, unseen, tuple(sets))
