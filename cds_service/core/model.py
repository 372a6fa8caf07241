"""The person and the order that advice is fitted to, parsed once at the edge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from enum import Enum

from cds_service.core.delivery import Delivery
from cds_service.core.notice import Notice as Notice

#: Short names of the code systems the core compares. Readers map every URI and OID to one of these.
RXNORM, SNOMED, ICD10CM, ATC, LOINC, CDC_RACE = "rxnorm", "snomed", "icd10cm", "atc", "loinc", "cdcrec"


@dataclass(frozen=True, slots=True)
class Coding:
    """One code of one system. `system` is a short name of this module, or the URI as it was sent."""

    system: str
    code: str


@dataclass(frozen=True, slots=True)
class Ingredient:
    """
    An active ingredient.

    Args:
        name: RxNorm's or the knowledge base's name, lower case.
        rxcui: RxNorm code of the ingredient; None where RxNorm has none or it was read from text.
    """

    name: str
    rxcui: str | None = None


class Identification(Enum):
    """How the drug of an order was recognised, best first."""

    RXNORM = "rxnorm"
    ATC = "atc"
    TEXT = "text"
    UNKNOWN = "unknown"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class DailyDose:
    """
    How much of the drug an order asks for.

    Args:
        amount: Amount per day.
        unit: `mg`, `mg/kg` or `mg/m2`.
        single: Amount of one administration, same unit.
    """

    amount: Decimal
    unit: str
    single: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Administration:
    """
    What is given at a time, where an order states it so plainly that a program may change it.

    Args:
        amount: Amount at a time.
        unit: `mg`, `mg/kg` or `mg/m2`.
        per_day: How often a day.
        words: Where the amount stands in the text of the instruction, as start, end of the number, and end
            of its unit; None where the text does not name it.
    """

    amount: Decimal
    unit: str
    per_day: int
    words: tuple[int, int, int] | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """
    One draft medication order.

    Args:
        reference: `MedicationRequest/<id>` as the caller knows it.
        ingredients: All active ingredients; empty if none was recognised.
        identified_by: What the ingredients were recognised from.
        label: The drug as it was ordered, for people.
        routes: Routes of administration (`oral`, `parenteral`, `topical`, ...); empty = not known.
        dose: Daily dose; None = not stated or not computable.
        single_administration: True where the order asks for one dose only.
        administration: What is given at a time, where it is stated plainly; None = do not change it.
        delivery: What the ordered product can deliver; None = not known.
        reasons: Codes of the reason for this order; empty = none given.
        reason_texts: Reason in words, lower case.
        taken_days: For how many days the same drug has been taken already; None = no earlier order is known.
        continues: The earlier order it continues, `MedicationRequest/<id>`, or empty.
        ends: True for a draft that stops the drug: it is no order to give it.
        selected: False for other drafts of the same call, which are context but get no card.
    """

    reference: str
    ingredients: tuple[Ingredient, ...] = ()
    identified_by: Identification = Identification.NONE
    label: str = ""
    routes: frozenset[str] = frozenset()
    dose: DailyDose | None = None
    single_administration: bool = False
    administration: Administration | None = None
    delivery: Delivery | None = None
    reasons: frozenset[Coding] = frozenset()
    reason_texts: tuple[str, ...] = ()
    taken_days: int | None = None
    continues: str = ""
    ends: bool = False
    selected: bool = True


@dataclass(frozen=True, slots=True)
class Measured:
    """
    The newest value of something that is measured or asked: a filtration rate, an enzyme's activity.

    Args:
        what: Name of the measure (`egfr`, `activity TPMT`, `pregnancy`).
        amount: The number; None if the answer is none.
        unit: Unit of the number as the table of measures writes it; empty = none, or not one of the table.
        finding: `low`, `normal` or `high` as the laboratory rates it, `present` or `absent` for a question;
            empty = not stated.
        measured_on: Day of the measurement; None = not known.
    """

    what: str
    amount: Decimal | None = None
    unit: str = ""
    finding: str = ""
    measured_on: date | None = None


@dataclass(frozen=True, slots=True)
class Stopped:
    """A drug that is not taken any more, and how many days ago the last dose was."""

    ingredient: Ingredient
    days: int


@dataclass(frozen=True, slots=True)
class Patient:
    """
    What is known of the person, as far as rules can ask for it.

    Every part may be unknown: `None`, or an empty collection for "nothing on record".

    Args:
        age_days: Age on the day of the call, in days.
        sex: `female` or `male`, as recorded.
        weight_kg: Latest body weight.
        height_cm: Latest body height.
        problems: Codes of active or earlier conditions and procedures.
        over: Codes of those that are said to be over; most problems, such as a stroke, still count.
        problem_texts: The same in words, lower case, for entries without a code.
        medications: Ingredients of active medications.
        used_locally: Names of those that are only used on the skin, in the eye and the like.
        stopped: Ingredients that are not taken any more, where the day of the last dose is known.
        failed: Ingredients that were stopped because they did not work or were not tolerated.
        allergies: Ingredients the person must not get.
        allergy_codes: Codes of the allergies, as they stand on the list.
        allergy_texts: The allergies in words, lower case.
        ancestries: Recorded race or ancestry codes. Only label rules about *testing* and published dosing
            formulas may look at this.
        encounter_class: `AMB`, `IMP`, `EMER`, ...
        measured: Name of a measure -> its newest value, where that is not too old to count.
    """

    age_days: int | None = None
    sex: str | None = None
    weight_kg: Decimal | None = None
    height_cm: Decimal | None = None
    problems: frozenset[Coding] = frozenset()
    over: frozenset[Coding] = frozenset()
    problem_texts: tuple[str, ...] = ()
    medications: tuple[Ingredient, ...] = ()
    used_locally: frozenset[str] = frozenset()
    stopped: tuple[Stopped, ...] = ()
    failed: tuple[Ingredient, ...] = ()
    allergies: tuple[Ingredient, ...] = ()
    allergy_codes: frozenset[Coding] = frozenset()
    allergy_texts: tuple[str, ...] = ()
    ancestries: frozenset[Coding] = frozenset()
    encounter_class: str | None = None
    measured: Mapping[str, Measured] = field(default_factory=dict)

    def with_medications(self, more: tuple[Ingredient, ...]) -> Patient:
        """The same person with further active medications."""
        return replace(self, medications=(*self.medications, *more))

    def without_medication(self, name: str) -> Patient:
        """The same person without an active medication, by its ingredient."""
        return replace(self, medications=tuple(drug for drug in self.medications if drug.name != name))

    @property
    def age_years(self) -> Decimal | None:
        """Age in completed years and fraction, 365.25 days a year; None if the birth date is unknown."""
        return None if self.age_days is None else Decimal(self.age_days) / Decimal("365.25")
