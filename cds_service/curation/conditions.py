"""Conditions as they stand in JSON, turned into the core's values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from cds_service.core import conditions as c
from cds_service.core.errors import KnowledgeError
from cds_service.core.measures import FINDINGS, MeasuredValue
from cds_service.curation.numbers import decimal


def parse_condition(value: Any, where: str, value_sets: frozenset[str]) -> c.Condition:
    """
    Read one condition.

    Several keys of one object all have to hold. `{"any": [...]}`, `{"all": [...]}`, `{"not": {...}}` combine.

    Args:
        value: The JSON object.
        where: File and rule, for messages.
        value_sets: Names that may be referred to.

    Raises:
        KnowledgeError: For an unknown key, an unknown value set or a malformed number.
    """
    if not isinstance(value, Mapping) or not value:
        raise KnowledgeError(f"{where}: a condition must be an object with at least one key")
    parts: list[c.Condition] = []
    for key, item in value.items():
        reader = _READERS.get(key)
        if reader is None:
            raise KnowledgeError(f"{where}: unknown condition '{key}'; known: {', '.join(sorted(_READERS))}")
        parts.append(reader(item, f"{where}.{key}", value_sets))
    return parts[0] if len(parts) == 1 else c.All(tuple(parts))


def parse_range(value: Any, where: str) -> c.Range:
    """Read bounds: `from` and `up_to` include the value, `above` and `below` do not."""
    if not isinstance(value, Mapping):
        raise KnowledgeError(f"{where}: bounds must be an object")
    names = {"from": "from_", "above": "above", "below": "below", "up_to": "up_to"}
    bounds = {}
    for key, text in value.items():
        if key == "unit":
            continue
        if key not in names:
            raise KnowledgeError(f"{where}: unknown bound '{key}'")
        bounds[names[key]] = decimal(text, f"{where}.{key}")
    return c.Range(**bounds)


def told_apart(condition: c.Condition, uses: tuple[str, ...]) -> c.Condition:
    """The condition, where a reason outside all `uses` does not decide a question about one of them."""
    if isinstance(condition, c.Indication):
        return replace(condition, among=uses)
    if isinstance(condition, c.All | c.AnyOf):
        return replace(condition, parts=tuple(told_apart(part, uses) for part in condition.parts))
    return c.Not(told_apart(condition.part, uses)) if isinstance(condition, c.Not) else condition


def uses_of(condition: c.Condition) -> tuple[str, ...]:
    """The uses a condition asks for, as names of value sets."""
    if isinstance(condition, c.Indication):
        return condition.sets
    if isinstance(condition, c.All | c.AnyOf):
        return tuple(name for part in condition.parts for name in uses_of(part))
    return uses_of(condition.part) if isinstance(condition, c.Not) else ()


def _names(value: Any, where: str, value_sets: frozenset[str]) -> tuple[str, ...]:
    for name in value:
        if name not in value_sets:
            raise KnowledgeError(f"{where}: there is no value set '{name}'")
    return tuple(value)


def _reason_says(value: Any, where: str) -> c.Condition:
    if not isinstance(value, Mapping) or not value.get("yes") or set(value) - {"yes", "no"}:
        raise KnowledgeError(f"{where}: words are written as {{'yes': [...], 'no': [...]}}")
    return c.ReasonSays(tuple(value["yes"]), tuple(value.get("no", ())))


def _dose(value: Any, where: str, _: frozenset[str]) -> c.Condition:
    unit = value.get("unit")
    if unit not in ("mg", "mg/kg", "mg/m2"):
        raise KnowledgeError(f"{where}: a dose needs the unit mg, mg/kg or mg/m2 (per day)")
    return c.OrderedDose(unit, parse_range(value, where))


def _measured(value: Any, where: str) -> c.Condition:
    """`{"what": "egfr", "unit": "mL/min", "below": "30"}`, `{"what": "pregnancy", "finding": [...]}`."""
    if not isinstance(value, Mapping) or not isinstance(value.get("what"), str):
        raise KnowledgeError(f"{where}: a measure needs its name under 'what'")
    findings = frozenset(value.get("finding", ()))
    if findings - FINDINGS:
        raise KnowledgeError(f"{where}: a finding is one of {', '.join(sorted(FINDINGS))}")
    bounds = {key: text for key, text in value.items() if key not in ("what", "unit", "finding")}
    if bool(findings) == bool(bounds):
        raise KnowledgeError(f"{where}: a measure needs either bounds or findings")
    amount = parse_range(bounds, where) if bounds else None
    return MeasuredValue(value["what"], amount, value.get("unit", ""), findings)


def _parts(value: Any, where: str, value_sets: frozenset[str]) -> tuple[c.Condition, ...]:
    return tuple(parse_condition(part, f"{where}[{n}]", value_sets) for n, part in enumerate(value))


_READERS: Mapping[str, Callable[[Any, str, frozenset[str]], c.Condition]] = {
    "indication": lambda v, w, s: c.Indication(_names(v, w, s)),
    "reason_says": lambda v, w, _: _reason_says(v, w),
    "condition": lambda v, w, s: c.Problem(_names(v, w, s)),
    "current": lambda v, w, s: c.CurrentProblem(_names(v, w, s)),
    "takes": lambda v, w, s: c.TakesDrug(_names(v, w, s)),
    "age": lambda v, w, _: c.Age(parse_range(v, w)),
    "weight": lambda v, w, _: c.Weight(parse_range(v, w)),
    "sex": lambda v, _w, _s: c.Sex(v),
    "dose": _dose,
    "taken_days": lambda v, w, _: c.TakenDays(parse_range(v, w)),
    "route": lambda v, _w, _s: c.Route(frozenset(v)),
    "measured": lambda v, w, _: _measured(v, w),
    "single_dose": lambda v, _w, _s: c.SingleDose() if v else c.Not(c.SingleDose()),
    "ancestry": lambda v, w, s: c.Ancestry(_names(v, w, s)),
    "encounter": lambda v, _w, _s: c.Encounter(frozenset(v)),
    "diplotype": lambda v, _w, _s: c.AnyOf(tuple(c.HasDiplotype(g, frozenset(d)) for g, d in v.items())),
    "ordered_with": lambda v, _w, _s: c.OrderedWith(frozenset(v)),
    "all": lambda v, w, s: c.All(_parts(v, w, s)),
    "any": lambda v, w, s: c.AnyOf(_parts(v, w, s)),
    "not": lambda v, w, s: c.Not(parse_condition(v, w, s)),
}
