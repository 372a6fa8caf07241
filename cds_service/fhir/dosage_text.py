"""A small, strict grammar for dose instructions in words. What it does not know, it does not read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from cds_service.fhir import values
from cds_service.fhir.dose_units import Amount, unit_of
from cds_service.fhir.timing import ONCE, Frequency, frequency_of_code


@dataclass(frozen=True, slots=True)
class TextDose:
    """What an instruction in words says; None for what it leaves out."""

    amount: Amount | None = None
    frequency: Frequency | None = None


_LONGEST_TEXT = 160
_COUNTS = {
    "half": Decimal("0.5"), "half a": Decimal("0.5"), "1/2": Decimal("0.5"),
    "a": Decimal(1), "an": Decimal(1), "one": Decimal(1), "two": Decimal(2), "three": Decimal(3),
    "four": Decimal(4), "five": Decimal(5), "six": Decimal(6),
    "once": Decimal(1), "twice": Decimal(2), "thrice": Decimal(3),
}  # fmt: skip
_NUMBER = r"1/2|\d{1,6}(?:[.,]\d{1,4})?|half a|half|an?|one|two|three|four|five|six"
_MASS = r"mg|g|grams?|mcg|ug|µg|μg|micrograms?|milligrams?"
_PIECE = r"(?:tablet|tab|capsule|cap|caplet|pill|lozenge)(?:s|\(s\))?"

_AMOUNT = re.compile(
    rf"(?P<low>{_NUMBER})(?:\s?(?:-|to)\s?(?P<high>{_NUMBER}))?\s?"
    rf"(?P<unit>(?:{_MASS})(?:\s?/\s?(?:kg|m2|m²|m\^2))?|{_PIECE})"
    r"(?:(?P<total>\s?/\s?(?:day|d|24\s?h))|\s?/\s?dose)?(?![\w/²^])"
)
_STATED = re.compile(rf"(?<!\w){_AMOUNT.pattern}")
_OFTEN = re.compile(
    r"(?:(?P<word>once|twice|thrice)|(?P<count>\d{1,2}|one|two|three|four|five|six)\s?(?:x|times))"
    r"\s?(?:(?P<day>daily|(?:a|each|every|/)\s?day)|weekly|(?:a|each|every|/)\s?week)\b"
)
_HOURLY = re.compile(r"(?:every|q)\s?(\d{1,2})(?:\s?(?:-|to)\s?\d{1,2})?\s?(?:h|hr|hrs|hours?)\b")
_PHRASES = (
    (re.compile(r"every (?:other|second|2nd) day\b"), Frequency(Fraction(1, 2))),
    (re.compile(r"(?:weekly|(?:a|each|every|/)\s?week)\b"), Frequency(Fraction(1, 7))),
    (re.compile(r"(?:(?:as )?an? )?(?:single dose|one dose) ?(?:only)?\b"), ONCE),
    (re.compile(r"(?:once|one time)(?: only\b|(?=[,;.]|$))"), ONCE),
    (re.compile(r"(?:daily|(?:a|each|every|/)\s?day|nightly)\b"), Frequency()),
)
_MOMENT = re.compile(
    r"(?:(?:each|every) (?:morning|evening|night)|in the (?:morning|evening)|at (?:night|bedtime|noon))\b"
)
_CODE = re.compile(r"[a-z.]{2,7}(?=[\s,;]|$)")
_VERB = re.compile(r"(?:take|give|inject|infuse|administer|swallow|use)\s+")
# Words that change nothing about the amount a day. "As needed" leaves the most that may be taken.
_FILLER = re.compile(
    r"(?:po|iv|im|sc|sl|by mouth|orally|oral|intravenously|intramuscularly|subcutaneously"
    r"|(?:as|if) needed|prn|(?:with|after|before|without) (?:food|meals?|breakfast|dinner|water)"
    r"|for (?:\d{1,3}|one|two|three|four|six) (?:days?|weeks?|months?))(?!\w)\.?"
)
_BETWEEN = re.compile(r"[\s,;.]+")


def read_dose_text(text: str) -> TextDose:
    """
    Read an instruction such as `100 mg three times daily` or `1 tablet twice daily`.

    Every word must be understood: one that is not makes the instruction unreadable, because it may change the
    dose ("then", "or", "increase to"). Of a range the upper end counts.

    >>> dose = read_dose_text("Take 1-2 tablets by mouth every 4-6 hours as needed")
    >>> dose.amount, dose.frequency.per_day
    (Amount(value=Decimal('2'), unit='piece', per_day=False), Fraction(6, 1))
    >>> read_dose_text("10 mg daily, then 20 mg daily")
    TextDose(amount=None, frequency=None)
    """
    line = " ".join(text.lower().split()).replace(" per ", "/")
    return _Line(line).read() if len(line) <= _LONGEST_TEXT else TextDose()


def amount_in_text(text: str) -> tuple[int, int, int] | None:
    """
    Where the amount stands in a text: start, end of the number, end of its unit.

    None without exactly one amount, and where it is a range or its number is written in words.

    >>> amount_in_text("Take 100 mg by mouth daily")
    (5, 8, 11)
    """
    line = text.lower()
    found = list(_STATED.finditer(line)) if len(line) == len(text) else []
    if len(found) != 1 or found[0]["high"] or values.number(found[0]["low"]) is None:
        return None
    return found[0].start(), found[0].end("low"), found[0].end("unit")


class _Line:
    """The text and how far it has been read."""

    def __init__(self, line: str) -> None:
        self.line = line
        self.at = 0
        self.amount: Amount | None = None
        self.frequency: Frequency | None = None

    def read(self) -> TextDose:
        self._skip(_VERB)
        while self.at < len(self.line):
            if not (self._skip(_BETWEEN) or self._take_part()):
                return TextDose()
        return TextDose(self.amount, self.frequency)

    def _take_part(self) -> bool:
        return self._take_amount() or self._take_frequency() or self._skip(_FILLER)

    def _skip(self, pattern: re.Pattern[str]) -> bool:
        return self._match(pattern) is not None

    def _match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        found = pattern.match(self.line, self.at)
        if found:
            self.at = found.end()
        return found

    def _take_amount(self) -> bool:
        found = self._match(_AMOUNT) if self.amount is None else None
        if found is None:
            return False
        value, unit = _count(found["high"] or found["low"]), unit_of(found["unit"])
        if not value or unit is None:
            return False
        self.amount = Amount(value * unit.factor, unit.name, bool(found["total"]))
        return True

    def _take_frequency(self) -> bool:
        start = self.at
        frequency = self._frequency()
        if frequency is None or self.frequency in (None, frequency):
            self.frequency = self.frequency or frequency
            return frequency is not None
        self.at = start
        # "Twice daily at night" is twice; "daily" after "twice daily" is not understood.
        return self._skip(_MOMENT)

    def _frequency(self) -> Frequency | None:
        if found := self._match(_OFTEN):
            times = _count(found["word"] or found["count"])
            return Frequency(Fraction(times) / (1 if found["day"] else 7)) if times else None
        if found := self._match(_HOURLY):
            return Frequency(Fraction(24, int(found[1]))) if int(found[1]) else None
        for pattern, frequency in _PHRASES:
            if self._skip(pattern):
                return frequency
        if self._skip(_MOMENT):
            return Frequency()
        code = _CODE.match(self.line, self.at)
        coded = frequency_of_code(code[0]) if code else None
        if code and coded:
            self.at = code.end()
        return coded


def _count(word: str) -> Decimal | None:
    return _COUNTS.get(word) or values.number(word)
