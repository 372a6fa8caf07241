"""Reads single values of a site profile strictly: a slip ends the start and is named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeVar

from cds_service.core.errors import KnowledgeError

_Choice = TypeVar("_Choice", bound=Enum)


@dataclass(frozen=True, slots=True)
class Values:
    """
    One JSON object of the profile.

    Args:
        values: Its members.
        place: Where it stands, for messages.
    """

    values: Mapping[str, Any]
    place: str

    def only(self, known: frozenset[str]) -> None:
        """Raise `KnowledgeError` for a key nobody reads."""
        unknown = sorted(set(self.values) - known)
        if unknown:
            listed = ", ".join(sorted(known))
            raise KnowledgeError(f"{self.place}: unknown key {', '.join(unknown)}; allowed: {listed}")

    def switch(self, key: str, default: bool) -> bool:
        """True or false, as JSON has them: the text "false" is neither."""
        value = self.values.get(key, default)
        if not isinstance(value, bool):
            raise self._wrong(key, "true or false")
        return value

    def number(self, key: str, default: int | None, least: int, most: int) -> int | None:
        """A whole number between two others."""
        value = self.values.get(key, default)
        if value is default:
            return default
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise self._wrong(key, f"a whole number from {least} to {most}")
        return value

    def texts(self, key: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        """A list of texts, none of them empty."""
        value = self.values.get(key, list(default))
        if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
            raise self._wrong(key, "a list of texts")
        return tuple(value)

    def choice(self, key: str, default: _Choice) -> _Choice:
        """One of the values of a closed list."""
        kind = type(default)
        try:
            return kind(self.values.get(key, default.value))
        except ValueError:
            raise self._wrong(key, f"one of {', '.join(item.value for item in kind)}") from None

    def inner(self, key: str) -> Values:
        """The object in a key; empty if there is none."""
        value = self.values.get(key, {})
        if not isinstance(value, dict):
            raise self._wrong(key, "an object")
        return Values(value, f"{self.place}: {key}")

    def _wrong(self, key: str, wanted: str) -> KnowledgeError:
        return KnowledgeError(f"{self.place}: {key} must be {wanted}, not {self.values.get(key)!r}")
