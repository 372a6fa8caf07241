"""Which genotypes are good enough to be used. The rules are in docs/vcf.md."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Mask = NDArray[np.bool_]
    Numbers = NDArray[np.integer]

#: FILTER values that say nothing against a record. DeepVariant marks sites without a variant as RefCall.
GOOD_FILTERS = frozenset({"PASS", ".", "", "RefCall"})


@dataclass(frozen=True, slots=True)
class QualityRules:
    """
    Limits below which a genotype is not used. A value that the file does not have is not asked for.

    Args:
        quality: Lowest GQ.
        depth: Lowest DP; MIN_DP takes its place in reference blocks.
        share: Lowest share of the reads (AD) for each allele of a heterozygous genotype.
        pure: Lowest share of the reads for the allele of a homozygous one.
        judged: Reads below which shares say nothing.
    """

    quality: int = 20
    depth: int = 5
    share: float = 0.15
    pure: float = 0.75
    judged: int = 8


def is_filtered(filters: list[str]) -> bool:
    """Whether FILTER speaks against the record."""
    return not GOOD_FILTERS.issuperset(filters)


def below(values: Numbers | None, limit: int) -> Mask | None:
    """Where a number of each sample is stated and too low; None if nothing is stated."""
    if values is None:
        return None
    column = values.reshape(len(values), -1)[:, 0]
    found: Mask = (column >= 0) & (column < limit)
    return found


def unbalanced(alleles: Numbers, depths: Numbers | None, rules: QualityRules) -> Mask | None:
    """
    Where the reads do not support the genotype.

    Args:
        alleles: Samples x copies, numbers of alleles; negative = missing or no copy.
        depths: Samples x alleles, reads for each allele (AD); None if the file has none.
        rules: The limits.
    """
    if depths is None or depths.ndim != 2 or depths.shape[1] < 2:
        return None
    reads = np.where(depths > 0, depths, 0)
    total = reads.sum(axis=1)
    first, second = alleles[:, 0], alleles[:, -1]
    second = np.where(second < 0, first, second)
    usable = (first >= 0) & (second >= 0) & (first < reads.shape[1]) & (second < reads.shape[1])
    usable &= total >= rules.judged
    rows = np.arange(len(reads))
    floor = np.where(first == second, rules.pure, rules.share) * total
    fewest = np.minimum(
        reads[rows, np.where(usable, first, 0)],
        reads[rows, np.where(usable, second, 0)],
    )
    found: Mask = usable & (fewest < floor)
    return found
