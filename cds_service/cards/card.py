"""One finding as one CDS Hooks card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

from cds_service.cards.detail import detail
from cds_service.cards.extension import extension, language_mark
from cds_service.cards.more import more_card
from cds_service.cards.overview import overview_card
from cds_service.cards.reference import view_link
from cds_service.cards.suggestions import Style, suggestions
from cds_service.cards.summary import LIMIT, summary
from cds_service.cards.wording import Wording
from cds_service.core.actions import QUIET, Action
from cds_service.core.finding import Finding
from cds_service.core.germline import GermlineFinding
from cds_service.core.urgency import Urgency

TOPICS = "urn:pgx-cds:topic"
NON_ADHERENCE = "http://terminology.hl7.org/CodeSystem/non-adherence-reason-codes"
#: Reasons that HL7's list does not have.
OWN_REASONS = "urn:pgx-cds:override-reason"
_OVERRIDES = (
    "patient-contraindication",
    "action-performed-no-adverse-effect",
    "does-not-align-preferences",
    "recipient-disagrees-evidence",
    "expert-contradicts",
    "service-not-available",
    "cds-not-applicable",
)
#: Where a result is missing or cannot be used, nothing is replaced: other reasons speak against waiting.
_OVERRIDES_OF_RESULTS = (
    "action-completed",
    "patient-refuses",
    "service-not-available",
    "recipient-disagrees-evidence",
    "expert-contradicts",
    "cds-not-applicable",
)
_ABOUT_RESULTS = frozenset({Action.TEST_FIRST, Action.RESOLVE_CONFLICT})


@dataclass(frozen=True, slots=True)
class CardMaker:
    """
    Makes cards in one language and style.

    Args:
        wording: The phrases.
        style: How replacements are written.
        released: Date of the knowledge release.
        sources: Source id -> label.
    """

    wording: Wording
    style: Style
    released: str
    sources: dict[str, str]

    def card(
        self, finding: Finding, draft: Mapping[str, Any], call: str, number: int = 0, view: str = ""
    ) -> dict[str, Any] | None:
        """
        The card of a finding, or None if the order stays as it is.

        Args:
            finding: What was concluded.
            draft: The order as it was sent; replacements keep its subject, reason and requester.
            call: Identifier of the hook call; makes card identifiers unique to the response, and the same for
                the same request.
            number: Position of the finding in the answer.
            view: Where the detail view is launched; blank = there is none for this caller.
        """
        if finding.action in QUIET:
            return None
        uuid = uuid5(
            _namespace(call),
            f"{number}/{finding.order.reference}/{finding.drug.name}/{','.join(finding.rules)}",
        )
        card: dict[str, Any] = {
            "uuid": str(uuid),
            "summary": summary(finding, self.wording),
            "indicator": finding.urgency.value,
            "detail": detail(finding, self.wording, self.released, self.sources),
            "source": self._source(finding),
        }
        offered = suggestions(finding, draft, self.wording, self.style, uuid)
        if offered:
            card["suggestions"] = offered
            card["selectionBehavior"] = "any" if self.style is Style.SEPARATE else "at-most-one"
        card["overrideReasons"] = self._override_reasons(finding)
        links = self._links(finding, view)
        if links:
            card["links"] = links
        card["extension"] = {**extension(finding, self.wording, self.sources), **language_mark(self.wording)}
        return card

    def notice(
        self, key: str, call: str, *, detail_key: str, topic: str, about: str = "", **slots: str
    ) -> dict[str, Any]:
        """
        An informative card about something that could not be checked.

        Args:
            key: Summary phrase.
            call: Identifier of the hook call.
            detail_key: Detail phrase.
            topic: Topic code.
            about: What makes the identifier unique within the response.
            slots: Slots of both phrases.
        """
        text = self.wording.say(f"summary.{key}", **slots)
        mark = language_mark(self.wording)
        return {
            "uuid": str(uuid5(_namespace(call), f"{key}/{about}")),
            "summary": text if len(text) <= LIMIT else text[: LIMIT - 1] + "…",
            "indicator": Urgency.INFO.value,
            "detail": self.wording.say(f"text.{detail_key}", **slots),
            "source": {"label": "pgx-cds", "topic": {"system": TOPICS, "code": topic}},
            **({"extension": mark} if mark else {}),
        }

    def more(self, left_out: Sequence[Mapping[str, Any]], call: str) -> dict[str, Any]:
        """One card that names several others which did not fit into the answer, most urgent first."""
        return more_card(left_out, self.wording, _namespace(call), TOPICS)

    def overview(
        self,
        findings: Sequence[Finding],
        germline: Sequence[GermlineFinding],
        unread: Sequence[tuple[str, str]],
        call: str,
    ) -> dict[str, Any]:
        """One card about what is taken, what else is on file and what was not read; see `overview_card`."""
        return overview_card(
            findings, germline, unread, self.wording, self.sources, self.released, _namespace(call), TOPICS
        )

    def _links(self, finding: Finding, view: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        if finding.guideline is not None:
            label = self.sources.get(finding.guideline.source, finding.guideline.source)
            text = self.wording.say("text.guideline-link", source=label)
            found.append({"label": text, "url": finding.guideline.url, "type": "absolute"})
        if view:
            found.append(view_link(finding, view, self.wording))
        return found

    def _source(self, finding: Finding) -> dict[str, Any]:
        genes = sorted({use.evidence.gene for use in finding.genes} or finding.drug.genes)
        code = "".join(sign for part in (finding.drug.name, *genes) for sign in part if sign.isalnum())[:100]
        topic = {
            "system": TOPICS,
            "code": code,
            "display": f"{finding.drug.name}: {', '.join(genes)}".rstrip(": "),
        }
        if finding.guideline is not None:
            guideline = finding.guideline
            return {"label": f"{guideline.name}, {guideline.version}", "url": guideline.url, "topic": topic}
        if finding.pretest is not None:
            return {"label": f"{finding.pretest.authority}: {finding.drug.name}", "topic": topic}
        return {"label": "pgx-cds", "topic": topic}

    def _override_reasons(self, finding: Finding) -> list[dict[str, str]]:
        """HL7's codes where there are any, and ours: treatment cannot wait, the result is doubted."""
        about_results = finding.action in _ABOUT_RESULTS
        codes = [(NON_ADHERENCE, code) for code in (_OVERRIDES_OF_RESULTS if about_results else _OVERRIDES)]
        if about_results:
            codes.insert(0, (OWN_REASONS, "cannot-wait"))
        elif finding.genes:
            codes.append((OWN_REASONS, "result-doubted"))
        return [
            {"code": code, "system": system, "display": self.wording.say(f"override.{code}")}
            for system, code in codes
        ]


def _namespace(call: str) -> UUID:
    try:
        return UUID(call)
    except ValueError:
        return uuid5(UUID(int=0), call)
