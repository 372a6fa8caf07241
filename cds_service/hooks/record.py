"""What a record says of one person, as the engine judges it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from cds_service.core.asked import AskedPatient
from cds_service.core.case import Case
from cds_service.core.evidence import ReportedResult
from cds_service.core.knowledge_base import KnowledgeBase
from cds_service.core.model import Order
from cds_service.core.tumour_weigh import weigh_markers
from cds_service.core.weigh import GeneEvidence, is_from_graft, weigh
from cds_service.fhir.drug_use import DrugUse, read_uses
from cds_service.fhir.grafts import grafted_on
from cds_service.fhir.patient import about_patient, read_patient
from cds_service.fhir.readers import Readings, read_results

Resource = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Record:
    """
    One record, read once.

    Args:
        case: As the engine judges it.
        readings: The results as they were reported, with what could not be used.
        uses: The drugs the record says are taken, or were.
        grafted: Day of the first transplant of somebody else's stem cells; None = none known.
    """

    case: Case
    readings: Readings
    uses: tuple[DrugUse, ...]
    grafted: date | None = None

    @property
    def own_results(self) -> tuple[ReportedResult, ...]:
        """The results that cannot be a stem cell donor's."""
        return tuple(one for one in self.readings.results if not is_from_graft(one, self.grafted))


def read_record(
    resources: Sequence[Resource],
    orders: Sequence[Order],
    knowledge: KnowledgeBase,
    *,
    patient_id: str,
    today: date,
    encounter_id: str | None = None,
    asked: set[str] | None = None,
) -> Record:
    """
    The person, their results and their orders.

    Args:
        resources: The record; what is about somebody else is left out.
        orders: Everything that is about to be ordered.
        knowledge: Genes, markers and codes.
        patient_id: Whose record it is.
        today: Day of the judgement.
        encounter_id: The encounter in which it happens, if there is one.
        asked: Takes up which facts of the person are looked at while the case is judged.
    """
    mine = about_patient(resources, patient_id)
    uses = read_uses(mine, knowledge.drug_codes)
    patient = read_patient(
        mine,
        uses,
        patient_id=patient_id,
        encounter_id=encounter_id,
        drug_codes=knowledge.drug_codes,
        measures=knowledge.measures,
        codes=knowledge.codes,
        today=today,
        local_routes=knowledge.local_routes,
    )
    if asked is not None:
        patient = AskedPatient(patient, asked)
    readings = read_results(resources, codes=knowledge.codes, patient_id=patient_id)
    tumour = knowledge.tumour
    markers = weigh_markers(tumour.markers.values(), readings.results) if tumour else {}
    if asked is not None and readings.results:
        asked.add("problems")
    grafted = grafted_on(mine)
    found = _evidence(readings, knowledge, grafted)
    return Record(Case(patient, found, tuple(orders), markers), readings, uses, grafted)


def _evidence(readings: Readings, knowledge: KnowledgeBase, grafted: date | None) -> dict[str, GeneEvidence]:
    by_gene: dict[str, list[ReportedResult]] = {}
    for result in readings.results:
        by_gene.setdefault(result.gene, []).append(result)
    return {
        symbol: weigh(knowledge.genes[symbol], results, grafted)
        for symbol, results in by_gene.items()
        if symbol in knowledge.genes
    }
