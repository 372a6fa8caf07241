"""Doses from published formulas and tables, with what each input contributes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Protocol

from cds_service.core.actions import DoseAdvice
from cds_service.core.adjustments import Adjusted, Adjustment, adjusted
from cds_service.core.conditions import Condition, Facts, Range, body_surface
from cds_service.core.model import Patient
from cds_service.core.phenotype import GeneState

#: Doses are given to a tenth of a milligram; more would pretend.
STEP = Decimal("0.1")
DAYS = {"day": Decimal(1), "week": Decimal(7)}


@dataclass(frozen=True, slots=True)
class Input:
    """
    One thing a calculation took into account.

    Args:
        name: `age`, `height`, `weight`, a gene, or the name of an option such as `amiodarone`.
        value: As it was used: `58`, `*1/*2`; empty where the name says it.
        effect: By how many mg a day it changes the result, against the same calculation without it; None for
            numbers such as age, which nobody is without.
        effect_to: The same of the high end, where `effect` is of the low end and they differ.
    """

    name: str
    value: str = ""
    effect: Decimal | None = None
    effect_to: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """Something about person and order that a calculator asks for, such as "takes a strong inhibitor"."""

    name: str
    when: Condition


@dataclass(frozen=True, slots=True)
class UsualDose:
    """
    The dose that somebody of the same kind would get whatever the genes say.

    Args:
        name: Key of for whom it is.
        low, high: Amount of one day.
        unit: `mg`, `mg/kg` or `mg/m2`.
        cite: Where it is said.
    """

    name: str
    low: Decimal
    high: Decimal
    unit: str
    cite: str = ""


@dataclass(frozen=True, slots=True)
class Calculation:
    """
    The answer of one calculator.

    Args:
        calculator: Its id.
        low, high: mg a day; equal for a formula, None if it gave no answer.
        inputs: What was used.
        missing: Names of inputs that are not known.
        beyond: Names of inputs outside the range the calculator was made for.
        against: Names of facts with which its doses do not hold.
        notes: Keys of what the reader has to mind.
        usual: The usual dose it was counted from, if it was.
        doses: Into how many doses a day it is divided; 0 where that is not said.
        days_a_week: On how many days of a week it is given; None for every day.
        steps: Amounts of the first days, in mg, before the dose.
        refused: What a table says in place of a dose: `contraindicated` or `avoid`; else empty.
        adjusted: What a guideline changes of it by further results; `low` and `high` are without.
        unrounded: mg a day before rounding, for measuring a formula; None for a table.
        exact: True for an amount as a label prints it, False for one that was calculated.
    """

    calculator: Calculator
    low: Decimal | None = None
    high: Decimal | None = None
    inputs: tuple[Input, ...] = ()
    missing: tuple[str, ...] = ()
    beyond: tuple[str, ...] = ()
    against: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    usual: UsualDose | None = None
    doses: int = 0
    days_a_week: int | None = None
    steps: tuple[Decimal, ...] = ()
    refused: str = ""
    adjusted: tuple[Adjusted, ...] = ()
    unrounded: Decimal | None = None
    exact: bool = False


class Calculator(Protocol):
    """Anything that can give a dose for a person."""

    @property
    def id(self) -> str:
        """Stable name."""
        ...

    @property
    def name(self) -> str:
        """As people call it."""
        ...

    @property
    def notes(self) -> tuple[str, ...]:
        """Keys of what always has to be said."""
        ...

    def calculate(
        self, facts: Facts, states: Mapping[str, GeneState], shares: Shares | None = None, /
    ) -> Calculation:
        """The dose for these facts and results, or why there is none."""
        ...


@dataclass(frozen=True, slots=True)
class Shares:
    """
    What a rule makes of the usual dose.

    Args:
        advice: What it says about this person's results.
        instead: What it would say if one gene had another result, by gene and result; None where that is no
            advice on a dose.
    """

    advice: DoseAdvice
    instead: Callable[[str, str], DoseAdvice | None]


@dataclass(frozen=True, slots=True)
class GeneTerm:
    """
    What the result of one gene adds.

    Args:
        gene: HGNC symbol.
        add: Result -> summand. A result is a diplotype (`*1/*2`, alleles in text order) or a class.
        read_as: Allele the formula does not know -> allele it is counted as, where the guideline says so.
        unknown: What the publication adds where there is no result. For measuring a formula; nobody gets a
            dose from it.
    """

    gene: str
    add: Mapping[str, Decimal]
    read_as: Mapping[str, str]
    unknown: Decimal | None = None

    def result(self, state: GeneState | None) -> str:
        """The result the formula knows; empty if it knows none."""
        return next((word for word in result_words(state, self.read_as) if word in self.add), "")

    def replaces(self, state: GeneState | None) -> bool:
        """True if an allele of the result is counted as another one."""
        alleles = state.diplotype.alleles if state is not None and state.diplotype is not None else ()
        return any(copies.allele in self.read_as for copies in alleles)


@dataclass(frozen=True, slots=True)
class Option:
    """One answer to a question about the person, such as "takes amiodarone"."""

    name: str
    add: Decimal
    when: Condition | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """A question about the person: the one option that holds counts, else `otherwise`."""

    options: tuple[Option, ...]
    otherwise: Option

    def answer(self, facts: Facts) -> Option:
        """The option that holds; two that hold, or none, are no answer."""
        holding = [option for option in self.options if option.when is None or option.when.holds(facts)]
        return holding[0] if len(holding) == 1 else self.otherwise


@dataclass(frozen=True, slots=True)
class Formula:
    """
    A sum of terms, of which the square or the exponential function is the dose.

    Args:
        id, name: Stable name, and as people call it.
        form: `square` or `exp`.
        period: `day` or `week`, of the dose in mg.
        start: The constant.
        numbers: Quantity (see `quantity`) -> factor.
        genes: What results add.
        questions: What else adds.
        ranges: Quantity -> bounds within which the formula was made.
        notes: Keys of what always has to be said.
        adjust: What a guideline changes of the dose by results the formula does not have.
    """

    id: str
    name: str
    form: str
    period: str
    start: Decimal
    numbers: Mapping[str, Decimal]
    genes: tuple[GeneTerm, ...]
    questions: tuple[Question, ...]
    ranges: Mapping[str, Range]
    notes: tuple[str, ...] = ()
    adjust: tuple[Adjustment, ...] = ()

    def calculate(
        self, facts: Facts, states: Mapping[str, GeneState], _shares: Shares | None = None
    ) -> Calculation:
        """The dose, or which inputs are missing or out of range. What a rule says does not enter it."""
        known = {name: quantity(name, facts.patient) for name in {**self.numbers, **self.ranges}}
        results = {term.gene: term.result(states.get(term.gene)) for term in self.genes}
        # Bounds are given for what is measured (age, height, weight), numbers may be derived from it.
        missing = [name for name in self.ranges or self.numbers if known[name] is None]
        missing += [term.gene for term in self.genes if results[term.gene] not in term.add]
        values = {name: value for name, value in known.items() if value is not None}
        beyond = outside(self.ranges, facts.patient)
        if missing or beyond:
            return Calculation(self, missing=tuple(missing), beyond=tuple(beyond))
        answers = [question.answer(facts) for question in self.questions]
        summands = {term.gene: term.add[results[term.gene]] for term in self.genes}
        summands |= {answer.name: answer.add for answer in answers}
        base = self.start + sum(values[name] * factor for name, factor in self.numbers.items())
        total = base + sum(summands.values())
        dose = self._dose(total)
        inputs = [Input(name, f"{rounded(value):f}") for name, value in values.items() if name in self.ranges]
        inputs += [
            Input(name, results.get(name, ""), rounded(dose - self._dose(total - add)))
            for name, add in summands.items()
            if add or name in results
        ]
        # A note is about alleles a test may not have looked for; it has, where one of them was found.
        found = any(term.replaces(states.get(term.gene)) for term in self.genes)
        said = [answer.note for answer in answers if answer.note and not found]
        notes = dict.fromkeys((*self.notes, *said))
        mg, more = rounded(dose), adjusted(self.adjust, facts)
        told = Calculation(self, mg, mg, tuple(inputs), notes=tuple(notes), adjusted=more)
        return replace(told, unrounded=dose)

    def _dose(self, total: Decimal) -> Decimal:
        """mg a day."""
        return (total.exp() if self.form == "exp" else total * total) / DAYS[self.period]


def result_words(state: GeneState | None, read_as: Mapping[str, str]) -> list[str]:
    """The diplotype with its alleles as a formula counts them, then the class."""
    if state is None:
        return []
    words = [state.phenotype]
    if state.diplotype is not None and all(copies.copies == 1 for copies in state.diplotype.alleles):
        alleles = sorted(read_as.get(copies.allele, copies.allele) for copies in state.diplotype.alleles)
        words.insert(0, "/".join(alleles))
    return words


#: What `quantity` can tell of a person.
QUANTITIES = ("age", "age-decades", "height", "weight", "surface")


def quantity(name: str, patient: Patient) -> Decimal | None:
    """
    A number about the person; None if it is not on record.

    Completed years of `age`, completed tens of years (`age-decades`), `height` in cm, `weight` in kg,
    `surface` of the body in square metres.
    """
    if name in ("age", "age-decades"):
        years = patient.age_years
        return None if years is None else Decimal(int(years) if name == "age" else int(years) // 10)
    if name == "surface":
        return body_surface(patient)
    return patient.height_cm if name == "height" else patient.weight_kg


def outside(ranges: Mapping[str, Range], patient: Patient) -> list[str]:
    """Names of the quantities that are known and lie outside their bounds."""
    known = ((name, quantity(name, patient)) for name in ranges)
    return [name for name, value in known if value is not None and not ranges[name].contains(value)]


def rounded(value: Decimal) -> Decimal:
    """To a tenth, without a trailing zero.

    >>> str(rounded(Decimal("5.873"))), str(rounded(Decimal("41.0")))
    ('5.9', '41')
    """
    tenth = value.quantize(STEP, ROUND_HALF_UP)
    return tenth.quantize(Decimal(1)) if tenth == tenth.to_integral_value() else tenth
