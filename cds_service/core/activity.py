"""Activity scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from cds_service.core.genes import Allele
from cds_service.core.genotype_values import Diplotype


@dataclass(frozen=True, slots=True)
class ActivityScore:
    """
    A score without unit; `at_least` where the number of gene copies is only known to be that many or
    more.
    """

    value: Decimal
    at_least: bool = False

    def __str__(self) -> str:
        text = f"{self.value.normalize():f}"
        shown = text if "." in text else f"{text}.0"
        return f"≥{shown}" if self.at_least else shown


def activity_score(diplotype: Diplotype, alleles: Mapping[str, Allele]) -> ActivityScore | None:
    """
    Add the activity values of all alleles of a diplotype.

    No unit; 1 is one allele of normal function. A duplicated allele counts once per copy. Copies of unknown
    number count as two and make the score a lower bound, unless the allele has no function at all.

    Returns:
        The score, or None if any allele has no value. None means "cannot be scored", never zero.

    >>> from cds_service.core.diplotype import AlleleCopies
    >>> table = {"*1": Allele("*1", "Normal function", Decimal("1")),
    ...          "*10": Allele("*10", "Decreased function", Decimal("0.25"))}
    >>> pair = (AlleleCopies("*10"), AlleleCopies("*1", 2, True))
    >>> str(activity_score(Diplotype("CYP2D6", pair), table))
    '≥2.25'
    >>> activity_score(Diplotype("CYP2D6", (AlleleCopies("*1"), AlleleCopies("*999"))), table) is None
    True
    """
    total, at_least = Decimal(0), False
    for copies in diplotype.alleles:
        allele = alleles.get(copies.allele)
        if allele is None or allele.activity is None:
            return None
        total += allele.activity * copies.copies
        at_least = at_least or ((copies.at_least or allele.at_least) and allele.activity > 0)
    return ActivityScore(total, at_least)
