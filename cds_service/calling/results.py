"""What calling a sample gives."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from cds_service.core.definitions import DefinedPosition
from cds_service.core.genotype_values import Diplotype
from cds_service.core.notice import Notice
from cds_service.core.phenotype import GeneState


class Outcome(Enum):
    """How far the call of a gene got."""

    CALLED = "called"
    AMBIGUOUS = "ambiguous"
    NO_CALL = "no-call"
    NOT_COVERED = "not-covered"


@dataclass(frozen=True, slots=True)
class SeenVariant:
    """
    A position where a sample has something else than the reference.

    Args:
        position: Where, with the bases of the reference.
        bases: What the sample has, one entry a copy.
        phased: Whether it is known which of them lies on which copy.
    """

    position: DefinedPosition
    bases: tuple[str, ...]
    phased: bool


@dataclass(frozen=True, slots=True)
class GeneCall:
    """
    The result of one gene of one sample.

    Args:
        gene: HGNC symbol.
        outcome: `CALLED` with one diplotype, `AMBIGUOUS` with several equally good ones, else none.
        diplotypes: All equally good ones. For lists of variants the two that decide.
        states: What the diplotypes mean, in the same order.
        missing: Positions nothing is known of.
        untestable: Alleles that could not have been seen without the missing positions.
        variants: What differs from the reference, by position.
        presence: Allele of its own meaning (HLA), and whether it is there; None = undecided.
        origin: Where the result is from: `vcf`, or the kind of the outside call.
        phenotype_text, score_text: The class and score an outside call states without alleles.
        notices: What a reader should know.
    """

    gene: str
    outcome: Outcome
    diplotypes: tuple[Diplotype, ...] = ()
    states: tuple[GeneState, ...] = ()
    missing: tuple[DefinedPosition, ...] = ()
    untestable: tuple[str, ...] = ()
    variants: tuple[SeenVariant, ...] = ()
    presence: tuple[tuple[str, bool | None], ...] = ()
    origin: str = "vcf"
    phenotype_text: str = ""
    score_text: str = ""
    notices: tuple[Notice, ...] = ()

    @property
    def phenotype(self) -> str:
        """The class, if all possible states share it; empty if there is none or they differ."""
        if self.phenotype_text:
            return self.phenotype_text
        found = {state.phenotype for state in self.states}
        return found.pop() if len(found) == 1 else ""

    @property
    def activity_score(self) -> str:
        """The score, if all possible states share it; empty if there is none or they differ."""
        if self.score_text:
            return self.score_text
        found = {str(state.score) if state.score else "" for state in self.states}
        return found.pop() if len(found) == 1 else ""


@dataclass(frozen=True, slots=True)
class SampleCalls:
    """
    All genes of one sample.

    Args:
        sample: Name as in the file.
        build: Build the file counts by.
        genes: One call a gene, by symbol.
        absent_is_reference: Positions that the file lacks were taken for the reference.
        notices: What holds for the whole sample.
    """

    sample: str
    build: str
    genes: tuple[GeneCall, ...]
    absent_is_reference: bool = False
    notices: tuple[Notice, ...] = ()
