"""What the readers of genotype texts hand on, before it is put in order."""

from __future__ import annotations

from dataclasses import dataclass, field

from cds_service.core.genotype_tokens import Token
from cds_service.core.genotype_values import AlleleCopies, UntranslatableError
from cds_service.core.notice import Notice


@dataclass(frozen=True, slots=True)
class Reading:
    """
    What the alleles of a text come to.

    Args:
        alleles: The possible diplotypes, each with one or two alleles.
        unknown: Alleles that the table does not have, as written.
        notices: What was cut or assumed.
    """

    alleles: tuple[tuple[AlleleCopies, ...], ...]
    unknown: tuple[str, ...] = ()
    notices: tuple[Notice, ...] = ()


@dataclass(slots=True)
class Findings:
    """What was met on the way: alleles that are not in the table, and notices."""

    unknown: list[str] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)

    def name(self, token: Token) -> str:
        """Name of the allele of a token."""
        allele = token.allele
        if allele is None:
            raise UntranslatableError(token.text)
        self.notices += allele.notices
        if not allele.known:
            self.unknown.append(allele.name)
        return allele.name
