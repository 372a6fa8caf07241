"""The hook `patient-view`: a quiet overview of results on file that matter for what is taken."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from cds_service.cards.card import CardMaker
from cds_service.core.case import Policy
from cds_service.core.decide import facts_of
from cds_service.core.finding import Finding
from cds_service.core.germline import GermlineFinding, germline_findings
from cds_service.core.knowledge_base import KnowledgeBase
from cds_service.core.model import Order
from cds_service.core.recommend import Case, recommend
from cds_service.core.running import concerns_running_therapy
from cds_service.core.urgency import Urgency
from cds_service.fhir.consent import Use, denies_genetic_data
from cds_service.fhir.drug_use import read_uses
from cds_service.hooks.call_data import OpenData
from cds_service.hooks.chart_gaps import ChartGaps, Unread, nothing_read
from cds_service.hooks.data_needs import FOR_CHART, GENETIC, DataNeed
from cds_service.hooks.gather import named_elsewhere
from cds_service.hooks.gathered import Gathered
from cds_service.hooks.record import Record, read_record
from cds_service.hooks.request import HookRequest
from cds_service.hooks.restraint import Restraint
from cds_service.hooks.running import running_orders
from cds_service.hooks.trail import Stage, Trail
from cds_service.hooks.unread import refuse_if_no_way, why_consents_are_open

#: This service is for professionals; people who open their own record are not its readers.
_PROFESSIONALS = ("Practitioner/", "PractitionerRole/")
_LOUDEST_FIRST = {urgency: rank for rank, urgency in enumerate(reversed(Urgency))}


@dataclass(frozen=True, slots=True)
class ChartView:
    """
    Judges a chart that was opened.

    Nobody has asked about a drug, so there is one card at most. What could not be read has a line on it, and
    makes the card by itself where silence would look like "nothing to change": where something is taken, or
    may be, that the results matter for.

    Args:
        knowledge, policy, cards, open_data, today, restraint: As of `Evaluator`.
        with_germline: Also tell inherited findings that matter without a drug.
    """

    knowledge: KnowledgeBase
    policy: Policy
    cards: CardMaker
    open_data: OpenData
    today: Callable[[], date]
    restraint: Restraint
    with_germline: bool = True

    def evaluate(self, request: HookRequest, trail: Trail | None = None) -> dict[str, Any]:
        """
        No card, or one.

        Raises:
            MissingDataError: If genomic results were neither sent nor can be fetched.
        """
        trail = trail or Trail(lambda: 0.0)
        if not request.user_id.startswith(_PROFESSIONALS):
            return {"cards": []}
        trail.enter(Stage.GATHER)
        gathered = self._gather(request)
        trail.gathered(gathered)
        trail.enter(Stage.JUDGE)
        if denies_genetic_data(gathered.resources, self.today()):
            return {"cards": []}
        if not why_consents_are_open(gathered):
            refuse_if_no_way(gathered)
        orders = self._orders(gathered)
        gaps = ChartGaps(gathered, self.knowledge, orders)
        if nothing := nothing_read(gathered):
            return self._answer(request, (), (), (nothing,) if gaps.hides() else ())
        record = read_record(
            gathered.resources, (), self.knowledge, patient_id=request.patient_id, today=self.today()
        )
        findings = self._findings(orders, record.case)
        trail.concluded(findings)
        germline = self._germline(record) if self._may_tell_inherited(gathered) else ()
        trail.enter(Stage.CARDS)
        # Without the problem list nobody knows whether an inherited finding is news.
        news = germline if gathered.usable(DataNeed.CONDITIONS) else ()
        unread = gaps.among(record.case, findings, germline)
        return self._answer(request, self.restraint.allowed(findings), news, unread)

    def _answer(
        self,
        request: HookRequest,
        findings: Sequence[Finding],
        germline: Sequence[GermlineFinding],
        unread: Sequence[Unread],
    ) -> dict[str, Any]:
        if not findings and not germline and not unread:
            return {"cards": []}
        return {"cards": [self.cards.overview(findings, germline, unread, request.hook_instance)]}

    def _may_tell_inherited(self, gathered: Gathered) -> bool:
        """Nobody asked about inherited findings: who allows results for treatment may not allow that."""
        return self.with_germline and not denies_genetic_data(gathered.resources, self.today(), Use.SCREENING)

    def _gather(self, request: HookRequest) -> Gathered:
        """
        What is needed; the long search for a laboratory's own codes only where something of ours is taken.

        Nothing genetic is asked for before the consents are known.
        What the resources refer to, and nobody sent, is read as well: drugs of orders, results of reports.
        """
        data = self.open_data(request)
        asked, named = frozenset(FOR_CHART) - GENETIC, tuple[str, ...]()
        while True:
            gathered = data.gather(asked, named)
            if denies_genetic_data(gathered.resources, self.today()) or why_consents_are_open(gathered):
                return gathered
            wanted = GENETIC if self._orders(gathered) else GENETIC - {DataNeed.LABORATORY}
            new = wanted - asked - gathered.outcomes.keys()
            elsewhere = tuple(dict.fromkeys((*named, *named_elsewhere(gathered.resources))))
            if not new and elsewhere == named:
                return gathered
            asked, named = asked | new, elsewhere

    def _orders(self, gathered: Gathered) -> list[Order]:
        """What is taken of the drugs the knowledge speaks about."""
        uses = read_uses(gathered.resources, self.knowledge.drug_codes)
        return list(running_orders(gathered.resources, uses, self.knowledge, self.today()))

    def _findings(self, orders: Sequence[Order], case: Case) -> list[Finding]:
        """About everything that is taken, most urgent first."""
        found = [
            finding
            for order in orders
            for finding in recommend(order, case, self.knowledge, self.policy)
            if concerns_running_therapy(finding)
        ]
        return sorted(found, key=lambda finding: _LOUDEST_FIRST[finding.urgency])

    def _germline(self, record: Record) -> tuple[GermlineFinding, ...]:
        facts = facts_of(Order(""), record.case, self.knowledge)
        return germline_findings(record.own_results, self.knowledge.germline, facts)
