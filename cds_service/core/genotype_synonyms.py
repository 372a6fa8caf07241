"""Two names of one allele, written side by side, in brackets or with a slash."""

from __future__ import annotations

from collections.abc import Sequence

from cds_service.core.genotype_alleles import AlleleTable
from cds_service.core.genotype_text import key
from cds_service.core.genotype_tokens import Kind, Token
from cds_service.core.genotype_values import UntranslatableError

_NAMES = frozenset({Kind.ALLELE, Kind.RS})
_IN_BRACKETS = frozenset({*_NAMES, Kind.LIST, Kind.AND})
_STATING = frozenset({Kind.ZYGOSITY, Kind.ABSENT, Kind.BASES})
_BETWEEN_STATEMENTS = frozenset({Kind.LIST, Kind.AND})


def merge_synonyms(tokens: Sequence[Token], table: AlleleTable, text: str) -> list[Token]:
    """
    Keep one name of an allele that is named twice: `*2A (c.1905+1G>A)`, `c.1905+1G>A rs3918290`.

    A name may also be a part of the other: a haplotype and one of its changes.

    Raises:
        UntranslatableError: Two names of one allele with a slash between, and no word that says how many
            chromosomes carry it: they may be two chromosomes or one.
    """
    kept: list[Token] = []
    place = 0
    while place < len(tokens):
        merged, used = _merged(kept[-1], tokens, place, table, text) if kept else (None, 1)
        if merged is None:
            kept.append(tokens[place])
        else:
            kept[-1] = merged
        place += used
    return kept


def _merged(
    first: Token, tokens: Sequence[Token], place: int, table: AlleleTable, text: str
) -> tuple[Token | None, int]:
    """The first token as one with what follows, and how many tokens that takes; None if they differ."""
    token = tokens[place]
    following = tokens[place + 1] if place + 1 < len(tokens) else None
    if token.kind is Kind.OPEN:
        return _with_bracket(first, tokens, place, table)
    if token.kind in (Kind.SLASH, Kind.BAR) and following and _named_twice(first, following, table):
        if not _is_stated(tokens, place):
            raise UntranslatableError(text)
        return _same(first, following, table), 2
    merged = _same(first, token, table) if token.kind in _NAMES and _side_by_side(first, token) else None
    return merged, 1


def _with_bracket(
    first: Token, tokens: Sequence[Token], place: int, table: AlleleTable
) -> tuple[Token | None, int]:
    """The allele before a bracket, if the bracket holds nothing but other names of it."""
    end = place + 1
    while end < len(tokens) and tokens[end].kind in _IN_BRACKETS:
        end += 1
    names = [token for token in tokens[place + 1 : end] if token.kind in _NAMES]
    if not names or end == len(tokens) or tokens[end].kind is not Kind.CLOSE:
        return None, 1
    merged: Token | None = first
    for name in names:
        merged = _same(merged, name, table) if merged else None
    return merged, end - place + 1 if merged else 1


def _same(first: Token, second: Token, table: AlleleTable) -> Token | None:
    """The two as one allele, the whole rather than its part; None if they are not the same."""
    if second.kind is Kind.RS:
        return first if first.allele else None
    if first.kind is Kind.RS:
        return second if second.allele else None
    if not (first.allele and second.allele and first.allele.known and second.allele.known):
        return None
    if first.allele.name == second.allele.name:
        return first if key(first.text) != key(second.text) else None
    ours, theirs = table.changes(first.allele.name), table.changes(second.allele.name)
    if theirs < ours:
        return first
    return second if ours < theirs else None


def _side_by_side(first: Token, second: Token) -> bool:
    """
    Whether two names without a sign between them can be one allele.

    Two stars are two chromosomes; so are a haplotype and its part, unless a bracket says otherwise.
    """
    if Kind.RS in (first.kind, second.kind):
        return not (first.text + second.text).startswith("*")
    return first.allele == second.allele and not (first.text.startswith("*") and second.text.startswith("*"))


def _named_twice(first: Token, second: Token, table: AlleleTable) -> bool:
    """Whether a slash stands between two names of one allele, such as `c.1236G>A/HapB3`."""
    if second.kind is not Kind.ALLELE or _same(first, second, table) is None:
        return False
    names = [token.allele.name for token in (first, second) if token.allele]
    if names[0] == names[1]:
        both_stars = first.text.startswith("*") and second.text.startswith("*")
        return names[0] != table.gene.reference and not both_stars
    return any(key(token.text) != key(name) for token, name in zip((first, second), names, strict=True))


def _is_stated(tokens: Sequence[Token], place: int) -> bool:
    """Whether zygosity or absence is said in the same part of a list."""
    start = place
    while start and tokens[start - 1].kind not in _BETWEEN_STATEMENTS:
        start -= 1
    end = place
    while end < len(tokens) and tokens[end].kind not in _BETWEEN_STATEMENTS:
        end += 1
    return any(token.kind in _STATING for token in tokens[start:end])
