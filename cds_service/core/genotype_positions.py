"""Genotypes told as the two bases at one position: `-1639 G/A`, `rs2231142 TT`, `c.521T>C heterozygous`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from cds_service.core import genotype_words as words
from cds_service.core.genes import Method, Position
from cds_service.core.genotype_alleles import AlleleTable
from cds_service.core.genotype_reading import Reading
from cds_service.core.genotype_text import Compact, key
from cds_service.core.genotype_values import AlleleCopies, UntranslatableError
from cds_service.core.genotype_words import Zygosity
from cds_service.core.notice import Notice

_BASES = re.compile(r"([ACGT])[/|]?([ACGT])")
_CHANGE = re.compile(r"([ACGT])>([ACGT])")
_ACCESSION = re.compile(r"[NX][CGMR]_[0-9]+(?:\.[0-9]+)?:")
_COORDINATE = re.compile(r"^[CGN]\.")
_IDLE_SIGNS = ":;,()[]=_.'\"-"


@dataclass(slots=True)
class _Said:
    """What a text says about a position."""

    names: set[str]
    changes: list[tuple[str, str]]
    bases: list[tuple[str, str, str]]
    zygosities: list[Zygosity]
    absent: bool = False


def read_position(text: Compact, table: AlleleTable) -> Reading | None:
    """
    Read the bases at a position of the gene.

    Bases without the name of the position count only if one notation of the gene alone can have written them.

    Returns:
        None if the text is written in another way.

    Raises:
        UntranslatableError: It leaves open which position, strand or base is meant.
    """
    positions = table.gene.positions
    said = _scan(text, table) if positions else None
    if said is None or not (said.names or said.bases):
        return None
    if len(said.bases) > 1 or len(said.zygosities) > 2 or len(said.changes) > 1:
        raise UntranslatableError(text.source)
    named = [position for position in positions if _plain(position.name) in said.names]
    if said.changes and not any(_is_change(position, said.changes[0], table) for position in named):
        raise UntranslatableError(text.source)
    if said.bases:
        return _by_bases(said, named, table)
    return _by_words(said, named, table, text.source)


def _plain(name: str) -> str:
    """Name of a position without the letter that says what it counts in."""
    return _COORDINATE.sub("", key(name))


def _scan(text: Compact, table: AlleleTable) -> _Said | None:
    """Everything the text says, or None if it has anything that does not belong to a position."""
    names = sorted({_plain(position.name) for position in table.gene.positions}, key=len, reverse=True)
    said = _Said(set(), [], [], [])
    at = 0
    while at < len(text.chars):
        end = _take(text, at, names, table.gene.symbol.upper(), said)
        if end is None:
            return None
        at = end
    return said


def _take(text: Compact, at: int, names: list[str], symbol: str, said: _Said) -> int | None:
    """Read one thing and return where it ends."""
    chars = text.chars
    start = at + 2 if _COORDINATE.match(chars[at : at + 2]) else at
    for name in names:
        end = start + len(name)
        if (
            chars.startswith(name, start)
            and not chars[end : end + 1].isdigit()
            and not text.number_break(at, end)
        ):
            said.names.add(name)
            return end
    if chars.startswith(symbol, at) and text.ends_word(at + len(symbol)):
        return at + len(symbol)
    accession = _ACCESSION.match(chars, at)
    if accession:
        return accession.end()
    return (
        _take_bases(text, at, said)
        or _take_word(text, at, said)
        or (at + 1 if chars[at] in _IDLE_SIGNS else None)
    )


def _take_bases(text: Compact, at: int, said: _Said) -> int | None:
    change = _CHANGE.match(text.chars, at)
    if change and text.ends_word(change.end()):
        said.changes.append((change[1], change[2]))
        return change.end()
    bases = _BASES.match(text.chars, at)
    if bases and text.ends_word(bases.end()):
        said.bases.append((bases[1], bases[2], text.written(at, bases.end())))
        return bases.end()
    return None


def _take_word(text: Compact, at: int, said: _Said) -> int | None:
    wild = (Zygosity.WILD_TYPE, words.WILD_TYPE)
    for zygosity, pattern in (*words.ZYGOSITIES, wild):
        found = pattern.match(text.chars, at)
        if found and text.ends_word(found.end()):
            said.zygosities.append(zygosity)
            return found.end()
    for pattern in (words.ABSENT, *words.CLASSES, *words.IDLE):
        found = pattern.match(text.chars, at)
        if found and text.ends_word(found.end()):
            said.absent |= pattern is words.ABSENT
            return found.end()
    return None


def _is_change(position: Position, change: tuple[str, str], table: AlleleTable) -> bool:
    """Whether `G>A` goes from the reference to another allele of this notation."""
    reference, other = (position.letters.get(letter) for letter in change)
    return reference == table.gene.reference and other not in (None, reference)


def _by_bases(said: _Said, named: list[Position], table: AlleleTable) -> Reading:
    first, second, written = said.bases[0]
    fitting = _fitting(named or table.gene.positions, (first, second))
    notices: tuple[Notice, ...] = ()
    if not fitting and named and table.gene.method is Method.SINGLE_POSITION:
        fitting = _fitting(table.gene.positions, (first, second))
        notices = tuple(
            Notice.of("position-strand", bases=written, position=position.name) for position in fitting[:1]
        )
    pairs = {tuple(sorted((position.letters[first], position.letters[second]))) for position in fitting}
    if len(pairs) != 1 or said.absent:
        raise UntranslatableError(written)
    pair = pairs.pop()
    if not all(_agrees(zygosity, pair, table) for zygosity in said.zygosities):
        raise UntranslatableError(written)
    return _reading(pair, notices)


def _fitting(positions: Iterable[Position], bases: tuple[str, str]) -> list[Position]:
    return [position for position in positions if all(base in position.letters for base in bases)]


def _agrees(zygosity: Zygosity, pair: tuple[str, ...], table: AlleleTable) -> bool:
    match zygosity:
        case Zygosity.HETEROZYGOUS:
            return pair[0] != pair[1]
        case Zygosity.HOMOZYGOUS:
            return pair[0] == pair[1]
        case Zygosity.WILD_TYPE:
            return set(pair) == {table.gene.reference}
        case _:
            return False


def _by_words(said: _Said, named: list[Position], table: AlleleTable, text: str) -> Reading:
    """`-1639G>A heterozygous`; homozygous for what, only a written change or `wild type` tells."""
    reference = table.gene.reference
    others = {allele for position in named for allele in position.letters.values()} - {reference}
    if not reference or len(others) != 1:
        raise UntranslatableError(text)
    other = others.pop()
    match set(said.zygosities), said.absent, bool(said.changes):
        case zygosities, False, _ if zygosities == {Zygosity.HETEROZYGOUS}:
            return _reading((reference, other))
        case zygosities, False, True if zygosities == {Zygosity.HOMOZYGOUS}:
            return _reading((other, other))
        case zygosities, False, _ if zygosities in _NOT_THERE:
            return _reading((reference, reference))
        case zygosities, True, True if not zygosities:
            return _reading((reference, reference))
    raise UntranslatableError(text)


_NOT_THERE = ({Zygosity.WILD_TYPE}, {Zygosity.WILD_TYPE, Zygosity.HOMOZYGOUS})


def _reading(pair: tuple[str, ...], notices: tuple[Notice, ...] = ()) -> Reading:
    return Reading((tuple(AlleleCopies(allele) for allele in pair),), (), notices)
