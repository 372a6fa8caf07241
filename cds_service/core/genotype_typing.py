"""HLA alleles as a typing names them: by one, two or more fields, as group, code or antigen."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto

from cds_service.core.genes import Gene


class Precision(Enum):
    """How much of an allele is known."""

    ALLELE = auto()  # two fields or more
    GROUP = auto()  # G or P group, named after its first member
    FIRST_FIELD = auto()  # `*15`, `*15:XX`, `*15:ABCD`
    EXPRESSION = auto()  # `*57:01N`: the allele, but its protein is missing or in doubt
    ANTIGEN = auto()  # `B57`, `57`: by serology, whose numbers are not always those of alleles


@dataclass(frozen=True, slots=True)
class Typed:
    """
    One allele of a typing.

    Args:
        first: First field, two digits or more.
        second: Second field; empty if not known.
        precision: How much of it is known.
        locus: Whether the gene is written with it.
        star: Whether a star is written with it.
        coded: Whether letters stand for the second field (`15:ABCD`).
    """

    first: str
    second: str
    precision: Precision
    locus: bool = False
    star: bool = False
    coded: bool = False

    def is_allele(self, name: str) -> bool | None:
        """
        Whether this is the allele of that two-field name; None if it may be.

        >>> Typed("57", "01", Precision.GROUP).is_allele("*57:01")
        True
        >>> Typed("15", "", Precision.FIRST_FIELD).is_allele("*15:02") is None
        True
        """
        first, second = fields_of(name)
        if self.precision in (Precision.ALLELE, Precision.GROUP):
            return (self.first, self.second) == (first, second)
        if self.precision is Precision.EXPRESSION:
            return None if (self.first, self.second) == (first, second) else False
        return None if self.first == first else False

    def excludes(self, name: str) -> bool:
        """Whether a chromosome typed so cannot carry that allele. An antigen's number excludes nothing."""
        return self.precision is not Precision.ANTIGEN and self.is_allele(name) is False


def fields_of(name: str) -> tuple[str, str]:
    """First and second field of an allele name of the gene's table: `*57:01` -> `57`, `01`."""
    first, _, second = name.rpartition("*")[2].partition(":")
    return _field(first), _field(second.partition(":")[0])


def _field(digits: str) -> str:
    return f"{int(digits):02d}" if digits else ""


_FIELDS = r"(?P<first>[0-9]{1,3}):(?P<second>[0-9]{1,4})(?::[0-9]{2,4}){0,2}(?P<suffix>[GPNLSCAQ]?)"
_RUN_TOGETHER = r"(?P<first>[0-9]{2})(?P<second>[0-9]{2})(?:[0-9]{2}){0,2}(?P<suffix>[GPNLSCAQ]?)"
_ONE_FIELD = r"(?P<first>[0-9]{1,3})(?P<code>:[A-Z]{2,8})?"


@dataclass(frozen=True, slots=True)
class AllelePatterns:
    """
    How alleles of one gene, and those of others, are written.

    Args:
        fields: With colons; the gene, the star or both may be missing.
        run_together: Old style without colons; the gene or a star must be there.
        one_field: Low resolution or a code for several alleles.
        elsewhere: An allele of another gene of the family.
        symbol: The gene alone.
    """

    fields: re.Pattern[str]
    run_together: re.Pattern[str]
    one_field: re.Pattern[str]
    elsewhere: re.Pattern[str]
    symbol: re.Pattern[str]

    @classmethod
    def of(cls, gene: Gene) -> AllelePatterns:
        """The patterns for a gene whose symbol is family and locus, such as `HLA-B`."""
        family, _, locus = gene.symbol.upper().rpartition("-")
        family, locus = re.escape(family), re.escape(locus)
        named = rf"(?P<locus>(?:{family}-?)?{locus})"
        return cls(
            re.compile(rf"(?:{named}(?P<sep>[*:]?)|(?P<star>\*?)){_FIELDS}(?![0-9A-Z])"),
            re.compile(rf"(?:{named}(?P<sep>[*:]?)|(?P<star>\*)){_RUN_TOGETHER}(?!:?[0-9A-Z])"),
            re.compile(rf"(?:{named}(?P<sep>[*:]?)|(?P<star>\*?)){_ONE_FIELD}(?!:?[0-9A-Z])"),
            re.compile(rf"(?:{family}-?)?(?!{locus}[*:])[A-Z]{{1,4}}[0-9]?\*[0-9]{{2,3}}(?::[0-9A-Z]+)*"),
            re.compile(rf"{family}-?{locus}(?![A-Z0-9])"),
        )

    def typed(self, chars: str, at: int, stop: int) -> tuple[Typed, int] | None:
        """The allele of this gene that starts here and goes no further than `stop`, and where it ends."""
        for pattern in (self.fields, self.run_together, self.one_field):
            found = pattern.match(chars, at, stop)
            if found:
                return _typed(found), found.end()
        return None


def _typed(found: re.Match[str]) -> Typed:
    parts = found.groupdict()
    star = "*" in ((parts["sep"] or "") + (parts["star"] or ""))
    second, suffix = parts.get("second") or "", parts.get("suffix") or ""
    coded = parts.get("code") is not None
    if not second:
        precision = Precision.FIRST_FIELD if star or coded else Precision.ANTIGEN
    elif suffix:
        precision = Precision.GROUP if suffix in "GP" else Precision.EXPRESSION
    else:
        precision = Precision.ALLELE
    return Typed(_field(parts["first"]), _field(second), precision, bool(parts["locus"]), star, coded)
