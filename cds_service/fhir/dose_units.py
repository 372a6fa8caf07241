"""Dose units: from UCUM codes and words to mg, mg/kg, mg/m2 or pieces to count."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from cds_service.fhir import values

#: Tablets, capsules and other things to count; becomes mg through the strength of the product.
PIECE = "piece"

_MASSES = {
    "mg": Decimal(1), "milligram": Decimal(1), "milligrams": Decimal(1), "mgs": Decimal(1),
    "g": Decimal(1000), "gm": Decimal(1000), "gram": Decimal(1000), "grams": Decimal(1000),
    "ug": Decimal("0.001"), "mcg": Decimal("0.001"), "µg": Decimal("0.001"), "μg": Decimal("0.001"),
    "microgram": Decimal("0.001"), "micrograms": Decimal("0.001"), "ng": Decimal("0.000001"),
}  # fmt: skip
_PER_BODY = {"": "mg", "/kg": "mg/kg", "/m2": "mg/m2", "/m²": "mg/m2", "/m^2": "mg/m2"}
_PER_DAY = ("/d", "/day", "/24h", "/24.h", "/24hr")
# The numbers are SNOMED CT's units of presentation "tablet" and "capsule".
_PIECES = (
    "tablet", "tablets", "tab", "tabs", "tbl", "ertab", "ectab", "drtab", "chewtab", "caplet", "caplets",
    "732936001", "capsule", "capsules", "cap", "caps", "ercap", "drcap", "732937005", "pill", "pills",
    "lozenge", "lozenges", "film", "films", "suppository", "suppositories", "supp",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit in terms of `mg`, `mg/kg`, `mg/m2` or `PIECE`; `per_day` where it is for a daily amount."""

    name: str
    factor: Decimal = Decimal(1)
    per_day: bool = False


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount of drug; `per_day` where it is what is given in a day, else what is given at a time."""

    value: Decimal
    unit: str
    per_day: bool = False


def _all_units() -> dict[str, Unit]:
    units = {word: Unit(PIECE) for word in _PIECES}
    for mass, factor in _MASSES.items():
        for per_body, name in _PER_BODY.items():
            units[mass + per_body] = units[f"{mass}{per_body}/dose"] = Unit(name, factor)
            for per_day in _PER_DAY:
                units[mass + per_body + per_day] = Unit(name, factor, per_day=True)
            if per_body:
                units[f"{mass}/({per_body[1:]}.d)"] = Unit(name, factor, per_day=True)
    return units


_UNITS = _all_units()


def unit_of(word: object) -> Unit | None:
    """
    The unit a UCUM code or a word means; None if it is none of a dose in mg or pieces.

    >>> unit_of("mg/kg/d")
    Unit(name='mg/kg', factor=Decimal('1'), per_day=True)
    >>> unit_of("{pill}").name, unit_of("mL") is None
    ('piece', True)
    """
    if not isinstance(word, str):
        return None
    return _UNITS.get(word) or _UNITS.get(word.replace(" ", "").strip("{}").removesuffix("(s)").lower())


def amount_of(quantity: Mapping[str, Any]) -> Amount | None:
    """
    The amount a FHIR Quantity states; None if it is not one of a dose in mg or pieces.

    Code and word of the unit are both read. If they mean different things the quantity is not usable.
    """
    value = values.number(quantity.get("value"))
    code, word = unit_of(quantity.get("code")), unit_of(quantity.get("unit"))
    unit = code or word
    if value is None or value <= 0 or unit is None or (word and word != unit):
        return None
    if quantity.get("comparator") not in (None, "", "<="):
        return None
    return Amount(value * unit.factor, unit.name, unit.per_day)
