"""What other drugs do to an enzyme: the genotype stays, the activity changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_FLOOR, Decimal

from cds_service.core.activity import ActivityScore
from cds_service.core.genes import Gene
from cds_service.core.phenotype import SCORE_STEP, GeneState, phenotype_of_score
from cds_service.core.weigh import GeneEvidence, ResultState


@dataclass(frozen=True, slots=True)
class Perpetrator:
    """
    A drug that changes an enzyme or transporter.

    Args:
        gene: Symbol of the enzyme's gene.
        drug: Name.
        effect: `inhibitor` or `inducer`.
        strength: `strong`, `moderate` or `weak`.
        factor: What a guideline multiplies the activity score by; None where no guideline gives one.
        washout_days: Days after the last dose until the effect is mostly gone; None = not known.
    """

    gene: str
    drug: str
    effect: str
    strength: str
    factor: Decimal | None = None
    washout_days: int | None = None

    @property
    def converts(self) -> bool:
        """True if a guideline says by how much the score falls."""
        return self.factor is not None and self.factor < 1


def strongest(gene: str, perpetrators: Iterable[Perpetrator]) -> Perpetrator | None:
    """The drug that lowers the score of a gene most. Inhibitors do not add up: the strongest counts."""
    lowering = [item for item in perpetrators if item.gene == gene and item.converts]
    return min(lowering, key=lambda item: (item.factor or Decimal(0), item.drug), default=None)


def convert(
    evidence: Mapping[str, GeneEvidence], genes: Mapping[str, Gene], perpetrators: Iterable[Perpetrator]
) -> dict[str, GeneEvidence]:
    """
    The evidence as the rules should see it while these drugs are taken.

    Only genes whose score a guideline lowers change; a gene without a usable result stays as it is.
    """
    present = tuple(perpetrators)
    converted = dict(evidence)
    for symbol, found in evidence.items():
        cause = strongest(symbol, present)
        if cause is not None and found.state in (ResultState.TRANSLATED, ResultState.CONFLICT):
            states = (lower(state, genes[symbol], cause) for state in found.possible)
            converted[symbol] = replace(found, possible=tuple(dict.fromkeys(states)))
    return converted


def lower(state: GeneState, gene: Gene, cause: Perpetrator) -> GeneState:
    """
    One state under an inhibitor.

    A product between two scores of the tables counts as the lower one, down to the lowest that is not zero.
    """
    if state.score is None or cause.factor is None or state.score.value == 0:
        return state
    value = state.score.value * cause.factor
    if value:
        value = max(SCORE_STEP, (value / SCORE_STEP).to_integral_value(ROUND_FLOOR) * SCORE_STEP)
    score = ActivityScore(value, state.score.at_least and value > 0)
    phenotype = phenotype_of_score(score, gene)
    return replace(
        state,
        phenotype=phenotype,
        score=score,
        words=frozenset({phenotype}),
        usual=state.usual and phenotype == state.phenotype,
        tested_as=state.phenotype,
        changed_by=cause.drug,
    )
