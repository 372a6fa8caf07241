"""Genotype texts made comparable: odd characters become plain ones, blanks are set aside but remembered."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

# Characters by code point, because many of them look alike. Unicode's own compatibility mapping is not
# used: it would turn a footnote mark into a digit of the allele before it.
_SLASHES = "\u2044\u2215\u2571\u29f8\\"
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63"
_STARS = "\u2217\u204e\u2731\ufe61\u22c6\u2605"
_TIMES = "\u00d7\u2715\u2716\u2a2f"
_BARS = "\u2223\u00a6\u2502"
_ARROWS = "\u2192\u27f6\u203a"
_COLONS = "\u2236\u02d0\ua789"
_UNSEEN = "\u200b\u200c\u200d\u2060\ufeff\u00ad"
#: Marks of the direction of writing.
_UNSEEN += "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_QUOTES = "\u2018\u2019\u201b\u2032"
_FULL_WIDTH = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}

_PLAIN: dict[int, str | None] = {
    **_FULL_WIDTH,
    **{
        ord(odd): plain
        for odds, plain in (
            (_SLASHES, "/"),
            (_DASHES, "-"),
            (_STARS, "*"),
            (_TIMES, "x"),
            (_BARS, "|"),
            (_ARROWS, ">"),
            (_COLONS, ":"),
            (_QUOTES, "'"),
            ("\u2a7e\u2267", "\u2265"),
        )
        for odd in odds
    },
    **{ord(unseen): None for unseen in _UNSEEN},
}
_SPELLINGS = (("\\/", "/"), ("&gt;", ">"), ("&ge;", "\u2265"), ("&lt;", "<"), ("&amp;", "&"))
_AFTERWARDS = (("->", ">"), (">=", "\u2265"))
_ODD = re.compile(r"[\\&]|->|>=")


def tidy(text: str) -> str:
    """
    Replace typographic variants by plain characters and runs of blanks by one blank.

    >>> tidy(" ∗1 ⁄ ∗2 "), tidy("–1639G→A"), tidy("*4x&gt;=3"), tidy("2789+5G->A")
    ('*1 / *2', '-1639G>A', '*4x≥3', '2789+5G>A')
    """
    for written, meant in _SPELLINGS:
        text = text.replace(written, meant)
    text = " ".join(text.translate(_PLAIN).split())
    for written, meant in _AFTERWARDS:
        text = text.replace(written, meant)
    return text


def key(text: str) -> str:
    """
    The form in which spellings are compared: tidy, upper case, without blanks.

    >>> key("c.1905+1G>A (*2A)")
    'C.1905+1G>A(*2A)'
    """
    if text.isascii() and not _ODD.search(text):
        return "".join(text.split()).upper()
    return _upper(tidy(text)).replace(" ", "")


def _upper(text: str) -> str:
    """Upper case of the same length: the few letters that would become two stay as they are."""
    if text.isascii():
        return text.upper()
    return "".join(upper if len(upper := letter.upper()) == 1 else letter for letter in text)


@dataclass(frozen=True, slots=True)
class Compact:
    """
    A tidy text without its blanks.

    Args:
        source: The tidy text.
        chars: The same in upper case without blanks.
        places: For each character of `chars` its place in `source`.
        gaps: The places in `chars` that have a blank before them.
    """

    source: str
    chars: str
    places: tuple[int, ...]
    gaps: frozenset[int]

    @classmethod
    def of(cls, text: str) -> Compact:
        """Tidy the text and set its blanks aside."""
        source = tidy(text)
        places = tuple(place for place, letter in enumerate(source) if letter != " ")
        chars = _upper("".join(source[place] for place in places))
        gaps = frozenset(at for at, place in enumerate(places) if place and source[place - 1] == " ")
        return cls(source, chars, places, gaps)

    def written(self, start: int, end: int) -> str:
        """The part from `start` to `end` (places in `chars`) as it was written."""
        return self.source[self.places[start] : self.places[end - 1] + 1] if start < end else ""

    def ends_word(self, end: int) -> bool:
        """Whether no letter or digit goes on at this place."""
        return end >= len(self.chars) or end in self.gaps or not self.chars[end].isalnum()

    def number_break(self, start: int, end: int) -> int:
        """The first blank in this part that stands between two digits, or 0: those are two numbers."""
        return next((at for at in self._breaks(start, end) if self._digits(at)), 0)

    def word_break(self, start: int, end: int) -> int:
        """The first blank in this part that stands between two letters or digits, or 0."""
        return next(self._breaks(start, end), 0)

    def _breaks(self, start: int, end: int) -> Iterator[int]:
        inside = (at for at in range(start + 1, end) if at in self.gaps)
        return (at for at in inside if self.chars[at - 1].isalnum() and self.chars[at].isalnum())

    def _digits(self, at: int) -> bool:
        return self.chars[at - 1].isdigit() and self.chars[at].isdigit()
