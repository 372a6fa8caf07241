"""An HLA text cut into alleles, GL string operators and words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum, auto

from cds_service.core import genotype_words as words
from cds_service.core.genes import Gene
from cds_service.core.genotype_text import Compact
from cds_service.core.genotype_typing import AllelePatterns, Precision, Typed


class HlaKind(Enum):
    """What a token is for."""

    ALLELE = auto()
    ELSEWHERE = auto()  # an allele of another gene
    OPERATOR = auto()
    LIST = auto()
    AND = auto()
    OR = auto()
    PRESENT = auto()
    ABSENT = auto()
    UNDECIDED = auto()
    NO = auto()
    HOMOZYGOUS = auto()
    HETEROZYGOUS = auto()
    LOW = auto()  # the laboratory says that it typed by the first field
    OTHER = auto()


@dataclass(frozen=True, slots=True)
class HlaToken:
    """One piece of a text; `typed` for alleles of the gene."""

    kind: HlaKind
    text: str
    typed: Typed | None = None

    @property
    def is_allele(self) -> bool:
        """Whether it is an allele of this gene or another."""
        return self.kind in (HlaKind.ALLELE, HlaKind.ELSEWHERE)

    def at_first_field(self) -> HlaToken:
        """A bare number taken as the first field of an allele; anything else as it is."""
        if self.typed is None or self.typed.precision is not Precision.ANTIGEN:
            return self
        return replace(self, typed=replace(self.typed, precision=Precision.FIRST_FIELD))


_SIGNS = {",": HlaKind.LIST, ";": HlaKind.LIST, "&": HlaKind.AND, **dict.fromkeys("^|+~/", HlaKind.OPERATOR)}
_LONGEST_WORD = 50
_IDLE_SIGNS = "()[]:=.-'\""
_WORDS: tuple[tuple[HlaKind | None, re.Pattern[str]], ...] = (
    (HlaKind.ABSENT, re.compile(rf"NON-?CARRIER|NOTACARRIER|{words.ABSENT.pattern}")),
    (HlaKind.PRESENT, re.compile(r"(?:WAS|IS)?(?:POS(?:ITIVE)?|PRESENT|DETECTED|FOUND|IDENTIFIED)|CARRIER")),
    (HlaKind.UNDECIDED, re.compile(r"INDETERMINATE|EQUIVOCAL|BORDERLINE")),
    (HlaKind.LOW, re.compile(r"LOW-?RES(?:OLUTION)?|(?:TWO|2)-?DIGITS?|(?:ONE|1|FIRST)-?FIELD")),
    (HlaKind.HOMOZYGOUS, re.compile(r"HOM(?:O(?:ZYG(?:OUS|OTE))?)?")),
    (HlaKind.HETEROZYGOUS, re.compile(r"HET(?:ERO(?:ZYG(?:OUS|OTE))?)?")),
    (HlaKind.NO, re.compile(r"NO")),
    (HlaKind.AND, re.compile(r"AND")),
    (HlaKind.OR, re.compile(r"OR")),
    (None, re.compile(r"HIGH-?RES(?:OLUTION)?|(?:FOUR|4)-?DIGITS?|(?:TWO|2)-?FIELDS?|TYPING|TYPED?|RISK")),
    (None, re.compile(r"ALLELES?|GENOTYPES?|RESULTS?|FOR|IS|THE|STATUS|TEST")),
)


def hla_tokens(text: Compact, start: int, gene: Gene) -> tuple[HlaToken, ...]:
    """
    Cut a text into tokens; what nothing recognises becomes `OTHER`, and separators at its edges are dropped.

    Args:
        text: The text.
        start: Where to begin, behind the name space of a GL string.
        gene: The gene whose alleles are wanted.
    """
    tokens = list(_tokens(text, start, AllelePatterns.of(gene)))
    while tokens and tokens[-1].kind in (HlaKind.LIST, HlaKind.OPERATOR) and text.chars[-1] in "-,;.":
        tokens.pop()
    while tokens and tokens[0].kind is HlaKind.LIST:
        tokens.pop(0)
    return tuple(tokens)


def _tokens(text: Compact, start: int, patterns: AllelePatterns) -> Iterator[HlaToken]:
    at = start
    while at < len(text.chars):
        token, end = _next(text, at, patterns)
        if token is not None:
            yield token
        at = end


def _next(text: Compact, at: int, patterns: AllelePatterns) -> tuple[HlaToken | None, int]:
    """The next token, None for what says nothing, and where it ends."""
    for kind, pattern in _WORDS:
        found = pattern.match(text.chars, at)
        if found and text.ends_word(found.end()):
            return _made(kind, text, at, found.end()), found.end()
    stop = _number_ends(text, at)
    typed = patterns.typed(text.chars, at, stop)
    if typed:
        return replace(HlaToken(HlaKind.ALLELE, text.written(at, typed[1])), typed=typed[0]), typed[1]
    for kind, pattern in ((HlaKind.ELSEWHERE, patterns.elsewhere), (None, patterns.symbol)):
        found = pattern.match(text.chars, at, stop)
        if found and not text.word_break(at, found.end()) and not _follows_word(text, at, found[0]):
            return _made(kind, text, at, found.end()), found.end()
    sign = text.chars[at]
    if sign in _IDLE_SIGNS:
        return None, at + 1
    if sign in _SIGNS:
        return HlaToken(_SIGNS[sign], sign), at + 1
    end = _run_end(text, at + 1)
    return HlaToken(HlaKind.OTHER, text.written(at, end)), end


def _follows_word(text: Compact, at: int, found: str) -> bool:
    """Whether letters before a star are a word of their own, as in `has *57:01`, and no locus."""
    star = found.find("*")
    return "-" not in found and star > 0 and at + star in text.gaps


def _made(kind: HlaKind | None, text: Compact, start: int, end: int) -> HlaToken | None:
    return None if kind is None else HlaToken(kind, text.written(start, end))


def _number_ends(text: Compact, at: int) -> int:
    """The first blank behind the first digit: the fields of an allele are written without blanks."""
    end = at
    while end < len(text.chars) and not text.chars[end].isdigit():
        end += 1
        if end - at > 12:
            return end
    return _run_end(text, end + 1)


def _run_end(text: Compact, at: int) -> int:
    end = min(len(text.chars), at + _LONGEST_WORD)
    while at < end and at not in text.gaps and text.chars[at] not in "^|+~/,;()[]":
        at += 1
    return at
