"""Which of the cards that were made are shown: one alert too many hurts as well."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog

from cds_service.cards.card import CardMaker
from cds_service.core.finding import Finding
from cds_service.core.urgency import Urgency
from cds_service.hooks.call_options import read_options
from cds_service.hooks.ports import HeldBack, MemoryUnavailableError, Tally
from cds_service.hooks.repeats import RepeatChoices, ToldBefore
from cds_service.hooks.request import HookRequest
from cds_service.hooks.trail import Trail

_log = structlog.get_logger("pgx_cds.restraint")
_LOUDNESS = {urgency.value: rank for rank, urgency in enumerate(reversed(Urgency))}

Card = Mapping[str, Any]
Made = tuple[Finding, Card]


@dataclass(frozen=True, slots=True)
class QuietChoices:
    """
    What a site chooses to hold back.

    Args:
        silent_rules: Rules that are judged and counted, but not shown.
        floor: Cards about orders are shown from this loudness on.
        most_cards: At most so many cards in one answer; None = all.
        repeats: About alerts that were shown before.
    """

    silent_rules: frozenset[str] = frozenset()
    floor: Urgency = Urgency.INFO
    most_cards: int | None = None
    repeats: RepeatChoices = field(default_factory=RepeatChoices)


@dataclass(frozen=True, slots=True)
class Restraint:
    """
    Holds cards back: those of silent rules, those below the floor, those that were settled before.

    Cards that say something was not checked are never held back: silence would look like "nothing to change".

    Args:
        cards: Makes the card that names what did not fit into the answer.
        choices: The site's.
        repeats: What was shown before; None where nothing is remembered.
        tally: Counts what was held back; None where nobody counts.
    """

    cards: CardMaker
    choices: QuietChoices = field(default_factory=QuietChoices)
    repeats: ToldBefore | None = None
    tally: Tally | None = None

    def answer(
        self,
        before: Sequence[Card],
        made: Sequence[Made],
        after: Sequence[Card],
        request: HookRequest,
        trail: Trail,
    ) -> list[Card]:
        """
        The cards to show.

        Args:
            before, after: Cards about what was not checked.
            made: The findings that have a card, with it.
            request: The call.
            trail: Takes down what was settled before.
        """
        options = read_options(request.extension)
        kept = self._by_repeats(self._by_floor(self._by_rule(made)), request, trail)
        cards = [*before, *(card for _, card in kept), *after]
        shown = self._at_most(cards, options.most_cards or self.choices.most_cards, request)
        if self.repeats is not None:
            seen = {card["uuid"] for card in shown}
            self.repeats.remember([item for item in kept if item[1]["uuid"] in seen], request, options)
        return shown

    def allowed(self, findings: Sequence[Finding]) -> list[Finding]:
        """The findings that silent rules and the floor leave, for cards that hold several of them."""
        nothing: Card = {}
        kept = self._by_floor(self._by_rule([(finding, nothing) for finding in findings]))
        return [finding for finding, _ in kept]

    def _by_rule(self, made: Sequence[Made]) -> list[Made]:
        """Without cards whose rules are all silent."""
        silent = self.choices.silent_rules
        return self._without(
            made,
            [item for item in made if item[0].rules and silent.issuperset(item[0].rules)],
            HeldBack.SILENT_RULE,
        )

    def _by_floor(self, made: Sequence[Made]) -> list[Made]:
        order = tuple(Urgency)
        lowest = order.index(self.choices.floor)
        quiet = [item for item in made if order.index(item[0].urgency) < lowest]
        return self._without(made, quiet, HeldBack.BELOW_FLOOR)

    def _by_repeats(self, made: Sequence[Made], request: HookRequest, trail: Trail) -> list[Made]:
        if self.repeats is None:
            return list(made)
        settled = self.repeats.settled(made, request, read_options(request.extension))
        trail.left_out(settled)
        return self._without(made, [item for item in made if item[1]["uuid"] in settled], HeldBack.REPEATED)

    def _without(self, made: Sequence[Made], held_back: Sequence[Made], why: HeldBack) -> list[Made]:
        """The others; what is held back is counted, and a count that fails holds nothing up."""
        if not held_back:
            return list(made)
        if self.tally is not None:
            rules = [
                (why, finding.rules[0] if finding.rules else finding.drug.name) for finding, _ in held_back
            ]
            try:
                self.tally.count(rules)
            except MemoryUnavailableError as error:
                _log.warning("held back without a count", reason=str(error))
        gone = {id(item) for item in held_back}
        return [item for item in made if id(item) not in gone]

    def _at_most(self, cards: Sequence[Card], most: int | None, request: HookRequest) -> list[Card]:
        """
        The most urgent cards, and one that names the others. Critical ones always stay.

        A single card too many is shown as it is: a card about it would be no shorter.
        """
        if most is None or len(cards) <= most + 1:
            return list(cards)
        ranked = sorted(cards, key=lambda card: _LOUDNESS[card["indicator"]])
        critical = sum(card["indicator"] == Urgency.CRITICAL.value for card in ranked)
        first, rest = ranked[: max(most, critical)], ranked[max(most, critical) :]
        kept = {card["uuid"] for card in first}
        shown = [card for card in cards if card["uuid"] in kept]
        if len(rest) < 2:
            return [*shown, *rest]
        return [*shown, self.cards.more(rest, request.hook_instance)]
