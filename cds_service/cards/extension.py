"""What a card says to machines: `extension["pgx-cds.finding"]`."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from cds_service.cards.calculations import as_json
from cds_service.cards.detail import cautions_of
from cds_service.cards.wording import DEFAULT, Wording
from cds_service.core.finding import Choice, Finding, GeneUse, Status

KEY = "pgx-cds.finding"
CRD_KEY = "davinci-crd.associated-resource"
LANGUAGE_KEY = "pgx-cds.language"


def extension(finding: Finding, wording: Wording, sources: dict[str, str]) -> dict[str, Any]:
    """The extension of a card. Unknown values are left out, never null."""
    drug: dict[str, Any] = {"name": finding.drug.name}
    if finding.drug.rxcuis:
        drug["rxcui"] = finding.drug.rxcuis[0]
    value: dict[str, Any] = {
        "order": finding.order.reference,
        "drug": drug,
        "action": finding.action.value,
        **_doses(finding),
        **_calculations(finding),
        "genes": [gene for use in finding.genes for gene in _genes(use)],
        "guideline": _guideline(finding, sources),
        "alternatives": [_alternative(choice, wording) for choice in finding.alternatives],
        "rules": list(finding.rules),
        **_other_way(finding, wording),
    }
    return {KEY: value, CRD_KEY: [{"reference": finding.order.reference}]}


def language_mark(wording: Wording) -> dict[str, Any]:
    """
    What a screen needs to show a text that is not English: its language and direction.

    Empty for English, which needs no mark; CDS Hooks has no field for the language of a card.
    """
    if wording.language == DEFAULT:
        return {}
    return {LANGUAGE_KEY: {"code": wording.language, "direction": wording.direction}}


def _doses(finding: Finding) -> dict[str, Any]:
    dose = finding.dose
    found: dict[str, Any] = {}
    if dose is None:
        return found
    if dose.low is not None:
        found["doseFactor"] = {"low": _number(dose.low), "high": _number(dose.high or dose.low)}
    if dose.limit is not None:
        found["doseLimit"] = {
            "value": _number(dose.limit.value),
            "unit": dose.limit.unit,
            "period": dose.limit.period,
        }
    if dose.days_a_week is not None:
        found["doseDaysPerWeek"] = dose.days_a_week
    return found


def _calculations(finding: Finding) -> dict[str, Any]:
    found = [as_json(calculation) for calculation in finding.calculations]
    return {"calculations": found} if found else {}


def _genes(use: GeneUse) -> Iterator[dict[str, str]]:
    gene = use.evidence.gene
    if use.said:
        yield {"gene": gene, "phenotype": use.said}
        return
    for allele, present in use.alleles:
        yield {"gene": gene, "phenotype": f"{allele} {'positive' if present else 'negative'}"}
    states = [use.state] if use.state is not None else [] if use.alleles else list(use.evidence.possible)
    for state in states:
        found = {"gene": gene}
        if state.diplotype is not None:
            found["diplotype"] = str(state.diplotype)
        if state.phenotype:
            found["phenotype"] = state.phenotype
        if state.score is not None:
            found["activityScore"] = str(state.score)
        yield found
    if not states and not use.alleles:
        yield {"gene": gene}


def _guideline(finding: Finding, sources: dict[str, str]) -> dict[str, str]:
    if finding.guideline is not None:
        guideline = finding.guideline
        found = {
            "source": sources.get(guideline.source, guideline.source),
            "name": guideline.name,
            "version": guideline.version,
            "url": guideline.url,
        }
        return {**found, "strength": finding.strength} if finding.strength else found
    if finding.pretest is not None:
        return {"source": finding.pretest.authority, "name": finding.pretest.cite}
    return {"source": "pgx-cds", "name": "pgx-cds"}


def _other_way(finding: Finding, wording: Wording) -> dict[str, Any]:
    """The drug that can be changed instead, and its replacements."""
    way = finding.other_way
    if way is None:
        return {}
    found = [_alternative(choice, wording) for choice in way.choices]
    return {"otherWay": {"drug": {"name": way.drug}, "alternatives": found}}


def _alternative(choice: Choice, wording: Wording) -> dict[str, str]:
    found = {"name": choice.alternative.name, "status": choice.status.value}
    if len(choice.alternative.rxcuis) == 1:
        found["rxcui"] = choice.alternative.rxcuis[0]
    reason = (
        cautions_of(choice, wording)
        if choice.status is Status.OFFERED
        else "; ".join(wording.notice(item) for item in choice.reasons)
    )
    if reason or choice.status is Status.EXCLUDED:
        found["reason"] = reason
    return found


def _number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)
