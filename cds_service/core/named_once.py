"""Objects in JSON whose names stand once: of two with one name, parsers keep either without a word."""

from __future__ import annotations

from typing import Any


class NamedTwiceError(ValueError):
    """A name stands twice in one object. The message holds the name."""


def named_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """
    The members of an object; for `json.loads(..., object_pairs_hook=named_once)`.

    Raises:
        NamedTwiceError: If two have the same name.

    >>> named_once([("a", 1), ("b", 2)])
    {'a': 1, 'b': 2}
    """
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise NamedTwiceError(f"the key '{name}' stands twice in one object")
        found[name] = value
    return found
