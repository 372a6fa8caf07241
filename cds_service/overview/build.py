"""One view from session to values: the record is read anew, and every drug is judged anew."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from cds_service.cards.reference import CardReference
from cds_service.cards.wording import Wording
from cds_service.core.beside import beside
from cds_service.core.case import Case, Policy
from cds_service.core.current_state import under
from cds_service.core.finding import Finding
from cds_service.core.knowledge_base import KnowledgeBase
from cds_service.core.model import Order
from cds_service.fhir.consent import denies_genetic_data
from cds_service.fhir.values import mapping, mappings, text
from cds_service.hooks.call_data import OpenData
from cds_service.hooks.chart_gaps import nothing_read
from cds_service.hooks.data_needs import FOR_ORDERS
from cds_service.hooks.gather import named_elsewhere
from cds_service.hooks.gathered import NOT_TRIED, Gathered
from cds_service.hooks.record import read_record
from cds_service.hooks.request import HookRequest
from cds_service.overview.drugs import Judge, by_urgency
from cds_service.overview.genes import gene_rows, marker_rows, said
from cds_service.overview.trace import drug_named, trace_of
from cds_service.overview.unseen import AlleleShare, unseen
from cds_service.overview.values import (
    CardTrace,
    DrugAnswer,
    GeneDrugs,
    GeneRow,
    Level,
    Overview,
    Person,
    State,
)

Resource = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class OverviewMaker:
    """
    Makes views; one per process.

    Args:
        knowledge: The compiled knowledge.
        policy: The site's choices.
        wording: Words of cards and pages, in the language of the site.
        open_data: Brings the data of a view.
        shares: How common alleles are.
        now: Day and time, in UTC.
    """

    knowledge: KnowledgeBase
    policy: Policy
    wording: Wording
    open_data: OpenData
    shares: Sequence[AlleleShare]
    now: Callable[[], datetime]

    def make(self, request: HookRequest, context: str = "") -> Overview:
        """
        The view of one patient.

        Args:
            request: Whose record, and with which access.
            context: What the card that led here said; blank = opened without a card.
        """
        data = self.open_data(request)
        gathered = data.gather(FOR_ORDERS)
        resources = list(gathered.resources)
        person = read_person(resources, request.patient_id)
        read_on = self.now().strftime("%Y-%m-%d %H:%M UTC")
        blank = Overview(State.EMPTY, person, read_on, language=self.wording.language)
        if denies_genetic_data(resources, self.now().date()):
            return replace(blank, state=State.DENIED)
        if nothing := nothing_read(gathered):
            return replace(blank, state=State.UNREADABLE, gaps=(nothing,))
        missing = named_elsewhere(resources)
        if missing:
            resources += data.gather((), missing).referenced.values()
        return self._read(request, gathered, resources, person, read_on, context)

    def _read(
        self,
        request: HookRequest,
        gathered: Gathered,
        resources: list[Resource],
        person: Person,
        read_on: str,
        context: str,
    ) -> Overview:
        record = read_record(
            resources,
            (),
            self.knowledge,
            patient_id=request.patient_id,
            today=self.now().date(),
            encounter_id=request.encounter_id,
        )
        case = record.case
        judge = Judge(case, self.knowledge, self.policy, self.wording, gathered, resources, self.now().date())
        findings = judge.findings()
        answers = {name: judge.answer(finding) for name, finding in findings.items()}
        rows = gene_rows(case.evidence, self._as_changed(case), self.wording)
        reference = CardReference.parse(context) if context else None
        trace = self._trace(reference, findings, judge, rows)
        by_gene = _by_gene(rows, answers.values())
        by_marker = self._by_marker(case, answers)
        shown = {a.drug for g in by_gene for a in g.answers} | {a.drug for a in by_marker}
        return Overview(
            state=State.READ if rows or case.markers else State.EMPTY,
            person=person,
            read_on=read_on,
            gaps=tuple(
                (need.key, gap.value) for need, gap in gathered.gaps().items() if gap not in NOT_TRIED
            ),
            notices=said(record.readings.notices, self.wording),
            genes=rows,
            untested=tuple(sorted(set(self.knowledge.genes) - set(case.evidence))),
            markers=marker_rows(case.markers),
            active=by_urgency([answer for answer in answers.values() if answer.active]),
            unknown_medications=self._unknown(case),
            by_gene=by_gene,
            by_marker=by_marker,
            rest=by_urgency([answer for name, answer in answers.items() if name not in shown]),
            trace=trace,
            card_unknown=bool(context) and trace is None,
            unseen=unseen(case.evidence, self.knowledge.genes, self.shares),
            release=self.knowledge.released,
            content=self.knowledge.content_hash[:12],
            language=self.wording.language,
        )

    def _as_changed(self, case: Case) -> Mapping[str, Any]:
        others = beside(Order(""), case, self.knowledge)
        surely = tuple(one for one in others.influences(self.knowledge) if one.cause.guideline)
        return under(case, surely, self.knowledge).evidence

    def _unknown(self, case: Case) -> tuple[str, ...]:
        """Drugs that are taken and that nothing is known about."""
        return tuple(
            ingredient.name
            for ingredient in case.patient.medications
            if not self.knowledge.drugs_in((ingredient,)) and not self.knowledge.effects_of((ingredient,))
        )

    def _trace(
        self,
        reference: CardReference | None,
        findings: Mapping[str, Finding],
        judge: Judge,
        rows: Sequence[GeneRow],
    ) -> CardTrace | None:
        drug = drug_named(reference, self.knowledge) if reference is not None else None
        if reference is None or drug is None:
            return None
        ordered = drug in judge.active_orders()
        return trace_of(reference, findings[drug], judge, rows, from_order=ordered)

    def _by_marker(self, case: Case, answers: Mapping[str, DrugAnswer]) -> tuple[DrugAnswer, ...]:
        tumour = self.knowledge.tumour
        if tumour is None or not case.markers:
            return ()
        tested = {gene for found in case.markers.values() for gene in found.marker.genes}
        drugs = [drug for drug in tumour.drugs if not tested.isdisjoint(tumour.genes_for(drug))]
        return by_urgency([answers[drug] for drug in drugs if drug in answers])


def _by_gene(rows: Sequence[GeneRow], answers: Any) -> tuple[GeneDrugs, ...]:
    listed = tuple(answers)
    groups = (
        GeneDrugs(row, by_urgency([answer for answer in listed if row.gene in answer.genes])) for row in rows
    )
    return tuple(sorted((group for group in groups if group.answers), key=_most_urgent))


def _most_urgent(group: GeneDrugs) -> tuple[int, str]:
    return tuple(Level).index(group.answers[0].level), group.row.gene


def read_person(resources: Sequence[Resource], patient_id: str) -> Person:
    """
    Name, birth date and sex of the Patient resource; blank where it has none.

    >>> names = [{"family": "Roe", "given": ["Ann"]}]
    >>> read_person([{"resourceType": "Patient", "id": "1", "name": names}], "1")
    Person(name='Ann Roe', born='', sex='', ident='1')
    """
    found = next(
        (r for r in resources if r.get("resourceType") == "Patient" and r.get("id") == patient_id), None
    )
    if found is None:
        return Person(ident=patient_id)
    names = sorted(mappings(found.get("name")), key=lambda name: name.get("use") not in ("official", "usual"))
    return Person(
        name=_name(mapping(names[0])) if names else "",
        born=text(found.get("birthDate")),
        sex=text(found.get("gender")),
        ident=patient_id,
    )


def _name(name: Resource) -> str:
    given = name.get("given")
    parts = [part for part in given if isinstance(part, str)] if isinstance(given, list) else []
    return " ".join([*parts, text(name.get("family"))]).strip() or text(name.get("text"))
