"""Every phrase is translated: no language is left with a text of the language the others come from."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator, Mapping

from cds_service.curation.context import Context, Fault

name = "translated"

#: The language the others are translated from.
SOURCE = "en"

#: Units and abbreviations such as `mg/kg` or `INR` are the same everywhere; three small letters make a word.
_WORD = re.compile(r"[a-z]{3}")


def run(context: Context) -> Iterator[Fault]:
    """Phrases that are missing, empty or still in the language they come from."""
    for language, keys in sorted(untranslated(context.phrases).items()):
        for key in keys:
            yield Fault(f"phrases/{language}.json", key, f"not translated from {SOURCE} yet; translate it")


def untranslated(
    phrases_by_language: Mapping[str, Mapping[str, str]], source: str = SOURCE
) -> dict[str, list[str]]:
    """
    The phrases each language still lacks.

    A phrase is lacking if it is missing, is empty where the source has words, or repeats a text of the source
    that has words outside its slots.

    Args:
        phrases_by_language: Language -> key -> text, as `load_wording(language).phrases` gives them.
        source: The language the others are translated from.

    Returns:
        Language -> keys in alphabetical order, for every language but the source. Complete ones have an empty
        list; without phrases of the source nothing is known to lack.

    >>> untranslated({"en": {"a": "the {drug}", "b": "mg"}, "de": {"a": "the {drug}", "b": "mg"}, "ur": {}})
    {'de': ['a'], 'ur': ['a', 'b']}
    """
    wanted = phrases_by_language.get(source, {})
    return {
        language: sorted(key for key, text in wanted.items() if _lacks(phrases.get(key), text))
        for language, phrases in phrases_by_language.items()
        if language != source
    }


def _lacks(translation: str | None, text: str) -> bool:
    if translation is None:
        return True
    if not translation:
        return bool(text)
    return translation == text and _has_words(text)


def _has_words(text: str) -> bool:
    return any(_WORD.search(literal) for literal, _, _, _ in string.Formatter().parse(text))
