"""What other drugs do to an enzyme: the genotype stays, the activity changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import ROUND_FLOOR, Decimal
from enum import Enum

from cds_service.core.activity import ActivityScore
from cds_service.core.genes import Gene
from cds_service.core.phenotype import SCORE_STEP, GeneState, phenotype_of_score, states_of_phenotype
from cds_service.core.weigh import GeneEvidence, ResultState


class Means(Enum):
    """How a drug changes a result, as far as a source says."""

    SCORE = "score"
    LOWEST = "lowest"
    DOWN = "down"
    UP = "up"
    NONE = ""


class Phase(Enum):
    """Whether an effect is there, wearing off (it may be there), or gone."""

    THERE = "there"
    FADING = "fading"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Perpetrator:
    """
    A drug that changes an enzyme or transporter.

    Args:
        gene: Symbol of the enzyme's gene.
        drug: Name.
        effect: `inhibitor` or `inducer`.
        strength: `strong`, `moderate` or `weak`.
        factor: What the activity score is multiplied by; for `Means.SCORE`.
        means: How it changes a result.
        guideline: True if a guideline says so, so that advice may rest on it; False for what is common
            practice only, which is told and never softens or replaces an advice.
        washout_days: Days after the last dose until the effect is mostly gone; None = not known.
        washed_out_days: Days until it is surely gone; None = not known.
        local: True if it counts on skin or mucosa, too.
    """

    gene: str
    drug: str
    effect: str
    strength: str
    factor: Decimal | None = None
    means: Means = Means.NONE
    guideline: bool = False
    washout_days: int | None = None
    washed_out_days: int | None = None
    local: bool = False

    @property
    def converts(self) -> bool:
        """True if it changes a result."""
        return self.means is not Means.NONE


@dataclass(frozen=True, slots=True)
class Influence:
    """
    A drug that changes an enzyme in this person.

    Args:
        cause: The drug and what it does.
        stopped_days: Days since the last dose; None while it is taken.
    """

    cause: Perpetrator
    stopped_days: int | None = None

    @property
    def phase(self) -> Phase:
        """Without a known washout an effect ends with the drug."""
        if self.stopped_days is None:
            return Phase.THERE
        mostly, surely = self.cause.washout_days or 0, self.cause.washed_out_days or 0
        if self.stopped_days < mostly:
            return Phase.THERE
        return Phase.FADING if self.stopped_days < max(mostly, surely) else Phase.GONE

    @property
    def days_left(self) -> int:
        """Days until the effect is surely gone; 0 while the drug is taken."""
        end = max(self.cause.washout_days or 0, self.cause.washed_out_days or 0)
        return 0 if self.stopped_days is None else max(0, end - self.stopped_days)


@dataclass(frozen=True, slots=True)
class Steps:
    """The classes of a gene from the most to the least active; several may stand on one step."""

    classes: tuple[tuple[str, ...], ...]

    def moved(self, phenotype: str, means: Means) -> str:
        """
        The class one step away, or the lowest.

        What stands on no step stays, and so does the lowest class: there is nothing left to lose, and no
        enzyme that more could be made of.

        >>> steps = Steps((("Normal",), ("Intermediate", "Likely Intermediate"), ("Poor",)))
        >>> steps.moved("Normal", Means.DOWN), steps.moved("Likely Intermediate", Means.UP)
        ('Intermediate', 'Normal')
        >>> steps.moved("Poor", Means.UP), steps.moved("Normal", Means.UP), steps.moved("?", Means.DOWN)
        ('Poor', 'Normal', '?')
        """
        at = next((place for place, names in enumerate(self.classes) if phenotype in names), None)
        last = len(self.classes) - 1
        if at is None or at == last:
            return phenotype
        to = {Means.LOWEST: last, Means.DOWN: at + 1, Means.UP: at - 1}.get(means, at)
        return self.classes[to][0] if 0 <= to != at else phenotype


@dataclass(frozen=True, slots=True)
class Conversion:
    """
    The genes and how their results can be changed.

    Args:
        genes: All genes by symbol.
        steps: Gene -> its classes in order, where a class is changed by steps.
    """

    genes: Mapping[str, Gene]
    steps: Mapping[str, Steps] = field(default_factory=dict)

    def convert(
        self, evidence: Mapping[str, GeneEvidence], influences: Iterable[Influence]
    ) -> dict[str, GeneEvidence]:
        """
        The evidence as rules should see it under these influences.

        Where an effect is wearing off, both the class with it and the class without it are possible. A gene
        without a usable result stays as it is.
        """
        present = tuple(influences)
        converted = dict(evidence)
        for symbol, found in evidence.items():
            acting = acting_on(symbol, present)
            if acting and found.state in (ResultState.TRANSLATED, ResultState.CONFLICT):
                states = [one for state in found.possible for one in self._under(state, symbol, acting)]
                converted[symbol] = replace(found, possible=tuple(dict.fromkeys(states)))
        return converted

    def _under(self, state: GeneState, symbol: str, acting: tuple[Influence, ...]) -> Iterator[GeneState]:
        """What one state may be now: changed by what is there, and besides by what is wearing off."""
        surely = [one for one in acting if one.phase is Phase.THERE]
        if not surely:
            yield state
        for influence in acting:
            for changed in lower(state, self.genes[symbol], influence.cause, self.steps.get(symbol)):
                days = influence.stopped_days
                yield replace(changed, stopped_days=days) if changed.changed_by else changed


def acting_on(gene: str, influences: Iterable[Influence]) -> tuple[Influence, ...]:
    """
    The influences that count for a gene: the strongest that is there, and a stronger one that is wearing off.

    Effects do not add up: the strongest inhibitor counts, and an inducer only where there is no inhibitor.
    """
    mine = [one for one in influences if one.cause.gene == gene and one.cause.converts]
    ranked = sorted((one for one in mine if one.phase is not Phase.GONE), key=_weight)
    there = next((one for one in ranked if one.phase is Phase.THERE), None)
    fading = next((one for one in ranked if one.phase is Phase.FADING), None)
    if there is None:
        return (fading,) if fading else ()
    if fading is not None and _weight(fading)[:2] < _weight(there)[:2]:
        return (there, fading)
    return (there,)


_STRONGEST_FIRST = (Means.LOWEST, Means.SCORE, Means.DOWN, Means.UP)


def _weight(influence: Influence) -> tuple[int, Decimal, bool, str]:
    cause = influence.cause
    factor = Decimal(1) if cause.factor is None else cause.factor
    taken = influence.stopped_days is not None
    return _STRONGEST_FIRST.index(cause.means), factor, taken, cause.drug


def lower(
    state: GeneState, gene: Gene, cause: Perpetrator, steps: Steps | None = None
) -> tuple[GeneState, ...]:
    """
    One state under an influence: the same if nothing changes, several if a class stands for several scores.

    A product of score and factor between two scores of the tables counts as the lower one, down to the
    lowest that is not zero.
    """
    if cause.means is Means.SCORE:
        return (_by_factor(state, gene, cause),)
    phenotype = steps.moved(state.phenotype, cause.means) if steps else state.phenotype
    if phenotype == state.phenotype:
        return (state,)
    return tuple(_changed(state, now, cause) for now in states_of_phenotype(phenotype, gene))


def _by_factor(state: GeneState, gene: Gene, cause: Perpetrator) -> GeneState:
    if state.score is None or cause.factor is None or state.score.value == 0:
        return state
    value = state.score.value * cause.factor
    if value:
        value = max(SCORE_STEP, (value / SCORE_STEP).to_integral_value(ROUND_FLOOR) * SCORE_STEP)
    score = ActivityScore(value, state.score.at_least and value > 0)
    phenotype = phenotype_of_score(score, gene)
    now = GeneState(phenotype, score=score, words=frozenset({phenotype}))
    return _changed(state, replace(now, usual=state.usual and phenotype == state.phenotype), cause)


def _changed(state: GeneState, now: GeneState, cause: Perpetrator) -> GeneState:
    """The state that counts now, with the alleles and the class by genotype kept for people to see."""
    return replace(now, diplotype=state.diplotype, tested_as=state.phenotype, changed_by=cause.drug)
