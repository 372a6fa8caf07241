"""Tokens without what says nothing new: idle words, empty brackets, and second names of the same allele."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cds_service.core.genotype_alleles import AlleleTable
from cds_service.core.genotype_tokens import Kind, Token
from cds_service.core.genotype_values import UntranslatableError

_DEEPEST = 4
_IDLE = (Kind.WORD, Kind.CLASS)
_EDGES = frozenset({Kind.LIST, Kind.DASH})


def essential(tokens: Sequence[Token], table: AlleleTable, text: str) -> tuple[Token, ...]:
    """
    Leave out what says nothing about the alleles.

    A word between two alleles stays, because without it they would look like one diplotype.

    Raises:
        UntranslatableError: Brackets are not closed, or nested deeper than anybody writes.

    >>> from cds_service.core.genes import Gene, Method
    >>> from cds_service.core.genotype_text import Compact
    >>> from cds_service.core.genotype_tokens import tokens
    >>> table = AlleleTable.of(Gene("CYP3A5", "", Method.FUNCTION_PAIR, {"*1": "", "*3": ""}, {}))
    >>> text = "CYP3A5 genotype: *3/*3 (Poor Metabolizer)."
    >>> [token.text for token in essential(tokens(Compact.of(text), table), table, text)]
    ['*3', '/', '*3']
    """
    _check_brackets(tokens, text)
    kept = _without_skipped(tokens, table)
    kept = _without_idle(kept)
    kept = _without_empty_brackets(kept)
    kept = _without_synonyms(kept, table)
    return _without_edges(kept)


def _check_brackets(tokens: Sequence[Token], text: str) -> None:
    depth = 0
    for token in tokens:
        depth += (token.kind is Kind.OPEN) - (token.kind is Kind.CLOSE)
        if not 0 <= depth <= _DEEPEST:
            raise UntranslatableError(text)
    if depth:
        raise UntranslatableError(text)


def _without_skipped(tokens: Sequence[Token], table: AlleleTable) -> list[Token]:
    """
    Drop the gene's symbol and idle signs.

    `GENE*1+GENE*2` and `*1-*2` are two chromosomes, but only for a gene of which no tandem is known.
    """
    kept: list[Token] = []
    symbol = table.gene.symbol.upper()
    for place, token in enumerate(tokens):
        following = tokens[place + 1] if place + 1 < len(tokens) else None
        if token.kind is Kind.SKIP:
            continue
        joins = following is not None and kept and kept[-1].kind is Kind.ALLELE and not table.tandems
        repeated = token.kind is Kind.PLUS and following is not None and following.text.upper() == symbol
        dashed = token.kind is Kind.DASH and following is not None and following.text.startswith("*")
        kept.append(replace(token, kind=Kind.SLASH) if joins and (repeated or dashed) else token)
    return kept


def _without_idle(tokens: list[Token]) -> list[Token]:
    kept: list[Token] = []
    for place, token in enumerate(tokens):
        between = (
            kept
            and kept[-1].kind in (Kind.ALLELE, Kind.COPIES)
            and place + 1 < len(tokens)
            and tokens[place + 1].kind in (Kind.ALLELE, *_IDLE)
        )
        if token.kind not in _IDLE or between:
            kept.append(token)
    return kept


def _without_empty_brackets(tokens: list[Token]) -> list[Token]:
    kept: list[Token] = []
    for token in tokens:
        if token.kind is Kind.CLOSE and kept and kept[-1].kind is Kind.OPEN:
            kept.pop()
        else:
            kept.append(token)
    return kept


def _without_synonyms(tokens: list[Token], table: AlleleTable) -> list[Token]:
    """`*2A (c.1905+1G>A)`, `c.1905+1G>A (rs3918290)`: the second is the same allele, or its rs number."""
    kept: list[Token] = []
    place = 0
    while place < len(tokens):
        token = tokens[place]
        bracket = [other.kind for other in tokens[place : place + 3 : 2]] == [Kind.OPEN, Kind.CLOSE]
        second = tokens[place + 1] if bracket else token
        merged = _same(kept[-1], second, table, bracketed=bracket) if kept else None
        if merged is None:
            kept.append(token)
        else:
            kept[-1] = merged
        place += 3 if bracket and merged else 1
    return kept


def _same(first: Token, second: Token, table: AlleleTable, *, bracketed: bool) -> Token | None:
    """The two as one allele; None if they are not the same."""
    if second.kind is Kind.RS and first.allele and (bracketed or not first.text.startswith("*")):
        return first
    if first.kind is Kind.RS and second.allele and not second.text.startswith("*") and not bracketed:
        return second
    if not (first.allele and second.allele and first.allele.known and second.allele.known):
        return None
    if first.allele.name == second.allele.name:
        return first if first.text.upper() != second.text.upper() else None
    ours, theirs = table.changes(first.allele.name), table.changes(second.allele.name)
    if not bracketed or not (ours < theirs or theirs < ours):
        return None
    return first if theirs < ours else second


def _without_edges(tokens: list[Token]) -> tuple[Token, ...]:
    """Separators before the first and behind the last thing separate nothing."""
    start, end = 0, len(tokens)
    while start < end and tokens[start].kind in _EDGES:
        start += 1
    while end > start and tokens[end - 1].kind in _EDGES:
        end -= 1
    return tuple(tokens[start:end])
