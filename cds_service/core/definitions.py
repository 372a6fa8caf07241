"""How alleles of a gene are defined: positions on the genome, the bases of each allele, rules of calling."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum


class CallingMethod(Enum):
    """How the bases seen at the positions become alleles. The gene's file names one of these."""

    NAMED_ALLELES = "named-alleles"
    VARIANT_LIST = "variant-list"


class Undocumented(Enum):
    """What a base that no allele of the table has means: no call for the gene, or the reference base."""

    NO_CALL = "no-call"
    REFERENCE = "reference"


class Copies(Enum):
    """How many copies of the gene a person has: two, one or two by sex, or one (heteroplasmy is not read)."""

    TWO = "two"
    X_LINKED = "x-linked"
    MITOCHONDRIAL = "mitochondrial"


class Kind(Enum):
    """What a position's alternatives do to the sequence."""

    BASE = "base"
    LENGTH = "length"
    MIXED = "mixed"


@dataclass(frozen=True, slots=True)
class DefinedPosition:
    """
    One place of the genome that allele definitions look at, in VCF notation: plus strand, left-aligned.

    Args:
        chrom: `chr10`; `chrM` counts like the revised Cambridge sequence.
        position: 1-based position of the first base of `ref` in GRCh38.
        ref: Reference bases of GRCh38.
        alts: Documented alternatives.
        window: Reference bases from `position` on, at least `ref`, as far as an insertion or deletion can be
            moved without changing the sequence that results.
        rsid: Name in dbSNP, or empty.
        grch37: The same position in GRCh37, 1-based; None = not known.
        grch37_ref: Reference base in GRCh37 where it is another one; empty = the same.
        required: The gene is not called without it.
        extra: No allele has it; what is seen there is told beside the call.
        tier1: In the minimum panel that AMP recommends.
    """

    chrom: str
    position: int
    ref: str
    alts: tuple[str, ...]
    window: str
    rsid: str = ""
    grch37: int | None = None
    grch37_ref: str = ""
    required: bool = False
    extra: bool = False
    tier1: bool = False

    @property
    def states(self) -> tuple[str, ...]:
        """The reference and the documented alternatives; the place in this list is the code of a state."""
        return (self.ref, *self.alts)

    @property
    def kind(self) -> Kind:
        """Whether the alternatives exchange a base, change the length, or do something else."""
        if len(self.ref) == 1 and all(len(alt) == 1 for alt in self.alts):
            return Kind.BASE
        if all(len(alt) != len(self.ref) and alt[0] == self.ref[0] for alt in self.alts):
            return Kind.LENGTH
        return Kind.MIXED

    @property
    def name(self) -> str:
        """
        The position for people, in GRCh38.

        >>> DefinedPosition("chr10", 94781859, "G", ("A",), "G", "rs4244285").name
        'chr10:94781859 (rs4244285)'
        """
        return f"{self.chrom}:{self.position}" + (f" ({self.rsid})" if self.rsid else "")


@dataclass(frozen=True, slots=True)
class DefinedAllele:
    """
    One allele by its bases.

    Args:
        name: As in the gene's table of alleles.
        bases: GRCh38 position -> what the allele has there. More than one where the source allows several.
            A position that is not in here has the reference bases.
    """

    name: str
    bases: Mapping[int, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fallback:
    """One position that is read alone where the alleles cannot be called: base -> allele."""

    position: int
    alleles: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class TaggedAllele:
    """
    An allele of two variants, of which one is the cause and the other travels with it.

    Args:
        allele: Where both are seen, or only the tag could be looked at.
        alone: Where the cause is seen without the tag.
        causal, tag: The two positions in GRCh38.
    """

    allele: str
    alone: str
    causal: int
    tag: int


@dataclass(frozen=True, slots=True)
class Priority:
    """Of diplotypes that unphased bases cannot tell apart, the more common one: `call` goes before `over`."""

    call: str
    over: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GeneDefinition:
    """
    Everything that calling a gene from a VCF needs.

    Args:
        gene: HGNC symbol.
        method: How bases become alleles.
        reference: The allele whose bases are those of the reference sequence.
        undocumented: What an unknown base means.
        copies: How many copies a person has.
        positions: Sorted by position; all on one chromosome.
        alleles: In the order of the source, the reference allele first.
        report_as: Allele of the definitions -> allele that is reported.
        fallback: A position that is enough if everything else fails; None = there is none.
        worst_first: Functions of alleles, worst first; for lists of variants.
        preferred: Of variants with the same function, the ones that are named first.
        tagged: Alleles of two linked variants.
        priorities: For unphased data.
        research: Calls from small variants alone are not for care; they have to be asked for.
        structural: Has alleles no small variant shows: copies, deletions, hybrids.
        source: Where the definitions are from, and their state.
    """

    gene: str
    method: CallingMethod
    reference: str
    undocumented: Undocumented
    copies: Copies
    positions: tuple[DefinedPosition, ...]
    alleles: tuple[DefinedAllele, ...]
    report_as: Mapping[str, str] = field(default_factory=dict)
    fallback: Fallback | None = None
    worst_first: tuple[str, ...] = ()
    preferred: tuple[str, ...] = ()
    tagged: tuple[TaggedAllele, ...] = ()
    priorities: tuple[Priority, ...] = ()
    research: bool = False
    structural: bool = False
    source: str = ""
