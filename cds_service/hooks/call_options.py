"""What a client asks for in one call, beside the hook: the options of two implementation guides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

#: HL7's guide on drug interactions names the options; the text writes the second key, its examples the first.
_PDDI = ("pddi-configuration-items", "configuration-items")
#: Da Vinci CRD: an object from code to value. It also defines the option `max-cards`.
_CRD = "davinci-crd.configuration"

REMEMBER = "cache-for-order-sign-filtering"
FILTER = "filter-out-repeated-alerts"
MOST_CARDS = "max-cards"


@dataclass(frozen=True, slots=True)
class CallOptions:
    """
    Options of one call.

    Args:
        remember: Keep in mind what is shown now, for the call at signing.
        filter_repeats: Leave out what was shown before.
        most_cards: Show at most so many cards; None = as the site wants it.
    """

    remember: bool = False
    filter_repeats: bool = False
    most_cards: int | None = None


def read_options(extension: Mapping[str, Any]) -> CallOptions:
    """
    Read the options from the extension of a request. What is unknown or malformed counts as not asked for.

    >>> read_options({"pddi-configuration-items": {"filter-out-repeated-alerts": True}}).filter_repeats
    True
    >>> read_options({"davinci-crd.configuration": {"max-cards": 0}}).most_cards is None
    True
    """
    items = {key: value for given in _objects(extension) for key, value in given.items()}
    most = items.get(MOST_CARDS)
    return CallOptions(
        remember=items.get(REMEMBER) is True,
        filter_repeats=items.get(FILTER) is True,
        most_cards=most if isinstance(most, int) and not isinstance(most, bool) and most > 0 else None,
    )


def _objects(extension: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for key in (_CRD, *_PDDI):
        value = extension.get(key)
        if isinstance(value, dict):
            yield value


def offered_options(hook: str) -> list[dict[str, Any]]:
    """The options a service takes, in the form of CRD's discovery extension; all are optional."""
    repeats = {
        "order-select": (REMEMBER, "Remember for order-sign", "Keep in mind for a short time what is shown."),
        "order-sign": (
            FILTER,
            "No repeated alerts",
            "Leave out what was shown and answered at order-select.",
        ),
    }
    found = []
    if hook in repeats:
        code, name, description = repeats[hook]
        found.append(
            {"code": code, "type": "boolean", "name": name, "description": description, "default": False}
        )
    return [
        *found,
        {
            "code": MOST_CARDS,
            "type": "integer",
            "name": "Most cards",
            "description": "At most so many cards; the others are named in one. Critical cards always come.",
        },
    ]
