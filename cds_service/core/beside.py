"""Which other drugs are in a person's body while an order is judged, and what they do to enzymes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cds_service.core.case import Case
from cds_service.core.knowledge_base import KnowledgeBase
from cds_service.core.model import Ingredient, Order, Stopped
from cds_service.core.phenoconversion import Influence, Phase


@dataclass(frozen=True, slots=True)
class Beside:
    """
    The drugs besides the one that is judged.

    Args:
        running: Taken, or about to be.
        stopped: Not taken any more.
        local: Names of running drugs that are used locally only.
    """

    running: tuple[Ingredient, ...] = ()
    stopped: tuple[Stopped, ...] = ()
    local: frozenset[str] = frozenset()

    def influences(self, knowledge: KnowledgeBase, *, without: str = "") -> tuple[Influence, ...]:
        """
        What these drugs do to enzymes.

        Args:
            knowledge: Says what a drug does.
            without: Name of a drug that is left out: no drug is its own neighbour.
        """
        found = [
            Influence(effect)
            for drug in self.running
            for effect in knowledge.effects_of([drug])
            if effect.local or drug.name not in self.local
        ]
        found += [
            Influence(effect, drug.days)
            for drug in self.stopped
            for effect in knowledge.effects_of([drug.ingredient])
        ]
        return tuple(one for one in found if one.cause.drug != without)

    def acting(self, knowledge: KnowledgeBase) -> tuple[Ingredient, ...]:
        """Drugs that run, and those that were stopped and may still act."""
        left = (
            drug.ingredient
            for drug in self.stopped
            for effect in knowledge.effects_of([drug.ingredient])
            if Influence(effect, drug.days).phase is not Phase.GONE
        )
        return (*self.running, *dict.fromkeys(left))


def beside(order: Order, case: Case, knowledge: KnowledgeBase) -> Beside:
    """
    Every other drug the person takes, is about to get, or has stopped.

    A draft that stops a drug counts as its last dose today.
    """
    own = {ingredient.name for ingredient in order.ingredients}
    others = [other for other in case.orders if other.reference != order.reference]
    given = [other for other in others if not other.ends]
    ended = {i.name: i for other in others if other.ends for i in other.ingredients if i.name not in own}
    started = {i.name: i for other in given for i in other.ingredients if i.name not in own}
    taken = {i.name: i for i in case.patient.medications if i.name not in own and i.name not in ended}
    running = {**taken, **started}
    stopped = [Stopped(drug, 0) for name, drug in ended.items() if name not in started]
    stopped += [one for one in case.patient.stopped if one.ingredient.name not in {*own, *running, *ended}]
    return Beside(tuple(running.values()), tuple(stopped), _local(case, given, taken, knowledge))


def _local(
    case: Case, given: Iterable[Order], taken: Iterable[str], knowledge: KnowledgeBase
) -> frozenset[str]:
    """Names of drugs no systemic use of which is known."""
    local, systemic = set(case.patient.used_locally), set(taken) - case.patient.used_locally
    for order in given:
        names = {ingredient.name for ingredient in order.ingredients}
        (local if order.routes and order.routes <= knowledge.local_routes else systemic).update(names)
    return frozenset(local - systemic)
