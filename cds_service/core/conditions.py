"""Conditions on the person and the order, in three-valued logic: holds, does not hold, not known."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from cds_service.core.model import RXNORM, Coding, Ingredient, Order, Patient
from cds_service.core.value_sets import ValueSet
from cds_service.core.weigh import GeneEvidence


@dataclass(frozen=True, slots=True)
class Facts:
    """
    What a condition may look at.

    Args:
        patient: The person.
        order: The order that is judged.
        value_sets: All named sets of codes.
        evidence: Gene -> what results say.
    """

    patient: Patient
    order: Order
    value_sets: Mapping[str, ValueSet]
    evidence: Mapping[str, GeneEvidence]

    def diplotype(self, gene: str) -> str | None:
        """The text of a gene's diplotype, where exactly one is known."""
        found = self.evidence.get(gene)
        state = found.only if found else None
        return str(state.diplotype) if state and state.diplotype else None

    def any_in(self, codings: frozenset[Coding], sets: tuple[str, ...]) -> bool:
        """True if one of the codes belongs to one of the named sets."""
        return bool(codings) and any(self.value_sets[name].contains_any(codings) for name in sets)

    @property
    def taken_days(self) -> int | None:
        """For how many days the ordered drug has been taken already; None = no earlier order is known."""
        return self.order.taken_days

    def other_medications(self) -> list[Ingredient]:
        """Active medications besides the ordered drug, which is no reason against its own replacement."""
        ordered = {ingredient.rxcui or ingredient.name for ingredient in self.order.ingredients}
        return [drug for drug in self.patient.medications if (drug.rxcui or drug.name) not in ordered]


class Condition(Protocol):
    """Anything that can be asked of the facts. None means "not known", never "no"."""

    def holds(self, facts: Facts) -> bool | None:
        """Does it hold for this person and order?"""
        ...


@dataclass(frozen=True, slots=True)
class Range:
    """Numbers between bounds; each bound may be missing."""

    from_: Decimal | None = None
    above: Decimal | None = None
    below: Decimal | None = None
    up_to: Decimal | None = None

    def contains(self, value: Decimal) -> bool:
        """True if the value lies within all bounds.

        >>> Range(from_=Decimal(12), below=Decimal(18)).contains(Decimal(18))
        False
        """
        return (
            (self.from_ is None or value >= self.from_)
            and (self.above is None or value > self.above)
            and (self.below is None or value < self.below)
            and (self.up_to is None or value <= self.up_to)
        )


@dataclass(frozen=True, slots=True)
class Indication:
    """
    What the drug is ordered for: the order's own reason, else the problem list.

    A reason outside the sets means "no"; no reason and nothing fitting on the problem list means "not known".

    Args:
        sets: The uses that are meant.
        among: All uses the source tells apart. A reason in none of them says nothing about which one it is,
            so the answer is "not known". Empty: any reason counts.
    """

    sets: tuple[str, ...]
    among: tuple[str, ...] = ()

    def holds(self, facts: Facts) -> bool | None:  # noqa: D102
        reasons = facts.order.reasons
        if reasons and (not self.among or facts.any_in(reasons, self.among)):
            return facts.any_in(reasons, self.sets)
        return True if facts.any_in(facts.patient.problems, self.sets) else None


@dataclass(frozen=True, slots=True)
class ReasonSays:
    """
    What the reason of the order, else an uncoded problem, says in words about the line or kind of treatment.

    Codes do not tell lines of treatment; where the words are not there, it is not known.

    Args:
        yes, no: Words of which one means that it holds, or that it does not. Lower case.
    """

    yes: tuple[str, ...]
    no: tuple[str, ...] = ()

    def holds(self, facts: Facts) -> bool | None:  # noqa: D102
        for texts in (facts.order.reason_texts, facts.patient.problem_texts):
            said = {
                answer
                for answer, words in ((True, self.yes), (False, self.no))
                if any(_says(text, word) for text in texts for word in words)
            }
            if said:
                return said.pop() if len(said) == 1 else None
        return None


@dataclass(frozen=True, slots=True)
class Problem:
    """
    A condition or procedure on record, or the reason of the order. Not on record counts as "no".

    An allergy is such a condition, too: sets for hypersensitivity hold the ingredients of the class.
    """

    sets: tuple[str, ...]

    def holds(self, facts: Facts) -> bool | None:  # noqa: D102
        if facts.any_in(facts.order.reasons, self.sets):
            return True
        allergies = _codings(facts.patient.allergies) | facts.patient.allergy_codes
        return facts.any_in(facts.patient.problems | allergies, self.sets)


@dataclass(frozen=True, slots=True)
class CurrentProblem:
    """A problem that is not said to be over, or the reason of the order. Not on record counts as "no"."""

    sets: tuple[str, ...]

    def holds(self, facts: Facts) -> bool | None:  # noqa: D102
        lasting = facts.patient.problems - facts.patient.over
        return facts.any_in(facts.order.reasons, self.sets) or facts.any_in(lasting, self.sets)


@dataclass(frozen=True, slots=True)
class Age:
    """Age in years."""

    years: Range

    def holds(self, facts: Facts) -> bool | None:  # noqa: D102
        age = facts.patient.age_years
        return None if age is None else self.years.contains(age)


@dataclass(frozen=True, slots=True)
class Weight:
    """Body weight in kg."""

    kg: Range

    def holds(self, facts: Facts) -> bool | None:  # noqa: D102
        weight = facts.patient.weight_kg
        return None if weight is None else self.kg.contains(weight)


@dataclass(frozen=True, slots=True)
class Sex:
    """Recorded sex."""

    value: str

    def holds(self, facts: Facts) -> bool | None:  # noqa: D102
        return None if facts.patient.sex is None else facts.patient.sex == self.value


