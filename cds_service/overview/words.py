"""The words of the pages, in the languages of the cards, beside the words of the cards."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from cds_service.cards.wording import DEFAULT, Wording, languages, load_wording

FOLDER = Path(__file__).parent / "phrases"

__all__ = ["DEFAULT", "FOLDER", "load_words", "one_of", "page_languages"]


def page_languages() -> tuple[str, ...]:
    """The codes of the languages that pages can be in."""
    return languages(FOLDER)


def load_words(language: str = DEFAULT) -> Wording:
    """
    The words of cards and pages in one language.

    Raises:
        KnowledgeError: If there is no such language, or a file is malformed.
    """
    cards, pages = load_wording(language), load_wording(language, FOLDER)
    return Wording(language, pages.direction, {**cards.phrases, **pages.phrases})


def one_of(items: Iterable[str], words: Wording) -> str:
    """
    Several possible values as one text, each once.

    >>> one_of(["*1/*2", "*1/*3"], load_words())
    '*1/*2 or *1/*3'
    """
    return words.join(dict.fromkeys(items), "list-or")
