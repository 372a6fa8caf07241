"""The card that names what a short answer left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID, uuid5

from cds_service.cards.extension import CRD_KEY, language_mark
from cds_service.cards.summary import LIMIT
from cds_service.cards.wording import Wording
from cds_service.core.urgency import Urgency, louder

Card = Mapping[str, Any]


def more_card(left_out: Sequence[Card], wording: Wording, namespace: UUID, topics: str) -> dict[str, Any]:
    """
    One card in the place of several, as loud as the loudest of them.

    Args:
        left_out: The cards, most urgent first.
        wording: In which language.
        namespace: Makes the identifier unique to the call.
        topics: System of the topic code.
    """
    loudest = Urgency.INFO
    for card in left_out:
        loudest = louder(loudest, Urgency(card["indicator"]))
    lines = [f"- {card['summary']}" for card in left_out]
    orders = {
        item["reference"]: item for card in left_out for item in card.get("extension", {}).get(CRD_KEY, ())
    }
    associated = {CRD_KEY: list(orders.values())} if orders else {}
    extension = {**associated, **language_mark(wording)}
    return {
        "uuid": str(uuid5(namespace, "more-cards")),
        "summary": _summary(left_out, wording),
        "indicator": loudest.value,
        "detail": "\n\n".join((wording.say("text.more-cards"), "\n".join(lines))),
        "source": {"label": "pgx-cds", "topic": {"system": topics, "code": "moreCards"}},
        **({"extension": extension} if extension else {}),
    }


def _summary(left_out: Sequence[Card], wording: Wording) -> str:
    """How many there are and about which drugs, as many as fit."""
    drugs = list(dict.fromkeys(name for card in left_out for name in _drug(card)))
    count = str(len(left_out))
    for named in range(len(drugs), 0, -1):
        rest = [wording.say("text.and-others")] if named < len(drugs) else []
        text = wording.say("summary.more-cards", count=count, drugs=", ".join([*drugs[:named], *rest]))
        if len(text) <= LIMIT:
            return text
    return wording.say("summary.more-cards-unnamed", count=count)


def _drug(card: Card) -> list[str]:
    finding = card.get("extension", {}).get("pgx-cds.finding")
    return [finding["drug"]["name"]] if finding else []
