"""Cuts a genotype text into alleles, separators, copies and words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from cds_service.core import genotype_words as words
from cds_service.core.genotype_alleles import STAR, AlleleTable, NamedAllele
from cds_service.core.genotype_text import Compact
from cds_service.core.genotype_tokens import Kind, Token
from cds_service.core.genotype_words import Zygosity

_SIGNS = {
    **{"/": Kind.SLASH, "|": Kind.BAR, "+": Kind.PLUS, "-": Kind.DASH},
    **{";": Kind.LIST, ",": Kind.LIST, "&": Kind.AND},
    **{"(": Kind.OPEN, "[": Kind.OPEN, ")": Kind.CLOSE, "]": Kind.CLOSE},
    **dict.fromkeys(":_='\".", Kind.SKIP),
}
_LOOSENING = frozenset(
    {Kind.LIST, Kind.CLOSE, Kind.OPEN, Kind.WORD, Kind.CLASS, Kind.OR, Kind.AND, Kind.OTHER}
)
_SEPARATORS = "/|,;()[]"
_LONGEST_WORD = 200

_COPIES = re.compile(r"X(≥|>)?(?:([1-9][0-9]?)|N)")
_DUPLICATION = re.compile(r"(?:WITH)?(?:GENE)?DUP(?:LICATION)?")
_TOTALS = (
    re.compile(r"(≥|>|ATLEAST)?([0-9]{1,2})(?:TOTAL)?(?:GENE)?COPIES"),
    re.compile(r"(?:GENE)?(?:COPYNUMBER|CNV?|COPIES)[:=]?(≥|>)?([0-9]{1,2})"),
)
_ACCESSION = re.compile(r"[NX][CGMR]_[0-9]+(?:\.[0-9]+)?(?:\(([A-Z0-9-]+)\))?:")
_CHANGE = re.compile(r"[CGMN]\.[0-9*-][0-9_+*-]*[A-Z=][A-Z0-9>_+-]*")
_MAY_BE_CHANGE = re.compile(r"[0-9]|[CGMN]\.")
_BARE_PLACE = r"[0-9]+(?:[+-][0-9]+)?"
_BARE_CHANGE = re.compile(
    rf"{_BARE_PLACE}(?:_{_BARE_PLACE})?(?:[ACGT]>[ACGT]|DEL[ACGT]*|DUP[ACGT]*|INS[ACGT]+)"
)
_PROTEIN = re.compile(r"P\.(?:\([A-Z]{1,3}[0-9]+[A-Z0-9*=]+\)|[A-Z]{1,3}[0-9]+[A-Z0-9*=]+)")
_RS = re.compile(r"RS[0-9]+")
_SUBSTITUTION = re.compile(r"[0-9][ACGT]>[ACGT][:=(]*$")
_BASES = re.compile(r"[ACGT][/|]?[ACGT]")

_Found = tuple[Token, int] | None
_Reader = Callable[[Compact, int, AlleleTable], _Found]


def tokens(text: Compact, table: AlleleTable) -> tuple[Token, ...]:
    """
    Cut a text into tokens; what nothing recognises becomes `OTHER`, word by word.

    >>> from cds_service.core.genes import Gene, Method
    >>> table = AlleleTable.of(Gene("CYP2C19", "", Method.FUNCTION_PAIR, {"*1": "", "*17": ""}, {}))
    >>> [token.kind.name for token in tokens(Compact.of("CYP2C19 *1/*17, 3 copies?"), table)]
    ['SKIP', 'ALLELE', 'SLASH', 'ALLELE', 'LIST', 'TOTAL', 'OTHER']
    """
    return tuple(_tokens(text, table))


def _tokens(text: Compact, table: AlleleTable) -> Iterator[Token]:
    at = 0
    before: Token | None = None
    while at < len(text.chars):
        token, end = _next(text, at, table)
        loose = at in text.gaps or (before is not None and before.kind in _LOOSENING)
        before = replace(token, apart=loose)
        yield before
        at = end


def _next(text: Compact, at: int, table: AlleleTable) -> tuple[Token, int]:
    """The token at this place. The order of the readers is the order of trust."""
    for reader in _READERS:
        found = reader(text, at, table)
        if found:
            return found
    kind = _SIGNS.get(text.chars[at])
    if kind:
        return Token(kind, text.chars[at]), at + 1
    return _token(Kind.OTHER, text, at, _run_end(text, at + 1, _SEPARATORS + "*"))


def _bases(text: Compact, at: int, _table: AlleleTable) -> _Found:
    """`A/T` behind `c.2846A>T` are the bases found; anywhere else they are not."""
    found = _match(_BASES, text, at)
    if not found or not _SUBSTITUTION.search(text.chars[max(0, at - 8) : at]):
        return None
    return _token(Kind.BASES, text, at, found.end())


def _total(text: Compact, at: int, _table: AlleleTable) -> _Found:
    for pattern in _TOTALS:
        found = _match(pattern, text, at)
        if found:
            number = int(found[2]) + (found[1] == ">")
            return _token(Kind.TOTAL, text, at, found.end(), copies=number, at_least=found[1] is not None)
    return None


def _name(text: Compact, at: int, table: AlleleTable) -> _Found:
    """The longest name or alias of the table that starts here and is not a star."""
    for length in table.lengths:
        end = at + length
        name = table.spellings.get(text.chars[at:end]) if end <= len(text.chars) else None
        if name and _ends_name(text, end) and not text.number_break(at, end):
            return _token(Kind.ALLELE, text, at, end, allele=NamedAllele(name, known=True))
    return None


def _ends_name(text: Compact, end: int) -> bool:
    """Whether a name can end here. Before `-` or `+` it cannot: `A-` is another allele than `A`."""
    following = text.chars[end : end + 1]
    if text.chars[end - 1] == ")" or not following or following in _SEPARATORS + ":":
        return True
    return following not in "-+" and (end in text.gaps or (following == "." and end + 1 == len(text.chars)))


def _accession(text: Compact, at: int, table: AlleleTable) -> _Found:
    """`NM_000110.4:` before a change; with another gene's symbol in it, it is not ours."""
    found = _ACCESSION.match(text.chars, at)
    if not found or found[1] not in (None, table.gene.symbol.upper()):
        return None
    return _token(Kind.SKIP, text, at, found.end())


