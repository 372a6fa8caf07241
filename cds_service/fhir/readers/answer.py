"""The value of an Observation or a component, whatever type it has."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from cds_service.core.genotype_text import tidy
from cds_service.fhir.values import Json, codings, mapping, number, text


class Answer(NamedTuple):
    """
    A value.

    Args:
        texts: What it says in words or as a code that may be words, best first, each once.
        codes: Codes, for the answer tables.
        amount: The number of a quantity or integer.
        comparator, unit: Of the quantity.
        flag: A boolean.
        absent: Code of the reason why there is no value; `unknown` if the reason has no code.
        reason: The same in words.
    """

    texts: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    amount: Decimal | None = None
    comparator: str = ""
    unit: str = ""
    flag: bool | None = None
    absent: str = ""
    reason: str = ""

    @property
    def is_empty(self) -> bool:
        """True if there is no value at all."""
        return not self.texts and not self.codes and self.amount is None and self.flag is None

    @property
    def first(self) -> str:
        """The best text, or empty."""
        return self.texts[0] if self.texts else ""

    @property
    def words_only(self) -> tuple[str, ...]:
        """The texts that are no codes; all of them if a code is all there is."""
        codes = self.codes
        return tuple(text for text in self.texts if text not in codes) or self.texts if codes else self.texts

    @property
    def words(self) -> str:
        """The answer as a person would write it, whatever type it has; the reason if there is none."""
        if self.amount is not None:
            return self.quantity
        if self.flag is not None:
            return "Positive" if self.flag else "Negative"
        return self.first or self.reason

    @property
    def quantity(self) -> str:
        """The quantity as a person would write it."""
        return f"{self.comparator}{self.amount} {self.unit}".strip()


def answer_of(entry: Json) -> Answer:
    """Read the value of an Observation or a component."""
    written = _plain(text(entry.get("valueString")))
    if written:
        return Answer((written,))
    if "valueCodeableConcept" in entry:
        found = _of_concept(entry["valueCodeableConcept"])
        if found.texts:
            return found
    return _of_number(entry) or _of_absence(entry)


def _of_concept(concept: object) -> Answer:
    written = _plain(text(mapping(concept).get("text")))
    if "coding" not in mapping(concept):
        return Answer((written,)) if written else Answer()
    formal: list[str] = []
    displays: list[str] = []
    codes: list[str] = []
    for system, code, display in codings(concept):
        if "glstring" in system:
            formal.append(code)
        if display:
            displays.append(display)
        if code:
            codes.append(code)
    # A GL string says more than its display; other codes are words only now and then.
    texts = dict.fromkeys(_plain(word) for word in (*formal, written, *displays, *codes))
    return Answer(tuple(word for word in texts if word), tuple(codes))


def _plain(written: str) -> str:
    """Single blanks and, where somebody typed signs that only look like those of alleles, plain ones."""
    return " ".join(written.split()) if written.isascii() else tidy(written)


def _of_number(entry: Json) -> Answer | None:
    quantity = mapping(entry.get("valueQuantity"))
    amount = number(quantity.get("value"))
    if amount is not None:
        unit = text(quantity.get("unit")) or text(quantity.get("code"))
        return Answer(amount=amount, comparator=text(quantity.get("comparator"))[:2], unit=unit[:40])
    amount = number(entry.get("valueInteger"))
    if amount is not None:
        return Answer(amount=amount)
    flag = entry.get("valueBoolean")
    return Answer(flag=flag) if isinstance(flag, bool) else None


def _of_absence(entry: Json) -> Answer:
    concept = entry.get("dataAbsentReason")
    if not concept:
        return Answer()
    known = codings(concept)
    words = text(mapping(concept).get("text")) or next((coded.display for coded in known), "")
    return Answer(absent=next((coded.code for coded in known if coded.code), "unknown"), reason=words)
