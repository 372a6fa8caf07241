"""The words laboratories put beside alleles, and the phrases that stand in place of a genotype."""

from __future__ import annotations

import re
from enum import Enum, auto

from cds_service.core.genotype_text import key


class Zygosity(Enum):
    """How many chromosomes carry what was named."""

    HETEROZYGOUS = auto()
    COMPOUND = auto()  # two different alleles, known to be on different chromosomes
    HOMOZYGOUS = auto()
    HEMIZYGOUS = auto()  # on the only chromosome there is
    WILD_TYPE = auto()  # on none


# All patterns are matched on upper case text without blanks.
ZYGOSITIES: tuple[tuple[Zygosity, re.Pattern[str]], ...] = (
    (Zygosity.COMPOUND, re.compile(r"COMPOUND-?HET(?:EROZYG(?:OUS|OTE))?")),
    (Zygosity.HETEROZYGOUS, re.compile(r"HET(?:ERO(?:ZYG(?:OUS|OTE))?)?")),
    (Zygosity.HOMOZYGOUS, re.compile(r"HOM(?:O(?:ZYG(?:OUS|OTE))?)?")),
    (Zygosity.HEMIZYGOUS, re.compile(r"HEMI(?:ZYG(?:OUS|OTE))?|HOMOPLASM(?:IC|Y)")),
)
ABSENT = re.compile(
    r"(?:VARIANT|MUTATION|ALLELE)?(?:(?:WAS|WERE|IS)?NOT-?(?:DETECTED|FOUND|IDENTIFIED|PRESENT)|ABSENT|NEG(?:ATIVE)?)"
)
WILD_TYPE = re.compile(r"WT|WILD-?TYPE")

_LEVEL = r"(?:POOR|INTERMEDIATE|NORMAL|EXTENSIVE|ULTRA-?RAPID|RAPID|DECREASED|INCREASED|REDUCED|LOW|HIGH)"
_NUMBER = r"[:=]?≥?[0-9]{1,2}(?:\.[0-9]{1,3})?"
#: What the laboratory makes of the alleles. It is not read here.
CLASSES: tuple[re.Pattern[str], ...] = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?:LIKELY|POSSIBLE|PREDICTED)?{_LEVEL}(?:METABOLI[SZ](?:ERS?|M)|FUNCTION|ACTIVITY)|NOFUNCTION",
        r"NORMAL|EXTENSIVE|METABOLI[SZ]ERS?|[PINERU]M|PHENOTYPE",
        rf"(?:ACTIVITY)?SCORE{_NUMBER}",
        rf"AS{_NUMBER}",
    )
)
#: Words that say nothing about which alleles there are. All others stop the reading.
IDLE: tuple[re.Pattern[str], ...] = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?:GENO|DIPLO|HAPLO)TYPES?|(?:STAR)?ALLELES?|RESULTS?|GENE|CALLED|VARIANTS?|STATUS|FOR|IS|WITH",
        r"DETECTED|IDENTIFIED|FOUND|PRESENT|POSITIVE",
    )
)

_NO_CALL = re.compile(
    r"\b(?:no[ -]?calls?|qns|tnp|inconclusive|indeterminate genotype|genotype indeterminate"
    r"|(?:quantity|specimen|sample|dna)? ?(?:not sufficient|insufficient)"
    r"|(?:test|assay|analysis|amplification|genotyping|sample|specimen|quality control|qc)? ?failed|failure"
    r"|not (?:performed|done|tested|determined|called|callable|reportable|analy[sz]ed)"
    r"|test not performed|undetermined|could not be (?:determined|called|genotyped|performed)"
    r"|unable to (?:determine|call|perform|genotype|report|amplify)"
    r"|no result|invalid result|result invalid)\b"
)
_NO_CALL_SIGN = re.compile(r"(?:nc|nc/nc|\./\.)\.?")
#: Signs of alleles: a star with a number, an HGVS change, an rs number, two bases, twice the same.
_ALLELES = re.compile(
    r"\*\s?[0-9]|\b[cgmn]\.\s?[0-9*?\[-]|\bp\.\(?[a-z]{1,3}[0-9]|\brs ?[0-9]{3}"
    r"|[0-9][acgt]>[acgt]|\b[acgt]/[acgt]\b|(?<!\S)(\w\S{,11})/\1(?!\S)|\b[a-z]?[0-9]{1,2}/[a-z]?[0-9]{1,2}$",
    re.IGNORECASE,
)
_BASES = re.compile(r"\b[ACGT]{2}$")

_NOTHING_FOUND = re.compile(
    r"NO(?:KNOWN|LIKELY|PATHOGENIC|OR|AND|CLINICALLY|SIGNIFICANT|REPORTABLE|DELETERIOUS|DISEASE-?CAUSING)*"
    r"(?:VARIANTS?|MUTATIONS?|CHANGES?)(?:WAS|WERE)?(?:DETECTED|FOUND|IDENTIFIED|OBSERVED|SEEN|PRESENT)"
)


def names_alleles(text: str) -> bool:
    """
    Whether a tidy text looks as if it named alleles at all.

    >>> names_alleles("*1/?"), names_alleles("rs9923231 pending"), names_alleles("Poor metabolizer")
    (True, True, False)
    """
    return _ALLELES.search(text) is not None or _BASES.search(text) is not None


def is_no_call(text: str) -> bool:
    """
    Whether a tidy text says that the laboratory has no result.

    "Indeterminate" alone is a phenotype class, not a missing result.

    >>> [is_no_call(text) for text in ("No call", "QNS - repeat", "Indeterminate", "*1/*2 failed")]
    [True, True, False, False]
    """
    if _NO_CALL_SIGN.fullmatch(text.lower()):
        return True
    return says_no_call(text) and not names_alleles(text)


def says_no_call(text: str) -> bool:
    """Whether a tidy text has words for a missing result, beside whatever else it has."""
    return _NO_CALL.search(text.lower()) is not None


def denies(text: str, symbol: str) -> bool:
    """
    Whether a text is nothing but a word for "not there". Which variant is meant, the gene has to tell.

    >>> denies("F5: Negative", "F5"), denies("Not detected", "F5"), denies("Not detected: c.1A>G", "F5")
    (True, True, False)
    """
    return ABSENT.fullmatch(key(text).removeprefix(symbol.upper()).strip(":,.")) is not None


def finds_nothing(text: str, symbol: str) -> bool:
    """
    Whether a text says nothing but that no variant was found in the gene.

    >>> finds_nothing("No pathogenic or likely pathogenic RYR1 variants detected.", "RYR1")
    True
    >>> finds_nothing("RYR1: wild type", "RYR1")
    True
    >>> finds_nothing("No variant of uncertain significance detected", "RYR1")
    False
    """
    plain = key(text).replace(symbol.upper(), "").strip(":,.")
    return any(pattern.fullmatch(plain) for pattern in (_NOTHING_FOUND, WILD_TYPE))
