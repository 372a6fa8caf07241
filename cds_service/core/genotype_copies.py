"""Gene copies: which diplotypes a text allows that counts copies without saying whose they are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from cds_service.core.genotype_alleles import AlleleTable
from cds_service.core.genotype_tokens import Token
from cds_service.core.genotype_values import AlleleCopies, UntranslatableError

Pair = tuple[AlleleCopies, AlleleCopies]

#: More gene copies than this have not been described; the number is taken for a slip.
_MOST = 13


def expand(pair: Pair, copies: Token | None, total: Token | None, table: AlleleTable) -> list[Pair]:
    """
    All pairs with these alleles that have the stated copies.

    Args:
        pair: The alleles as named.
        copies: `xN` or `DUP` of one allele, not said which.
        total: Gene copies of both chromosomes together.
        table: The gene, which knows its tandems and its deletion.

    Raises:
        UntranslatableError: The copies contradict the alleles, or would fall on part of a tandem.
    """
    if total is not None:
        if copies is not None and not (copies.at_least and total.copies > len(pair)):
            raise UntranslatableError(total.text)
        return _with_total(pair, total, table)
    if copies is None or (copies.copies == 1 and not copies.at_least):
        return [pair]
    return _with_one_duplicated(pair, copies, table)


def _with_one_duplicated(pair: Pair, copies: Token, table: AlleleTable) -> list[Pair]:
    """
    One of the two has the copies. From three on, an exact number may also count both chromosomes.

    A deletion has no copies.
    """
    _refuse_counted(pair, copies, table)
    first, second = pair
    found = [
        (replace(first, copies=copies.copies, at_least=copies.at_least), second),
        (first, replace(second, copies=copies.copies, at_least=copies.at_least)),
    ]
    kept = [made for made, allele in zip(found, pair, strict=True) if allele.allele != table.deletion]
    if not copies.at_least and copies.copies > len(pair):
        kept += list(_shared(pair, copies.copies, table))
    if not kept:
        raise UntranslatableError(copies.text)
    return kept


def _with_total(pair: Pair, total: Token, table: AlleleTable) -> list[Pair]:
    """The stated number is what both chromosomes have together."""
    stated = sum(table.gene_copies(allele) for allele in pair)
    if any(allele.at_least for allele in pair):
        return [_settled(pair, total, table)]
    if stated == total.copies and not total.at_least:
        return [pair]
    _refuse_counted(pair, total, table)
    if not stated < total.copies <= _MOST:
        raise UntranslatableError(total.text)
    found = list(_shared(pair, total.copies, table))
    if total.at_least:
        found = [(_at_least(first), _at_least(second)) for first, second in found]
    if not found:
        raise UntranslatableError(total.text)
    return found


def _settled(pair: Pair, total: Token, table: AlleleTable) -> Pair:
    """`*1xN/*4, 3 copies`: the total says how many N is."""
    open_ends = [allele for allele in pair if allele.at_least]
    if len(open_ends) != 1:
        raise UntranslatableError(total.text)
    others = sum(table.gene_copies(allele) for allele in pair if not allele.at_least)
    copies = total.copies - others
    if not open_ends[0].copies <= copies <= _MOST:
        raise UntranslatableError(total.text)
    first, second = (
        replace(allele, copies=copies, at_least=total.at_least) if allele.at_least else allele
        for allele in pair
    )
    return first, second


def _shared(pair: Pair, number: int, table: AlleleTable) -> Iterator[Pair]:
    """Every way to share a number of gene copies out; each allele but the deletion has one or more."""
    first, second = pair
    if table.deletion in (first.allele, second.allele):
        if first.allele != second.allele:
            made = [a if a.allele == table.deletion else replace(a, copies=number) for a in pair]
            yield made[0], made[1]
        return
    for copies in range(1, number):
        yield replace(first, copies=copies), replace(second, copies=number - copies)


def _refuse_counted(pair: Pair, token: Token, table: AlleleTable) -> None:
    """Copies on top of stated copies or of a tandem have no sure meaning."""
    if any(allele.copies > 1 or allele.at_least or table.is_tandem(allele) for allele in pair):
        raise UntranslatableError(token.text)


def _at_least(allele: AlleleCopies) -> AlleleCopies:
    return replace(allele, at_least=allele.copies > 1)
