"""What laboratories reported, and what it says about a gene once all reports are weighed together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum

from cds_service.core.model import Notice


class ResultKind(Enum):
    """What one reported result states."""

    DIPLOTYPE = "diplotype"
    PHENOTYPE = "phenotype"
    ACTIVITY_SCORE = "activity-score"
    ALLELE_PRESENCE = "allele-presence"
    VARIANT = "variant"
    BIOMARKER = "biomarker"
    DOCUMENT = "document"


class Use(Enum):
    """Whether a result may drive a finding."""

    YES = "yes"
    NO = "no"
    PENDING = "pending"
    CONTEXT = "context"


class Origin(Enum):
    """Where the tested DNA comes from."""

    GERMLINE = "germline"
    SOMATIC = "somatic"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ReportedResult:
    """
    One result as it stands in the record, not yet interpreted.

    Args:
        gene: HGNC symbol.
        kind: What it states.
        text: The value as written (`*1/*2`, `Poor metabolizer`, `HLA-B*57:01+HLA-B*40:01`).
        source: Where it stands, `Observation/<id>`.
        use: Whether it may drive a finding.
        origin: Germline unless the record says otherwise (PGx genotypes are germline by kind of test).
        allele: For `ALLELE_PRESENCE` the allele (`*57:01`), for `VARIANT` its name in the gene's notation.
        present: For presence and variants; None = indeterminate or not stated.
        zygosity: `heterozygous`, `homozygous`, `hemizygous`, `homoplasmic`, `heteroplasmic`, or empty.
        score: For `ACTIVITY_SCORE`.
        measured_on: Day the specimen was taken, else the best date there is; None = no date known.
        laboratory: Who reported it, or empty.
        limits: What the laboratory says it did not or could not test, in its words.
        by_name: True if gene or kind was recognised from a test name instead of a code.
        ehr_statement: True for problem lists, flags and allergy entries: weaker than a laboratory result.
        donor: True if the genotype is that of an organ donor.
        significance: `pathogenic`, `likely pathogenic`, `uncertain`, `likely benign`, `benign`, or empty.
        notices: What a reader should know.
        implied: True for the class that a laboratory names where it says what a result means for a drug.
        own_tissue: True if the specimen is no blood and holds none, such as skin or hair.
        liquid: True if blood was tested for what a tumour sheds: what is not found there may be there.
    """

    gene: str
    kind: ResultKind
    text: str
    source: str
    use: Use = Use.YES
    origin: Origin = Origin.GERMLINE
    allele: str = ""
    present: bool | None = None
    zygosity: str = ""
    score: Decimal | None = None
    measured_on: date | None = None
    laboratory: str = ""
    limits: str = ""
    by_name: bool = False
    ehr_statement: bool = False
    donor: bool = False
    significance: str = ""
    notices: tuple[Notice, ...] = ()
    implied: bool = False
    own_tissue: bool = False
    liquid: bool = False
