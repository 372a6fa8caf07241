"""Faults that a JSON schema finds, in words that say what to write instead."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from jsonschema.exceptions import ValidationError


def in_words(error: ValidationError) -> str:
    """What is wrong and what to do."""
    words = _WORDS.get(str(error.validator), _other)
    return words(error)


def _described(error: ValidationError) -> str:
    """What the schema says an author should write; empty if it does not say."""
    return str(error.schema.get("description", "")) if isinstance(error.schema, Mapping) else ""


def _wanted(error: ValidationError) -> str:
    described = _described(error)
    return f"; write {described}" if described else ""


def _rule(error: ValidationError) -> Any:
    """The value of the keyword that was broken, such as the list of an `enum`."""
    return error.validator_value


def _shown(value: object) -> str:
    text = str(value)
    return f"'{text if len(text) <= 60 else text[:57] + '...'}'"


def _other(error: ValidationError) -> str:
    return f"{error.message[:200]}{_wanted(error)}"


def _form(error: ValidationError) -> str:
    return f"{_shown(error.instance)} is not written as it should be{_wanted(error)}"


def _enum(error: ValidationError) -> str:
    return f"{_shown(error.instance)} is not among the known values; write one of {', '.join(_rule(error))}"


def _missing(error: ValidationError) -> str:
    there: Any = error.instance
    missing = [key for key in _rule(error) if key not in there]
    return f"{', '.join(missing)} is missing; add it"


def _unknown(error: ValidationError) -> str:
    known = error.schema.get("properties", {}) if isinstance(error.schema, Mapping) else {}
    there: Any = error.instance
    unknown = sorted(key for key in there if key not in known)
    return f"nobody reads the key {', '.join(unknown)}; known here: {', '.join(sorted(known))}"


_TYPES = {
    "string": "a text in quotes",
    "array": "a list",
    "object": "an object",
    "boolean": "true or false",
    "integer": "a whole number",
}


def _type(error: ValidationError) -> str:
    wanted = _described(error) or _TYPES.get(str(_rule(error)), str(_rule(error)))
    return f"{_shown(error.instance)} has the wrong type; write {wanted}"


def _twice(_: ValidationError) -> str:
    return "an entry stands there twice; remove one"


def _empty(_: ValidationError) -> str:
    return "too few entries; add what is missing, or leave the key out"


def _together(error: ValidationError) -> str:
    there: Any = error.instance
    for key, needed in _rule(error).items():
        missing = [name for name in needed if name not in there]
        if key in there and missing:
            return f"where there is {key}, there must be {', '.join(missing)}; add it"
    return _other(error)


_WORDS: Mapping[str, Callable[[ValidationError], str]] = {
    "pattern": _form,
    "format": _form,
    "const": _form,
    "not": lambda error: f"two keys exclude each other{_wanted(error)}",
    "anyOf": _form,
    "enum": _enum,
    "required": _missing,
    "additionalProperties": _unknown,
    "type": _type,
    "uniqueItems": _twice,
    "minItems": _empty,
    "minProperties": _empty,
    "dependentRequired": _together,
}
