"""Diplotype text as laboratories write it, read into alleles of one gene."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from cds_service.core.genes import Gene
from cds_service.core.model import Notice


@dataclass(frozen=True, slots=True, order=True)
class AlleleCopies:
    """
    One allele of a diplotype and how often it stands on its chromosome.

    Args:
        allele: Name as in the gene's table (`Gene.alleles`), or the text as written if the table has none.
        copies: 1 unless the gene is duplicated; the lower bound where `at_least`.
        at_least: True for `xN` and `x>=3`, where the number of copies is not stated exactly.
    """

    allele: str
    copies: int = 1
    at_least: bool = False

    def __str__(self) -> str:
        if self.copies == 1 and not self.at_least:
            return self.allele
        return f"{self.allele}x{'≥' if self.at_least else ''}{self.copies}"


@dataclass(frozen=True, slots=True)
class Diplotype:
    """
    The alleles a person has of one gene; their order does not matter.

    Two for most genes, one for hemizygous and mitochondrial genes.
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
        diplotypes: All diplotypes the text allows; more than one if it is ambiguous.
        presence: For genes whose single alleles are results: allele -> present, absent, or None (undecided).
        unknown: The parts that the gene's table does not know.
        notices: What a reader should know, such as a suballele that was cut.
    """

    kind: GenotypeKind
    diplotypes: tuple[Diplotype, ...] = ()
    presence: Mapping[str, bool | None] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    notices: tuple[Notice, ...] = ()


def parse_genotype(text: str, gene: Gene) -> ParsedGenotype:
    """Read a genotype text of one gene."""
    raise NotImplementedError
