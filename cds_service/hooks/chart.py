"""The hook `patient-view`: a quiet overview of results on file that matter for what is taken."""

from __future__ import annotations

from collections.abc import Callable
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
from cds_service.fhir.consent import denies_genetic_data
from cds_service.fhir.drug_use import read_uses
from cds_service.fhir.readers import read_results
from cds_service.hooks.call_data import OpenData
from cds_service.hooks.data_needs import FOR_CHART, DataNeed
from cds_service.hooks.gathered import Gathered
from cds_service.hooks.record import read_case
from cds_service.hooks.request import HookRequest
from cds_service.hooks.restraint import Restraint
from cds_service.hooks.running import running_orders
from cds_service.hooks.trail import Stage, Trail
from cds_service.hooks.unread import refuse_if_no_way, why_nothing_may_be_said

#: This service is for professionals; people who open their own record are not its readers.
_PROFESSIONALS = ("Practitioner/", "PractitionerRole/")
_LOUDEST_FIRST = {urgency: rank for rank, urgency in enumerate(reversed(Urgency))}


@dataclass(frozen=True, slots=True)
class ChartView:
    """
    Judges a chart that was opened.

    Silence says nothing here: nobody has asked about a drug. So what could not be read makes no card; the
    order hooks tell it when it matters.

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
        gathered = self.open_data(request).gather(FOR_CHART)
        trail.gathered(gathered)
        trail.enter(Stage.JUDGE)
        if denies_genetic_data(gathered.resources, self.today()):
            return {"cards": []}
        refuse_if_no_way(gathered)
        if why_nothing_may_be_said(gathered):
            return {"cards": []}
        case = read_case(
            gathered.resources, (), self.knowledge, patient_id=request.patient_id, today=self.today()
        )
        findings = self._findings(gathered, case)
        trail.concluded(findings)
        trail.enter(Stage.CARDS)
        kept = self.restraint.allowed(findings)
        germline = self._germline(gathered, case, request) if self.with_germline else ()
        if not kept and not germline:
            return {"cards": []}
        return {"cards": [self.cards.overview(kept, germline, request.hook_instance)]}

    def _findings(self, gathered: Gathered, case: Case) -> list[Finding]:
        """About everything that is taken, most urgent first."""
        uses = read_uses(gathered.resources, self.knowledge.drug_codes)
        found = [
            finding
            for order in running_orders(gathered.resources, uses, self.knowledge, self.today())
            for finding in recommend(order, case, self.knowledge, self.policy)
            if concerns_running_therapy(finding)
        ]
        return sorted(found, key=lambda finding: _LOUDEST_FIRST[finding.urgency])

    def _germline(self, gathered: Gathered, case: Case, request: HookRequest) -> tuple[GermlineFinding, ...]:
        if not gathered.usable(DataNeed.CONDITIONS):
            return ()  # nobody knows whether it is known already
        results = read_results(
            gathered.resources, codes=self.knowledge.codes, patient_id=request.patient_id
        ).results
        return germline_findings(results, self.knowledge.germline, facts_of(Order(""), case, self.knowledge))
