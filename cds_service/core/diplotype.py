"""Diplotype text as laboratories write it, read into alleles of one gene."""

from __future__ import annotations

import re

from cds_service.core import genotype_words as words
from cds_service.core.genes import Gene, Method
from cds_service.core.genotype_alleles import AlleleTable
from cds_service.core.genotype_essential import essential
from cds_service.core.genotype_hla import read_presence
from cds_service.core.genotype_lexer import tokens
from cds_service.core.genotype_positions import read_position
from cds_service.core.genotype_reading import Reading
from cds_service.core.genotype_stars import read_diplotypes
from cds_service.core.genotype_text import Compact, tidy
from cds_service.core.genotype_tokens import Kind, Token
from cds_service.core.genotype_values import (
    AlleleCopies,
    Diplotype,
    GenotypeKind,
    ParsedGenotype,
    UntranslatableError,
)
from cds_service.core.genotype_variants import read_hgvs, read_variants

__all__ = ["AlleleCopies", "Diplotype", "GenotypeKind", "ParsedGenotype", "parse_genotype"]

#: Longer texts are reports, not genotypes.
_LONGEST = 2000
_SHOWN = 80
_STAR = r"\*[0-9]{1,3}[A-Z]?(?:\.[0-9]{3})?"
_PLAIN = re.compile(rf"(?:([A-Z0-9-]{{2,10}}) )?{_STAR}/{_STAR}")
_MOST_KNOWN = 1000
_RESTATED = re.compile(r"(.+)[(\[]([^()\[\]]+)[)\]]\W*")


def parse_genotype(text: str, gene: Gene) -> ParsedGenotype:
    """
    Read a genotype text of one gene. It never guesses, and never raises.

    Args:
        text: The value as the laboratory wrote it, with or without the gene.
        gene: The gene the result is about. A text about another gene is not translatable.

    Returns:
        What the text holds. Two chromosomes are returned in a fixed order, so that equal genotypes are equal.

    >>> from cds_service.core.genes import Allele
    >>> names = ("*1", "*2", "*4", "*5", "*10", "*36", "*36+*10")
    >>> gene = Gene("CYP2D6", "HGNC:2625", Method.ACTIVITY_SCORE, {n: Allele(n) for n in names}, {}, "*1")
    >>> def read(text):
    ...     parsed = parse_genotype(text, gene)
    ...     return parsed.kind.value, [str(diplotype) for diplotype in parsed.diplotypes], parsed.unknown
    >>> read("CYP2D6*4.024 / CYP2D6*2")
    ('diplotypes', ['*2/*4'], ())
    >>> read("*10+*36/*1xN")
    ('diplotypes', ['*1xN/*36+*10'], ())
    >>> read("*1/*4, 3 copies")
    ('diplotypes', ['*1/*4x2', '*1x2/*4'], ())
    >>> read("*1/*999")
    ('not-translatable', ['*1/*999'], ('*999',))
    >>> read("QNS"), read("Poor metabolizer")
    (('no-call', [], ()), ('no-genotype', [], ()))
    """
    if _is_plain(text, gene):
        return _read_plain(text, gene)
    return _read_any(text, gene)


def _is_plain(text: str, gene: Gene) -> bool:
    found = _PLAIN.fullmatch(text)
    return found is not None and found[1] in (None, gene.symbol)


def _read_plain(text: str, gene: Gene) -> ParsedGenotype:
    """Two star alleles and nothing else: read once, then known."""
    known = AlleleTable.of(gene).plain
    found = known.get(text)
    if found is None:
        if len(known) >= _MOST_KNOWN:
            known.clear()
        found = known[text] = _read_any(text, gene)
    return found


def _read_any(text: str, gene: Gene) -> ParsedGenotype:
    if len(text) > _LONGEST:
        return _untranslatable(tidy(text[:_SHOWN]))
    plain = tidy(text)
    if not plain:
        return ParsedGenotype(GenotypeKind.NO_GENOTYPE)
    try:
        if gene.method is Method.ALLELE_PRESENCE:
            return read_presence(text, gene)
        if words.is_no_call(_without_positions(plain, gene)):
            return ParsedGenotype(GenotypeKind.NO_CALL)
        return _read(plain, gene)
    except UntranslatableError as refusal:
        return _untranslatable(refusal.part or plain)


