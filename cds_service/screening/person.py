"""What would be said to the prescriber of one person, for the drugs they take or for a list of drugs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from cds_service.cards.summary import summary
from cds_service.cards.wording import Wording
from cds_service.core.actions import QUIET
from cds_service.core.case import Policy
from cds_service.core.finding import Finding, GeneUse
from cds_service.core.knowledge_base import KnowledgeBase
from cds_service.core.model import Ingredient, Order, Patient
from cds_service.core.recommend import recommend
from cds_service.fhir.consent import Use, denies_genetic_data
from cds_service.fhir.drug_use import DrugUse
from cds_service.fhir.therapy import taken_days
from cds_service.hooks.record import read_record
from cds_service.hooks.running import running_orders

Resource = Mapping[str, Any]
Row = dict[str, Any]

#: Upper ends of the bands, in years.
_BANDS = ((2, "0-1"), (12, "2-11"), (18, "12-17"), (40, "18-39"), (65, "40-64"), (80, "65-79"))
_OLDEST, _UNKNOWN = "80+", "unknown"

JUDGED, DENIED = "judged", "consent-denied"


@dataclass(frozen=True, slots=True)
class Judge:
    """
    Judges the records of people, one after the other.

    Args:
        knowledge: The compiled knowledge.
        policy: The site's choices.
        wording: For the summary of what would be shown.
        today: Day of the judgement.
        drugs: What everybody is judged for; None = what each person takes.
    """

    knowledge: KnowledgeBase
    policy: Policy
    wording: Wording
    today: date
    drugs: tuple[Ingredient, ...] | None = None

    def judge(self, patient: str, resources: Sequence[Resource]) -> tuple[Row, list[Row]]:
        """
        The person's row, and the rows of their findings.

        Args:
            patient: Id of the Patient resource.
            resources: The person's record.
        """
        denied = denies_genetic_data(resources, self.today, Use.SCREENING)
        readable = [r for r in resources if r.get("resourceType") == "Patient"] if denied else resources
        record = read_record(readable, (), self.knowledge, patient_id=patient, today=self.today)
        case = record.case
        person: Row = {"patient": patient, **_band_and_sex(case.patient)}
        if denied:
            return {**person, "tested": "", "drugs": 0, "fires": 0, "state": DENIED}, []
        orders = self._orders(resources, record.uses)
        rows = [
            {**person, **self._row(finding)}
            for order in orders
            for finding in recommend(order, case, self.knowledge, self.policy)
        ]
        known = (gene for gene, found in case.evidence.items() if found.possible or found.presence)
        tested = " ".join(sorted(known))
        fires = sum(row["fires"] for row in rows)
        return {**person, "tested": tested, "drugs": len(orders), "fires": fires, "state": JUDGED}, rows

    def _orders(self, resources: Sequence[Resource], uses: Sequence[DrugUse]) -> list[Order]:
        if self.drugs is None:
            return list(running_orders(resources, uses, self.knowledge, self.today))
        orders = (Order("", (drug,)) for drug in self.drugs)
        return [replace(order, taken_days=taken_days(order, uses, self.today)) for order in orders]

    def _row(self, finding: Finding) -> Row:
        fires = finding.action not in QUIET
        return {
            "drug": finding.drug.name,
            "order": finding.order.reference,
            "genes": " ".join(dict.fromkeys(use.evidence.gene for use in finding.genes)),
            "results": "; ".join(dict.fromkeys(text for use in finding.genes for text in _results(use))),
            "outcome": finding.outcome.value,
            "action": finding.action.value,
            "urgency": finding.urgency.value if fires else "",
            "fires": fires,
            "source": finding.guideline.source if finding.guideline else "",
            "strength": finding.strength,
            "rules": " ".join(finding.rules),
            "summary": summary(finding, self.wording) if fires else "",
        }


def _results(use: GeneUse) -> Iterator[str]:
    gene = use.evidence.gene
    if use.said:
        yield f"{gene} {use.said}"
        return
    for allele, present in use.alleles:
        yield f"{gene} {allele} {'positive' if present else 'negative'}"
    if not use.alleles:
        for state in (use.state,) if use.state else use.evidence.possible:
            yield " ".join(filter(None, (gene, str(state.diplotype or ""), state.phenotype)))


def _band_and_sex(patient: Patient) -> Row:
    return {"age_band": _band(patient.age_years), "sex": patient.sex or _UNKNOWN}


def _band(years: Decimal | None) -> str:
    if years is None:
        return _UNKNOWN
    return next((name for end, name in _BANDS if years < end), _OLDEST)
