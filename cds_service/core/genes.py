"""What is known of a gene: its alleles, and how two of them become a phenotype."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum


class Method(Enum):
    """How a gene's alleles become what a rule is looked up by. The gene's file names one of these."""

    FUNCTION_PAIR = "function-pair"
    ACTIVITY_SCORE = "activity-score"
    LOWEST_FUNCTION = "lowest-function"
    SINGLE_POSITION = "single-position"
    ALLELE_PRESENCE = "allele-presence"
    HAPLOID = "haploid"
    SEX_LINKED = "sex-linked"
    VARIANT_STATUS = "variant-status"


@dataclass(frozen=True, slots=True)
class Allele:
    """
    A named allele.

    Args:
        name: As the source writes it: `*2`, `c.1905+1G>A (*2A)`, `*36+*10`, `*1x2`.
        function: The source's term; None = not assigned ("cannot be translated", never "normal").
        activity: Activity value without unit; None = not assigned or `n/a`.
        at_least: The activity value is a lower bound (`*1x≥3` has at least 3).
        aliases: Other spellings that mean exactly this allele.
    """

    name: str
    function: str | None = None
    activity: Decimal | None = None
    at_least: bool = False
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ScoreBand:
    """A phenotype for all activity scores from `low` to `high` inclusive; `high` None = no upper end."""

    low: Decimal
    high: Decimal | None
    phenotype: str


@dataclass(frozen=True, slots=True)
class Position:
    """
    One variant position of a single-position gene, in every notation laboratories use for it.

    Args:
        name: `rs9923231`, `-1639`, `rs2231142`, ...
        letters: Base letter in that notation -> allele name.
    """

    name: str
    letters: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class PanelChange:
    """
    The one change by which a usual panel looks for an allele.

    Args:
        allele: The allele it marks.
        needed: Nothing can be said of the gene before this change was looked for.
        rsid: Name in dbSNP.
        grch38, grch37: Genomic names with accession, 1-based, plus strand.
    """

    allele: str
    needed: bool
    rsid: str
    grch38: str
    grch37: str


@dataclass(frozen=True, slots=True)
class MeasuredActivity:
    """
    What a measured activity of the enzyme says.

    Args:
        what: Name of the measure.
        low: Classes that an activity rated as low may stand for.
        normal: Class of a normal activity.
        settles: Classes by genotype that a normal activity settles: those that leave the activity open.
    """

    what: str
    low: tuple[str, ...]
    normal: str
    settles: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Gene:
    """
    One gene of the knowledge base.

    Args:
        symbol: HGNC symbol.
        hgnc: `HGNC:2621`.
        method: How alleles become a phenotype.
        alleles: Allele name -> allele.
        aliases: Any accepted spelling (upper case, no blanks) -> allele name.
        reference: Name of the allele that "no variant found" stands for; empty if the gene has none.
        pairs: Sorted pair of functions (or one function, for haploid) -> phenotype.
        bands: Source name (`cpic`, `dpwg`) -> score bands. Only for score methods.
        indeterminate: Phenotype when alleles are known but have no assigned function.
        presence_alleles: Alleles whose presence or absence is a result of its own (HLA).
        positions: Notations of a single-position gene.
        citation: Key of `citations.tsv`.
        phenotypes: All phenotype terms of the gene.
        pathogenic: For variant status: function of a variant that is not in the table and that a laboratory
            calls pathogenic; empty = only variants of the table count.
        effects: For variant status: words of a report (lower case) -> function, which then stands in place of
            `pathogenic`.
        panel: The changes a usual panel looks for; empty = single changes never make a genotype of this gene.
        activity: What a measured activity of the enzyme says; None = it is not asked for.
    """

    symbol: str
    hgnc: str
    method: Method
    alleles: Mapping[str, Allele]
    aliases: Mapping[str, str]
    reference: str = ""
    pairs: Mapping[tuple[str, ...], str] = field(default_factory=dict)
    bands: Mapping[str, tuple[ScoreBand, ...]] = field(default_factory=dict)
    indeterminate: str = ""
    presence_alleles: tuple[str, ...] = ()
    positions: tuple[Position, ...] = ()
    citation: str = ""
    phenotypes: tuple[str, ...] = ()
    pathogenic: str = ""
    effects: Mapping[str, str] = field(default_factory=dict)
    panel: tuple[PanelChange, ...] = ()
    activity: MeasuredActivity | None = None
