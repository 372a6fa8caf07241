"""The pieces a genotype text is cut into."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from cds_service.core.genotype_alleles import NamedAllele
from cds_service.core.genotype_words import Zygosity


class Kind(Enum):
    """What a token is for."""

    ALLELE = auto()
    COPIES = auto()  # of the allele before it, or of one that is not named
    TOTAL = auto()  # gene copies of both chromosomes together
    SLASH = auto()
    BAR = auto()
    PLUS = auto()
    DASH = auto()
    LIST = auto()
    AND = auto()
    OR = auto()
    OPEN = auto()
    CLOSE = auto()
    ZYGOSITY = auto()
    ABSENT = auto()
    BASES = auto()  # the two bases found at the place of the variant before it
    RS = auto()  # an rs number that the table does not know
    SKIP = auto()  # the gene's symbol, and signs that separate nothing
    CLASS = auto()  # a phenotype or score that the laboratory put beside the alleles
    WORD = auto()  # says nothing about the alleles
    OTHER = auto()


@dataclass(frozen=True, slots=True)
class Token:
    """
    One piece of a text.

    Args:
        kind: What it is for.
        text: As written.
        allele: For `ALLELE`.
        zygosity: For `ZYGOSITY`.
        copies: For `COPIES` and `TOTAL`.
        at_least: The number of copies is a lower bound.
        apart: A blank, comma, bracket or word stands before it.
    """

    kind: Kind
    text: str
    allele: NamedAllele | None = None
    zygosity: Zygosity | None = None
    copies: int = 0
    at_least: bool = False
    apart: bool = False
