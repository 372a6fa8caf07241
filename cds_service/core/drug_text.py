"""Drug names in a line of text: whole words, longest name first. The last resort when no code is known."""

from __future__ import annotations

import re

from cds_service.core.drug_codes import DrugCodes

#: A medication label is short. What is longer is not a label, and is not worth the time of an order screen.
_LONGEST_TEXT = 400

_WORD = re.compile(r"[^\W_](?:[\w'’.-]*[^\W_])?")
_BRACKETS = re.compile(r"\[[^\]]*\]?")
_COMMENT = re.compile(r"\([^()]*\b(?:for|taking|not|with|without|use|if)\b[^()]*\)?")
# Parts of a hyphened label that say form or salt and not another drug.
_NO_DRUG = frozenset(
    ("cr", "dr", "ec", "er", "hbr", "hcl", "im", "ir", "iv", "la", "odt", "pf", "po", "sc", "sr", "xl", "xr")
)


def text_key(name: str) -> str:
    """
    Bring a name to the form in which texts are compared: lower case, words and single blanks only.

    >>> text_key("Insulin, Regular,  human")
    'insulin regular human'
    """
    return " ".join(_WORD.findall(name.lower()))


def drugs_in_text(text: str, codes: DrugCodes) -> tuple[tuple[str, ...], ...]:
    """
    Find the drugs a label names.

    Whole words only, so that a name inside another name does not count, and the longest name first. What
    stands in square brackets (a brand, which may mention a second drug) or in a parenthesis that talks about
    use is skipped. A hyphened word counts if it is a name itself, or if each of its parts is one.

    Returns:
        The ingredient keys of each name, in the order of the text, each once; empty = none recognised.

    >>> codes = DrugCodes(by_name={"chloroquine": ("2393",), "aspirin": ("1191",), "dipyridamole": ("3521",)})
    >>> drugs_in_text("Aspirin-Dipyridamole 25-200 MG capsule [Aggrenox]", codes)
    (('1191',), ('3521',))
    >>> drugs_in_text("hydroxychloroquine 200 mg, hydroxy-chloroquine", codes)
    ()
    """
    words = _WORD.findall(_COMMENT.sub(" ", _BRACKETS.sub(" ", text[:_LONGEST_TEXT].lower())))
    names = _names_among(words, codes)
    strong = [name for name in names if name not in codes.weak_names]
    return tuple(dict.fromkeys(codes.by_name[name] for name in strong or names))


def _names_among(words: list[str], codes: DrugCodes) -> list[str]:
    found: list[str] = []
    at = 0
    while at < len(words):
        for length in range(min(codes.longest_name, len(words) - at), 0, -1):
            name = " ".join(words[at : at + length])
            if name in codes.by_name:
                found.append(name)
                at += length
                break
        else:
            found.extend(_names_in_compound(words[at], codes))
            at += 1
    return found


def _names_in_compound(word: str, codes: DrugCodes) -> list[str]:
    # One unknown part makes the whole word unknown: "x-y" may be a drug of its own.
    parts = [part for part in word.split("-") if part not in _NO_DRUG and not part[:1].isdigit()]
    return parts if all(part in codes.by_name for part in parts) else []
