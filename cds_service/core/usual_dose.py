"""A share of the usual dose in mg for one person: the guideline's share, the source's dose, the body."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from cds_service.core.actions import DoseAdvice, DoseLimit
from cds_service.core.calculator import (
    Calculation,
    Fact,
    Input,
    Shares,
    UsualDose,
    outside,
    quantity,
    rounded,
)
from cds_service.core.conditions import Condition, Facts, Range
from cds_service.core.model import Patient
from cds_service.core.phenotype import GeneState

#: What has to be known of a body for a dose in a unit.
SIZE_OF: Mapping[str, tuple[str, ...]] = {"mg": (), "mg/kg": ("weight",), "mg/m2": ("height", "weight")}
#: What is missing where nothing tells what the drug is for, and what is said where the source has no dose
#: for that.
USE, NO_DOSE = "use", "use-without-dose"
_ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class UsualFor:
    """
    A usual dose and for whom it is.

    Args:
        when: Whom it is for.
        dose: The dose; None where it depends on something that has to be asked.
        ask: Key of what has to be asked.
    """

    when: Condition
    dose: UsualDose | None = None
    ask: str = ""


@dataclass(frozen=True, slots=True)
class ShareOfUsual:
    """
    Usual doses, of which a rule gives the share.

    The rule that decided says which share and which limit; nothing of it stands here again, so that the two
    cannot differ.

    Args:
        id, name: Stable name, and as people call it.
        reference: Gene -> result with which the usual dose stays as it is.
        usual: Usual doses, tried in their order.
        ranges: Quantity -> bounds within which the doses hold.
        against: Facts with which the doses do not hold, such as an inhibitor of the enzyme.
        doses: Into how many doses a day they are divided; 0 where the source does not say.
        notes: Keys of what always has to be said.
    """

    id: str
    name: str
    reference: Mapping[str, str]
    usual: tuple[UsualFor, ...]
    ranges: Mapping[str, Range]
    against: tuple[Fact, ...] = ()
    doses: int = 0
    notes: tuple[str, ...] = ()

    def calculate(
        self, facts: Facts, states: Mapping[str, GeneState], shares: Shares | None = None
    ) -> Calculation:
        """The share in mg a day, or what is missing for it."""
        patient = facts.patient
        beyond = outside(self.ranges, patient)
        against = tuple(fact.name for fact in self.against if fact.when.holds(facts))
        meant = self._meant(facts)
        if not isinstance(meant, UsualDose):
            asked, none = ((meant,), ()) if meant else ((), (NO_DOSE,))
            return Calculation(self, missing=asked, beyond=tuple(beyond), against=(*none, *against))
        needed = tuple(dict.fromkeys((*self.ranges, *SIZE_OF[meant.unit])))
        missing = tuple(name for name in needed if quantity(name, patient) is None)
        if missing or beyond or against:
            return Calculation(self, missing=missing, beyond=tuple(beyond), against=against)
        advice = shares.advice if shares else DoseAdvice()
        low, high = _amounts(meant, advice, patient)
        return Calculation(
            self,
            rounded(low),
            rounded(high),
            (
                *(Input(name, f"{rounded(_known(name, patient)):f}") for name in needed),
                *(self._genes(meant, shares, states, patient) if shares else ()),
                *_held_by_limit(meant, advice, patient),
            ),
            notes=self.notes,
            usual=meant,
            doses=self.doses,
            days_a_week=advice.days_a_week,
        )

    def _meant(self, facts: Facts) -> UsualDose | str:
        """The usual dose; the key of what has to be asked; empty if the source has none for this use."""
        unknown = ""
        for usual in self.usual:
            holds = usual.when.holds(facts)
            if holds:
                return usual.dose or usual.ask
            if holds is None:
                unknown = USE
        return unknown

    def _genes(
        self, meant: UsualDose, shares: Shares, states: Mapping[str, GeneState], patient: Patient
    ) -> tuple[Input, ...]:
        """What each result changes, against the same calculation with the usual result of its gene."""
        now = _amounts(meant, shares.advice, patient)
        found = []
        for gene, usual in self.reference.items():
            state, other = states.get(gene), shares.instead(gene, usual)
            if state is None or other is None:
                continue
            without = _amounts(meant, other, patient)
            low, high = (rounded(a - b) for a, b in zip(now, without, strict=True))
            value = str(state.diplotype) if state.diplotype is not None else state.phenotype
            if low or high:
                found.append(Input(gene, value, low, high if high != low else None))
        return tuple(found)


def _held_by_limit(usual: UsualDose, advice: DoseAdvice, patient: Patient) -> tuple[Input, ...]:
    """The limit of the advice, where it holds the dose back."""
    free = DoseAdvice(advice.low, advice.high)
    held = _amounts(usual, advice, patient)[1] - _amounts(usual, free, patient)[1]
    limit = advice.limit
    return (Input("limit", f"{limit.value:f} {limit.unit}", rounded(held)),) if held and limit else ()


def _amounts(usual: UsualDose, advice: DoseAdvice, patient: Patient) -> tuple[Decimal, Decimal]:
    """Lowest and highest mg a day, not above a daily limit of the advice."""
    size = _size(usual.unit, patient)
    low = usual.low * size * (_ONE if advice.low is None else advice.low)
    high = usual.high * size * (advice.high or advice.low or _ONE)
    most = _most(advice.limit, patient)
    return (low, high) if most is None else (min(low, most), min(high, most))


def _most(limit: DoseLimit | None, patient: Patient) -> Decimal | None:
    """A daily limit in mg; None without one, or where the body's size is not known."""
    if limit is None or limit.period != "day":
        return None
    if any(quantity(name, patient) is None for name in SIZE_OF[limit.unit]):
        return None
    return limit.value * _size(limit.unit, patient)


def _size(unit: str, patient: Patient) -> Decimal:
    names = {"mg/kg": "weight", "mg/m2": "surface"}
    return _known(names[unit], patient) if unit in names else _ONE


def _known(name: str, patient: Patient) -> Decimal:
    value = quantity(name, patient)
    assert value is not None, f"{name} was looked for before"
    return value
