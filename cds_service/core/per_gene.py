"""What follows from a gene's table alone: worked out once for each gene."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from cds_service.core.genes import Gene

_T = TypeVar("_T")
#: Knowledge may be read again, and its genes are new ones then.
_MOST = 256


class PerGene(Generic[_T]):
    """
    A value for each gene.

    By identity: a gene is large and never changes. The gene is held beside its value, so that no other can
    get its place in memory.

    Args:
        build: Makes the value.

    >>> from cds_service.core.genes import Gene, Method
    >>> symbols = PerGene(lambda gene: [gene.symbol])
    >>> gene = Gene("CYP2D6", "", Method.ACTIVITY_SCORE, {}, {})
    >>> symbols.of(gene), symbols.of(gene) is symbols.of(gene)
    (['CYP2D6'], True)
    """

    def __init__(self, build: Callable[[Gene], _T]) -> None:
        self._build = build
        self._built: dict[int, tuple[Gene, _T]] = {}

    def of(self, gene: Gene) -> _T:
        """The value of a gene."""
        held = self._built.get(id(gene))
        if held is None or held[0] is not gene:
            if len(self._built) >= _MOST:
                self._built.clear()
            held = self._built[id(gene)] = (gene, self._build(gene))
        return held[1]
