"""Tolerant access to FHIR JSON: whatever shape a value has, what is asked for comes out, or nothing does."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar

Json = Mapping[str, Any]
_T = TypeVar("_T")

LOINC = "http://loinc.org"
#: Codes the Genomics Reporting IG keeps until LOINC has its own; published under several addresses.
TBD_CODES = "http://hl7.org/fhir/uv/genomics-reporting/CodeSystem/tbd-codes-cs"
NOTHING: Json = MappingProxyType({})

_LONGEST_TEXT = 4000
_LARGEST_NUMBER = 10**12
_MOST_DIGITS = 13
_LOINC_CODE = re.compile(r"\d{1,7}-\d")
_DAY = re.compile(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?(?=$|T| )")
_DECIMAL = re.compile(r"[+-]?\d{1,12}(?:\.\d{1,12})?")
# With three digits after it a comma may as well mean thousands.
_DECIMAL_COMMA = re.compile(r"(?<=\d),(?=(?:\d\d?|\d{4,})$)")


class Coded(NamedTuple):
    """One coding: the system as `system_of` writes it, code and display as sent."""

    system: str
    code: str
    display: str


def mapping(value: object) -> Json:
    """The value if it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else NOTHING


def mappings(value: object) -> list[Json]:
    """The objects of an array; an object that stands where an array belongs counts as an array of one."""
    if isinstance(value, list):
        return [item for item in value if isinstance(item, dict)]
    return [value] if isinstance(value, dict) else []


def first_mapping(value: object) -> Json:
    """The object, or the first object of an array; empty if there is none."""
    return next(iter(mappings(value)), NOTHING)


def items(value: object) -> list[Any]:
    """The array; a single value counts as an array of one, nothing as an empty one."""
    if isinstance(value, list):
        return value
    return [] if value is None else [value]


def text(value: object) -> str:
    """The value without outer blanks if it is a text, else an empty one; very long texts are cut."""
    return value.strip()[:_LONGEST_TEXT] if isinstance(value, str) else ""


def codings(concept: object) -> list[Coded]:
    """All codings of a CodeableConcept that have a code or a display."""
    listed = concept.get("coding") if isinstance(concept, dict) else None
    found = []
    for item in listed if isinstance(listed, list) else mappings(listed):
        if isinstance(item, dict):
            code, display = text(item.get("code")), text(item.get("display"))
            if code or display:
                found.append(Coded(system_of(text(item.get("system")), code), code, display))
    return found


def concept_key(concept: object) -> tuple[object, ...]:
    """Something to remember a CodeableConcept by; the same for those that say the same."""
    if not isinstance(concept, dict):
        return ()
    listed = concept.get("coding")
    key: tuple[object, ...] = (concept.get("text"),)
    for item in listed if isinstance(listed, list) else mappings(listed):
        if isinstance(item, dict):
            key = (*key, item.get("system"), item.get("code"), item.get("display"))
    try:
        hash(key)
    except TypeError:
        return tuple(part if isinstance(part, str) else None for part in key)
    return key


def remembered(function: Callable[[object], _T]) -> Callable[[object], _T]:
    """
    A function of a CodeableConcept that does its work once for those that say the same.

    For the resources of one call: nothing is ever forgotten.
    """
    known: dict[tuple[object, ...], _T] = {}

    def look_up(concept: object) -> _T:
        key = concept_key(concept)
        if key not in known:
            known[key] = function(concept)
        return known[key]

    return look_up


def status_of(resource: Json, name: str) -> str:
    """A status: the word itself, or the first code where it is a CodeableConcept; empty if there is none."""
    value = resource.get(name)
    if isinstance(value, str):
        return value
    return next((text(item.get("code")) for item in mappings(mapping(value).get("coding"))), "")


def concept_texts(concept: object) -> list[str]:
    """The words of a CodeableConcept, its text before the displays of its codings; each once."""
    words = [text(mapping(concept).get("text")), *(coded.display for coded in codings(concept))]
    return list(dict.fromkeys(word for word in words if word))


