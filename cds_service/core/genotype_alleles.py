"""The alleles of one gene by every spelling: single alleles, suballeles, copies and tandems."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from cds_service.core.genes import Gene, Method
from cds_service.core.genotype_text import key
from cds_service.core.genotype_values import AlleleCopies, Diplotype, ParsedGenotype
from cds_service.core.notice import Notice
from cds_service.core.per_gene import PerGene

#: A star allele: number, perhaps a letter, perhaps suballele numbers. `X2`, `XN`, `DUP` behind it are copies.
STAR = re.compile(r"\*[0-9]+(?:[A-WYZ](?![A-Z])|X(?![A-Z0-9≥>]))?(?:\.[0-9]+)*")
_COPIED_STAR = re.compile(rf"({STAR.pattern})(?:X(≥?)([0-9]+))?")
_BRACKET = re.compile(r"\([^()]*\)$")
_NUMBERS = re.compile(r"([0-9]+)")

#: Spellings that name the allele without the gene, where a gene has one.
_DELETION = ("DEL", "DELETION", "GENEDELETION")

_Parts = frozenset[AlleleCopies]


@dataclass(frozen=True, slots=True)
class NamedAllele:
    """
    One allele as a text names it.

    Args:
        name: Name in the gene's table, or the text as written if the table has none.
        known: Whether the table has it.
        notices: What was cut from the text.
    """

    name: str
    known: bool
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class AlleleTable:
    """
    The spellings of one gene; `AlleleTable.of` builds them once for each gene.

    Args:
        gene: Where the alleles come from.
        spellings: Comparable spelling -> allele name.
        tandems: The alleles that stand on one chromosome -> name of that tandem, `*36+*10`.
        lengths: Lengths of the spellings that are no star names, longest first.
        deletion: The allele that stands for a missing gene; empty if the table names none.
        plain: Genotypes read before that are nothing but two star alleles, by text. A laboratory writes the
            same few all day; any other text may hold more than a genotype and is never kept.
    """

    gene: Gene
    spellings: Mapping[str, str]
    tandems: Mapping[_Parts, str]
    lengths: tuple[int, ...]
    deletion: str
    plain: dict[str, ParsedGenotype] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, gene: Gene) -> AlleleTable:
        """The spellings of a gene; a name of the table beats an alias."""
        return _TABLES.of(gene)

    @classmethod
    def _build(cls, gene: Gene) -> AlleleTable:
        spellings = {key(alias): name for alias, name in gene.aliases.items()}
        spellings.update({key(name): name for name in gene.alleles})
        tandems = {
            parts: name
            for spelling, name in spellings.items()
            if (parts := _tandem_parts(spelling, spellings)) is not None
        }
        lengths = {len(spelling) for spelling in spellings if spelling and not spelling.startswith("*")}
        deletion = next((spellings[word] for word in _DELETION if word in spellings), "")
        return cls(gene, spellings, tandems, tuple(sorted(lengths, reverse=True)), deletion)

    def find(self, spelling: str) -> str | None:
        """Name of the allele of this spelling, or None."""
        return self.spellings.get(key(spelling))

    def star(self, written: str) -> NamedAllele:
        """
        A star allele; its suballele is cut off if the table has only the core allele.

        >>> genes = {"*4": "No function", "*45.001": "Unknown function"}
        >>> table = AlleleTable.of(Gene("CYP2D6", "", Method.ACTIVITY_SCORE, genes, {}))
        >>> table.star("*4.024").name, table.star("*45.001").name, table.star("*999.001").known
        ('*4', '*45.001', False)
        """
        core = key(written)
        while core not in self.spellings and "." in core:
            core = core.rpartition(".")[0]
        name = self.spellings.get(core)
        if name is None:
            return NamedAllele(written, known=False)
        if core == key(written):
            return NamedAllele(name, known=True)
        return NamedAllele(
            name, known=True, notices=(Notice.of("suballele-cut", allele=name, written=written),)
        )

    def chromosome(self, parts: Iterable[AlleleCopies]) -> AlleleCopies | None:
        """
        The alleles of one chromosome as one allele; None if the table has no such tandem.

        >>> alleles = {"*10": "", "*36": "", "*36+*10": "", "*36x2+*10": ""}
        >>> table = AlleleTable.of(Gene("CYP2D6", "", Method.ACTIVITY_SCORE, alleles, {}))
        >>> str(table.chromosome([AlleleCopies("*10"), AlleleCopies("*36")]))
        '*36+*10'
        >>> str(table.chromosome([AlleleCopies("*36"), AlleleCopies("*36"), AlleleCopies("*10")]))
        '*36x2+*10'
        """
        merged = merge(parts)
        if len(merged) == 1:
            return next(iter(merged))
        name = self.tandems.get(merged)
        return None if name is None else AlleleCopies(name)

    def copied_tandem(self, name: str, copies: int) -> str | None:
        """Name of a tandem repeated as a whole; None if the table has no such allele."""
        parts = _tandem_parts(key(name), self.spellings) or frozenset()
        return self.tandems.get(frozenset(replace(part, copies=part.copies * copies) for part in parts))

    def gene_copies(self, allele: AlleleCopies) -> int:
        """How many copies of the gene stand on a chromosome; none on a deletion."""
        if allele.allele == self.deletion:
            return 0
        parts = _tandem_parts(key(allele.allele), self.spellings)
        return sum(part.copies for part in parts) * allele.copies if parts else allele.copies

    def is_tandem(self, allele: AlleleCopies) -> bool:
        """Whether the allele is made of several."""
        return _tandem_parts(key(allele.allele), self.spellings) is not None

    def changes(self, name: str) -> frozenset[str]:
        """
        The named changes that make an allele, if its name lists them.

        >>> names = {"c.1129-5923C>G, c.1236G>A (HapB3)": ""}
        >>> sorted(AlleleTable.of(Gene("DPYD", "", Method.LOWEST_FUNCTION, names, {})).changes(*names))
        ['C.1129-5923C>G', 'C.1236G>A']
        """
        return frozenset(filter(None, _BRACKET.sub("", key(name)).split(",")))

    def with_changes(self, changes: frozenset[str]) -> str | None:
        """The one allele that is made of exactly these changes, in comparable form; None if there is none."""
        names = {name for name in self.gene.alleles if self.changes(name) == changes}
        return names.pop() if len(names) == 1 else None

    def diplotype(self, alleles: Iterable[AlleleCopies]) -> Diplotype:
        """The alleles in their fixed order."""
        return in_order(self.gene, alleles)

    def order(self, allele: AlleleCopies) -> tuple[object, ...]:
        """Sorting key of alleles: the reference first, then numbers as numbers (`*2` before `*10`)."""
        return _order(self.gene, allele)

    @property
    def haploid(self) -> bool:
        """Whether a person has one allele of the gene."""
        return self.gene.method is Method.HAPLOID


def in_order(gene: Gene, alleles: Iterable[AlleleCopies]) -> Diplotype:
    """Alleles of a gene as a diplotype, in their fixed order."""
    return Diplotype(gene.symbol, tuple(sorted(alleles, key=lambda allele: _order(gene, allele))))


def _order(gene: Gene, allele: AlleleCopies) -> tuple[object, ...]:
    numbers = tuple(
        (0, int(part), "") if part.isdecimal() else (1, 0, part)
        for part in _NUMBERS.split(allele.allele)
        if part
    )
    return (allele.allele != gene.reference, numbers, allele.copies, allele.at_least)


def merge(parts: Iterable[AlleleCopies]) -> _Parts:
    """Add up the copies of alleles that are named several times: `*36+*36+*10` is `*36x2+*10`."""
    found: dict[str, AlleleCopies] = {}
    for part in parts:
        before = found.get(part.allele)
        copies = part.copies + (before.copies if before else 0)
        at_least = part.at_least or (before is not None and before.at_least)
        found[part.allele] = AlleleCopies(part.allele, copies, at_least)
    return frozenset(found.values())


def _tandem_parts(spelling: str, spellings: Mapping[str, str]) -> _Parts | None:
    """The alleles that a name such as `*36x2+*10` puts on one chromosome; None if it is no tandem."""
    if "+" not in spelling or not spelling.startswith("*"):
        return None
    parts = [_COPIED_STAR.fullmatch(part) for part in spelling.split("+")]
    if not all(parts):
        return None
    return merge(
        AlleleCopies(spellings.get(part[1], part[1]), int(part[3] or 1), bool(part[2]))
        for part in parts
        if part
    )


_TABLES = PerGene(AlleleTable._build)