@dataclass(frozen=True, slots=True)
class OrderedDose:
    """
    Ordered daily dose in one unit.

    A dose in mg is compared with a limit in mg/kg through the body weight, and the other way round.
    """

    unit: str
    amount: Range

    def holds(self, facts: Facts) -> bool | None:  # noqa: D102
        amount = dose_in_unit(facts, self.unit)
        return None if amount is None else self.amount.contains(amount)


@dataclass(frozen=True, slots=True)
class TakenDays:
    """For how long the same drug has been taken already; no earlier order means "not yet"."""

    days: Range

    def holds(self, facts: Facts) -> bool | None:  # noqa: D102
        days = facts.taken_days
        return days is not None and self.days.contains(Decimal(days))


@dataclass(frozen=True, slots=True)
class Route:
    """Route of administration."""

    routes: frozenset[str]

    def holds(self, facts: Facts) -> bool | None:  # noqa: D102
        return None if not facts.order.routes else bool(facts.order.routes & self.routes)


@dataclass(frozen=True, slots=True)
class SingleDose:
    """One administration only."""

    def holds(self, facts: Facts) -> bool | None:  # noqa: D102
        return facts.order.single_administration


@dataclass(frozen=True, slots=True)
class Ancestry:
    """
    Recorded ancestry. For label rules about testing, and for terms of a published dosing formula, which then
    says so; never for a rule where a genotype exists.
    """

    sets: tuple[str, ...]

    def holds(self, facts: Facts) -> bool | None:  # noqa: D102
        recorded = facts.patient.ancestries
        return facts.any_in(recorded, self.sets) if recorded else None


@dataclass(frozen=True, slots=True)
class Encounter:
    """Class of the encounter."""

    classes: frozenset[str]

    def holds(self, facts: Facts) -> bool | None:  # noqa: D102
        recorded = facts.patient.encounter_class
        return None if recorded is None else recorded in self.classes


@dataclass(frozen=True, slots=True)
class HasDiplotype:
    """A gene has one of these diplotypes."""

    gene: str
    diplotypes: frozenset[str]

    def holds(self, facts: Facts) -> bool | None:  # noqa: D102
        known = facts.diplotype(self.gene)
        return None if known is None else known in self.diplotypes


@dataclass(frozen=True, slots=True)
class TakesDrug:
    """One of these drug classes or ingredients is among the other active medications."""

    sets: tuple[str, ...]

    def holds(self, facts: Facts) -> bool | None:  # noqa: D102
        return facts.any_in(_codings(facts.other_medications()), self.sets)


@dataclass(frozen=True, slots=True)
class TakesOne:
    """One ingredient is among the other active medications."""

    rxcui: str

    def holds(self, facts: Facts) -> bool | None:  # noqa: D102
        return any(drug.rxcui == self.rxcui for drug in facts.other_medications())


@dataclass(frozen=True, slots=True)
class OrderedWith:
    """The same product holds one of these ingredients besides."""

    rxcuis: frozenset[str]

    def holds(self, facts: Facts) -> bool | None:  # noqa: D102
        return any(ingredient.rxcui in self.rxcuis for ingredient in facts.order.ingredients)


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds."""

    parts: tuple[Condition, ...]

    def holds(self, facts: Facts) -> bool | None:  # noqa: D102
        answers = [part.holds(facts) for part in self.parts]
        if any(answer is False for answer in answers):
            return False
        return None if any(answer is None for answer in answers) else True


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part holds."""

    parts: tuple[Condition, ...]

    def holds(self, facts: Facts) -> bool | None:  # noqa: D102
        answers = [part.holds(facts) for part in self.parts]
        if any(answer is True for answer in answers):
            return True
        return None if any(answer is None for answer in answers) else False


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: Condition

    def holds(self, facts: Facts) -> bool | None:  # noqa: D102
        answer = self.part.holds(facts)
        return None if answer is None else not answer


def dose_in_unit(facts: Facts, unit: str) -> Decimal | None:
    """
    The ordered daily dose in `mg`, `mg/kg` or `mg/m2`, converted through weight and height where needed.

    Body surface by Mosteller: square root of (cm * kg / 3600). None if anything needed is unknown.
    """
    dose = facts.order.dose
    size = size_in_unit(facts, dose.unit, unit) if dose else None
    return dose.amount * size if dose and size is not None else None


def size_in_unit(facts: Facts, unit: str, other: str) -> Decimal | None:
    """
    How much of another unit one of a unit is, for this person: `mg/kg` in `mg` is the body weight.

    Units are `mg`, `mg/kg` and `mg/m2`. None if weight or height are needed and not known.
    """
    if unit == other:
        return Decimal(1)
    size = {"mg/kg": facts.patient.weight_kg, "mg/m2": body_surface(facts.patient), "mg": Decimal(1)}
    per_unit, per_other = size.get(unit), size.get(other)
    return None if per_unit is None or not per_other else per_unit / per_other


def _codings(drugs: Iterable[Ingredient]) -> frozenset[Coding]:
    return frozenset(Coding(RXNORM, drug.rxcui) for drug in drugs if drug.rxcui)


def body_surface(patient: Patient) -> Decimal | None:
    """Square metres, by Mosteller; None if weight or height is unknown."""
    if patient.weight_kg is None or patient.height_cm is None:
        return None
    return (patient.weight_kg * patient.height_cm / Decimal(3600)).sqrt()


def _says(text: str, words: str) -> bool:
    """True if the words stand in a text, begin with one of its words, and are not denied there."""
    return re.search(rf"(?<!\w)(?<!non-)(?<!non )(?<!not )(?<!no ){re.escape(words)}", text) is not None