@lru_cache(maxsize=1024)
def system_of(system: str, code: str) -> str:
    """
    A code system in the one spelling our tables use.

    Case, a slash at the end and the OID make no difference for LOINC; a code of LOINC's form without any
    system is taken for LOINC. Of the IG's provisional codes only the last part of the address counts.

    >>> system_of("HTTP://LOINC.org/", "84413-4"), system_of("", "84413-4")
    ('http://loinc.org', 'http://loinc.org')
    >>> system_of("http://hl7.org/fhir/uv/genomics-reporting/CodeSystem/TbdCodes", "x") == TBD_CODES
    True
    """
    plain = system.lower().rstrip("/")
    if plain in _LOINC_SYSTEMS or (not plain and _LOINC_CODE.fullmatch(code)):
        return LOINC
    if plain.rpartition("/")[2].startswith("tbd"):
        return TBD_CODES
    return system


_LOINC_SYSTEMS = frozenset({"urn:oid:2.16.840.1.113883.6.1"}).union(
    f"{scheme}://{host}" for scheme in ("http", "https") for host in ("loinc.org", "www.loinc.org")
)


def number(value: object) -> Decimal | None:
    """
    The number, also if it was sent as text; None for anything else and for what no dose or count can be.

    >>> number(0.1), number(0.1 + 0.2), number("2,5"), number("1.50")
    (Decimal('0.1'), Decimal('0.3'), Decimal('2.5'), Decimal('1.50'))
    >>> number("1,000"), number(True), number(1e300), number(float("nan"))
    (None, None, None, None)
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return Decimal(value) if abs(value) < _LARGEST_NUMBER else None
    if isinstance(value, float):
        return _exact(value) if abs(value) < _LARGEST_NUMBER else None
    if isinstance(value, str):
        written = _DECIMAL_COMMA.sub(".", value.strip())
        return Decimal(written) if _DECIMAL.fullmatch(written) else None
    return None


def _exact(value: float) -> Decimal:
    """The number as it was written; digits that are an artefact of binary arithmetic (0.1 + 0.2) are cut."""
    written = Decimal(repr(value))
    return written if len(written.as_tuple().digits) <= _MOST_DIGITS else Decimal(f"{value:.{_MOST_DIGITS}g}")


def day(value: object) -> date | None:
    """
    The day of a FHIR date or time; a year or month alone stands for its first day. None if it is no date.

    >>> day("2019-04-02T23:30:00-05:00"), day("2016"), day("unknown")
    (datetime.date(2019, 4, 2), datetime.date(2016, 1, 1), None)
    """
    if isinstance(value, str) and value[4:5] == value[7:8] == "-":
        try:
            return date.fromisoformat(value[:10])
        except ValueError:
            return None
    found = _DAY.match(value) if isinstance(value, str) else None
    if found is None:
        return None
    year, month, of_month = found.groups()
    try:
        return date(int(year), int(month or 1), int(of_month or 1))
    except ValueError:
        return None


def reference_key(value: object) -> str:
    """
    What a Reference points at, as `Type/id`: absolute and versioned references are cut to this.

    References into the resource stay `#id`, `urn:` ones stay whole. Empty if there is no reference.

    >>> reference_key({"reference": "https://ehr.example/fhir/Patient/7/_history/3"})
    'Patient/7'
    >>> reference_key({"reference": "#g1"}), reference_key({"display": "Someone"})
    ('#g1', '')
    """
    whole = text(mapping(value).get("reference"))
    if whole.startswith(("#", "urn:")) or not whole:
        return whole
    parts = [part for part in whole.partition("?")[0].split("/") if part]
    if "_history" in parts:
        parts = parts[: parts.index("_history")]
    return "/".join(parts[-2:])


def resource_type(resource: Json) -> str:
    """The resource type, or empty if it is not written like one."""
    name = resource.get("resourceType")
    return name if isinstance(name, str) and _is_type_name(name[:41]) else ""


@lru_cache(maxsize=256)
def _is_type_name(name: str) -> bool:
    return name.isascii() and name.isalpha() and len(name) <= 40


def resource_key(resource: Json) -> str:
    """`Type/id` of a resource; empty without an id."""
    ident = text(resource.get("id"))
    kind = resource_type(resource) if ident else ""
    return f"{kind}/{ident}" if kind else ""
