"""Changes of a protein that a report about a tumour names, and how far a negative report looked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_LETTERS = {
    "Ala": "A", "Arg": "R", "Asn": "N", "Asp": "D", "Cys": "C", "Gln": "Q", "Glu": "E", "Gly": "G",
    "His": "H", "Ile": "I", "Leu": "L", "Lys": "K", "Met": "M", "Phe": "F", "Pro": "P", "Ser": "S",
    "Thr": "T", "Trp": "W", "Tyr": "Y", "Val": "V", "Ter": "*",
}  # fmt: skip
#: What stands for any residue.
ANY = "X"

_RESIDUE = rf"(?:{'|'.join(_LETTERS)}|[ACDEFGHIKLMNPQRSTVWY])"
_START = r"(?<![A-Za-z0-9:>*_])(?:p\.)?\(?"
_SUBSTITUTION = re.compile(
    rf"{_START}({_RESIDUE})(?:(\d{{1,4}})({'|'.join(_LETTERS)}|[ACDEFGHIKLMNPQRSTVWYX*])|(\d{{2,4}}))"
    r"(?![A-Za-z0-9=_*])"
)
_SPAN = re.compile(
    rf"{_START}{_RESIDUE}(\d{{1,4}})(?:_{_RESIDUE}(\d{{1,4}}))?\s?(delins|del|ins|dup)", re.IGNORECASE
)
_CODING = re.compile(r"\bc\.(\d{1,5})[ACGT]>[ACGT]")
_IN_EXON = re.compile(r"\bex(?:on)?[\s-]*(\d{1,2})[\s-]*(del|ins|dup)", re.IGNORECASE)
_OF_EXON = re.compile(
    r"\b(del|ins|dup)[a-z]*\s+(?:mutation\s+)?(?:in|of|within)?\s*(?:exon)?\s*(\d{1,2})\b", re.IGNORECASE
)
_NUMBERS = r"s?\s+((?:\d{1,4}(?:\s?(?:,|-|–|/|&|\band\b|\bto\b|\bor\b|\bthrough\b)+\s*)?)+)"
_EXONS = re.compile(rf"\bexon{_NUMBERS}", re.IGNORECASE)
_CODONS = re.compile(rf"\bcodon{_NUMBERS}", re.IGNORECASE)
_STRETCH = re.compile(r"(\d+)\s*(?:-|–|to\b|through\b)\s*(\d+)")
_KINDS = {"delins": "deletion", "del": "deletion", "ins": "insertion", "dup": "insertion"}


@dataclass(frozen=True, slots=True)
class Change:
    """
    One change of a protein.

    Args:
        kind: `substitution`, `deletion` (also with inserted residues) or `insertion` (also a duplication).
        first, last: Codons, 1-based, both included; 0 if only the exon is known.
        residue: Of a substitution: the new residue as one letter; `X` if it is not known.
        exon: Where only the exon is named; else 0.
        text: Short name, such as `L858R`.
    """

    kind: str
    first: int = 0
    last: int = 0
    residue: str = ""
    exon: int = 0
    text: str = ""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a negative report says it looked at; all empty = everything the test is for."""

    exons: frozenset[int] = frozenset()
    codons: frozenset[int] = frozenset()
    changes: tuple[Change, ...] = ()

    @property
    def is_whole(self) -> bool:
        """True if the report names no limit."""
        return not (self.exons or self.codons or self.changes)


def changes_in(text: str) -> tuple[Change, ...]:
    """
    The changes a text names, each once, in one-letter or three-letter notation or by exon.

    A change of the coding sequence without its protein gives the codon only.

    >>> [change.text for change in changes_in("EGFR p.Leu858Arg; c.2573T>G and T790M")]
    ['L858R', 'T790M']
    >>> [(c.kind, c.first, c.last) for c in changes_in("Exon 19 deletion (p.E746_A750del)")]
    [('deletion', 746, 750)]
    """
    found = [*_spans(text), *_substitutions(text)]
    return tuple(dict.fromkeys(found or [*_coding(text), *_by_exon(text)]))


def scope_of(text: str) -> Scope:
    """
    Exons, codons and changes that a text names.

    >>> sorted(scope_of("No mutation in exons 2-4").exons), sorted(scope_of("codons 12 and 13").codons)
    ([2, 3, 4], [12, 13])
    """
    changes = tuple(change for change in changes_in(text) if change.first or change.exon)
    exons = frozenset(_numbers(_EXONS, text))
    return Scope(exons, frozenset(_numbers(_CODONS, text)), changes)


def _spans(text: str) -> Iterator[Change]:
    for found in _SPAN.finditer(text):
        first, last, word = found.groups()
        kind = _KINDS[word.lower()]
        name = _short(found.group()) if "_" in found.group() else f"codon {first} {kind}"
        yield Change(kind, int(first), int(last or first), text=name)


def _substitutions(text: str) -> Iterator[Change]:
    for found in _SUBSTITUTION.finditer(text):
        old, codon, new, alone = found.groups()
        codon, residue = codon or alone, _LETTERS.get(new or ANY, new or ANY)
        name = f"{_LETTERS.get(old, old)}{codon}{residue if residue != ANY else ''}"
        yield Change("substitution", int(codon), int(codon), residue, text=name)


def _coding(text: str) -> Iterator[Change]:
    for found in _CODING.finditer(text):
        codon = (int(found.group(1)) + 2) // 3
        yield Change("substitution", codon, codon, ANY, text=found.group())


def _by_exon(text: str) -> Iterator[Change]:
    pairs = [(number, word) for number, word in _IN_EXON.findall(text)]
    pairs += [(number, word) for word, number in _OF_EXON.findall(text)]
    for number, word in pairs:
        kind = _KINDS[word.lower()]
        yield Change(kind, exon=int(number), text=f"exon {number} {kind}")


def _short(text: str) -> str:
    """One-letter names for three-letter ones, without `p.` and brackets."""
    for name, letter in _LETTERS.items():
        text = text.replace(name, letter)
    return text.removeprefix("p.").strip("()")


def _numbers(pattern: re.Pattern[str], text: str) -> Iterator[int]:
    for listed in pattern.findall(text):
        for low, high in _STRETCH.findall(listed):
            yield from range(int(low), min(int(high), int(low) + 50) + 1)
        yield from (int(number) for number in re.findall(r"\d+", listed))
