"""HLA texts: typings, GL strings and statements such as `HLA-B*57:01 negative`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from cds_service.core import genotype_words as words
from cds_service.core.genes import Gene
from cds_service.core.genotype_glstring import Genotype, genotypes_of, typed_by_slash, typed_in_list
from cds_service.core.genotype_hla_tokens import HlaKind, HlaToken, hla_tokens
from cds_service.core.genotype_text import Compact, tidy
from cds_service.core.genotype_typing import Precision, Typed
from cds_service.core.genotype_values import GenotypeKind, ParsedGenotype, UntranslatableError
from cds_service.core.notice import Notice

_NAMESPACE = re.compile(r"[A-Z]+#[0-9.]+#")
_STATING = (HlaKind.PRESENT, HlaKind.ABSENT, HlaKind.UNDECIDED)
_SAID = {HlaKind.PRESENT: True, HlaKind.ABSENT: False, HlaKind.UNDECIDED: None}


def read_presence(text: str, gene: Gene) -> ParsedGenotype:
    """
    Read which presence alleles of a gene a text says are there.

    Args:
        text: As written. Lines are statements of their own.
        gene: A gene with `presence_alleles`.

    Returns:
        Allele -> present, absent, undecided. One allele alone says nothing about others, two say that others
        are absent.

    Raises:
        UntranslatableError: A part has no sure meaning, or statements contradict each other.

    >>> from cds_service.core.genes import Method
    >>> gene = Gene("HLA-B", "", Method.ALLELE_PRESENCE, {}, {}, presence_alleles=("*15:02", "*57:01"))
    >>> read_presence("HLA-B*57:01+HLA-B*40:01", gene).presence
    {'*15:02': False, '*57:01': True}
    >>> read_presence("HLA-B*15:02 negative", gene).presence
    {'*15:02': False}
    >>> read_presence("*15, 40 (low resolution)", gene).presence
    {'*15:02': None, '*57:01': False}
    """
    lines = tidy(";".join(text.splitlines()))
    if words.says_no_call(lines):
        lines = _without_no_calls(lines)
        if not lines:
            return ParsedGenotype(GenotypeKind.NO_CALL)
    compact = Compact.of(lines)
    prefix = _NAMESPACE.match(compact.chars)
    tokens = hla_tokens(compact, prefix.end() if prefix else 0, gene)
    if not any(token.kind is HlaKind.ALLELE for token in tokens):
        return ParsedGenotype(GenotypeKind.NO_GENOTYPE)
    for token in tokens:
        if token.kind is HlaKind.OTHER:
            raise UntranslatableError(token.text)
    if any(token.kind in _STATING for token in tokens):
        return _stated(tokens, gene, lines)
    return _typed(tokens, gene, lines, strict=prefix is not None)


def _without_no_calls(lines: str) -> str:
    """The statements that are not about a missing result; empty if none is left that names an allele."""
    kept = [part for part in re.split("[;,]", lines) if not words.says_no_call(part)]
    return ";".join(kept) if any(words.names_alleles(part) for part in kept) else ""


def _typed(tokens: Sequence[HlaToken], gene: Gene, text: str, *, strict: bool) -> ParsedGenotype:
    """A typing: one or two alleles, or the possibilities of a GL string."""
    tokens = _resolved(tokens)
    operators = {token.text for token in tokens if token.kind is HlaKind.OPERATOR}
    notices: list[Notice] = []
    if strict or operators - {"/"}:
        genotypes = genotypes_of(tokens, text)
    elif operators:
        genotypes, both = typed_by_slash(tokens, text)
        notices += [Notice.of("hla-slash", written=text)] if both else []
    else:
        genotypes = typed_in_list(tokens, text)
    presence = {
        allele: present
        for allele in gene.presence_alleles
        for present in _over_all([_in_genotype(genotype, allele) for genotype in genotypes])
    }
    notices += _group_notices(tokens, gene)
    return ParsedGenotype(GenotypeKind.PRESENCE, presence=presence, notices=tuple(notices))


def _resolved(tokens: Sequence[HlaToken]) -> list[HlaToken]:
    """Bare numbers are alleles if the text says low resolution, or writes another allele with a star."""
    alleles = [token.typed for token in tokens if token.typed]
    low = any(token.kind is HlaKind.LOW for token in tokens)
    if not low and not any(typed.star for typed in alleles):
        return list(tokens)
    return [token.at_first_field() for token in tokens]


def _in_genotype(genotype: Genotype, allele: str) -> tuple[bool | None, ...]:
    """What one possible genotype says about an allele; empty if it says nothing."""
    found = [_on_chromosome(copy, allele) for copy in genotype]
    if True in found:
        return (True,)
    if None in found:
        return (None,)
    complete = len(genotype) == 2 and all(typed.excludes(allele) for copy in genotype for typed in copy)
    return (False,) if complete else ()


def _on_chromosome(copy: Sequence[Typed], allele: str) -> bool | None:
    """Whether one chromosome carries the allele; None if some of its possibilities do."""
    possible = {typed.is_allele(allele) for typed in copy}
    return possible.pop() if len(possible) == 1 else None


def _over_all(said: list[tuple[bool | None, ...]]) -> tuple[bool | None, ...]:
    """What all possible genotypes agree on: present in every one, absent in every one, else undecided."""
    if len(set(said)) == 1:
        return said[0]
    return (None,) if any(one in ((True,), (None,)) for one in said) else ()


def _group_notices(tokens: Sequence[HlaToken], gene: Gene) -> list[Notice]:
    """A group named after a presence allele holds other alleles too."""
    return [
        Notice.of("hla-group", allele=allele, written=token.text)
        for token in tokens
        for allele in gene.presence_alleles
        if token.typed and token.typed.precision is Precision.GROUP and token.typed.is_allele(allele)
    ]


def _stated(tokens: Sequence[HlaToken], gene: Gene, text: str) -> ParsedGenotype:
    """Statements about single alleles; each says nothing about any other allele."""
    presence: dict[str, bool | None] = {}
    for typed, said in _statements(tokens, text):
        for allele in gene.presence_alleles:
            if typed.is_allele(allele) is False:
                continue
            present = _stated_of(typed, allele, said)
            if presence.setdefault(allele, present) is not present:
                raise UntranslatableError(text)
    ordered = {allele: presence[allele] for allele in gene.presence_alleles if allele in presence}
    return ParsedGenotype(
        GenotypeKind.PRESENCE, presence=ordered, notices=tuple(_group_notices(tokens, gene))
    )


def _stated_of(typed: Typed, allele: str, said: bool | None) -> bool | None:
    """
    Whether the allele is there, if what was typed is said to be there or not.

    Without a whole first field nothing that begins with it is there; with it the allele may be.
    """
    if said is False and typed.precision is Precision.FIRST_FIELD and not typed.coded:
        return False
    return said if typed.is_allele(allele) else None


def _statements(tokens: Sequence[HlaToken], text: str) -> list[tuple[Typed, bool | None]]:
    """Each allele of this gene with what is said of it."""
    segments: list[list[HlaToken]] = [[]]
    for token in tokens:
        if token.kind is HlaKind.LIST:
            segments.append([])
        elif token.kind is not HlaKind.LOW:
            segments[-1].append(token)
    if sum(token.kind in _STATING for token in tokens) == 1 and sum(token.is_allele for token in tokens) == 1:
        segments = [[token for segment in segments for token in segment]]
    return [pair for segment in segments if segment for pair in _segment(segment, text)]


def _segment(segment: list[HlaToken], text: str) -> list[tuple[Typed, bool | None]]:
    """`A negative`, `negative for A and B`, `A negative and B positive`, `negative for A, positive for B`."""
    kinds = [token.kind for token in segment if token.kind is not HlaKind.HETEROZYGOUS]
    tokens = [token for token in segment if token.is_allele or token.kind in _STATING]
    stating = [token.kind for token in tokens if not token.is_allele]
    if set(kinds) - {
        HlaKind.ALLELE,
        HlaKind.ELSEWHERE,
        HlaKind.AND,
        HlaKind.NO,
        HlaKind.HOMOZYGOUS,
        *_STATING,
    }:
        raise UntranslatableError(text)
    if HlaKind.NO in kinds:
        return _denied(kinds, tokens, text)
    if len(stating) == 1 and len(tokens) > 1:
        return [(token.typed, _SAID[stating[0]]) for token in tokens if token.typed]
    alleles = [token for token in tokens if token.is_allele]
    taking_turns = all(first.is_allele != second.is_allele for first, second in pairwise(tokens))
    if not taking_turns or len(alleles) != len(stating):
        raise UntranslatableError(text)
    pairs = zip(alleles, stating, strict=True)
    return [(allele.typed, _SAID[said]) for allele, said in pairs if allele.typed]


def _denied(kinds: Sequence[HlaKind], tokens: list[HlaToken], text: str) -> list[tuple[Typed, bool | None]]:
    """`No HLA-B*57:01 detected`."""
    if list(kinds) != [HlaKind.NO, HlaKind.ALLELE, HlaKind.PRESENT]:
        raise UntranslatableError(text)
    return [(token.typed, False) for token in tokens if token.typed]
