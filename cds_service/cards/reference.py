"""The link from a card to the detail view, and what the card says about itself there."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from cds_service.cards.wording import Wording
from cds_service.core.finding import Finding

_ID = re.compile(r"[A-Za-z0-9_.:+-]{1,200}")
_LONGEST_NAME = 100
_MOST_RULES = 20


@dataclass(frozen=True, slots=True)
class CardReference:
    """
    What a card says about itself in `appContext`: a drug and rules of the knowledge, nothing of a person.

    Args:
        drug: RxNorm code or name of the drug.
        rules: Ids of the rules.
    """

    drug: str
    rules: tuple[str, ...] = ()

    def text(self) -> str:
        """As it stands in a link."""
        return json.dumps({"drug": self.drug, "rules": list(self.rules)}, separators=(",", ":"))

    @classmethod
    def parse(cls, text: str) -> CardReference | None:
        """
        Read it again; None if it is none. It came through other hands.

        >>> CardReference.parse(CardReference("32968", ("a-rule",)).text())
        CardReference(drug='32968', rules=('a-rule',))
        >>> CardReference.parse('{"drug": 7}') is None, CardReference.parse("<script>") is None
        (True, True)
        """
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            return None
        drug = value.get("drug") if isinstance(value, dict) else None
        if not isinstance(drug, str) or not drug or len(drug) > _LONGEST_NAME:
            return None
        rules = value.get("rules")
        listed = rules[:_MOST_RULES] if isinstance(rules, list) else []
        return cls(drug, tuple(rule for rule in listed if isinstance(rule, str) and _ID.fullmatch(rule)))


def view_link(finding: Finding, address: str, wording: Wording) -> dict[str, Any]:
    """
    A link of type `smart`: the EHR launches the view with the patient, and hands on what the card says.

    Args:
        finding: What the card is about.
        address: Where the view is launched.
        wording: Language of the label.
    """
    drug = finding.drug.rxcuis[0] if finding.drug.rxcuis else finding.drug.name
    return {
        "label": wording.say("text.view-link"),
        "url": address,
        "type": "smart",
        "appContext": CardReference(drug, finding.rules).text(),
    }
