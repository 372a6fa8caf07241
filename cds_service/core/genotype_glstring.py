"""The possible genotypes of an HLA typing, written as GL string, list or with a slash."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from cds_service.core.genotype_hla_tokens import HlaKind, HlaToken
from cds_service.core.genotype_typing import Precision, Typed
from cds_service.core.genotype_values import UntranslatableError

#: The alleles that one chromosome may carry, and the chromosomes that were typed: one or two.
Copy = tuple[Typed, ...]
Genotype = tuple[Copy, ...]

_SILENT = (HlaKind.LOW,)


def genotypes_of(tokens: Sequence[HlaToken], text: str) -> list[Genotype]:
    """
    Read a GL string.

    From the weakest to the strongest: `^` joins genes, `|` possible genotypes, `+` chromosomes, `~` genes of
    one chromosome, `/` possible alleles. Genes other than the one asked for are left out.

    Raises:
        UntranslatableError: It is not built that way, or types the gene twice.
    """
    blocks = []
    for block in _split([token for token in tokens if token.kind not in _SILENT], "^", text):
        genotypes = [_genotype(part, text) for part in _split(block, "|", text)]
        if any(genotypes):
            blocks.append(genotypes)
    if len(blocks) > 1:
        raise UntranslatableError(text)
    return blocks[0] if blocks else []


def _genotype(tokens: list[HlaToken], text: str) -> Genotype:
    copies = []
    for chromosome in _split(tokens, "+", text):
        found = [copy for part in _split(chromosome, "~", text) if (copy := _copy(part, text))]
        if len(found) > 1:
            raise UntranslatableError(text)
        copies += found
    if len(copies) > 2:
        raise UntranslatableError(text)
    return tuple(copies)


def _copy(tokens: list[HlaToken], text: str) -> Copy:
    """The possible alleles between slashes; empty if they are of another gene."""
    pieces = _split(tokens, "/", text)
    if any(len(piece) != 1 or not piece[0].is_allele for piece in pieces):
        raise UntranslatableError(text)
    typed = [piece[0].typed for piece in pieces if piece[0].typed]
    if typed and len(typed) < len(pieces):
        raise UntranslatableError(text)
    return tuple(_completed(typed))


def _completed(typed: list[Typed]) -> list[Typed]:
    """`57:01/03` is short for `57:01/57:03`."""
    made: list[Typed] = []
    for one in typed:
        short = made and made[-1].second and not (one.second or one.locus or one.star)
        made.append(replace(made[-1], second=one.first, precision=Precision.ALLELE) if short else one)
    return made


def _split(tokens: Sequence[HlaToken], operator: str, text: str) -> list[list[HlaToken]]:
    parts: list[list[HlaToken]] = [[]]
    for token in tokens:
        if token.kind is HlaKind.OPERATOR and token.text == operator:
            parts.append([])
        else:
            parts[-1].append(token)
    if not all(parts):
        raise UntranslatableError(text)
    return parts


def typed_by_slash(tokens: Sequence[HlaToken], text: str) -> tuple[list[Genotype], bool]:
    """
    Read alleles with slashes and no other operator.

    Two alleles, each written in full, are taken for the two chromosomes, although a GL string would mean one
    chromosome with either. If the second is shortened both meanings are possible; more than two are
    possibilities of one chromosome.

    Returns:
        The possible genotypes, and whether the slash was taken for two chromosomes.
    """
    kept = [token for token in tokens if token.kind not in _SILENT]
    copy = _copy(kept, text)
    typed = [token.typed for token in kept if token.typed]
    if len(typed) != 2:
        return [(copy,)] if copy else [], False
    first, second = typed
    alike = not (first.locus or first.star) and bool(first.second) == bool(second.second)
    if second.locus or second.star or alike:
        return [((first,), (second,))], True
    return [((copy[0],), (copy[1],)), (copy,)], False


def typed_in_list(tokens: Sequence[HlaToken], text: str) -> list[Genotype]:
    """
    Read one or two alleles with commas or blanks between, or the possible ones of a chromosome with `or`.

    Raises:
        UntranslatableError: More than two alleles, a lone number behind a blank, or words that do not fit.
    """
    kinds = {token.kind for token in tokens}
    typed = tuple(token.typed for token in tokens if token.typed)
    if HlaKind.NO in kinds or len(kinds & {HlaKind.OR, HlaKind.LIST, HlaKind.AND}) > 1:
        raise UntranslatableError(text)
    if HlaKind.OR in kinds:
        return [(typed,)]
    if len(typed) > 2 or not all(_stands_alone(second) for first, second in pairwise(tokens) if first.typed):
        raise UntranslatableError(text)
    if HlaKind.HOMOZYGOUS in kinds and len(typed) == 1:
        return [((typed[0],), (typed[0],))]
    if len(typed) == 2:
        unfit = HlaKind.HETEROZYGOUS if typed[0] == typed[1] else HlaKind.HOMOZYGOUS
        if unfit in kinds:
            raise UntranslatableError(text)
    return [tuple((one,) for one in typed)]


def _stands_alone(token: HlaToken) -> bool:
    """Whether an allele needs no separator before it."""
    return token.typed is None or token.typed.locus or token.typed.star
