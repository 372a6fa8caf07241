"""Every drug of the knowledge against one person's results, by the engine that makes the cards."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from cds_service.cards.detail import detail
from cds_service.cards.results import result_words
from cds_service.cards.summary import summary
from cds_service.cards.wording import Wording
from cds_service.core.actions import QUIET, Action
from cds_service.core.case import Case, Policy
from cds_service.core.decide import rank
from cds_service.core.finding import Finding
from cds_service.core.knowledge_base import Drug, Guideline, KnowledgeBase
from cds_service.core.match import Outcome
from cds_service.core.model import Ingredient, Order
from cds_service.core.recommend import recommend
from cds_service.core.urgency import Urgency
from cds_service.core.weigh import ResultState
from cds_service.fhir.drug_use import DrugUse, read_uses
from cds_service.fhir.medication import index_medications, read_order
from cds_service.fhir.therapy import taken_days
from cds_service.hooks.gathered import Gathered
from cds_service.hooks.unread import why_silence_is_doubtful
from cds_service.overview.values import Citation, DrugAnswer, Level

Resource = Mapping[str, Any]

_STOPS = frozenset({Action.CONTRAINDICATED, Action.AVOID, Action.ESCALATE, Action.NOT_INDICATED})
_QUESTIONS = frozenset({Action.TEST_FIRST, Action.RESOLVE_CONFLICT})
_ADVISED = frozenset({Action.STANDARD, Action.SUPPORTED})
_ORDER = tuple(Level)
#: A result that is there and cannot be used is a question, not "no result".
_UNUSABLE = frozenset(
    {
        ResultState.PENDING,
        ResultState.DONOR_BLOOD,
        ResultState.UNREADABLE,
        ResultState.NO_CALL,
        ResultState.NOT_TRANSLATABLE,
        ResultState.PARTIAL,
    }
)


@dataclass(frozen=True, slots=True)
class Judge:
    """
    Judges drugs for one person.

    Args:
        case: The person.
        knowledge: The compiled knowledge.
        policy: The site's choices.
        wording: Words of cards and pages.
        gathered: What was read of the record, for what is missing.
        resources: All that was read, with the drugs that orders refer to.
        today: Day of the judgement.
    """

    case: Case
    knowledge: KnowledgeBase
    policy: Policy
    wording: Wording
    gathered: Gathered
    resources: Sequence[Resource]
    today: date

    def findings(self) -> dict[str, Finding]:
        """The finding for every drug of the knowledge, by name."""
        orders = self.active_orders()
        uses = read_uses(self.resources, self.knowledge.drug_codes)
        return {
            name: self._finding(drug, orders.get(name), uses)
            for name, drug in sorted(self.knowledge.drugs.items())
        }

    def active_orders(self) -> dict[str, Order]:
        """Drug -> the active order it is part of, with dose and reason as far as they are known."""
        medications = index_medications(list(self.resources))
        found: dict[str, Order] = {}
        for resource in self.resources:
            if resource.get("resourceType") != "MedicationRequest" or resource.get("status") != "active":
                continue
            reading = read_order(resource, drug_codes=self.knowledge.drug_codes, medications=medications)
            if reading is not None:
                for drug in self.knowledge.drugs_in(reading.order.ingredients):
                    found.setdefault(drug.name, reading.order)
        return found

    def answer(self, finding: Finding) -> DrugAnswer:
        """A finding for the page."""
        drug = finding.drug
        doubt = self._doubt(drug) if finding.action in QUIET else ""
        level, words = self._level(finding, doubt)
        quiet = finding.action in QUIET
        return DrugAnswer(
            drug=drug.name,
            level=level,
            words=words,
            summary="" if quiet else summary(finding, self.wording),
            # The last one names source and release, which the page shows by itself, with links.
            paragraphs=() if quiet else tuple(pieces(self._detail(finding)))[:-1],
            because="; ".join(result_words(use, self.wording) for use in finding.genes),
            genes=tuple(sorted(drug.genes)),
            active=drug.name in self._taken(),
            citation=self.citation(finding.guideline, finding.strength) if finding.guideline else None,
            others=tuple(
                (self.wording.say(f"action.{o.action.value}"), self.citation(o.guideline, o.strength))
                for o in finding.others
            ),
            rules=finding.rules,
        )

    def citation(self, guideline: Guideline, strength: str) -> Citation:
        """A guideline as a citation."""
        graded = self.wording.say(f"strength.{strength}") if strength else ""
        return Citation(f"{guideline.name}, {guideline.version}", guideline.url, graded, guideline.pmids)

    # -- one drug --

    def _finding(self, drug: Drug, ordered: Order | None, uses: Sequence[DrugUse]) -> Finding:
        order = ordered or Order("", (Ingredient(drug.name, next(iter(drug.rxcuis), None)),))
        days = taken_days(order, uses, self.today)
        findings = recommend(replace(order, taken_days=days), self.case, self.knowledge, self.policy)
        mine = [finding for finding in findings if finding.drug.name == drug.name]
        return min(mine or findings, key=rank)

    def _detail(self, finding: Finding) -> str:
        labels = dict(self.knowledge.source_labels)
        return detail(finding, self.wording, self.knowledge.released, labels)

    def _taken(self) -> frozenset[str]:
        return frozenset(drug.name for drug in self.knowledge.drugs_in(self.case.patient.medications))

    def _level(self, finding: Finding, doubt: str) -> tuple[Level, str]:
        action = self.wording.say(f"action.{finding.action.value}")
        if finding.action in _STOPS or (finding.urgency is Urgency.CRITICAL and finding.action not in QUIET):
            return Level.STOP, action
        if finding.action in _QUESTIONS:
            return Level.ASK, action
        if finding.action not in QUIET:
            return Level.CHANGE, action
        if doubt:
            return Level.ASK, self.wording.say("level.unchecked")
        if finding.outcome is Outcome.GUIDANCE and finding.action in _ADVISED:
            return Level.USUAL, action
        for gene in sorted(finding.drug.genes):
            found = self.case.evidence.get(gene)
            if found is not None and found.state in _UNUSABLE:
                return Level.ASK, self._of([gene], found.state.value)
        untested = sorted(finding.drug.genes - set(self.case.evidence))
        genes = untested if finding.outcome is Outcome.NOT_TESTED else []
        return Level.NONE, self._of(genes, finding.outcome.value)

    def _of(self, genes: Sequence[str], why: str) -> str:
        """Why there is no advice, and for want of which genes."""
        what = self.wording.say(f"level.{why}")
        return self.wording.say("level.of", genes=", ".join(genes), what=what) if genes else what

    def _doubt(self, drug: Drug) -> str:
        tumour = self.knowledge.tumour
        genes = drug.genes | (tumour.genes_for(drug.name) if tumour else frozenset())
        markers = (gene for found in self.case.markers.values() for gene in found.marker.genes)
        return why_silence_is_doubtful(self.gathered, genes, {*self.case.evidence, *markers})


def by_urgency(answers: Sequence[DrugAnswer]) -> tuple[DrugAnswer, ...]:
    """What asks for most comes first; drugs that are taken before others of the same level."""
    return tuple(sorted(answers, key=lambda a: (_ORDER.index(a.level), not a.active, a.drug)))


def pieces(text: str) -> Iterator[tuple[tuple[bool, str], ...]]:
    """
    The paragraphs of a card's detail as pieces of `(is strong, text)`.

    Details have nothing else of Markdown than blank lines, `**strong**` and escaped signs.

    >>> list(pieces("**Watch:** CYP2C19 \\\\*2.\\n\\nEnd."))
    [((True, 'Watch:'), (False, ' CYP2C19 *2.')), ((False, 'End.'),)]
    """
    for paragraph in text.split("\n\n"):
        parts, strong, piece, signs = [], False, "", iter(paragraph)
        for sign in signs:
            if sign == "\\":
                piece += next(signs, "")
            elif sign == "*":
                next(signs, "")
                parts.append((strong, piece))
                strong, piece = not strong, ""
            else:
                piece += sign
        parts.append((strong, piece))
        yield tuple(part for part in parts if part[1])
