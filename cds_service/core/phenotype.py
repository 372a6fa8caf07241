"""From the alleles of a gene to what a rule is looked up by, by the method the gene's file names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from cds_service.core.activity import ActivityScore, activity_score
from cds_service.core.genes import Gene, Method
from cds_service.core.genotype_values import AlleleCopies, Diplotype
from cds_service.core.per_gene import PerGene

#: Diplotypes of a gene whose states are kept; a laboratory writes the same few all day.
_MOST_KNOWN = 1000
#: Steps between activity scores that occur; used to spell out which scores a reported class stands for.
SCORE_STEP = Decimal("0.25")


@dataclass(frozen=True, slots=True)
class GeneState:
    """
    One possible state of a gene.

    Args:
        phenotype: The source-neutral class, or empty if the gene has none.
        diplotype: The alleles, if known.
        score: Activity score, if the gene has one and it is known.
        words: Everything a rule may look this state up by, besides the score.
        usual: True if this is the class of two reference alleles.
        tested_as: The class by genotype, where another drug has changed it.
        changed_by: That drug.
        stopped_days: Days since its last dose; None while it is taken.
    """

    phenotype: str
    diplotype: Diplotype | None = None
    score: ActivityScore | None = None
    words: frozenset[str] = frozenset()
    usual: bool = False
    tested_as: str = ""
    changed_by: str = ""
    stopped_days: int | None = None

    @property
    def score_value(self) -> Decimal | None:
        """The score as a number, for rules written in score bands."""
        return self.score.value if self.score else None


def state_of(diplotype: Diplotype, gene: Gene) -> GeneState | None:
    """
    Translate a diplotype.

    Returns:
        The state; None if an allele is not in the gene's table or the number of alleles does not fit.
        Alleles without an assigned function give the gene's "indeterminate" class, never a normal one.
    """
    if any(copies.allele not in gene.alleles for copies in diplotype.alleles):
        return None
    state = _METHODS[gene.method](diplotype, gene)
    return None if state is None else _marked(state, gene)


def states_of(diplotype: Diplotype, gene: Gene) -> tuple[GeneState, ...]:
    """
    Every state a diplotype may stand for; more than one where the number of copies is only a lower bound.

    `*1xN/*4` of CYP2D6 has two active copies or more: normal with two, ultrarapid with three.
    Empty where `state_of` gives None.
    """
    known = _STATES.of(gene)
    found = known.get(diplotype)
    if found is None:
        found = _states_of(diplotype, gene)
        if len(known) >= _MOST_KNOWN:
            known.clear()
        if found:  # what the table does not know may be any text, and is never kept
            known[diplotype] = found
    return found


def _states_of(diplotype: Diplotype, gene: Gene) -> tuple[GeneState, ...]:
    least = state_of(diplotype, gene)
    if least is None:
        return ()
    if least.score is None or not least.score.at_least:
        return (least,)
    higher = (
        replace(
            least,
            phenotype=band.phenotype,
            score=ActivityScore(band.low, band.high is None),
            words=frozenset({str(diplotype), band.phenotype}),
            usual=False,
        )
        for band in gene.bands.get("cpic", ())
        if band.low > least.score.value
    )
    return (least, *higher)


def states_of_phenotype(phenotype: str, gene: Gene) -> tuple[GeneState, ...]:
    """
    The states a reported class stands for: one, or every score of the class for genes looked up by score.

    A class without upper end is spelled out up to where the last source lets it begin: a score that one
    source calls ultrarapid is normal to another. Empty if the gene has no such class.
    """
    if phenotype not in gene.phenotypes:
        return ()
    bands = [band for band in gene.bands.get("cpic", ()) if band.phenotype == phenotype]
    if not bands:
        return (_marked(GeneState(phenotype, words=frozenset({phenotype})), gene),)
    states = []
    for band in bands:
        score, last = band.low, band.high if band.high is not None else _last_start(gene)
        while score <= last:
            found = ActivityScore(score, band.high is None and score == last)
            states.append(_marked(GeneState(phenotype, score=found, words=frozenset({phenotype})), gene))
            score += SCORE_STEP
    return tuple(state for state in states if _occurs(state.score, gene))


def state_of_score(score: Decimal, gene: Gene) -> GeneState | None:
    """The state of a reported activity score; None if the gene has no scores."""
    found = ActivityScore(score)
    phenotype = phenotype_of_score(found, gene)
    if not phenotype:
        return None
    return _marked(GeneState(phenotype, score=found, words=frozenset({phenotype})), gene)


def phenotype_of_score(score: ActivityScore, gene: Gene, source: str = "cpic") -> str:
    """
    The class of a score by the bands of one source; empty if no band holds it.

    A score between two bands belongs to none: it is never rounded.
    """
    for band in gene.bands.get(source, gene.bands.get("cpic", ())):
        if score.value >= band.low and (band.high is None or score.value <= band.high):
            return band.phenotype
    return ""


def presence_of(diplotype: Diplotype, gene: Gene) -> Mapping[str, bool | None]:
    """For genes whose single alleles matter: is each of them among the alleles?"""
    present = {copies.allele for copies in diplotype.alleles}
    return {allele: allele in present for allele in gene.presence_alleles}


def usual_phenotype(gene: Gene) -> str:
    """The class of two reference alleles; empty if the gene has none."""
    return _USUAL.of(gene)


def _usual_phenotype(gene: Gene) -> str:
    if gene.reference not in gene.alleles or gene.method is Method.ALLELE_PRESENCE:
        return ""
    reference = AlleleCopies(gene.reference)
    state = _METHODS[gene.method](Diplotype(gene.symbol, (reference, reference)), gene)
    return state.phenotype if state else ""


def _marked(state: GeneState, gene: Gene) -> GeneState:
    return replace(state, usual=bool(state.phenotype) and state.phenotype == usual_phenotype(gene))


def _last_start(gene: Gene) -> Decimal:
    """Where the highest class of a gene begins in the source that lets it begin last."""
    return max(band.low for bands in gene.bands.values() for band in bands if band.high is None)


def _occurs(score: ActivityScore | None, gene: Gene) -> bool:
    """True if two alleles of the gene can add up to the score."""
    if score is None:
        return False
    values = {allele.activity for allele in gene.alleles.values() if allele.activity is not None}
    return any(score.value - first in values for first in values)


def _by_functions(diplotype: Diplotype, gene: Gene) -> GeneState | None:
    if any(copies.copies != 1 or copies.at_least for copies in diplotype.alleles):
        return None
    functions = [gene.alleles[copies.allele].function for copies in diplotype.alleles]
    words = frozenset({str(diplotype)})
    if any(function is None for function in functions):
        phenotype = gene.indeterminate
    else:
        phenotype = gene.pairs.get(tuple(sorted(str(function) for function in functions)), gene.indeterminate)
    return GeneState(phenotype, diplotype, words=words | ({phenotype} if phenotype else set()))


def _by_score(diplotype: Diplotype, gene: Gene) -> GeneState | None:
    score = activity_score(diplotype, gene.alleles)
    phenotype = phenotype_of_score(score, gene) if score else gene.indeterminate
    if not phenotype:
        phenotype, score = gene.indeterminate, None
    return GeneState(phenotype, diplotype, score, frozenset({str(diplotype), phenotype}))


def _by_presence(diplotype: Diplotype, _: Gene) -> GeneState | None:
    return GeneState("", diplotype, words=frozenset({str(diplotype)}))


_METHODS: Mapping[Method, Callable[[Diplotype, Gene], GeneState | None]] = {
    Method.FUNCTION_PAIR: _by_functions,
    Method.SINGLE_POSITION: _by_functions,
    Method.HAPLOID: _by_functions,
    Method.SEX_LINKED: _by_functions,
    Method.VARIANT_STATUS: _by_functions,
    Method.ACTIVITY_SCORE: _by_score,
    Method.LOWEST_FUNCTION: _by_score,
    Method.ALLELE_PRESENCE: _by_presence,
}

_USUAL = PerGene(_usual_phenotype)


def _no_states(_: Gene) -> dict[Diplotype, tuple[GeneState, ...]]:
    return {}


_STATES = PerGene(_no_states)
