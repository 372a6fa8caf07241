"""What can be written: the results of one sample as plain values, and what follows from them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum

from cds_service.core.actions import Action
from cds_service.core.errors import InputError
from cds_service.core.evidence import Origin
from cds_service.core.genotype_values import Diplotype

_REFERENCE = re.compile(r"(?:https?://\S+/)?[A-Z][A-Za-z]+/[A-Za-z0-9.-]{1,64}")
_BASES = re.compile(r"[ACGTN]+")


class Outcome(Enum):
    """How far the test of a gene got."""

    CALLED = "called"
    AMBIGUOUS = "ambiguous"
    NO_CALL = "no-call"
    NOT_COVERED = "not-covered"


@dataclass(frozen=True, slots=True)
class Position:
    """
    A place in the genome.

    Args:
        sequence: RefSeq accession with version, such as `NC_000010.11`; see `ig.grch38_accession`.
        position: On GRCh38, 1-based.
        name: A name for people, such as an rs number; may be empty.
    """

    sequence: str
    position: int
    name: str = ""

    def __str__(self) -> str:
        place = f"{self.sequence}:g.{self.position}"
        return f"{place} ({self.name})" if self.name else place


@dataclass(frozen=True, slots=True)
class VariantCall:
    """
    What was found at one place.

    Args:
        at: Where; None if only a name is known.
        ref, alt: Bases in capitals, as in a VCF record; empty if not known.
        zygosity: `heterozygous`, `homozygous`, `hemizygous`, `homoplasmic`, `heteroplasmic`, or empty.
        present: False = looked for and not there; None = the place could not be called.
        names: Other names: an rs number, `c.521T>C`, `NM_000769.4:c.681G>A`.
        origin: Germline, or unknown; changes of a tumour are refused.
        significance: `pathogenic`, `likely pathogenic`, `uncertain`, `likely benign`, `benign`, or empty.
    """

    at: Position | None = None
    ref: str = ""
    alt: str = ""
    zygosity: str = ""
    present: bool | None = True
    names: tuple[str, ...] = ()
    origin: Origin = Origin.GERMLINE
    significance: str = ""

    def __post_init__(self) -> None:
        if self.at is None and not self.names:
            raise InputError("a variant needs a position or a name", "variants")
        if any(bases and not _BASES.fullmatch(bases) for bases in (self.ref, self.alt)):
            raise InputError("ref and alt of a variant are bases in capitals", "variants")
        if self.origin is Origin.SOMATIC:
            raise InputError("changes of a tumour are not written as inherited results", "variants")


@dataclass(frozen=True, slots=True)
class GeneResult:
    """
    What is known of one gene.

    Args:
        gene: HGNC symbol.
        outcome: `AMBIGUOUS` states all possibilities, or alleles as undecided. `NO_CALL`: tested, and no
            result. `NOT_COVERED`: not looked at. The last two state neither alleles nor a class.
        diplotypes: The alleles; several, all that are possible, if ambiguous.
        written: The genotype in the words of the laboratory; it takes the place of the diplotypes in the
            value.
        phenotype: The class, as the term lists spell it. Of an ambiguous result only if all possibilities
            agree in it.
        score: Activity score.
        score_at_least: The score is a lower bound.
        presence: Single alleles (`*57:01`) with present, absent, or None for undecided.
        variants: What was found one by one; support of the genotype, or all there is.
        examined: Number of places that were looked at; None = not known.
        missing: Places the definition of the alleles needs and the test did not see.
        reason: Why there is no result, in words.
        limits: What the test could not see, in words.
        notes: Notices, in words.
        measured_on: Day the specimen was taken, if it is not that of the report.
    """

    gene: str
    outcome: Outcome = Outcome.CALLED
    diplotypes: tuple[Diplotype, ...] = ()
    written: str = ""
    phenotype: str = ""
    score: Decimal | None = None
    score_at_least: bool = False
    presence: tuple[tuple[str, bool | None], ...] = ()
    variants: tuple[VariantCall, ...] = ()
    examined: int | None = None
    missing: tuple[Position, ...] = ()
    reason: str = ""
    limits: str = ""
    notes: tuple[str, ...] = ()
    measured_on: date | None = None

    def __post_init__(self) -> None:
        fault = next(self._faults(), "")
        if fault:
            raise InputError(f"{self.gene or 'a result'}: {fault}", "genes")

    @property
    def states_genotype(self) -> bool:
        """Whether alleles are stated."""
        return bool(self.written or self.diplotypes)

    def _faults(self) -> Iterator[str]:
        if not self.gene:
            yield "it has no gene"
        states = self.states_genotype or self.phenotype or self.score is not None or self.presence
        if self.outcome is Outcome.CALLED:
            if not states and not self.variants:
                yield "it is called, but nothing is stated"
            if len(self.diplotypes) > 1:
                yield "several diplotypes are possible; the outcome is ambiguous"
        elif self.outcome is Outcome.AMBIGUOUS:
            undecided = None in dict(self.presence).values()
            if len(set(self.diplotypes)) < 2 and not (self.written or undecided):
                yield "an ambiguous result states all possibilities"
        elif states:
            yield f"the outcome {self.outcome.value} states no alleles and no class"
        elif self.outcome is Outcome.NOT_COVERED and self.variants:
            yield "a gene that is not covered has no variants"
        if any(diplotype.gene != self.gene for diplotype in self.diplotypes):
            yield "a diplotype is of another gene"


@dataclass(frozen=True, slots=True)
class Citation:
    """Where a recommendation stands: a label for people, an address, PubMed numbers."""

    label: str
    url: str = ""
    pmids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Recommendation:
    """
    What the engine concluded for one drug.

    Args:
        drug: Name of the ingredient.
        genes: The genes it rests on. At least one of them must have a result in the same report.
        action: What is asked; the quiet ones make an implication, but no Task.
        advice: What to do, in words.
        implication: What the result means for the drug, in words; may be empty.
        rxcui: RxNorm code of the ingredient, or empty.
        phenotype: The class it rests on, if it rests on one gene's class.
        strength: Source and its grading, such as `CPIC strong`.
        citation: The source.
        rules: Ids of the rules that fired.
    """

    drug: str
    genes: tuple[str, ...]
    action: Action
    advice: str
    implication: str = ""
    rxcui: str = ""
    phenotype: str = ""
    strength: str = ""
    citation: Citation | None = None
    rules: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not (self.drug and self.genes and self.advice):
            raise InputError("a recommendation has a drug, genes and advice", "recommendations")


@dataclass(frozen=True, slots=True)
class Source:
    """
    What the results were made from.

    Args:
        name: A file name or a reference such as `Observation/7`.
        sha256: Of the file, hexadecimal; may be empty.
    """

    name: str
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Software:
    """The program that made the results, its version, and the SHA-256 of the knowledge it used."""

    name: str
    version: str
    knowledge_hash: str


@dataclass(frozen=True, slots=True)
class SampleResults:
    """
    One report: the results of one sample of one person.

    Args:
        patient: `Patient/<id>` as the server knows it.
        sample: The sample's own name, as in a VCF header; with the patient it tells reports apart.
        issued: When the report is made, with a time zone. It does not enter the identifiers.
        genes: What is known; genes that are not covered too.
        specimen: Reference to the Specimen, if the server has one.
        measured_on: Day the specimen was taken; None = not known.
        laboratory: Who reports; may be empty.
        method: How, in words; may be empty.
        recommendations: What follows for drugs.
        sources: What the results were made from.
    """

    patient: str
    sample: str
    issued: datetime
    genes: tuple[GeneResult, ...]
    specimen: str = ""
    measured_on: date | None = None
    laboratory: str = ""
    method: str = ""
    recommendations: tuple[Recommendation, ...] = ()
    sources: tuple[Source, ...] = ()

    def __post_init__(self) -> None:
        for name, reference in (("patient", self.patient), ("specimen", self.specimen)):
            if reference and not _REFERENCE.fullmatch(reference):
                raise InputError(f"the {name} is written Type/id, as the server knows it", name)
        if not self.patient:
            raise InputError("results are written for a patient", "patient")
        if self.issued.tzinfo is None:
            raise InputError("the time of the report needs a time zone", "issued")
        if not self.genes:
            raise InputError("there is no result to write", "genes")
