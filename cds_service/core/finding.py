"""What the service concludes about one drug of one order."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

from cds_service.core.actions import Action, DoseAdvice
from cds_service.core.calculator import Calculation
from cds_service.core.delivery import Delivered
from cds_service.core.knowledge_base import Alternative, Drug, Guideline, Implication, LaterStep, PreTest
from cds_service.core.match import Outcome
from cds_service.core.model import Administration, Notice, Order
from cds_service.core.phenotype import GeneState
from cds_service.core.urgency import Urgency
from cds_service.core.weigh import GeneEvidence


class Status(Enum):
    """Whether a replacement fits this person."""

    OFFERED = "offered"
    EXCLUDED = "excluded"


@dataclass(frozen=True, slots=True)
class Choice:
    """
    One replacement, considered.

    Args:
        alternative: The candidate.
        status: Offered, or considered and dropped.
        reasons: Why it was dropped, or what to mind when it is used.
        orderable: True if it may stand on a button: its indication is known and it has a code.
    """

    alternative: Alternative
    status: Status
    reasons: tuple[Notice, ...] = ()
    orderable: bool = True


@dataclass(frozen=True, slots=True)
class GeneUse:
    """
    A gene as the finding used it: what is known, and the state that was matched.

    Of a tumour's marker, which has no such state, `said` holds the finding in words.
    """

    evidence: GeneEvidence
    state: GeneState | None = None
    alleles: tuple[tuple[str, bool], ...] = ()
    said: str = ""


@dataclass(frozen=True, slots=True)
class Opinion:
    """What another source says about the same order."""

    guideline: Guideline
    action: Action
    rule_id: str
    strength: str


@dataclass(frozen=True, slots=True)
class FollowUp:
    """
    A test that can be ordered for what is watched.

    Args:
        what: Key of what is watched.
        code: LOINC code.
        name: Its name, for people.
    """

    what: str
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class DoseProposal:
    """
    A dose for the draft.

    Args:
        before: What the draft asks for.
        share: The factor it comes from; None where it comes from a limit.
        exact: The amount at a time before it is rounded, in the unit of the draft.
        exact_mg: The same in mg, for this person's weight and height; None where that is not needed.
        given: What the product can deliver of it; None where it cannot, or that is not known.
        refused: True if it is known that the product cannot.
        elsewhere: What another product of the same form can deliver, where this one cannot.
    """

    before: Administration
    share: Decimal | None
    exact: Decimal
    exact_mg: Decimal | None = None
    given: Delivered | None = None
    refused: bool = False
    elsewhere: Delivered | None = None


@dataclass(frozen=True, slots=True)
class Cause:
    """
    A running drug that alone makes an order unsuitable.

    Args:
        drug: Its name.
        preferred: What the guideline says of the result as it was tested, where it prefers to change this
            drug; None where it does not.
    """

    drug: str
    preferred: Finding | None = None


@dataclass(frozen=True, slots=True)
class OtherWay:
    """
    The way a finding names second: another drug to change, and its replacements.

    Args:
        drug: The drug that would be replaced.
        choices: Its replacements, offered first.
        add: Key of something to order besides, as of the finding.
    """

    drug: str
    choices: tuple[Choice, ...] = ()
    add: str = ""

    @property
    def offered(self) -> tuple[Choice, ...]:
        """Those that fit this person, best first."""
        return tuple(choice for choice in self.choices if choice.status is Status.OFFERED)


@dataclass(frozen=True, slots=True)
class Finding:
    """
    The conclusion for one ingredient of one order.

    Args:
        order: The draft.
        drug: The ingredient.
        outcome: Which of the five outcomes.
        action: What the prescriber is asked to do.
        urgency: How loud.
        genes: Results used.
        guideline: What the advice follows; None where no guideline speaks.
        strength: The source's grading.
        dose: Dose advice.
        monitoring: What to watch, as keys.
        follow_up: Tests for what to watch.
        implication: What the result means for this drug.
        later: What the source says for later situations.
        add: Something to order besides.
        condition: Key of the words for the condition of the answer (`malignancy`).
        alternatives: Replacements, offered first.
        pretest: The test that is missing.
        rules: Ids of the rules that fired.
        others: What other sources say.
        notices: What else to say.
        comedication: The other drug, where the finding is about two.
        ends: True if the order stops its drug, and the finding is about what goes on without it.
        calculations: Doses that were calculated for this person, the one to follow first.
        over_limit: The draft is known to exceed the limit of the dose advice.
        proposal: The dose that the advice makes of the draft, where both are plain.
        cause: The running drug that alone makes the order unsuitable.
        other_way: What can be changed instead, where there are two ways.
    """

    order: Order
    drug: Drug
    outcome: Outcome
    action: Action
    urgency: Urgency = Urgency.INFO
    genes: tuple[GeneUse, ...] = ()
    guideline: Guideline | None = None
    strength: str = ""
    dose: DoseAdvice | None = None
    monitoring: tuple[str, ...] = ()
    implication: Implication | None = None
    later: tuple[LaterStep, ...] = ()
    add: str = ""
    condition: str = ""
    alternatives: tuple[Choice, ...] = ()
    pretest: PreTest | None = None
    rules: tuple[str, ...] = ()
    others: tuple[Opinion, ...] = ()
    notices: tuple[Notice, ...] = ()
    comedication: str = ""
    ends: bool = False
    calculations: tuple[Calculation, ...] = ()
    over_limit: bool = False
    follow_up: tuple[FollowUp, ...] = ()
    proposal: DoseProposal | None = None
    cause: Cause | None = None
    other_way: OtherWay | None = None

    @property
    def offered(self) -> tuple[Choice, ...]:
        """The replacements that fit this person, best first."""
        return tuple(choice for choice in self.alternatives if choice.status is Status.OFFERED)
