"""Genotypes told variant by variant: `c.2846A>T heterozygous`, `c.[76A>C];[=]`, `m.1555A>G`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from cds_service.core.genes import Method
from cds_service.core.genotype_alleles import AlleleTable
from cds_service.core.genotype_reading import Findings, Reading
from cds_service.core.genotype_text import Compact
from cds_service.core.genotype_tokens import Kind, Token
from cds_service.core.genotype_values import AlleleCopies, UntranslatableError
from cds_service.core.genotype_words import Zygosity
from cds_service.core.notice import Notice

_SUBSTITUTION = re.compile(r"([ACGT])>([ACGT])")
_PHASED = re.compile(r"(.*?)([CM]\.)\[([^\[\]]*)\];(?:[CM]\.)?\[([^\[\]]*)\]")
_UNPHASED = re.compile(r"(.*?)([CM]\.)\[?([^\[\]();]+)\(;\)(?:[CM]\.)?([^\[\]();]+)\]?")
_ACCESSION = re.compile(r"[NX][CGMR]_[0-9]+(?:\.[0-9]+)?(?:\(([A-Z0-9-]+)\))?:?")

_UNCHANGED = re.compile(r"(?:[0-9][0-9+_*-]*)?=")
_SAYING = frozenset({Kind.ZYGOSITY, Kind.ABSENT, Kind.BASES})
_EACH_ONCE = frozenset({Zygosity.COMPOUND, Zygosity.HETEROZYGOUS, None})
_TRANS = Notice.of("assumed-in-trans")


@dataclass(frozen=True, slots=True)
class _Variant:
    """One variant and what is said about it; `zygosity` None = nothing is said."""

    name: str
    token: Token
    zygosity: Zygosity | None
    absent: bool = False


def read_hgvs(text: Compact, table: AlleleTable) -> Reading | None:
    """
    Read HGVS with brackets: `c.[a];[b]` in trans, `c.[a;b];[=]` in cis, `c.a(;)b` of unknown phase.

    Returns:
        None if the text is written in another way.
    """
    phased = _PHASED.fullmatch(text.chars)
    if phased and _is_prefix(phased[1], table):
        if table.haploid:
            raise UntranslatableError(text.source)
        names, unknown = _sides(phased, text, table)
        return Reading((tuple(AlleleCopies(name) for name in names),), unknown)
    unphased = _UNPHASED.fullmatch(text.chars)
    if unphased and _is_prefix(unphased[1], table):
        names, unknown = _sides(unphased, text, table)
        return _two_heterozygous(names, unknown, table, text.source, known_in_trans=False)
    return None


def _is_prefix(prefix: str, table: AlleleTable) -> bool:
    """Whether nothing but the gene and a reference sequence stands before the change."""
    symbol = table.gene.symbol.upper()
    rest = prefix.removeprefix(symbol).lstrip(":_ ")
    accession = _ACCESSION.fullmatch(rest)
    return not rest or (accession is not None and accession[1] in (None, symbol))


def _sides(found: re.Match[str], text: Compact, table: AlleleTable) -> tuple[list[str], tuple[str, ...]]:
    """The alleles of both chromosomes; one that the table lacks is named as written, and told apart."""
    names, unknown = [], []
    for side in (3, 4):
        name = _cis(found[2], found[side], table)
        if name is None:
            written = text.written(*found.span(side))
            name = f"{found[2].lower()}[{written}]" if ";" in written else f"{found[2].lower()}{written}"
            unknown.append(name)
        names.append(name)
    return names, tuple(unknown)


def _cis(kind: str, side: str, table: AlleleTable) -> str | None:
    """Name of the allele that has all changes of one chromosome; None if the table has no such allele."""
    changes = [change for change in side.split(";") if change]
    if changes and all(_UNCHANGED.fullmatch(change) for change in changes):
        if not table.gene.reference:
            raise UntranslatableError(side)
        return table.gene.reference
    parts = frozenset(kind + change for change in changes if not _UNCHANGED.fullmatch(change))
    return table.spellings.get(next(iter(parts))) if len(parts) == 1 else table.with_changes(parts)


def read_variants(tokens: Sequence[Token], table: AlleleTable, text: str) -> Reading | None:
    """
    Read a list of variants, each with its zygosity.

    Args:
        tokens: The text without idle words.
        table: The gene.
        text: As written.

    Returns:
        None if the text is written in another way.

    Raises:
        UntranslatableError: The list leaves open what stands on which chromosome.
    """
    findings = Findings()
    items = [_variant(segment, findings) for segment in _segments(tokens)]
    found = [item for item in items if item is not None]
    if len(found) < len(items) or not found:
        return None
    stated = [item for item in found if item.zygosity or item.absent]
    if any(item.zygosity is Zygosity.COMPOUND for item in found):
        if any(item.zygosity not in _EACH_ONCE or item.absent for item in found):
            raise UntranslatableError(text)
        names = [item.name for item in found]
        return _two_heterozygous(names, tuple(findings.unknown), table, text, known_in_trans=True)
    one_is_enough = table.haploid or table.gene.method is Method.VARIANT_STATUS
    if len(stated) < len(found) and not (one_is_enough and len(found) == 1):
        return None
    return _together([item for item in found if not item.absent], findings, table, text)


def _segments(tokens: Sequence[Token]) -> list[list[Token]]:
    """The tokens between list separators; brackets around single words do not matter."""
    segments: list[list[Token]] = [[]]
    for token in tokens:
        if token.kind in (Kind.LIST, Kind.AND):
            segments.append([])
        elif token.kind not in (Kind.OPEN, Kind.CLOSE):
            segments[-1].append(token)
    return [segment for segment in segments if segment]


def _variant(segment: list[Token], findings: Findings) -> _Variant | None:
    """One variant with what is said about it; None if the segment has another shape."""
    alleles = [token for token in segment if token.kind is Kind.ALLELE]
    words = [token for token in segment if token.kind not in (Kind.ALLELE, Kind.RS)]
    if not alleles or any(word.kind not in _SAYING for word in words):
        return None
    token, *others = alleles
    rest = [other for other in others if other.allele != token.allele or other.text == token.text]
    wild = _is_wild_type(rest)
    if (rest and not wild) or len({word.kind for word in words}) < len(words):
        return None
    said = {_said(word, token) for word in words}
    if wild:
        said = (said - {Zygosity.HOMOZYGOUS}) | {None}
    if len(said) > 1:
        raise UntranslatableError(words[-1].text)
    zygosity = next(iter(said), None)
    return _Variant(findings.name(token), token, zygosity, absent=bool(said) and zygosity is None)


def _is_wild_type(rest: list[Token]) -> bool:
    """`c.2846A>T wild type`: the second name is a word for the reference, not an allele of its own."""
    return len(rest) == 1 and rest[0].text.upper().replace("-", " ").startswith(("WT", "WILD"))


def _said(word: Token, variant: Token) -> Zygosity | None:
    """What a word or the bases say about a variant; None = it is not there."""
    if word.kind is not Kind.BASES:
        return word.zygosity
    change = _SUBSTITUTION.search(variant.text.upper())
    bases = [letter for letter in word.text.upper() if letter.isalpha()]
    if change is None or not set(bases) <= set(change.groups()):
        raise UntranslatableError(word.text)
    if bases[0] != bases[1]:
        return Zygosity.HETEROZYGOUS
    return Zygosity.HOMOZYGOUS if bases[0] == change[2] else None


def _together(present: list[_Variant], findings: Findings, table: AlleleTable, text: str) -> Reading:
    """The diplotype of all variants that are there. Absence of some variants alone is not a genotype."""
    unknown, notices = tuple(findings.unknown), tuple(findings.notices)
    if not present and table.gene.method is Method.VARIANT_STATUS:
        return Reading(((AlleleCopies(table.gene.reference),) * 2,), unknown, notices)
    if len(present) == 1:
        return Reading((_alone(present[0], table),), unknown, notices)
    if present and all(item.zygosity is Zygosity.HETEROZYGOUS for item in present):
        return _two_heterozygous([item.name for item in present], unknown, table, text, known_in_trans=False)
    raise UntranslatableError(text)


def _alone(variant: _Variant, table: AlleleTable) -> tuple[AlleleCopies, ...]:
    allele = AlleleCopies(variant.name)
    single = table.haploid or table.gene.method is Method.SEX_LINKED
    match variant.zygosity:
        case None:
            return (allele,)
        case Zygosity.HEMIZYGOUS if single:
            return (allele,)
        case Zygosity.HOMOZYGOUS:
            return (allele,) if table.haploid else (allele, allele)
        case Zygosity.HETEROZYGOUS if not table.haploid and table.gene.reference not in ("", variant.name):
            return (AlleleCopies(table.gene.reference), allele)
    raise UntranslatableError(variant.token.text)


def _two_heterozygous(
    names: list[str], unknown: tuple[str, ...], table: AlleleTable, text: str, *, known_in_trans: bool
) -> Reading:
    """
    Two variants, each on one chromosome, taken to be on different ones.

    A variant that is part of another listed allele is that allele. Star alleles are not put together: two of
    them on one chromosome can be a third (such as *3B and *3C).
    """
    whole = [name for name in names if not any(table.changes(name) < table.changes(other) for other in names)]
    kept = list(dict.fromkeys(whole))
    if table.haploid or (any(name.startswith("*") for name in kept) and not known_in_trans):
        raise UntranslatableError(text)
    if len(kept) == 1 and len(names) > 1 and table.gene.reference and not known_in_trans:
        return Reading(((AlleleCopies(table.gene.reference), AlleleCopies(kept[0])),), unknown)
    if len(kept) != 2 or table.gene.reference in kept:
        raise UntranslatableError(text)
    in_trans = (AlleleCopies(kept[0]), AlleleCopies(kept[1]))
    if known_in_trans:
        return Reading((in_trans,), unknown)
    in_cis = table.with_changes(table.changes(kept[0]) | table.changes(kept[1]))
    if in_cis is None:
        return Reading((in_trans,), unknown, (_TRANS,))
    if not table.gene.reference:
        raise UntranslatableError(text)
    return Reading((in_trans, (AlleleCopies(table.gene.reference), AlleleCopies(in_cis))), unknown)
