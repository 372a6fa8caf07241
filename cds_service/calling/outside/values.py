"""One call of another program, not yet understood."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OutsideCall:
    """
    What another program says about a gene.

    Args:
        gene: HGNC symbol.
        tool: Name of the program or format.
        genotypes: All genotypes it gives as equally good, as written; empty = it gives none.
        phenotype: Class or other result in words, or empty.
        score: Activity score, or empty.
        sample: Name of the sample; empty = the file names none.
        filter: What the program itself says against its call, or empty.
        untestable: Alleles the program says it could not have seen.
    """

    gene: str
    tool: str
    genotypes: tuple[str, ...] = ()
    phenotype: str = ""
    score: str = ""
    sample: str = ""
    filter: str = ""
    untestable: tuple[str, ...] = ()


#: Text and gene (as the user named it) -> calls; None if the text is not of this format.
Reader = Callable[[str, str], list[OutsideCall] | None]


def rows_of(text: str) -> list[list[str]]:
    """The cells of all lines that hold something."""
    return [[cell.strip() for cell in line.split("\t")] for line in text.splitlines() if line.strip()]