def _without_positions(plain: str, gene: Gene) -> str:
    """`rs9923231: no call` names a position, but no allele."""
    for name in sorted((position.name for position in gene.positions), key=len, reverse=True):
        plain = plain.replace(name, "")
    return plain


def _untranslatable(part: str) -> ParsedGenotype:
    return ParsedGenotype(GenotypeKind.NOT_TRANSLATABLE, unknown=(part,))


def _read(plain: str, gene: Gene) -> ParsedGenotype:
    table = AlleleTable.of(gene)
    if words.finds_nothing(plain, gene.symbol) or (
        gene.method is Method.VARIANT_STATUS and words.denies(plain, gene.symbol)
    ):
        return _nothing_found(table)
    try:
        return _result(_alleles(plain, table), table)
    except UntranslatableError:
        restated = _restated(plain, table)
        if restated is None:
            raise
        return restated


def _nothing_found(table: AlleleTable) -> ParsedGenotype:
    """
    No variant found is the reference, where the gene's reference is what "no variant" means.

    A star allele such as *1 is a claim about all positions, which the text does not make.
    """
    if table.gene.reference.upper() != "REFERENCE":
        return ParsedGenotype(GenotypeKind.NO_GENOTYPE)
    alleles = (AlleleCopies(table.gene.reference),) * (1 if table.haploid else 2)
    return ParsedGenotype(GenotypeKind.DIPLOTYPES, (table.diplotype(alleles),))


def _restated(plain: str, table: AlleleTable) -> ParsedGenotype | None:
    """A genotype that is said a second time in brackets; None unless both mean the same."""
    found = _RESTATED.fullmatch(plain)
    if not found:
        return None
    try:
        first, second = (_result(_alleles(part.strip(), table), table) for part in found.groups())
    except UntranslatableError:
        return None
    if first.kind is second.kind is GenotypeKind.DIPLOTYPES and first.diplotypes == second.diplotypes:
        notices = tuple(dict.fromkeys((*first.notices, *second.notices)))
        return ParsedGenotype(first.kind, first.diplotypes, notices=notices)
    return None


def _alleles(plain: str, table: AlleleTable) -> Reading | None:
    """The alleles of a text, in whichever way it is written; None if it is no genotype."""
    text = Compact.of(plain)
    position = read_position(text, table)
    if position:
        return position
    hgvs = read_hgvs(text, table)
    if hgvs:
        return hgvs
    found = tokens(text, table)
    if not _is_genotype(found, plain):
        return None
    _refuse_unknown_words(found, table, plain)
    kept = essential(found, table, plain)
    return read_variants(kept, table, plain) or read_diplotypes(kept, table, plain)


def _is_genotype(found: tuple[Token, ...], plain: str) -> bool:
    """Whether a text is about alleles at all, or only words."""
    if words.names_alleles(plain) or any(t.kind is Kind.ALLELE and len(t.text) > 1 for t in found):
        return True
    kinds = {token.kind for token in found}
    if Kind.OTHER in kinds:
        return Kind.ZYGOSITY in kinds or {Kind.ALLELE, Kind.SLASH} <= kinds
    return Kind.ALLELE in kinds


def _refuse_unknown_words(found: tuple[Token, ...], table: AlleleTable, plain: str) -> None:
    """
    A word that is not known may turn the meaning around: not, donor, mother, excluded.

    So may a class beside the only allele of a haploid gene: `normal` can mean that the variant is not there.
    """
    stopping = Kind.CLASS if table.haploid else Kind.OTHER
    unknown = [token for token in found if token.kind in (Kind.OTHER, stopping)]
    if unknown:
        raise UntranslatableError(unknown[0].text if any(token.allele for token in found) else plain)


def _result(reading: Reading | None, table: AlleleTable) -> ParsedGenotype:
    if reading is None:
        return ParsedGenotype(GenotypeKind.NO_GENOTYPE)
    ordered = {table.diplotype(alleles) for alleles in reading.alleles}
    diplotypes = tuple(sorted(ordered, key=lambda one: [table.order(allele) for allele in one.alleles]))
    unknown = tuple(dict.fromkeys(reading.unknown))
    kind = GenotypeKind.NOT_TRANSLATABLE if unknown else GenotypeKind.DIPLOTYPES
    return ParsedGenotype(kind, diplotypes, unknown=unknown, notices=tuple(dict.fromkeys(reading.notices)))
