"""What was measured or asked of a person: the newest value of each measure that counts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from cds_service.core.codes import GenomicCodes
from cds_service.core.measures import Measure, MeasureCodes, unit_key
from cds_service.core.model import Measured
from cds_service.fhir.values import (
    LOINC,
    codings,
    concept_texts,
    day,
    mapping,
    mappings,
    number,
    remembered,
    text,
)

Json = Mapping[str, Any]

_USABLE = frozenset({"final", "amended", "corrected"})
_ACTIVITY = re.compile(r"\b(?:activity|enzyme)\b", re.IGNORECASE)
#: Such a name leaves open whether the enzyme or its gene was looked at; a deficiency is one either way.
_SCREEN = re.compile(r"\b(?:screen|qualitative|quantitative)\b", re.IGNORECASE)
_NO_ACTIVITY = re.compile(
    r"\b(?:activity score|score|genotype|phenotype|gene|genetic|dna|mutations?|variants?|inhibitor)\b",
    re.IGNORECASE,
)
#: Words of an answer that rates an activity, and words beside which they may mean the opposite.
_LOW = frozenset({"deficient", "deficiency", "low", "decreased", "reduced"})
_NOT_SIMPLY = frozenset(
    {"not", "no", "non", "normal", "without", "borderline", "indeterminate", "risk", "than"}
)
_NORMAL = frozenset({"normal", "normal activity", "within normal limits", "not deficient"})
#: Ratings of a laboratory: HL7's codes for low, normal and high, with their critical and significant grades.
_RATINGS = {
    **dict.fromkeys(("L", "LL", "LU"), "low"),
    "N": "normal",
    **dict.fromkeys(("H", "HH", "HU"), "high"),
}


def read_measures(
    observations: Iterable[Json], measures: MeasureCodes, codes: GenomicCodes, today: date
) -> dict[str, Measured]:
    """
    Name of each measure -> its newest value, where that is not too old to count.

    The newest result counts also where it says nothing of use: an older one is not put in its place. A value
    without a date counts only for measures that never grow old. Nothing that was not measured is in here.

    Args:
        observations: Of this person.
        measures: The table.
        codes: Tells the genes that names of tests mention.
        today: Day of the call.
    """
    newest: dict[str, Measured] = {}
    measures_of = remembered(lambda code: tuple(_measures_of(code, measures, codes)))
    for observation in observations:
        found_measures = measures_of(observation.get("code"))
        if not found_measures or text(observation.get("status")) not in _USABLE:
            continue
        for measure, only_low in found_measures:
            found = _measured(observation, measure)
            if not _counts(found, measure, today) or (only_low and found.finding != "low"):
                continue
            earlier = newest.get(measure.what)
            if earlier is None or (found.measured_on or date.min) >= (earlier.measured_on or date.min):
                newest[measure.what] = found
    return newest


def _measures_of(code: object, measures: MeasureCodes, codes: GenomicCodes) -> Iterator[tuple[Measure, bool]]:
    """By the test's code, else, for activities of enzymes, by its name; and whether only "low" counts."""
    for coded in codings(code):
        if coded.system == LOINC and coded.code in measures.by_code:
            yield measures.by_code[coded.code], False
            return
    for name in concept_texts(code):
        is_activity = _ACTIVITY.search(name) is not None
        if (is_activity or _SCREEN.search(name)) and not _NO_ACTIVITY.search(name):
            genes = codes.genes_named(name)
            known = measures.activity_by_gene
            yield from ((known[gene], not is_activity) for gene in genes if gene in known)
            if genes:
                return


def _measured(observation: Json, measure: Measure) -> Measured:
    quantity = mapping(observation.get("valueQuantity"))
    amount, unit = number(quantity.get("value")), ""
    for spelled in (text(quantity.get("code")), text(quantity.get("unit"))):
        known = measure.units.get(unit_key(spelled))
        if known is not None and amount is not None:
            unit, amount = known[0], amount * known[1]
            break
    return Measured(
        measure.what, amount if unit else None, unit, _finding(observation, measure), _taken(observation)
    )


def _finding(observation: Json, measure: Measure) -> str:
    """Present, for questions; low, normal or high as the laboratory rates it, by its range or in words."""
    answers = {coded.code for coded in codings(observation.get("valueCodeableConcept"))}
    if measure.present:
        return "present" if answers & measure.present else ""
    rated = {
        _RATINGS[coded.code]
        for concept in mappings(observation.get("interpretation"))
        for coded in codings(concept)
        if coded.code in _RATINGS
    }
    if rated:
        return rated.pop() if len(rated) == 1 else ""
    return _by_range(observation) or _in_words(observation)


def _in_words(observation: Json) -> str:
    """What an answer in words says, as far as it says one thing."""
    concept = observation.get("valueCodeableConcept")
    said = text(observation.get("valueString")) or next(iter(concept_texts(concept)), "")
    words = re.findall(r"[a-z0-9]+", said.lower())
    if not _LOW.isdisjoint(words) and _NOT_SIMPLY.isdisjoint(words):
        return "low"
    return "normal" if " ".join(words) in _NORMAL else ""


def _by_range(observation: Json) -> str:
    """Against the only reference range the laboratory gives, in the unit of the value."""
    ranges = mappings(observation.get("referenceRange"))
    quantity = mapping(observation.get("valueQuantity"))
    amount = number(quantity.get("value"))
    if len(ranges) != 1 or amount is None or text(quantity.get("comparator")):
        return ""
    low, high = (_bound(ranges[0], side, quantity) for side in ("low", "high"))
    if low is not None and amount < low:
        return "low"
    if high is not None and amount > high:
        return "high"
    return "normal" if low is not None else ""


def _bound(limits: Json, side: str, quantity: Json) -> Any:
    bound = mapping(limits.get(side))
    same = not text(bound.get("unit")) or text(bound.get("unit")) == text(quantity.get("unit"))
    return number(bound.get("value")) if same else None


def _taken(observation: Json) -> date | None:
    period = mapping(observation.get("effectivePeriod"))
    return (
        day(observation.get("effectiveDateTime")) or day(period.get("end")) or day(observation.get("issued"))
    )


def _counts(found: Measured, measure: Measure, today: date) -> bool:
    if found.measured_on is not None and found.measured_on > today:
        return False
    if measure.lasts_days is None:
        return True
    return found.measured_on is not None and (today - found.measured_on).days <= measure.lasts_days
