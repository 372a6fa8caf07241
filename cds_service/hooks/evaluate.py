"""One hook call from request to cards."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from cds_service.cards.card import CardMaker
from cds_service.core.actions import QUIET
from cds_service.core.errors import MissingDataError
from cds_service.core.finding import Finding
from cds_service.core.knowledge_base import Drug, KnowledgeBase
from cds_service.core.model import Identification, Notice, Order
from cds_service.core.recommend import Case, Policy, recommend
from cds_service.fhir.consent import denies_genetic_data
from cds_service.fhir.medication import OrderReading, index_medications, read_order
from cds_service.fhir.therapy import taken_days
from cds_service.hooks.call_data import CallData, OpenData
from cds_service.hooks.data_needs import FIRST, GENETIC, DataNeed, needs_behind
from cds_service.hooks.gather import named_elsewhere
from cds_service.hooks.gathered import Gathered
from cds_service.hooks.record import Record, read_record
from cds_service.hooks.request import HookRequest
from cds_service.hooks.restraint import Restraint
from cds_service.hooks.trail import Stage, Trail
from cds_service.hooks.unread import (
    refuse_if_no_way,
    why_consents_are_open,
    why_nothing_may_be_said,
    why_silence_is_doubtful,
)

Resource = Mapping[str, Any]

#: More drafts than this in one call are not judged; the card says so.
MOST_ORDERS = 100
#: Drug orders of DSTU2 and before: passed over in silence, they would look checked.
_OLDER_ORDERS = frozenset({"MedicationOrder", "MedicationPrescription"})


def without_view(request: HookRequest) -> str:  # noqa: ARG001
    """No detail view for anybody."""
    return ""


@dataclass(frozen=True, slots=True)
class Judgement:
    """
    What can be said by what has come.

    Args:
        gathered: What has come.
        findings: About the orders.
        doubts: Name of a drug without an advice -> why it may not have been checked; blank if it was.
    """

    gathered: Gathered
    findings: tuple[Finding, ...] = ()
    doubts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Evaluator:
    """
    Judges hook calls.

    Args:
        knowledge: The compiled knowledge.
        policy: The site's choices.
        cards: Makes the cards.
        open_data: Brings the data of a call.
        today: Day of the call.
        restraint: Decides which of the cards are shown.
        view_for: Where this caller can launch the detail view; blank = it cannot.
    """

    knowledge: KnowledgeBase
    policy: Policy
    cards: CardMaker
    open_data: OpenData
    today: Callable[[], date]
    restraint: Restraint
    view_for: Callable[[HookRequest], str] = without_view

    def evaluate(self, request: HookRequest, trail: Trail | None = None) -> dict[str, Any]:
        """
        The answer to a hook call: cards for the selected orders.

        Args:
            request: The call.
            trail: Takes down what happens; None = nobody wants to know.

        Raises:
            MissingDataError: If genomic results were neither sent nor can be fetched.
        """
        trail = trail or Trail(lambda: 0.0)
        trail.enter(Stage.ORDERS)
        data = self.open_data(request)
        readings = self._read_orders(request, request.draft_orders)
        missing = sorted({r.reference_to_fetch for r in readings if r.reference_to_fetch})
        if missing:
            fetched = data.gather((), missing)
            trail.gathered(fetched)
            readings = self._read_orders(request, (*request.draft_orders, *fetched.referenced.values()))
        readings = [_with_drug_named_elsewhere(reading) for reading in readings]
        cards = self._unreadable(request, readings)
        orders = _with_selection(readings, request)
        judged = [order for order in orders if order.selected]
        drugs = self._known_drugs(judged)
        cards += self._not_recognised(judged, request)
        if len(judged) > MOST_ORDERS:
            cards.append(self._too_many(request))
            judged = judged[:MOST_ORDERS]
        if not drugs:
            return {"cards": self.restraint.answer(cards, (), (), request, trail)}
        judgement = self._judged_in_rounds(data, request, orders, judged, trail)
        if denies_genetic_data(judgement.gathered.resources, self.today()):
            return {"cards": self.restraint.answer(cards, (), (), request, trail)}
        made = []
        trail.concluded(judgement.findings)
        trail.enter(Stage.CARDS)
        subject = {"reference": f"Patient/{request.patient_id}"}
        drafts = {_reference(draft): {"subject": subject, **draft} for draft in request.draft_orders}
        for number, finding in enumerate(judgement.findings):
            draft = drafts[finding.order.reference]
            view = self.view_for(request)
            card = self.cards.card(finding, draft, request.hook_instance, number, view)
            if card is not None:
                made.append((finding, card))
        unchecked = self._not_checked(judgement.doubts, request)
        return {"cards": self.restraint.answer(cards, made, unchecked, request, trail)}

    def _judged_in_rounds(
        self,
        data: CallData,
        request: HookRequest,
        orders: Sequence[Order],
        judged: Sequence[Order],
        trail: Trail,
    ) -> Judgement:
        """
        Ask for consents, then for results, judge, ask for what was looked at, until all of that is there.

        Nothing genetic is asked for before the consents are known. What nobody looked at cannot change the
        answer. What the call brought along is there from the start: with a full prefetch there is one round.
        """
        asked: frozenset[DataNeed] = FIRST
        named: tuple[str, ...] = ()
        while True:
            trail.enter(Stage.GATHER)
            gathered = data.gather(asked, named)
            trail.enter(Stage.JUDGE)
            if denies_genetic_data(gathered.resources, self.today()):
                trail.gathered(gathered)
                return Judgement(gathered)
            if why := why_consents_are_open(gathered):
                trail.gathered(gathered)
                return Judgement(gathered, doubts=dict.fromkeys(self._names(judged), why))
            if genetic := GENETIC - asked - gathered.outcomes.keys():
                asked |= genetic
                continue
            try:
                refuse_if_no_way(gathered)
            except MissingDataError:
                trail.gathered(gathered)
                raise
            looked_at: set[str] = set()
            judgement = self._judge(orders, judged, gathered, request, looked_at)
            # Something is about another person: does the server answer for ours at all?
            person = {DataNeed.PATIENT} if _is_about_others(gathered) else set()
            new = (needs_behind(looked_at) | person) - asked - gathered.outcomes.keys()
            elsewhere = tuple(dict.fromkeys((*named, *named_elsewhere(gathered.resources))))
            if not new and elsewhere == named:
                trail.gathered(gathered)
                return judgement
            asked, named = asked | new, elsewhere

    def _judge(
        self,
        orders: Sequence[Order],
        judged: Sequence[Order],
        gathered: Gathered,
        request: HookRequest,
        looked_at: set[str],
    ) -> Judgement:
        """What can be said by what has come so far."""
        if why := why_nothing_may_be_said(gathered):
            return Judgement(gathered, doubts=dict.fromkeys(self._names(judged), why))
        known = self._known_drugs(judged)
        record = self._record(orders, gathered, request, looked_at)
        case = record.case
        findings = self._findings(judged, record, gathered)
        spoken_of = {finding.drug.name for finding in findings if finding.action not in QUIET}
        silent = [drug for drug in known if drug.name not in spoken_of]
        doubts = {drug.name: self._doubt(drug, gathered, case) for drug in silent}
        return Judgement(gathered, tuple(findings), doubts)

    # -- orders --------------------------------------------------------------------------------

    def _read_orders(self, request: HookRequest, resources: Iterable[Resource]) -> list[OrderReading]:
        medications = index_medications(list(resources))
        found = []
        for draft in request.draft_orders:
            reading = read_order(draft, drug_codes=self.knowledge.drug_codes, medications=medications)
            if reading is not None:
                found.append(reading)
        return found

    def _known_drugs(self, orders: Sequence[Order]) -> list[Drug]:
        return [drug for order in orders for drug in self.knowledge.drugs_in(order.ingredients)]

    def _names(self, orders: Sequence[Order]) -> list[str]:
        return [drug.name for drug in self._known_drugs(orders)]

    # -- judgement -----------------------------------------------------------------------------

    def _record(
        self, orders: Sequence[Order], gathered: Gathered, request: HookRequest, looked_at: set[str]
    ) -> Record:
        return read_record(
            gathered.resources,
            orders,
            self.knowledge,
            patient_id=request.patient_id,
            encounter_id=request.encounter_id,
            today=self.today(),
            asked=looked_at,
        )

    def _doubt(self, drug: Drug, gathered: Gathered, case: Case) -> str:
        """Why no card for a drug may be due to results that were not read; empty if it is not."""
        tumour = self.knowledge.tumour
        genes = drug.genes | (tumour.genes_for(drug.name) if tumour else frozenset())
        read = {*case.evidence, *(gene for found in case.markers.values() for gene in found.marker.genes)}
        return why_silence_is_doubtful(gathered, genes, read)

    def _findings(self, judged: Sequence[Order], record: Record, gathered: Gathered) -> list[Finding]:
        today = self.today()
        incomplete = () if gathered.complete(DataNeed.RESULTS) else (Notice.of("incomplete-results"),)
        found = []
        for order in judged:
            since = taken_days(order, record.uses, today)
            for finding in recommend(
                replace(order, taken_days=since), record.case, self.knowledge, self.policy
            ):
                found.append(_with_notices(finding, incomplete))
        return found

    # -- what could not be checked -------------------------------------------------------------

    def _unreadable(self, request: HookRequest, readings: Sequence[OrderReading]) -> list[dict[str, Any]]:
        """One card for each entry that is no resource or a drug order of an older FHIR, and for each order
        that no card could be tied to."""
        older = [n for n, draft in enumerate(request.draft_orders) if draft["resourceType"] in _OLDER_ORDERS]
        nameless = [
            number
            for number, reading in enumerate(readings)
            if not reading.order.reference and reading.order.identified_by is not Identification.NONE
        ]
        return [
            self.cards.notice(
                "order-unreadable",
                request.hook_instance,
                detail_key="unreadable-detail",
                topic="orderUnreadable",
                about=f"{kind} {index}",
                index=str(index + 1),
            )
            for kind, listed in (
                ("entry", request.unreadable_drafts),
                ("order", nameless),
                ("older", older),
            )
            for index in listed
        ]

    def _not_recognised(self, orders: Sequence[Order], request: HookRequest) -> list[dict[str, Any]]:
        return [
            self.cards.notice(
                "drug-unknown",
                request.hook_instance,
                detail_key="drug-unknown-detail",
                topic="drugUnknown",
                about=order.reference,
                label=order.label[:80] or order.reference,
            )
            for order in orders
            if order.identified_by is Identification.UNKNOWN
        ]

    def _too_many(self, request: HookRequest) -> dict[str, Any]:
        return self.cards.notice(
            "orders-too-many",
            request.hook_instance,
            detail_key="too-many-detail",
            topic="ordersTooMany",
            count=str(MOST_ORDERS),
        )

    def _not_checked(self, drugs: Mapping[str, str], request: HookRequest) -> list[dict[str, Any]]:
        """A card for each drug that was not checked, by name, with the reason; none where that is blank."""
        return [
            self.cards.notice(
                "results-not-available",
                request.hook_instance,
                detail_key="not-available-detail",
                topic="resultsNotAvailable",
                about=name,
                drug=name,
                why=self.cards.wording.say(f"gap.{why}"),
            )
            for name, why in sorted(drugs.items())
            if why
        ]


def _with_notices(finding: Finding, more: tuple[Notice, ...]) -> Finding:
    return replace(finding, notices=(*finding.notices, *more)) if more else finding


def _is_about_others(gathered: Gathered) -> bool:
    return any(notice.key == "other-patient-dropped" for notice in gathered.notices)


def _reference(draft: Resource) -> str:
    return f"{draft.get('resourceType')}/{draft.get('id')}"


def _with_drug_named_elsewhere(reading: OrderReading) -> OrderReading:
    """A drug that stands in a Medication nobody could read is not recognised: the order does have a drug."""
    named = reading.reference_to_fetch or any(item.key == "medication-not-found" for item in reading.notices)
    if not named or reading.order.identified_by is not Identification.NONE:
        return reading
    return replace(reading, order=replace(reading.order, identified_by=Identification.UNKNOWN))


def _with_selection(readings: Sequence[OrderReading], request: HookRequest) -> list[Order]:
    """
    At order-select only the picked drafts are judged; the others are context.

    Selections that name no draft at all are ignored: an order is rather judged twice than not at all.
    """
    named = [reading.order for reading in readings if reading.order.reference]
    picked = request.selections
    if picked is None or not any(order.reference in picked for order in named):
        return named
    return [replace(order, selected=order.reference in picked) for order in named]
