"""Tokens without what says nothing about the alleles: idle words, empty brackets, separators at the edges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cds_service.core.genotype_alleles import AlleleTable
from cds_service.core.genotype_synonyms import merge_synonyms
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
    >>> from cds_service.core.genotype_lexer import tokens
    >>> table = AlleleTable.of(Gene("CYP3A5", "", Method.FUNCTION_PAIR, {"*1": "", "*3": ""}, {}))
    >>> text = "CYP3A5 genotype: *3/*3 (Poor Metabolizer)."
    >>> [token.text for token in essential(tokens(Compact.of(text), table), table, text)]
    ['*3', '/', '*3']
    """
    _check_brackets(tokens, text)
    kept = _without_skipped(tokens, table)
    kept = _without_idle(kept)
    kept = _without_empty_brackets(kept)
    kept = merge_synonyms(kept, table, text)
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


def _without_edges(tokens: list[Token]) -> tuple[Token, ...]:
    """Separators before the first and behind the last thing separate nothing."""
    start, end = 0, len(tokens)
    while start < end and tokens[start].kind in _EDGES:
        start += 1
    while end > start and tokens[end - 1].kind in _EDGES:
        end -= 1
    return tuple(tokens[start:end])
