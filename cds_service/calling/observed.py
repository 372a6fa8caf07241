"""What one sample has at the positions of one gene, as far as it could be seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter

from cds_service.calling.codes import FIRST_REASON, HIDDEN, SINGLE, Reason

#: Index of the position -> codes of the two copies; `SINGLE` as the second where there is one copy.
Pairs = Mapping[int, tuple[int, int]]
#: The reference on all copies.
_PLAIN = ((0, 0), (0, SINGLE))
_SECOND = itemgetter(1)


@dataclass(frozen=True, slots=True)
class Observed:
    """
    The positions of a gene in one sample.

    Args:
        pairs: Positions that were seen; codes of bases, the second one `SINGLE` if there is one copy only.
        unseen: The others, with the reason.
        phase_sets: Heterozygous positions in groups: inside a group it is known which bases lie on the same
            copy, the first code of each pair on one and the second on the other. Between groups it is not.
        varied: Positions where some copy has not the reference bases.
        has_single: Whether there is one copy only at some position.
    """

    pairs: Pairs
    unseen: Mapping[int, Reason]
    phase_sets: tuple[frozenset[int], ...] = ()
    varied: tuple[int, ...] = field(init=False, repr=False, compare=False)
    has_single: bool = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Asked for so often that looking through all positions each time would be felt.
        found = [place for place, pair in self.pairs.items() if pair not in _PLAIN]
        object.__setattr__(self, "varied", tuple(found))
        object.__setattr__(self, "has_single", SINGLE in map(_SECOND, self.pairs.values()))

    @property
    def heterozygous(self) -> tuple[int, ...]:
        """Positions where the copies differ."""
        return tuple(
            place for place in self.varied if self.pairs[place][1] not in (self.pairs[place][0], SINGLE)
        )

    @property
    def phased(self) -> bool:
        """Whether it is known for all bases which lie on the same copy."""
        return len(self.phase_sets) <= 1


def observe(codes: Sequence[int], phases: Sequence[int]) -> Observed:
    """
    Sort out the codes of a gene.

    Args:
        codes: Two for each position, in the order of the positions.
        phases: One for each position: 0 = not phased, else the name of the phase set.
    """
    pairs = dict(enumerate(zip(codes[::2], codes[1::2], strict=True)))
    unseen: dict[int, Reason] = {}
    if max(codes) >= HIDDEN:
        for place, (first, second) in tuple(pairs.items()):
            if first >= FIRST_REASON:
                unseen[place] = Reason(first)
                del pairs[place]
            elif HIDDEN in (first, second):
                pairs[place] = (0 if first == HIDDEN else first, 0 if second == HIDDEN else second)
    groups: dict[int, list[int]] = {}
    alone: list[frozenset[int]] = []
    for place in [place for place, (first, second) in pairs.items() if first != second != SINGLE]:
        if phases[place]:
            groups.setdefault(phases[place], []).append(place)
        else:
            alone.append(frozenset({place}))
    sets = [*(frozenset(places) for places in groups.values()), *alone]
    return Observed(pairs, unseen, tuple(sets))
