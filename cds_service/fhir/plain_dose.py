"""One dose at a time and how often, where an order states them so plainly that a program may change them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from cds_service.core.model import Administration
from cds_service.fhir import values
from cds_service.fhir.dosage_text import amount_in_text, read_dose_text
from cds_service.fhir.dose_units import PIECE, Amount, amount_of
from cds_service.fhir.timing import Frequency, read_timing

#: What an instruction may have beside its dose, without making the dose less plain.
_HARMLESS = frozenset(
    {"id", "text", "timing", "route", "site", "method", "doseAndRate", "sequence", "asNeededBoolean"}
)
_HARMLESS |= {"additionalInstruction", "patientInstruction"}
_HARMLESS_IN_DOSE = frozenset({"id", "type", "doseQuantity"})
#: Rules of timing that leave the number of administrations open.
_OPEN = frozenset({"frequencyMax", "periodMax", "countMax", "durationMax", "dayOfWeek", "count"})
_DIGIT = re.compile(r"\d")


class _Words(NamedTuple):
    """What the text of an instruction says; `readable` is False where it may say another dose."""

    amount: Amount | None = None
    frequency: Frequency | None = None
    where: tuple[int, int, int] | None = None
    readable: bool = True


def plain_administration(resource: Mapping[str, Any], strength: Decimal | None) -> Administration | None:
    """
    What is given at a time.

    Args:
        resource: The MedicationRequest.
        strength: mg in one piece of the product.

    Returns:
        None unless there is one instruction with one exact amount, given a whole number of times a day with
        no "as needed" and no upper limit, and no words that say another dose or may do so.
    """
    instructions = values.mappings(resource.get("dosageInstruction"))
    if len(instructions) != 1 or resource.get("renderedDosageInstruction"):
        return None
    (instruction,) = instructions
    amount = _amount(instruction, strength)
    frequency = read_timing(instruction.get("timing")).frequency
    if amount is None or frequency is None or not _is_plain(instruction):
        return None
    words = _words(instruction, strength)
    if not words.readable or words.amount not in (None, amount) or words.frequency not in (None, frequency):
        return None
    if frequency.once or frequency.per_day.denominator != 1 or amount.unit == PIECE:
        return None
    return Administration(amount.value, amount.unit, int(frequency.per_day), words.where)


def _is_plain(instruction: Mapping[str, Any]) -> bool:
    repeat = values.first_mapping(values.first_mapping(instruction.get("timing")).get("repeat"))
    return (
        instruction.keys() <= _HARMLESS
        and not instruction.get("asNeededBoolean")
        and _OPEN.isdisjoint(repeat)
        and not any(_DIGIT.search(text) for text in _other_words(instruction))
    )


def _other_words(instruction: Mapping[str, Any]) -> list[str]:
    found = [values.text(instruction.get("patientInstruction"))]
    for concept in values.mappings(instruction.get("additionalInstruction")):
        found.append(values.text(concept.get("text")))
        found += [coding.display for coding in values.codings(concept)]
    return found


def _amount(instruction: Mapping[str, Any], strength: Decimal | None) -> Amount | None:
    doses = values.mappings(instruction.get("doseAndRate"))
    if len(doses) != 1 or not doses[0].keys() <= _HARMLESS_IN_DOSE:
        return None
    quantity = doses[0].get("doseQuantity")
    if not isinstance(quantity, dict) or quantity.get("comparator"):
        return None
    amount = amount_of(quantity)
    return None if amount is None or amount.per_day else _weighed(amount, strength)


def _weighed(amount: Amount, strength: Decimal | None) -> Amount:
    if amount.unit != PIECE or strength is None:
        return amount
    return Amount(amount.value * strength, "mg", amount.per_day)


def _words(instruction: Mapping[str, Any], strength: Decimal | None) -> _Words:
    text = instruction.get("text")
    if not isinstance(text, str) or not text.strip():
        return _Words()
    read, where = read_dose_text(text), amount_in_text(text)
    if read.amount is None:
        return _Words(None, read.frequency, readable=where is None and not _DIGIT.search(text))
    if where is None or read.amount.per_day:
        return _Words(readable=False)
    return _Words(_weighed(read.amount, strength), read.frequency, where)
