"""What could not be read when a chart was opened, where silence would look like "nothing to change"."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from cds_service.core.case import Case
from cds_service.core.finding import Finding
from cds_service.core.germline import GermlineFinding
from cds_service.core.knowledge_base import KnowledgeBase
from cds_service.core.model import Order
from cds_service.hooks.data_needs import DataNeed
from cds_service.hooks.gathered import Gathered
from cds_service.hooks.running import unread_drugs
from cds_service.hooks.unread import why_consents_are_open, why_nothing_may_be_said, why_silence_is_doubtful

#: What was not read, as a prefetch key, and why, as the value of a `Gap`.
Unread = tuple[str, str]


def nothing_read(gathered: Gathered) -> Unread | None:
    """What keeps everything from being said; None if nothing does."""
    why = why_nothing_may_be_said(gathered)
    if not why:
        return None
    if why_consents_are_open(gathered):
        return DataNeed.CONSENTS.key, why
    return (DataNeed.PATIENT if gathered.usable(DataNeed.RESULTS) else DataNeed.RESULTS).key, why


@dataclass(frozen=True, slots=True)
class ChartGaps:
    """
    Looks for what could not be read of one chart.

    Args:
        gathered: What came.
        knowledge: Drugs and their genes.
        orders: What is taken of the drugs the knowledge speaks about, as far as it was read.
    """

    gathered: Gathered
    knowledge: KnowledgeBase
    orders: Sequence[Order]

    def drugs_unknown(self) -> str:
        """Why more may be taken than was read, as a key; blank if the list is complete."""
        gathered = self.gathered
        reference = unread_drugs(gathered.resources, gathered.unread, self.knowledge)
        return gathered.why(DataNeed.MEDICATIONS) or (reference.value if reference is not None else "")

    def hides(self) -> bool:
        """Whether results that nobody could read may matter: something of ours is taken, or may be."""
        return bool(self.orders) or bool(self.drugs_unknown())

    def among(
        self, case: Case, findings: Sequence[Finding], germline: Sequence[GermlineFinding]
    ) -> tuple[Unread, ...]:
        """
        What was not read although results were: each once.

        Args:
            case: The person.
            findings: About what is taken; a drug that has one is not silent.
            germline: Inherited findings, told or not: whether they are known stands in the problem list.
        """
        return tuple(dict.fromkeys(self._among(case, findings, germline)))

    def _among(
        self, case: Case, findings: Sequence[Finding], germline: Sequence[GermlineFinding]
    ) -> Iterator[Unread]:
        gathered = self.gathered
        if case.evidence and (why := self.drugs_unknown()):
            yield DataNeed.MEDICATIONS.key, why
        if self.orders and (why := gathered.why(DataNeed.RESULTS)):
            yield DataNeed.RESULTS.key, why
        elif why := self._doubt(case, {finding.drug.name for finding in findings}):
            yield DataNeed.LABORATORY.key, why
        if germline and not gathered.complete(DataNeed.CONDITIONS):
            yield DataNeed.CONDITIONS.key, gathered.why(DataNeed.CONDITIONS)

    def _doubt(self, case: Case, told: Collection[str]) -> str:
        """Why a drug may be silent for want of results that a laboratory keeps under codes of its own."""
        for order in self.orders:
            for drug in self.knowledge.drugs_in(order.ingredients):
                silent = drug.name not in told
                if silent and (why := why_silence_is_doubtful(self.gathered, drug.genes, case.evidence)):
                    return why
        return ""
