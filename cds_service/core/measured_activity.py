"""A measured activity of an enzyme beside the genotype: which is followed; both are told."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from cds_service.core.genes import Gene, MeasuredActivity
from cds_service.core.model import Measured, Notice, Patient
from cds_service.core.phenotype import GeneState, states_of_phenotype
from cds_service.core.weigh import GeneEvidence, ResultState


def with_activity(
    evidence: Mapping[str, GeneEvidence],
    patient: Patient,
    genes: Mapping[str, Gene],
    asked: Collection[str],
) -> dict[str, GeneEvidence]:
    """
    The evidence as measured activities leave it.

    An activity that the laboratory rates as low beats a genotype that is not: enzymes fail for other reasons,
    too. A normal one counts where there is no usable genotype, or one that leaves the activity open; it never
    overrules a genotype of low activity. Without a measurement nothing changes.

    Args:
        evidence: Gene -> what results say.
        patient: The person; looked at only where one of the genes has an activity to measure.
        genes: All genes.
        asked: The genes that matter.
    """
    found = dict(evidence)
    for symbol in sorted(asked):
        gene = genes.get(symbol)
        measured = patient.measured.get(gene.activity.what) if gene and gene.activity else None
        if gene is not None and gene.activity is not None and measured is not None:
            found[symbol] = _weighed(found.get(symbol, GeneEvidence(symbol)), measured, gene, gene.activity)
    return found


def _weighed(found: GeneEvidence, measured: Measured, gene: Gene, means: MeasuredActivity) -> GeneEvidence:
    classes = {state.phenotype for state in found.possible}
    if measured.finding == "low":
        if classes and classes.isdisjoint({means.normal, *means.settles}):
            return found
        return _by_activity(found, measured, gene, means.low, "activity-low")
    if measured.finding not in ("normal", "high"):
        return found
    if not classes or classes <= means.settles:
        return _by_activity(found, measured, gene, (means.normal,), "activity-normal")
    if means.normal in classes:
        return found
    return replace(found, notices=(*found.notices, _notice("activity-normal-low-genotype", found, measured)))


def _by_activity(
    found: GeneEvidence, measured: Measured, gene: Gene, classes: tuple[str, ...], key: str
) -> GeneEvidence:
    states: tuple[GeneState, ...] = tuple(
        state for phenotype in classes for state in states_of_phenotype(phenotype, gene)
    )
    notices = (*found.notices, _notice(key, found, measured))
    return replace(found, state=ResultState.TRANSLATED, possible=states, notices=notices)


def _notice(key: str, found: GeneEvidence, measured: Measured) -> Notice:
    genotype = " or ".join(dict.fromkeys(state.phenotype for state in found.possible)) or "-"
    value = f"{measured.amount} {measured.unit}" if measured.amount is not None else measured.finding
    taken = measured.measured_on.isoformat() if measured.measured_on else "-"
    return Notice.of(key, gene=found.gene, genotype=genotype, value=value, date=taken)