def _gene(text: Compact, at: int, table: AlleleTable) -> _Found:
    """The gene's own symbol; another gene's symbol stays unknown."""
    end = at + len(table.gene.symbol)
    if text.chars[at:end] != table.gene.symbol.upper() or not text.ends_word(end):
        return None
    return _token(Kind.SKIP, text, at, end)


def _star(text: Compact, at: int, table: AlleleTable) -> _Found:
    """
    A star allele; a blank may stand behind the star, nowhere else.

    With letters or digits glued to it, all of it is an unknown allele.
    """
    if text.chars[at] != "*":
        return None
    found = STAR.match(text.chars, at, _run_end(text, at + 2, _SEPARATORS + "*+-"))
    if not found:
        return None
    end = found.end()
    if _goes_on(text, end):
        end = _run_end(text, end, _SEPARATORS + "*+")
        allele = NamedAllele(text.written(at, end), known=False)
    else:
        allele = table.star(text.written(at, end).replace(" ", ""))
    return _token(Kind.ALLELE, text, at, end, allele=allele)


def _goes_on(text: Compact, end: int) -> bool:
    """Whether something is glued to a star allele that is neither copies nor a separator."""
    if text.ends_word(end):
        glued = text.chars[end : end + 1] == ":" and not {end, end + 1} & text.gaps
        return glued and not text.ends_word(end + 1)
    return not (_match(_COPIES, text, end) or _match(_DUPLICATION, text, end))


def _wild_type(text: Compact, at: int, table: AlleleTable) -> _Found:
    """
    Words for the reference allele, and `=` beside a slash.

    Where the reference is a star allele, they are no name for it: `wild type` then only says that nothing was
    found where the laboratory looked.
    """
    found = _match(words.WILD_TYPE, text, at)
    if table.gene.reference.startswith("*"):
        return found and _token(Kind.ZYGOSITY, text, at, found.end(), zygosity=Zygosity.WILD_TYPE)
    end = found.end() if found else at
    if text.chars[at] == "=" and "/" in text.chars[max(0, at - 1)] + text.chars[at + 1 : at + 2]:
        end = at + 1
    if end == at or not table.gene.reference:
        return None
    return _token(Kind.ALLELE, text, at, end, allele=NamedAllele(table.gene.reference, known=True))


