"""The code tables with a memory: the same codes and gene names come again with every call."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Generic, NamedTuple, TypeVar

from cds_service.core.codes import GenomicCodes
from cds_service.fhir.readers.meaning import meaning_of
from cds_service.fhir.values import LOINC, TBD_CODES, codings, concept_key, concept_texts

Found = TypeVar("Found")

#: Bounds of the memory, so that nobody can fill it from outside.
_MOST_REMEMBERED = 4096
_LONGEST_REMEMBERED = 1000
_SYMBOL = re.compile(r"[A-Za-z][A-Za-z0-9-]{1,11}")
_HGNC = re.compile(r"(?:HGNC:)?(\d{1,6})", re.IGNORECASE)


class NamedGene(NamedTuple):
    """
    A concept that names a gene: the symbol, empty if it is none of ours; whether name and code agree; and the
    symbol of a gene that is none of ours.
    """

    symbol: str
    agrees: bool
    foreign: str = ""


class PartCode(NamedTuple):
    """The LOINC and provisional codes of a component, and whether it only describes the result beside it."""

    codes: tuple[str, ...]
    describes: bool


class Term(NamedTuple):
    """A term of the answer tables, empty if there is none, and whether it was said in words of the past."""

    term: str
    is_old: bool = False


_NO_TERM = Term("")


class Lexicon:
    """
    What codes and names mean. Remembers concepts it has seen; never what a result says.

    Args:
        codes: The code tables.
    """

    def __init__(self, codes: GenomicCodes) -> None:
        self.codes = codes
        self.meaning = _Memory(lambda concept: meaning_of(concept, codes)).of
        self.part = _Memory(lambda concept: self._part(concept)).of
        self.gene = _Memory(lambda concept: _gene(codes, concept)).of
        self._terms: dict[tuple[str, str], Term] = {}

    def part_codes(self, concept: object) -> tuple[str, ...]:
        """The LOINC and provisional codes of a component."""
        return self.part(concept).codes

    def _part(self, concept: object) -> PartCode:
        known = (coded for coded in codings(concept) if coded.system in (LOINC, TBD_CODES))
        codes = tuple(coded.code for coded in known if coded.code)
        return PartCode(codes, self.meaning(concept).kind == "component")

    def term(self, words: str, gene: str) -> Term:
        """The term an answer in words stands for. Only words that stand for one are remembered."""
        key = (words, gene)
        known = self._terms.get(key)
        if known is not None:
            return known
        term = self.codes.term(words, gene)
        if not term:
            return _NO_TERM
        if len(self._terms) >= _MOST_REMEMBERED:
            self._terms.clear()
        found = self._terms[key] = Term(term, self.codes.is_old(words, gene))
        return found


def lexicon_of(codes: GenomicCodes) -> Lexicon:
    """The lexicon of these tables; the same one for the same tables."""
    return _lexicon(_Identity(codes))


class _Identity:
    """Tables are told apart as objects: to compare their content would cost more than it saves."""

    __slots__ = ("codes",)

    def __init__(self, codes: GenomicCodes) -> None:
        self.codes = codes

    def __hash__(self) -> int:
        return id(self.codes)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Identity) and self.codes is other.codes


@lru_cache(maxsize=4)
def _lexicon(identity: _Identity) -> Lexicon:
    return Lexicon(identity.codes)


class _Memory(Generic[Found]):
    """What a function found for a concept, by the concept's content; forgets everything when full."""

    __slots__ = ("_find", "_known")

    def __init__(self, find: Callable[[object], Found]) -> None:
        self._find = find
        self._known: dict[tuple[object, ...], Found] = {}

    def of(self, concept: object) -> Found:
        """What the concept stands for."""
        key = concept_key(concept)
        known = self._known.get(key)
        if known is None:
            known = self._find(concept)
            if sum(len(part) for part in key if isinstance(part, str)) <= _LONGEST_REMEMBERED:
                if len(self._known) >= _MOST_REMEMBERED:
                    self._known.clear()
                self._known[key] = known
        return known


def _gene(codes: GenomicCodes, concept: object) -> NamedGene:
    """
    The gene a concept names: by symbol in any of its texts or codes, else by its HGNC number.

    A name in the form of a symbol that we do not know is a gene that is none of ours, whatever the number is.
    """
    known = codings(concept)
    numbers = [m.group(1) for c in known if "ncbi" not in c.system and (m := _HGNC.fullmatch(c.code))]
    words = concept_texts(concept)
    for word in (*words, *(coded.code for coded in known)):
        symbol = codes.symbol(word) or next(iter(codes.genes_named(word)), "")
        if symbol:
            own = codes.hgnc_by_gene.get(symbol)
            return NamedGene(symbol, not numbers or own is None or own in numbers)
    foreign = next((word for word in words if _SYMBOL.fullmatch(word)), "")
    if foreign:
        return NamedGene("", True, foreign)
    return NamedGene(next((codes.gene_by_hgnc[n] for n in numbers if n in codes.gene_by_hgnc), ""), True)
