"""FHIR search over the store: the filters, the order and the errors of one query."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from cds_service.sandbox.dates import COMPARISONS, Interval
from cds_service.sandbox.parameters import PARAMETERS, Parameter
from cds_service.sandbox.store import Resource, Store

# Parameters that shape the answer and filter nothing.
RESULT_PARAMETERS = frozenset(
    ("_count", "_offset", "_summary", "_sort", "_format", "_pretty", "_total", "_elements")
)
_DATE = re.compile(r"(?P<prefix>[a-z]{2})?(?P<text>\d.*)")

_Test = Callable[[Any], bool]


class SearchError(Exception):
    """A query the endpoint will not answer, because the answer would not mean what was asked."""


def search(store: Store, kind: str, query: Iterable[tuple[str, str]]) -> list[Resource]:
    """
    All resources of a type that match a query, in the order asked for.

    Repeated parameters must all match; of the comma-separated values of one parameter, any.

    Args:
        store: Where to look.
        kind: A resource type of `PARAMETERS`.
        query: Names and values, decoded.

    Raises:
        SearchError: A parameter, modifier or value is not supported. Nothing is ever left out silently: an
            unfiltered answer could hold somebody else's results.

    >>> store = Store([{"resourceType": "Flag", "id": "a", "subject": {"reference": "Patient/1"}}])
    >>> len(search(store, "Flag", [("patient", "1")])), search(store, "Flag", [("patient", "2")])
    (1, [])
    """
    found = list(store.all_of(kind))
    order = ""
    for name, value in query:
        if name == "_sort":
            order = value
        elif name not in RESULT_PARAMETERS:
            matches = _filter(kind, name, value)
            found = [resource for resource in found if matches(resource)]
    return _sorted(kind, found, order)


def values_at(resource: Mapping[str, Any], path: str) -> Iterator[Any]:
    """
    Everything that stands at a dotted path; lists are entered.

    >>> list(values_at({"name": [{"given": ["Ada", "M"]}, {"text": "x"}]}, "name.given"))
    ['Ada', 'M']
    """
    head, _, rest = path.partition(".")
    value = resource.get(head)
    for item in value if isinstance(value, list) else [] if value is None else [value]:
        if not rest:
            yield item
        elif isinstance(item, Mapping):
            yield from values_at(item, rest)


def _filter(kind: str, name: str, value: str) -> Callable[[Resource], bool]:
    """The test one parameter of a query stands for; `subject:Patient` is the only modifier."""
    plain, _, modifier = name.partition(":")
    parameter = PARAMETERS[kind].get(plain)
    if parameter is None:
        known = ", ".join(sorted(PARAMETERS[kind]))
        raise SearchError(f"{kind} cannot be searched by '{plain}'. Known: {known}")
    if modifier and not (parameter.kind == "reference" and modifier == "Patient"):
        raise SearchError(f"the modifier ':{modifier}' is not supported for {kind}.{plain}")
    asked = [re.sub(r"\\([,|$\\])", r"\1", part) for part in re.split(r"(?<!\\),", value) if part]
    if not asked:
        raise SearchError(f"'{plain}' has no value")
    target = "Patient" if plain == "patient" or modifier else ""
    tests = [_TESTS[parameter.kind](wanted, target) for wanted in asked]
    return lambda resource: any(
        test(own) for path in parameter.paths for own in values_at(resource, path) for test in tests
    )


def _token(wanted: str, _target: str) -> _Test:
    """`code`, `system|code`, `system|` or `|code`; a plain code element has no system and fits any."""
    system, bar, code = wanted.rpartition("|")
    return lambda own: any(
        (not code or own_code == code) and (not bar or own_system is None or own_system == system)
        for own_system, own_code in _codings(own)
    )


def _codings(own: Any) -> Iterator[tuple[str | None, str]]:
    """System and code of a CodeableConcept, Coding, Identifier, code or boolean."""
    if not isinstance(own, Mapping):
        yield None, str(own).lower() if isinstance(own, bool) else str(own)
    elif "coding" in own or "text" in own:
        for coding in own.get("coding", []):
            yield coding.get("system", ""), coding.get("code", "")
    else:
        yield own.get("system", ""), own.get("code", own.get("value", ""))


def _reference(wanted: str, target: str) -> _Test:
    """An id, `Type/id` or a URL that ends in it; `target` is the type the parameter is bound to, or ''."""
    kind, ident = _type_and_id(wanted)
    expected = {name for name in (kind, target) if name}

    def test(own: Any) -> bool:
        own_kind, own_ident = _type_and_id(own.get("reference", ""))
        return own_ident == ident and expected <= {own_kind}

    return test


def _type_and_id(reference: str) -> tuple[str, str]:
    """
    >>> _type_and_id("https://ehr.example.org/fhir/Patient/1"), _type_and_id("1")
    (('Patient', '1'), ('', '1'))
    """
    parts = reference.rsplit("/", 2)
    return (parts[-2] if len(parts) > 1 else ""), parts[-1]


def _string(wanted: str, _target: str) -> _Test:
    return lambda own: str(own).lower().startswith(wanted.lower())


def _date(wanted: str, _target: str) -> _Test:
    found = _DATE.fullmatch(wanted)
    compare = COMPARISONS.get((found and found["prefix"]) or "eq")
    if not found or not compare:
        raise SearchError(f"a date looks like 2024-03-01, with one of the prefixes {', '.join(COMPARISONS)}")
    try:
        asked = Interval.of(found["text"])
    except ValueError:
        raise SearchError("a date must be a year, a month, a day or a time") from None
    return lambda own: compare(Interval.of_value(own), asked)


_TESTS: Mapping[str, Callable[[str, str], _Test]] = {
    "token": _token,
    "reference": _reference,
    "string": _string,
    "date": _date,
}


def _sorted(kind: str, found: list[Resource], order: str) -> list[Resource]:
    """Sort by the last key first, so that the first key decides; resources without a value come last."""
    for key in reversed([part.strip() for part in order.split(",") if part.strip()]):
        parameter = PARAMETERS[kind].get(key.removeprefix("-"))
        if parameter is None:
            raise SearchError(f"{kind} cannot be sorted by '{key.removeprefix('-')}'")
        keys = {str(resource["id"]): _sort_key(resource, parameter) for resource in found}
        with_value = [resource for resource in found if keys[resource["id"]]]
        with_value.sort(key=lambda resource: keys[resource["id"]], reverse=key.startswith("-"))  # noqa: B023
        found = with_value + [resource for resource in found if not keys[resource["id"]]]
    return found


def _sort_key(resource: Resource, parameter: Parameter) -> str:
    """The first value as text that sorts rightly; '' if there is none."""
    own = next((value for path in parameter.paths for value in values_at(resource, path)), None)
    if own is None:
        return ""
    if parameter.kind == "date":
        return Interval.of_value(own).start.isoformat()
    if parameter.kind == "reference":
        return str(own.get("reference", ""))
    if parameter.kind == "token":
        return next((code for _, code in _codings(own)), "")
    return str(own).lower()