def _change(text: Compact, at: int, table: AlleleTable) -> _Found:
    """A change in HGVS notation, also without the `c.`, that may or may not be in the table."""
    if not _MAY_BE_CHANGE.match(text.chars, at):
        return None
    stop = _run_end(text, at + 1, _SEPARATORS)
    found = _CHANGE.match(text.chars, at, stop) or _BARE_CHANGE.match(text.chars, at, stop)
    if not found or not text.ends_word(found.end()):
        return None
    names = {name for prefix in ("", "C.", "M.") if (name := table.spellings.get(prefix + found[0]))}
    known = NamedAllele(names.pop(), known=True) if len(names) == 1 else None
    written = NamedAllele(text.written(at, found.end()), known=False)
    return _token(Kind.ALLELE, text, at, found.end(), allele=known or written)


def _copies(text: Compact, at: int, _table: AlleleTable) -> _Found:
    """`x2`, `xN`, `x≥3`, `DUP`. Where the number is not given it is two or more."""
    found = _match(_COPIES, text, at)
    if found and found[2]:
        number = int(found[2]) + (found[1] == ">")
        return _token(Kind.COPIES, text, at, found.end(), copies=number, at_least=found[1] is not None)
    found = found or _match(_DUPLICATION, text, at)
    return found and _token(Kind.COPIES, text, at, found.end(), copies=2, at_least=True)


def _word(text: Compact, at: int, _table: AlleleTable) -> _Found:
    for zygosity, pattern in words.ZYGOSITIES:
        found = _match(pattern, text, at)
        if found:
            return _token(Kind.ZYGOSITY, text, at, found.end(), zygosity=zygosity)
    for kind, pattern in _WORDS:
        found = _match(pattern, text, at)
        if found:
            return _token(kind, text, at, found.end())
    return None


def _protein(text: Compact, at: int, _table: AlleleTable) -> _Found:
    """The effect on the protein; it only explains the change of the gene before it."""
    if not text.chars.startswith("P.", at):
        return None
    found = _PROTEIN.match(text.chars, at, _run_end(text, at + 1, ",;"))
    if not found or not text.ends_word(found.end()):
        return None
    return _token(Kind.WORD, text, at, found.end())


_WORDS = (
    (Kind.ABSENT, words.ABSENT),
    (Kind.OR, re.compile("OR")),
    (Kind.AND, re.compile("AND")),
    (Kind.RS, _RS),
    *((Kind.CLASS, pattern) for pattern in words.CLASSES),
    *((Kind.WORD, pattern) for pattern in words.IDLE),
)
_READERS: tuple[_Reader, ...] = (
    *(_bases, _total, _name, _accession, _gene, _star, _wild_type),
    *(_copies, _word, _protein, _change),
)


def _match(pattern: re.Pattern[str], text: Compact, at: int) -> re.Match[str] | None:
    """Match whole words; digits on both sides of a blank are two numbers."""
    found = pattern.match(text.chars, at)
    split = found and text.number_break(at, found.end())
    if split:
        found = pattern.match(text.chars, at, split)
    return found if found and text.ends_word(found.end()) else None


def _run_end(text: Compact, at: int, stops: str) -> int:
    """The next place where a blank or one of the signs stands, or where no word is as long."""
    end = min(len(text.chars), at + _LONGEST_WORD)
    while at < end and at not in text.gaps and text.chars[at] not in stops:
        at += 1
    return at


def _token(
    kind: Kind,
    text: Compact,
    start: int,
    end: int,
    *,
    allele: NamedAllele | None = None,
    zygosity: Zygosity | None = None,
    copies: int = 0,
    at_least: bool = False,
) -> tuple[Token, int]:
    return Token(kind, text.written(start, end), allele, zygosity, copies, at_least), end
