"""What a genotype text is read into: alleles with copies, diplotypes, what the text turned out to be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from cds_service.core.notice import Notice


@dataclass(frozen=True, slots=True, order=True)
class AlleleCopies:
    """
    One allele of a diplotype and how often it stands on its chromosome.

    Args:
        allele: Name as in the gene's table (`Gene.alleles`), or the text as written if the table has none.
        copies: 1 unless the gene is duplicated; the lower bound where `at_least`.
        at_least: True for `xN` and `x>=3`, where the number of copies is not stated exactly.

    >>> str(AlleleCopies("*2")), str(AlleleCopies("*2", 2)), str(AlleleCopies("*2", 3, at_least=True))
    ('*2', '*2x2', '*2x≥3')
    >>> str(AlleleCopies("*2", 2, at_least=True))
    '*2xN'
    """

    allele: str
    copies: int = 1
    at_least: bool = False

    def __str__(self) -> str:
        if self.copies == 1 and not self.at_least:
            return self.allele
        if self.at_least and self.copies == 2:
            return f"{self.allele}xN"
        return f"{self.allele}x{'≥' if self.at_least else ''}{self.copies}"


@dataclass(frozen=True, slots=True)
class Diplotype:
    """
    The alleles a person has of one gene; their order does not matter.

    Two for most genes, one for hemizygous and mitochondrial genes. A reader of texts puts them in a fixed
    order, the reference allele first, so that equal genotypes are equal values.
    """

    gene: str
    alleles: tuple[AlleleCopies, ...]

    def __str__(self) -> str:
        return "/".join(str(allele) for allele in self.alleles)


class GenotypeKind(Enum):
    """What a text field of a laboratory turned out to hold."""

    DIPLOTYPES = "diplotypes"
    PRESENCE = "presence"
    NO_CALL = "no-call"
    NOT_TRANSLATABLE = "not-translatable"
    NO_GENOTYPE = "no-genotype"


@dataclass(frozen=True, slots=True)
class ParsedGenotype:
    """
    One text, understood.

    Args:
        kind: What it holds. `NO_CALL`: the laboratory says there is no result. `NOT_TRANSLATABLE`: a genotype
            with an allele or notation that the gene's table does not know. `NO_GENOTYPE`: something else,
            such as a phenotype word.
        diplotypes: All diplotypes the text allows; more than one if it is ambiguous. With `NOT_TRANSLATABLE`
            they may be there too, and then hold an allele as it was written.
        presence: For genes whose single alleles are results: allele -> present, absent, or None (undecided).
            An allele the text says nothing about is not in the mapping.
        unknown: The parts that stopped the reading; never empty with `NOT_TRANSLATABLE`.
        notices: What a reader should know, such as a suballele that was cut.
    """

    kind: GenotypeKind
    diplotypes: tuple[Diplotype, ...] = ()
    presence: Mapping[str, bool | None] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    notices: tuple[Notice, ...] = ()


class UntranslatableError(Exception):
    """
    A genotype was written, but a part of it has no sure meaning.

    Raised and caught inside the readers of genotype texts; it never reaches a caller.

    Args:
        part: What stopped the reading, as written.
    """

    def __init__(self, part: str) -> None:
        super().__init__(part)
        self.part = part
