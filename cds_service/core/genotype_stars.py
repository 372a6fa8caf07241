"""The grammar of diplotypes: two chromosomes, several possible pairs, copies, and words that must agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cds_service.core.genotype_alleles import AlleleTable
from cds_service.core.genotype_copies import Pair, expand
from cds_service.core.genotype_reading import Findings, Reading
from cds_service.core.genotype_tokens import Kind, Token
from cds_service.core.genotype_values import AlleleCopies, UntranslatableError
from cds_service.core.genotype_words import Zygosity

_MOST_ALTERNATIVES = 40
_DEEPEST = 4
_BETWEEN_ALTERNATIVES = (Kind.OR, Kind.LIST, Kind.BAR)
_REMARKS = (Kind.ZYGOSITY, Kind.TOTAL, Kind.COPIES)
_WORDS = (Kind.ABSENT, Kind.WORD, Kind.CLASS, Kind.BASES)
_AROUND_REMARKS = (Kind.LIST, Kind.OPEN, Kind.CLOSE, Kind.DASH, Kind.RS)


@dataclass(frozen=True, slots=True)
class _Alternative:
    """One possible pair, and copies that were written behind it without an allele."""

    pair: Pair
    copies: Token | None = None


def read_diplotypes(tokens: Sequence[Token], table: AlleleTable, text: str) -> Reading:
    """
    Read the diplotypes of a text.

    Args:
        tokens: The text without idle words.
        table: The gene.
        text: As written, to name it where it cannot be read as a whole.

    Raises:
        UntranslatableError: The text is no diplotype, or says two things that do not fit.
    """
    cursor = _Cursor(tuple(tokens), text, table)
    remarks = cursor.remarks(before_alleles=True)
    alternatives = cursor.alternatives()
    remarks += cursor.remarks(before_alleles=False)
    pairs = _with_copies(alternatives, remarks, table)
    _check_zygosity(pairs, remarks, table)
    alleles = tuple(_one_if_haploid(pair, table, text) for pair in pairs)
    return Reading(alleles, tuple(cursor.findings.unknown), tuple(cursor.findings.notices))


def _with_copies(alternatives: list[_Alternative], remarks: list[Token], table: AlleleTable) -> list[Pair]:
    """Apply what was said about copies; with several alternatives it is not clear to which it belongs."""
    total = _only(remarks, Kind.TOTAL)
    copies = _only(remarks, Kind.COPIES)
    loose = total or copies
    if loose and (len(alternatives) > 1 or (copies and alternatives[0].copies)):
        raise UntranslatableError(loose.text)
    return [pair for one in alternatives for pair in expand(one.pair, one.copies or copies, total, table)]


def _only(remarks: list[Token], kind: Kind) -> Token | None:
    found = [token for token in remarks if token.kind is kind]
    if len(found) > 1:
        raise UntranslatableError(found[1].text)
    return found[0] if found else None


def _check_zygosity(pairs: list[Pair], remarks: list[Token], table: AlleleTable) -> None:
    """A word such as `heterozygous` must fit every possible pair."""
    for token in remarks:
        if token.zygosity and not all(_fits(token.zygosity, pair, table) for pair in pairs):
            raise UntranslatableError(token.text)


def _fits(zygosity: Zygosity, pair: Pair, table: AlleleTable) -> bool:
    first, second = (allele.allele for allele in pair)
    match zygosity:
        case Zygosity.HETEROZYGOUS:
            return first != second
        case Zygosity.COMPOUND:
            return first != second and table.gene.reference not in (first, second)
        case Zygosity.HOMOZYGOUS:
            return first == second
        case Zygosity.HEMIZYGOUS:
            return (first == second and table.haploid) or (first == table.deletion) != (
                second == table.deletion
            )
        case Zygosity.WILD_TYPE:
            return first == second == table.gene.reference


def _one_if_haploid(pair: Pair, table: AlleleTable, text: str) -> tuple[AlleleCopies, ...]:
    if not table.haploid:
        return pair
    if pair[0] != pair[1]:
        raise UntranslatableError(text)
    return pair[:1]


class _Cursor:
    """Reads the tokens from left to right; one method for each rule of the grammar."""

    def __init__(self, tokens: tuple[Token, ...], text: str, table: AlleleTable) -> None:
        self.tokens = tokens
        self.text = text
        self.table = table
        self.at = 0
        self.depth = 0
        self.bar_separates_alleles = False
        self.findings = Findings()

    def kind(self, ahead: int = 0) -> Kind | None:
        """Kind of the next token, or of one further ahead; None at the end."""
        return self.tokens[self.at + ahead].kind if self.at + ahead < len(self.tokens) else None

    def take(self) -> Token:
        """The next token."""
        self.at += 1
        return self.tokens[self.at - 1]

    def remarks(self, *, before_alleles: bool) -> list[Token]:
        """Zygosity and copies before the first or behind the last allele, in brackets or not."""
        found: list[Token] = []
        while self.kind() is not None:
            if before_alleles and (self.kind() is Kind.ALLELE or self._bracket_holds(Kind.ALLELE)):
                break
            token = self.take()
            if token.kind in _REMARKS:
                found.append(token)
            elif token.kind not in _AROUND_REMARKS:
                raise UntranslatableError(token.text if token.kind in _WORDS else self.text)
        return found

    def alternatives(self) -> list[_Alternative]:
        """`A/B or C/D`; also `;`, `,` and `|` between whole diplotypes."""
        found = self.diplotype()
        while self.kind() in _BETWEEN_ALTERNATIVES:
            back = self.at
            bar = False
            while self.kind() in _BETWEEN_ALTERNATIVES:
                bar |= self.take().kind is Kind.BAR
            if self.kind() is not Kind.ALLELE and not self._bracket_holds(Kind.ALLELE):
                self.at = back
                break
            found += self.diplotype()
            if len(found) > _MOST_ALTERNATIVES or (bar and self.bar_separates_alleles):
                raise UntranslatableError(self.text)
        return found

    def diplotype(self) -> list[_Alternative]:
        """`A/B`, `A|B`, `*a*b`, or alternatives in brackets; perhaps with copies of one of the two."""
        if self._bracket_holds(Kind.SLASH) or self._bracket_holds(Kind.BAR):
            found = self._group()
        else:
            found = [_Alternative((self.chromosome(), self._second()))]
        if self.kind() is not Kind.COPIES:
            return found
        copies = self.take()
        if any(one.copies for one in found):
            raise UntranslatableError(copies.text)
        return [_Alternative(one.pair, copies) for one in found]

    def _group(self) -> list[_Alternative]:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise UntranslatableError(self.text)
        self.take()
        found = self.alternatives()
        self._close()
        self.depth -= 1
        return found

    def _second(self) -> AlleleCopies:
        if self.kind() in (Kind.SLASH, Kind.BAR):
            self.bar_separates_alleles |= self.take().kind is Kind.BAR
            return self.chromosome()
        if self.kind() is Kind.ALLELE and all(token.text.startswith("*") for token in self._alleles()):
            return self.chromosome()
        raise UntranslatableError(self.text)

    def _alleles(self) -> list[Token]:
        return [token for token in self.tokens if token.kind is Kind.ALLELE]

    def chromosome(self) -> AlleleCopies:
        """One allele, or a tandem `*36+*10`, perhaps in brackets and copied as a whole."""
        if self.kind() is not Kind.OPEN:
            return self._tandem()
        self.take()
        made = self._tandem()
        self._close()
        return self._copied(made, self.take()) if self.kind() is Kind.COPIES else made

    def _copied(self, made: AlleleCopies, copies: Token) -> AlleleCopies:
        """Copies of a whole chromosome; those of a tandem are an allele of its own, or unknown."""
        if made.copies > 1 or made.at_least:
            raise UntranslatableError(copies.text)
        copied = AlleleCopies(made.allele, copies.copies, copies.at_least)
        if not self.table.is_tandem(made):
            return copied
        name = self.table.copied_tandem(made.allele, copies.copies) if not copies.at_least else None
        if name is None:
            self.findings.unknown.append(f"({made.allele}){copies.text}")
        return AlleleCopies(name or f"({made.allele}){copies.text}")

    def _tandem(self) -> AlleleCopies:
        start = self.at
        parts = [self._part()]
        while self.kind() is Kind.PLUS:
            self.take()
            parts.append(self._part())
        if len(parts) == 1:
            return parts[0]
        written = "".join(token.text for token in self.tokens[start : self.at])
        if any(not token.allele.known for token in self.tokens[start : self.at] if token.allele):
            return AlleleCopies(written)
        made = self.table.chromosome(parts)
        if made is None:
            self.findings.unknown.append(written)
            return AlleleCopies(written)
        return made

    def _part(self) -> AlleleCopies:
        if self.kind() is not Kind.ALLELE:
            raise UntranslatableError(self.text)
        name = self.findings.name(self.take())
        copies = self._own_copies()
        return AlleleCopies(name, copies.copies, copies.at_least) if copies else AlleleCopies(name)

    def _own_copies(self) -> Token | None:
        """
        Copies that belong to the allele before them.

        Written on to the allele, or before the separator of the two chromosomes. Behind a whole diplotype and
        apart from it, as in `*1/*4 xN`, they may belong to either allele.
        """
        if self.kind() is Kind.OPEN and self.kind(1) is Kind.COPIES and self.kind(2) is Kind.CLOSE:
            if self.kind(3) not in (Kind.SLASH, Kind.BAR, Kind.PLUS):
                return None
            self.take()
            copies = self.take()
            self.take()
            return copies
        if self.kind() is not Kind.COPIES:
            return None
        if self.tokens[self.at].apart and self.kind(1) not in (Kind.SLASH, Kind.BAR, Kind.PLUS):
            return None
        return self.take()

    def _close(self) -> None:
        if self.kind() is not Kind.CLOSE:
            raise UntranslatableError(self.text)
        self.take()

    def _bracket_holds(self, kind: Kind) -> bool:
        """Whether a bracket opens here and has a token of this kind before it closes."""
        if self.kind() is not Kind.OPEN:
            return False
        depth = 0
        for token in self.tokens[self.at :]:
            depth += (token.kind is Kind.OPEN) - (token.kind is Kind.CLOSE)
            if depth == 0:
                return False
            if token.kind is kind:
                return True
        return False
